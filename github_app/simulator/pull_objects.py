"""GitHub's JSON for pull requests."""

from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import quote

from github_app.simulator.comparisons import FileChange, find_comparison, find_merged_tree, list_files
from github_app.simulator.memberships import find_association
from github_app.simulator.objects import node_id, timestamp
from github_app.simulator.parts import Parts
from github_app.simulator.pull_requests import PullEnd, PullRequest
from github_app.simulator.state import Account, HostedRepository

_LINKS: Final = ("html", "issue", "comments", "review_comments", "review_comment", "commits", "statuses")


def write_pull(parts: Parts, pull: PullRequest) -> dict[str, Any]:
    """Return a `pull-request-simple`, as lists have it."""
    repository = parts.state.get_repository(pull.base.repository_id or 0)
    urls = _list_urls(parts, repository, pull)
    return {
        **urls,
        "id": pull.id,
        "node_id": node_id("PullRequest", pull.id),
        "number": pull.number,
        "state": pull.state,
        "locked": False,
        "active_lock_reason": None,
        "title": pull.title,
        "body": pull.body,
        "user": parts.writer.account(find_person(parts, pull.author)),
        "labels": [write_label(parts, repository, name) for name in pull.labels],
        "milestone": None,
        **{f"{name}_at": _moment(pull, f"{name}_at") for name in ("created", "updated", "closed", "merged")},
        "merge_commit_sha": pull.merge_commit_sha,
        **dict.fromkeys(("assignee", "auto_merge")),
        **{name: [] for name in ("assignees", "requested_reviewers", "requested_teams")},
        "head": _write_end(parts, pull.head),
        "base": _write_end(parts, pull.base),
        "author_association": find_association(parts.state, pull.author, repository),
        "draft": pull.draft,
        "_links": {
            "self": {"href": urls["url"]},
            **{name: {"href": urls[f"{name}_url"]} for name in _LINKS},
        },
    }


def write_full_pull(parts: Parts, pull: PullRequest) -> dict[str, Any]:
    """Return a `pull-request`, as one asked for by number and deliveries have it."""
    repository_id = pull.base.repository_id or 0
    compared = find_comparison(parts.git, repository_id, pull.base.sha, pull.head.sha)
    files = list_files(parts.git, repository_id, compared.merge_base, pull.head.sha) if compared else ()
    mergeable = _is_mergeable(parts, pull)
    return {
        **write_pull(parts, pull),
        "merged": pull.merged_at is not None,
        "mergeable": mergeable,
        "mergeable_state": {True: "clean", False: "dirty", None: "unknown"}[mergeable],
        "rebaseable": mergeable,
        "merged_by": parts.writer.account(find_person(parts, pull.merged_by)) if pull.merged_by else None,
        "comments": 0,
        "review_comments": 0,
        "maintainer_can_modify": False,
        "commits": len(compared.ahead) if compared else 0,
        "additions": sum(file.additions for file in files),
        "deletions": sum(file.deletions for file in files),
        "changed_files": len(files),
    }


def write_brief_pull(parts: Parts, pull: PullRequest) -> dict[str, Any]:
    """Return a `pull-request-minimal`, as check runs name those of their commit."""
    repository = parts.state.get_repository(pull.base.repository_id or 0)
    return {
        "id": pull.id,
        "number": pull.number,
        "url": f"{parts.writer.repository_url(repository)}/pulls/{pull.number}",
        **{
            name: {"ref": end.ref, "sha": end.sha, "repo": _write_brief(parts, repository)}
            for name, end in (("head", pull.head), ("base", pull.base))
        },
    }


def list_brief_pulls(parts: Parts, repository: HostedRepository, sha: str) -> list[dict[str, Any]]:
    """Return the open pull requests of a commit; GitHub leaves those from forks out."""
    pulls = parts.state.list_pulls(repository.id)
    chosen = (pull for pull in pulls if pull.is_open and not pull.is_from_fork and pull.head.sha == sha)
    return [write_brief_pull(parts, pull) for pull in chosen]


def write_files(
    parts: Parts, repository: HostedRepository, sha: str, files: Sequence[FileChange]
) -> list[dict[str, Any]]:
    """Return `diff-entry`s; the patches are left out."""
    page, api = parts.writer.page_url(repository), parts.writer.repository_url(repository)
    return [_write_file(file, page, api, sha) for file in files]


def write_label(parts: Parts, repository: HostedRepository, name: str) -> dict[str, Any]:
    """Return a label; the simulator keeps nothing of one but its name."""
    number = int.from_bytes(name.encode()[:6], "big")
    return {
        "id": number,
        "node_id": node_id("Label", number),
        "url": f"{parts.writer.repository_url(repository)}/labels/{quote(name, safe='')}",
        "name": name,
        "color": "ededed",
        "default": False,
        "description": "",
    }


def find_person(parts: Parts, login: str) -> Account:
    """Return the account of an author; who is gone is GitHub's ghost."""
    return parts.state.find_account(login) or Account(10137, "ghost", "User")


def _write_end(parts: Parts, end: PullEnd) -> dict[str, Any]:
    repository = parts.state.repositories.get(end.repository_id or 0)
    owner = repository.owner if repository else find_person(parts, end.owner)
    return {
        "label": f"{owner.login}:{end.ref}" if repository else end.label,
        "ref": end.ref,
        "sha": end.sha,
        "user": parts.writer.account(owner),
        "repo": parts.writer.repository(repository) if repository else None,
    }


def _write_brief(parts: Parts, repository: HostedRepository) -> dict[str, Any]:
    return {"id": repository.id, "url": parts.writer.repository_url(repository), "name": repository.name}


def _write_file(file: FileChange, page: str, api: str, sha: str) -> dict[str, Any]:
    path = quote(file.path, safe="/")
    renamed = {"previous_filename": file.previous_path} if file.previous_path else {}
    return {
        "sha": file.sha,
        "filename": file.path,
        "status": file.kind,
        "additions": file.additions,
        "deletions": file.deletions,
        "changes": file.additions + file.deletions,
        "blob_url": f"{page}/blob/{sha}/{path}",
        "raw_url": f"{page}/raw/{sha}/{path}",
        "contents_url": f"{api}/contents/{path}?ref={sha}",
        **renamed,
    }


def _list_urls(parts: Parts, repository: HostedRepository, pull: PullRequest) -> dict[str, str]:
    page = f"{parts.writer.page_url(repository)}/pull/{pull.number}"
    api = parts.writer.repository_url(repository)
    url, issue = f"{api}/pulls/{pull.number}", f"{api}/issues/{pull.number}"
    return {
        "url": url,
        "html_url": page,
        "diff_url": f"{page}.diff",
        "patch_url": f"{page}.patch",
        "issue_url": issue,
        "comments_url": f"{issue}/comments",
        "commits_url": f"{url}/commits",
        "review_comments_url": f"{url}/comments",
        "review_comment_url": f"{api}/pulls/comments{{/number}}",
        "statuses_url": f"{api}/statuses/{pull.head.sha}",
    }


def _moment(pull: PullRequest, name: str) -> str | None:
    at = getattr(pull, name)
    return timestamp(at) if at else None


def _is_mergeable(parts: Parts, pull: PullRequest) -> bool | None:
    if not pull.is_open:
        return None
    repository_id = pull.base.repository_id or 0
    tip = parts.git.find_ref(repository_id, f"refs/heads/{pull.base.ref}") or pull.base.sha
    return find_merged_tree(parts.git, repository_id, tip, pull.head.sha) is not None
