import re

import pytest
from syrupy.assertion import SnapshotAssertion

from builder.containerfile import render_containerfile
from tests.conformance.repositories import (
    NAMES,
    Refused,
    describe_plan,
    plan_repository,
    read_committed_table,
    render_table,
)

REFUSED = {
    "conda",
    "pipenv-unlocked",
    "poetry-unlocked-bare",
    "pylock-named",
    "requirements-ambiguous",
    "requirements-missing-include",
    "requirements-uncompiled",
    "setup-cfg-alone",
}


@pytest.mark.parametrize("name", NAMES)
def test_plan(golden: SnapshotAssertion, name: str) -> None:
    plan = plan_repository(name)
    assert (f"{plan.code}\n{plan.sentence}\n" if isinstance(plan, Refused) else describe_plan(plan)) == golden


@pytest.mark.parametrize("name", [name for name in NAMES if name not in REFUSED])
def test_containerfile(golden: SnapshotAssertion, name: str) -> None:
    plan = plan_repository(name)
    assert not isinstance(plan, Refused), plan.sentence
    assert re.sub(r"https://[\w.]+/packages/", "https://files.example/packages/", render_containerfile(plan)) == golden


def test_only_what_nobody_could_install_is_refused() -> None:
    assert {name for name in NAMES if isinstance(plan_repository(name), Refused)} == REFUSED


def test_the_set_is_as_large_as_promised() -> None:
    assert len(NAMES) - len(REFUSED) >= 40


def test_the_documented_table_is_the_generated_one() -> None:
    assert read_committed_table() == render_table(), "run: python -m tests.conformance.repositories"
