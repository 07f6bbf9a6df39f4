"""Whatever happens, we end where GitHub is, built nothing twice, and went back to nothing older."""

import pytest
from sqlalchemy import Engine

from tests.simulation.running import Run, forget_quickly


@pytest.mark.timeout(600)
def test_made_up_histories_end_where_github_is(engine: Engine) -> None:
    forget_quickly(engine)

    counts = Run(engine, histories=60, seed=20261124).go()

    assert counts.histories >= 60
    assert counts.deployments > 0
    assert counts.swept > 0
