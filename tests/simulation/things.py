"""What the imagined GitHub is made of."""

from dataclasses import dataclass

from domain.events import Event
from domain.identifiers import DeliveryId, RepositoryId
from domain.source import NO_COMMIT, CommitSha
from tests.fakes.forge import REPOSITORY
from tests.fakes.world import FORK

Place = tuple[RepositoryId, str]
"""A branch in a repository."""
MAIN, DEV = (REPOSITORY.id, "main"), (REPOSITORY.id, "dev")
HEADS: tuple[Place, ...] = ((REPOSITORY.id, "feature"), (REPOSITORY.id, "Feature"), (FORK, "main"), DEV)
"""Branches pull requests come from: two that look alike, a fork's main, and one that is tracked."""


@dataclass(frozen=True)
class Made:
    """A commit."""

    sha: CommitSha
    parent: CommitSha | None
    message: str
    paths: frozenset[str]


@dataclass
class Outgoing:
    """An event on its way to us.

    Attributes:
        pending: whether GitHub is about to deliver it.
    """

    guid: DeliveryId
    event: Event
    subject: str
    pending: bool = True


@dataclass
class Proposal:
    """A pull request; a closed one keeps the commit it had."""

    number: int
    place: Place
    is_open: bool = True
    merged: bool = False
    draft: bool = False
    last_head: CommitSha = NO_COMMIT
