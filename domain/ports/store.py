"""The store: everything that is remembered, seen and changed inside one transaction."""

from contextlib import AbstractContextManager
from typing import Protocol

from domain.ports.deliveries import Deliveries
from domain.ports.deployments import Deployments
from domain.ports.installations import Installations
from domain.ports.previews import Previews, PullRequests
from domain.ports.projects import Projects
from domain.ports.secrets import Credentials
from domain.ports.variables import Variables


class UnitOfWork(Protocol):
    """The store inside one transaction."""

    @property
    def deliveries(self) -> Deliveries: ...  # noqa: D102 - named for what it is
    @property
    def projects(self) -> Projects: ...  # noqa: D102 - named for what it is
    @property
    def deployments(self) -> Deployments: ...  # noqa: D102 - named for what it is
    @property
    def installations(self) -> Installations: ...  # noqa: D102 - named for what it is
    @property
    def previews(self) -> Previews: ...  # noqa: D102 - named for what it is
    @property
    def pull_requests(self) -> PullRequests: ...  # noqa: D102 - named for what it is
    @property
    def credentials(self) -> Credentials: ...  # noqa: D102 - named for what it is
    @property
    def variables(self) -> Variables: ...  # noqa: D102 - named for what it is


class Store(Protocol):
    """PostgreSQL, as far as the jobs and pages need it."""

    def transaction(self) -> AbstractContextManager[UnitOfWork]:
        """Open one transaction: committed when the block ends, rolled back when it raises.

        Raises:
            TemporarilyUnavailable: `database_unavailable`.
        """

    def ping(self) -> None:
        """Make sure that the database answers, or raise `TemporarilyUnavailable` (`database_unavailable`)."""
