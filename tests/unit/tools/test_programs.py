from pathlib import Path

import pytest

from tools.machine.programs import Step, find_program, get_program, probe_program, run_step
from tools.machine.report import SetupError


def test_a_program_of_the_administrator_is_found_without_its_folder_on_path(tmp_path: Path) -> None:
    program = tmp_path / "tool"
    program.touch(mode=0o755)
    assert find_program("tool", str(tmp_path)) == str(program)
    assert find_program("ldconfig", str(tmp_path)) is not None


def test_a_missing_program_comes_with_advice() -> None:
    with pytest.raises(SetupError, match="no-such-program is missing: install it"):
        get_program("no-such-program", "install it")


@pytest.mark.parametrize("argv", [("no-such-program",), ("false",), ("sleep", "5")])
def test_a_probe_that_does_not_work_has_no_answer(argv: tuple[str, ...]) -> None:
    assert probe_program(argv, timeout_seconds=0.2) is None


def test_a_failed_step_shows_the_end_of_its_log(tmp_path: Path) -> None:
    step = Step(("sh", "-c", "echo disk full; exit 4"), tmp_path / "log" / "step.log", tmp_path)
    with pytest.raises(SetupError, match=r"ended with 4(.|\n)*disk full"):
        run_step(step)


def test_a_step_gets_its_variables(tmp_path: Path) -> None:
    run_step(Step(("sh", "-c", 'echo "$EPOCH"'), tmp_path / "step.log", tmp_path, {"EPOCH": "12"}))
    assert (tmp_path / "step.log").read_text() == "12\n"
