"""`check_run` and `check_suite`: somebody presses a button on the page of a check."""

from typing import Any

from github_app.simulator.deliveries import Delivery
from github_app.simulator.events.envelope import tell
from github_app.simulator.objects import node_id, timestamp
from github_app.simulator.parts import Parts
from github_app.simulator.pull_objects import list_brief_pulls
from github_app.simulator.refusals import Refused
from github_app.simulator.reports import Report, ReportKind
from github_app.simulator.state import Account, HostedRepository, now

_NOTHING = "0" * 40


def find_suite_id(sha: str) -> int:
    """Return the id of the App's suite of checks on a commit."""
    return int(sha[:7], 16)


def tell_of_check_run(
    parts: Parts, report: Report, identifier: str | None = None, sender: Account | None = None
) -> Delivery | None:
    """Deliver `rerequested`, or `requested_action` when a button's identifier is given."""
    repository = parts.state.get_repository(report.repository.id)
    run = dict(report.content)
    suite = _write_suite(parts, repository, run["head_sha"])
    content: dict[str, Any] = {"action": "rerequested", "check_run": {**run, "check_suite": suite}}
    if identifier is not None:
        content |= {"action": "requested_action", "requested_action": {"identifier": identifier}}
    return tell(parts, "check_run", repository, content, sender)


def tell_of_check_suite(
    parts: Parts, repository: HostedRepository, sha: str, sender: Account | None = None
) -> Delivery | None:
    """Deliver `rerequested` for all checks of a commit."""
    commit = parts.git.find_commit(repository.id, sha)
    if commit is None:
        raise Refused(422, f"No commit found for SHA: {sha}")
    suite = _write_suite(parts, repository, sha)
    people = {
        name: {"name": person.name, "email": person.email}
        for name, person in (("author", commit.author), ("committer", commit.committer))
    }
    head = {
        "id": commit.sha,
        "tree_id": commit.tree,
        "message": commit.message,
        "timestamp": commit.committer.at.isoformat(),
        **people,
    }
    more = {
        "latest_check_runs_count": len(_list_runs(parts, repository, sha)),
        "check_runs_url": f"{suite['url']}/check-runs",
        "head_commit": head,
        "rerequestable": True,
        "runs_rerequestable": True,
    }
    return tell(parts, "check_suite", repository, {"action": "rerequested", "check_suite": {**suite, **more}}, sender)


def _write_suite(parts: Parts, repository: HostedRepository, sha: str) -> dict[str, Any]:
    runs = _list_runs(parts, repository, sha)
    conclusions = [run["conclusion"] for run in runs]
    ended = bool(runs) and None not in conclusions
    suite_id, at = find_suite_id(sha), timestamp(now())
    return {
        "id": suite_id,
        "node_id": node_id("CheckSuite", suite_id),
        "head_branch": _find_branch(parts, repository, sha),
        "head_sha": sha,
        "status": "completed" if ended else "queued",
        "conclusion": next((c for c in conclusions if c != "success"), "success") if ended else None,
        "url": f"{parts.writer.repository_url(repository)}/check-suites/{suite_id}",
        "before": _NOTHING,
        "after": sha,
        "pull_requests": list_brief_pulls(parts, repository, sha),
        "app": parts.writer.app(),
        "created_at": at,
        "updated_at": at,
    }


def _list_runs(parts: Parts, repository: HostedRepository, sha: str) -> list[dict[str, Any]]:
    reports = parts.reports.list_reports(ReportKind.CHECK_RUN, repository)
    return [dict(r.content) for r in reports if r.content["head_sha"] == sha]


def _find_branch(parts: Parts, repository: HostedRepository, sha: str) -> str | None:
    refs = parts.git.list_refs(repository.id)
    names = (
        ref.removeprefix("refs/heads/") for ref, tip in refs.items() if tip == sha and ref.startswith("refs/heads/")
    )
    return next(names, None)
