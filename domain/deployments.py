"""Deployments: one attempt each to bring a commit to an environment, and the ways its status may change."""

import re
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from functools import total_ordering
from typing import Final, Self

from domain.builds import Problem
from domain.errors import InvalidInput
from domain.identifiers import DeploymentId, EnvironmentId, ProjectId
from domain.pull_requests import Author
from domain.source import Commit, CommitSha


class DeploymentStatus(StrEnum):
    """How far a deployment is. The last four are final and never change."""

    PENDING = "PENDING"
    INSTALLING = "INSTALLING"
    BUILDING = "BUILDING"
    DEPLOYING = "DEPLOYING"
    DEPLOYED = "DEPLOYED"
    FAILED = "FAILED"
    CANCELED = "CANCELED"
    TIMED_OUT = "TIMED_OUT"


_UNSUCCESSFUL: Final = frozenset({DeploymentStatus.FAILED, DeploymentStatus.CANCELED, DeploymentStatus.TIMED_OUT})
_FORWARD: Final = {
    DeploymentStatus.PENDING: frozenset({DeploymentStatus.INSTALLING}),
    DeploymentStatus.INSTALLING: frozenset({DeploymentStatus.BUILDING}),
    DeploymentStatus.BUILDING: frozenset({DeploymentStatus.DEPLOYING}),
    DeploymentStatus.DEPLOYING: frozenset({DeploymentStatus.DEPLOYED}),
}
FINAL: Final = _UNSUCCESSFUL | {DeploymentStatus.DEPLOYED}
IN_FLIGHT: Final = frozenset(DeploymentStatus) - FINAL
# A build begun again after a crash goes through its phases once more: back to the first of them is allowed.
TRANSITIONS: Final = {
    status: (_FORWARD[status] | _UNSUCCESSFUL | {DeploymentStatus.INSTALLING}) if status in IN_FLIGHT else frozenset()
    for status in DeploymentStatus
}
"""For each status, those that may follow it."""


def sources_of(status: DeploymentStatus) -> frozenset[DeploymentStatus]:
    """Return the statuses from which `status` may be reached: the guard of the update that sets it."""
    return frozenset(source for source, targets in TRANSITIONS.items() if status in targets)


@total_ordering
@dataclass(frozen=True, slots=True)
class Version:
    """`YYYYMMDD.N`: the day (UTC) a deployment was created and its number on that day in its environment."""

    day: date
    number: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `20261124.3`, or raise `InvalidInput` (`version_invalid`)."""
        match = re.fullmatch(r"(\d{8})\.([1-9]\d{0,8})", text)
        try:
            if match is not None:
                return cls(date.fromisoformat(match[1]), int(match[2]))
        except ValueError:
            pass
        raise InvalidInput("version_invalid", f"{text[:40]!r} is not a version: write it like 20261124.3.")

    def __str__(self) -> str:
        return f"{self.day:%Y%m%d}.{self.number}"

    def __lt__(self, other: "Version") -> bool:
        return (self.day, self.number) < (other.day, other.number)


def next_version(newest: Version | None, today: date) -> Version:
    """Return the version after `newest` for a deployment created on `today`.

    Never smaller than `newest`, also when the clock of another process was ahead.
    """
    if newest is None or newest.day < today:
        return Version(today, 1)
    return Version(newest.day, newest.number + 1)


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a deployment did not succeed, for a person.

    Attributes:
        code: stable name, documented in `docs/reference/errors.md`.
        sentence: what went wrong, where, and what to do.
        problems: what is wrong in the repository, place by place, when that was the cause.
    """

    code: str
    sentence: str
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class DeployedPullRequest:
    """The pull request a deployment was made for, as it was then.

    Attributes:
        state: `open`, `closed` or `merged`.
        trusted: whether the build may have secrets and the pull request's own configuration.
        base_sha: where the configuration comes from when it is not trusted.
    """

    number: int
    title: str
    state: str
    trusted: bool
    base_sha: CommitSha


@dataclass(frozen=True, slots=True)
class GitHubTraces:
    """What GitHub has of a deployment.

    Attributes:
        check_run_id: the check run that shows it, None before the first report.
        deployment_id: GitHub's own deployment, None before the first report.
        deployment_state: the state last told of that one, empty before the first.
    """

    check_run_id: int | None = None
    deployment_id: int | None = None
    deployment_state: str = ""


@dataclass(frozen=True, slots=True)
class Deployment:
    """One attempt to bring a commit to an environment.

    Attributes:
        sequence: its place in the order of the environment's deployments; the fencing token of its promotion.
        attempt: how often its job was started; whoever holds an older number has lost the deployment.
        before: what the branch pointed to before the push that made it.
        triggered_by: whose push or wish it was, with their picture.
        held: whether it waits for somebody's approval; it has no job until then.
        image: reference with digest, once pushed.
        image_of: the version that image was built for, when it is an earlier one that is used again.
        forced: somebody wanted it although the commit is deployed: it is built, whatever there is already.
    """

    id: DeploymentId
    project_id: ProjectId
    environment_id: EnvironmentId
    commit: Commit
    ref: str
    version: Version
    short_code: str
    sequence: int
    status: DeploymentStatus
    created_at: datetime
    attempt: int = 0
    before: CommitSha | None = None
    triggered_via: str = "git_integration:github"
    triggered_by: Author = field(default_factory=Author)
    pull_request: DeployedPullRequest | None = None
    held: bool = False
    image: str | None = None
    image_of: Version | None = None
    forced: bool = False
    failure: Failure | None = None
    started_at: datetime | None = None
    installed_at: datetime | None = None
    built_at: datetime | None = None
    finished_at: datetime | None = None
    on_github: GitHubTraces = GitHubTraces()

    @property
    def is_trusted(self) -> bool:
        """Whether only people who may push to the repository can have written what it is of."""
        return self.pull_request is None or self.pull_request.trusted

    @property
    def is_final(self) -> bool:
        """Whether the status can no longer change."""
        return self.status in FINAL
