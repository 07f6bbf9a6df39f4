"""The project most tests of the store begin with."""

import pytest

from domain.ports.store import Store
from tests.fakes.shop import Shop, add_project


@pytest.fixture
def shop(store: Store) -> Shop:
    return add_project(store, "shop")
