"""The current run, log lines, and the version."""

import logging
import tomllib
from pathlib import Path

import pushwright
import pytest
from pushwright import NoCurrentRun, Run, current_run, log
from pushwright.runs import running


def test_there_is_a_current_run_only_inside_one() -> None:
    run = Run(run_id="r", task_id="t")
    with running(run):
        assert current_run() is run
    with pytest.raises(NoCurrentRun, match="inside the function"):
        current_run()


def test_log_lines_are_records_with_fields(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    log.debug("a")
    log.info("100%", message="x", level=1)
    log.warning("c")
    log.error("d")
    assert [record.levelname for record in caplog.records] == ["DEBUG", "INFO", "WARNING", "ERROR"]
    second = caplog.records[1]
    assert (second.getMessage(), getattr(second, log.FIELDS_ATTRIBUTE)) == ("100%", {"message": "x", "level": 1})


def test_the_version_is_that_of_the_distribution() -> None:
    project = Path(__file__).resolve().parents[3] / "sdk" / "pyproject.toml"
    assert tomllib.loads(project.read_text())["project"]["version"] == pushwright.__version__
