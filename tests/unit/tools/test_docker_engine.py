from pathlib import Path

import pytest

from tools.machine.docker_engine import is_current, parse_buildkit_version, probe_docker_builder

INSPECTED = """\
Name:          default
Driver:        docker

Nodes:
Name:             default
Status:           running
BuildKit version: v0.25.1
Platforms:        linux/amd64
"""


def write_docker(folder: Path, inspected: str) -> str:
    program = folder / "docker"
    answers = f"cat <<'END'\n{inspected}END\n"
    program.write_text(
        f'#!/bin/sh\nif [ "$2" = version ]; then echo "github.com/docker/buildx v0.29.1 abc"; else {answers}fi\n'
    )
    program.chmod(0o755)
    return str(program)


@pytest.mark.parametrize(
    ("text", "version"),
    [(INSPECTED, "0.25.1"), ("BuildKit:  v0.12.0-rc1", "0.12.0-rc1"), ("Status: inactive", None), ("", None)],
)
def test_the_version_is_read_from_inspect(text: str, version: str | None) -> None:
    assert parse_buildkit_version(text) == version


@pytest.mark.parametrize(
    ("version", "expected"), [("0.18.0", True), ("0.9.3", False), ("0.17.3", False), ("1.0", True), ("0.34.2", True)]
)
def test_versions_are_compared_as_numbers(version: str, *, expected: bool) -> None:
    assert is_current(version) is expected


def test_a_current_builder_is_used_as_it_is(tmp_path: Path) -> None:
    builder = probe_docker_builder(write_docker(tmp_path, INSPECTED))
    assert builder is not None
    assert (builder.buildx_version, builder.buildkit_version) == ("0.29.1", "0.25.1")


def test_an_old_builder_is_not_used(tmp_path: Path) -> None:
    assert probe_docker_builder(write_docker(tmp_path, INSPECTED.replace("0.25.1", "0.11.0"))) is None


def test_a_docker_command_that_is_missing_is_no_builder(tmp_path: Path) -> None:
    assert probe_docker_builder(str(tmp_path / "docker")) is None
