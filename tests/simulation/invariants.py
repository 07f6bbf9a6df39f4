"""What must hold in every history."""

from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

from domain.deployments import FINAL, Deployment, DeploymentStatus
from domain.environments import Environment, ForkPolicy
from domain.pull_requests import PreviewKey
from domain.source import BranchName, CommitSha
from domain.targets import find_skip_marker
from tests.fakes.forge import REPOSITORY
from tests.simulation.history import History
from tests.simulation.service import IGNORED
from tests.simulation.things import DEV, MAIN, Place


def list_violations(history: History) -> list[str]:
    """Return what does not hold after the history has settled."""
    found = _Found(history)
    return [
        *found.undecided(),
        *found.unfinished(),
        *found.behind(),
        *found.previews_missing(),
        *found.previews_leaked(),
        *found.built_twice(),
        *found.stale_activations(),
        *found.untold(),
    ]


class _Found:
    """A settled history, read once."""

    def __init__(self, history: History) -> None:
        self._history = history
        self._github = history.github
        self._deployments = {one.id: one for one in history.service.deployments()}
        self._environments = history.service.environments()

    def undecided(self) -> Iterator[str]:
        for record in self._history.service.records():
            if record.status != "done" or not record.decisions:
                yield f"delivery {record.id} is {record.status} with {len(record.decisions)} decisions"

    def unfinished(self) -> Iterator[str]:
        for one in self._deployments.values():
            if one.status not in FINAL and not one.held:
                yield f"{_name(one)} is {one.status}"

    def behind(self) -> Iterator[str]:
        """Each tracked branch's newest deployable commit is current."""
        for place, slug in ((MAIN, "production"), (DEV, "staging")):
            environment = next(one for one in self._environments.values() if one.slug == slug)
            if len(self._github.log[place]) > 0 and place in self._github.branches:
                yield from self._behind(environment, place)

    def previews_missing(self) -> Iterator[str]:
        """Each open pull request's head has a living preview."""
        for proposal in self._github.open_proposals():
            head = self._github.branches[proposal.place]
            environment = self._find_preview(proposal.place)
            if find_skip_marker(self._github.commits[head].message) or self._is_refused(proposal.place):
                continue
            if environment is None or environment.preview is None or environment.preview.archived_at is not None:
                yield f"#{proposal.number} of {proposal.place} has no living preview"
            else:
                yield from self._behind(environment, proposal.place)

    def previews_leaked(self) -> Iterator[str]:
        """No preview of a closed pull request is alive."""
        wanted = {_slug(proposal.place) for proposal in self._github.open_proposals()}
        for one in self._environments.values():
            if one.preview is not None and one.preview.archived_at is None and one.slug not in wanted:
                yield f"preview {one.slug} is alive though nothing is open for it"

    def built_twice(self) -> Iterator[str]:
        """Each commit is built once in an environment, unless it failed or was asked for."""
        built = Counter(
            (one.environment_id, one.commit.sha)
            for one in self._deployments.values()
            if one.status is DeploymentStatus.DEPLOYED
        )
        for place, times in built.items():
            if times > 1 + self._history.redeployed[place]:
                yield f"{place} was built {times} times"

    def stale_activations(self) -> Iterator[str]:
        """What became current never went back to an older push, unless somebody asked for it."""
        for environment_id, activated in self._history.activations.items():
            place = self._place_of(self._environments[environment_id])
            for old, new in pairwise([self._deployments[each] for each in activated]):
                if place is not None and self._goes_back(old, new, place):
                    yield f"{environment_id} went from {_name(old)} to {_name(new)}"

    def untold(self) -> Iterator[str]:
        """What GitHub was told last of each deployment is its final status."""
        told = {report.deployment.id: report for report in self._github.reports}
        for one in self._deployments.values():
            report = told.get(one.id)
            if report is None or report.deployment.status is not one.status:
                yield f"GitHub believes {_name(one)} to be {report.deployment.status if report else 'nothing'}"
            elif report.is_current != (self._environments[one.environment_id].current_deployment_id == one.id):
                yield f"GitHub believes {_name(one)} to be current: {report.is_current}"

    def _behind(self, environment: Environment, place: Place) -> Iterator[str]:
        head = self._github.branches[place]
        current = self._current_sha(environment)
        of_head = [
            one for one in self._deployments.values() if one.environment_id == environment.id and one.commit.sha == head
        ]
        if (
            current == head
            or find_skip_marker(self._github.commits[head].message)
            or self._is_met_first(place)
            or self._is_asked_for(environment)
            or any(one.status is not DeploymentStatus.DEPLOYED for one in of_head[-1:])
            or self._changes_nothing(current, head)
        ):
            return
        yield f"{environment.slug} runs {current and current[-4:]}, {place} is at {head[-4:]}"

    def _is_refused(self, place: Place) -> bool:
        return place[0] != REPOSITORY.id and self._history.fork_policy is ForkPolicy.IGNORE

    def _changes_nothing(self, current: CommitSha | None, head: CommitSha) -> bool:
        changed = None if current is None else self._github.changed_between(current, head)
        return bool(changed) and all(path.startswith(IGNORED) for path in changed or ())

    def _is_met_first(self, place: Place) -> bool:
        """Connecting does not deploy: the branch is where it was then."""
        return place in {MAIN, DEV} and self._github.branches[place] == self._github.first[place]

    def _is_asked_for(self, environment: Environment) -> bool:
        """Whether somebody wanted what runs there: only a push changes it."""
        current = environment.current_deployment_id
        return current is not None and (
            current in self._history.asked or self._is_redeployment(self._deployments[current])
        )

    def _goes_back(self, old: Deployment, new: Deployment, place: Place) -> bool:
        if {old.id, new.id} & self._history.asked or self._is_redeployment(new) or self._is_redeployment(old):
            return False
        log = self._github.log[place]
        last = max((index for index, sha in enumerate(log) if sha == new.commit.sha), default=-1)
        first = min((index for index, sha in enumerate(log) if sha == old.commit.sha), default=-1)
        return last < first

    def _is_redeployment(self, one: Deployment) -> bool:
        return self._history.redeployed[one.environment_id, one.commit.sha] > 0

    def _place_of(self, environment: Environment) -> Place | None:
        if environment.preview is not None:
            return environment.preview.key.head_repository_id, environment.preview.key.branch
        return {"production": MAIN, "staging": DEV}.get(environment.slug)

    def _current_sha(self, environment: Environment) -> CommitSha | None:
        current = environment.current_deployment_id
        return self._deployments[current].commit.sha if current else None

    def _find_preview(self, place: Place) -> Environment | None:
        return next((one for one in self._environments.values() if one.slug == _slug(place)), None)


def _slug(place: Place) -> str:
    return PreviewKey(place[0], BranchName(place[1])).slug


def _name(one: Deployment) -> str:
    return f"{one.environment_id}@{one.sequence} of {one.commit.sha[-4:]}"
