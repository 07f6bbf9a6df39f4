"""Opening, changing and merging pull requests, as people do on GitHub's pages."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, Literal, TypedDict, Unpack

from github_app.simulator.comparisons import find_comparison, merge_commits
from github_app.simulator.events.pulls import tell_of_pull
from github_app.simulator.parts import Parts
from github_app.simulator.pull_objects import write_label
from github_app.simulator.pull_requests import PullEnd, PullRequest
from github_app.simulator.pushing import accept_push, refresh_head
from github_app.simulator.refusals import Refused
from github_app.simulator.state import HostedRepository, now

_BRANCH: Final = "refs/heads/"


class PullDetails(TypedDict, total=False):
    """What may be said of a new pull request; its author is who is signed in unless somebody is named."""

    title: str
    body: str | None
    draft: bool
    author: str | None
    head_repository_id: int | None


class PullChanges(TypedDict, total=False):
    """What may be changed; what is not named stays."""

    title: str
    body: str | None
    base: str
    draft: bool
    state: Literal["open", "closed"]
    labels: Sequence[str]


class PullRequestDesk:
    """Does what people do with pull requests; each method delivers GitHub's events unless it is to be silent."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def open(
        self,
        repository_id: int,
        head: str,
        base: str = "main",
        *,
        silent: bool = False,
        **details: Unpack[PullDetails],
    ) -> PullRequest:
        """Open a pull request for the branch `head`, of a fork when `head_repository_id` says so."""
        state = self._parts.state
        repository = state.get_repository(repository_id)
        source = state.get_repository(details.get("head_repository_id") or repository_id)
        ends = self._find_end(source, head), self._find_end(repository, base)
        author = details.get("author")
        account = state.account(author, "User") if author else self._parts.actor()
        at = now()
        with self._parts.pull_lock:
            self._demand_news(repository, source, ends)
            pull = PullRequest(
                id=state.new_id(),
                number=state.new_number(repository_id),
                title=details.get("title") or head,
                body=details.get("body"),
                draft=details.get("draft", False),
                author=account.login,
                head=ends[0],
                base=ends[1],
                created_at=at,
                updated_at=at,
            )
            self._keep(refresh_head(self._parts, pull, ends[0].sha))
            return self._tell("opened", pull, silent=silent)

    def change(
        self, repository_id: int, number: int, *, silent: bool = False, **changes: Unpack[PullChanges]
    ) -> PullRequest:
        """Change what is named; each change is told by an event of its own."""
        with self._parts.pull_lock:
            pull = self._parts.state.get_pull(repository_id, number)
            for step in (self._edit, self._change_draft, self._change_state, self._change_labels):
                pull = step(pull, changes, silent=silent)
            return pull

    def merge(self, repository_id: int, number: int, *, silent: bool = False) -> PullRequest:
        """Merge with a merge commit on the base branch, as the button does."""
        parts = self._parts
        with parts.push_locks.of(repository_id), parts.pull_lock:
            pull = parts.state.get_pull(repository_id, number)
            before = parts.git.list_refs(repository_id)
            merged = self._make_merge(pull, before.get(f"{_BRANCH}{pull.base.ref}", ""))
            if silent:
                parts.state.record_push(repository_id)
            else:
                accept_push(parts, repository_id, before, parts.actor())
        return self._tell("closed", merged, silent=silent)

    def _make_merge(self, pull: PullRequest, tip: str) -> PullRequest:
        if not pull.is_open or pull.draft:
            raise Refused(405, "Pull Request is not mergeable")
        parts, repository_id = self._parts, pull.base.repository_id or 0
        message = f"Merge pull request #{pull.number} from {pull.head.owner}/{pull.head.ref}\n\n{pull.title}\n"
        sha = merge_commits(parts.git, repository_id, tip, pull.head.sha, message)
        if sha is None:
            raise Refused(405, "Pull Request is not mergeable")
        parts.git.set_ref(repository_id, f"{_BRANCH}{pull.base.ref}", sha)
        fresh = replace(pull, base=replace(pull.base, sha=tip))
        return self._keep(fresh.merged(now(), parts.actor().login, sha))

    def _find_end(self, repository: HostedRepository, branch: str) -> PullEnd:
        sha = self._parts.git.find_ref(repository.id, f"{_BRANCH}{branch}")
        if sha is None:
            raise Refused(422, f"The branch {branch} does not exist in {repository.full_name}: push it first.")
        return PullEnd(repository.id, repository.owner.login, branch, sha)

    def _demand_news(self, base: HostedRepository, source: HostedRepository, ends: tuple[PullEnd, PullEnd]) -> None:
        head = ends[0]
        for pull in self._parts.state.list_pulls(base.id):
            known = (pull.head.repository_id, pull.head.ref, pull.base.ref)
            if pull.is_open and known == (source.id, head.ref, ends[1].ref):
                raise Refused(422, f"A pull request already exists for {head.label}.")
        if source.id != base.id:
            self._parts.git.copy_objects(source.id, base.id, (head.sha,))
        compared = find_comparison(self._parts.git, base.id, ends[1].sha, head.sha)
        if compared is None:
            raise Refused(422, f"The {head.ref} branch has no history in common with {ends[1].ref}")
        if not compared.ahead:
            raise Refused(422, f"No commits between {ends[1].ref} and {head.ref}")

    def _edit(self, pull: PullRequest, changes: PullChanges, *, silent: bool) -> PullRequest:
        said: dict[str, Any] = {}
        fresh = pull
        if "title" in changes and changes["title"] != pull.title:
            said["title"], fresh = {"from": pull.title}, replace(fresh, title=changes["title"])
        if "body" in changes and changes["body"] != pull.body:
            said["body"], fresh = {"from": pull.body or ""}, replace(fresh, body=changes["body"])
        if "base" in changes and changes["base"] != pull.base.ref:
            repository = self._parts.state.get_repository(pull.base.repository_id or 0)
            fresh = replace(fresh, base=self._find_end(repository, changes["base"]))
            said["base"] = {"ref": {"from": pull.base.ref}, "sha": {"from": pull.base.sha}}
        if not said:
            return pull
        return self._tell("edited", self._keep(fresh), {"changes": said}, silent=silent)

    def _change_draft(self, pull: PullRequest, changes: PullChanges, *, silent: bool) -> PullRequest:
        draft = changes.get("draft", pull.draft)
        if draft == pull.draft:
            return pull
        action = "converted_to_draft" if draft else "ready_for_review"
        return self._tell(action, self._keep(replace(pull, draft=draft)), silent=silent)

    def _change_state(self, pull: PullRequest, changes: PullChanges, *, silent: bool) -> PullRequest:
        if changes.get("state", pull.state) == pull.state:
            return pull
        if pull.is_open:
            return self._tell("closed", self._keep(pull.closed(now())), silent=silent)
        return self._tell("reopened", self._keep(self._reopen(pull)), silent=silent)

    def _reopen(self, pull: PullRequest) -> PullRequest:
        repository = self._parts.state.repositories.get(pull.head.repository_id or 0)
        if pull.merged_at or repository is None:
            raise Refused(422, f"The pull request {pull.number} cannot be reopened.")
        end = self._find_end(repository, pull.head.ref)
        return replace(refresh_head(self._parts, pull, end.sha), closed_at=None)

    def _change_labels(self, pull: PullRequest, changes: PullChanges, *, silent: bool) -> PullRequest:
        wanted = tuple(dict.fromkeys(changes.get("labels", pull.labels)))
        gone = [("unlabeled", name) for name in pull.labels if name not in wanted]
        come = [("labeled", name) for name in wanted if name not in pull.labels]
        repository = self._parts.state.get_repository(pull.base.repository_id or 0)
        for action, name in (*gone, *come):
            kept = tuple(label for label in pull.labels if label != name)
            pull = self._keep(replace(pull, labels=kept if action == "unlabeled" else (*kept, name)))
            self._tell(action, pull, {"label": write_label(self._parts, repository, name)}, silent=silent)
        return pull

    def _keep(self, pull: PullRequest) -> PullRequest:
        kept = self._parts.state.put_pull(replace(pull, updated_at=now()))
        self._parts.save()
        return kept

    def _tell(
        self, action: str, pull: PullRequest, more: Mapping[str, Any] | None = None, *, silent: bool
    ) -> PullRequest:
        known = self._parts.state.get_pull(pull.base.repository_id or 0, pull.number)
        if not silent:
            tell_of_pull(self._parts, action, known, more)
        return known
