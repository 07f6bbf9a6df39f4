import stat
from pathlib import Path

import pytest

from tools.machine.machine_file import write_settings
from tools.machine.report import SetupError


def test_the_file_is_written_once_and_only_for_its_owner(tmp_path: Path) -> None:
    path = tmp_path / "machine.env"
    assert write_settings(path, {"A": "1", "B": ""})
    assert not write_settings(path, {"A": "1", "B": ""})
    assert path.read_text() == "A=1\nB=\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_value_of_two_lines_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="the value for A"):
        write_settings(tmp_path / "machine.env", {"A": "1\nB=2"})
