import subprocess
from pathlib import Path

import pytest

from bootstrap.settings import Settings
from tools.machine.build_limits import StepLimits, describe_limits, read_limits, write_runtime
from tools.machine.report import SetupError


def test_the_defaults_are_those_of_the_settings_page() -> None:
    fields = Settings.model_fields
    names = ("build_memory", "build_processes", "build_disk", "build_cpus")
    shown = {f"PUSHWRIGHT_{name.upper()}": str(fields[name].default) for name in names}
    assert read_limits(shown) == read_limits({}) == StepLimits()


def test_sizes_have_units() -> None:
    settings = {
        "PUSHWRIGHT_BUILD_MEMORY": "512MiB",
        "PUSHWRIGHT_BUILD_DISK": "1 TiB",
        "PUSHWRIGHT_BUILD_PROCESSES": "64",
        "PUSHWRIGHT_BUILD_CPUS": "1.5",
    }
    assert read_limits(settings) == StepLimits(2**29, 64, 2**40, 1.5)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PUSHWRIGHT_BUILD_MEMORY", "4GB"),
        ("PUSHWRIGHT_BUILD_DISK", "-1"),
        ("PUSHWRIGHT_BUILD_PROCESSES", "many"),
        ("PUSHWRIGHT_BUILD_CPUS", "all"),
    ],
)
def test_a_limit_that_cannot_be_read_is_named(name: str, value: str) -> None:
    with pytest.raises(SetupError, match=f"{name} is '{value}'"):
        read_limits({name: value})


def test_one_line_says_the_limits() -> None:
    assert describe_limits(StepLimits()) == "4 GiB of memory, 4096 processes, 10 GiB on disk for each step"
    assert describe_limits(StepLimits(0, 0, 0, 1.5)) == "1.5 CPUs for each step"
    assert describe_limits(StepLimits(0, 0, 0, 0)) == "none"


def test_what_starts_no_container_is_passed_to_runc(tmp_path: Path) -> None:
    runc = tmp_path / "the real 'runc'"
    runc.write_text('#!/bin/sh\nprintf "<%s>" "$@"\n')
    runc.chmod(0o755)
    runtime = tmp_path / "runtime"
    write_runtime(runtime, str(runc), StepLimits())
    ended = subprocess.run((runtime, "--log", "a b", "kill", "x", "9"), capture_output=True, check=True, text=True)
    assert ended.stdout == "<--log><a b><kill><x><9>"
