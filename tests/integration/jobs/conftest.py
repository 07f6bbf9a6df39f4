"""A project that is connected and tracked, and jobs on a real store with a scripted world around them."""

from collections.abc import Callable
from pathlib import Path

import pytest

from domain.environments import QueuePolicy
from domain.ports.store import Store
from tests.fakes.builds import FolderFetcher, ScriptedBuilder
from tests.fakes.forge import RecordingForge
from tests.fakes.job_queue import RecordingJobQueue
from tests.fakes.world import SHA_A, World, add_shop


@pytest.fixture
def connect(store: Store, queue: RecordingJobQueue, tmp_path: Path) -> Callable[[QueuePolicy], World]:
    """Give a function that makes the world with a queue policy."""

    def make(policy: QueuePolicy) -> World:
        forge = RecordingForge(heads={"main": SHA_A})
        add_shop(store, policy=policy)
        return World(store, forge, ScriptedBuilder(), FolderFetcher(tmp_path), queue)

    return make


@pytest.fixture
def world(connect: Callable[[QueuePolicy], World]) -> World:
    """The usual world: every commit is deployed."""
    return connect(QueuePolicy.EVERY_COMMIT)
