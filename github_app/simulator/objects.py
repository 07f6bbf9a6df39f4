"""GitHub's JSON for accounts, the App, installations, repositories and commits."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import quote

from github_app.simulator.bare_repositories import HostedCommit, Signature
from github_app.simulator.registered_app import RegisteredApp
from github_app.simulator.state import Account, HostedRepository, Installation

_ACCOUNT_LINKS: Final = {
    "followers_url": "/followers",
    "following_url": "/following{/other_user}",
    "gists_url": "/gists{/gist_id}",
    "starred_url": "/starred{/owner}{/repo}",
    "subscriptions_url": "/subscriptions",
    "organizations_url": "/orgs",
    "repos_url": "/repos",
    "events_url": "/events{/privacy}",
    "received_events_url": "/received_events",
}
_REPOSITORY_LINKS: Final = {
    "archive_url": "/{archive_format}{/ref}",
    "assignees_url": "/assignees{/user}",
    "blobs_url": "/git/blobs{/sha}",
    "branches_url": "/branches{/branch}",
    "collaborators_url": "/collaborators{/collaborator}",
    "comments_url": "/comments{/number}",
    "commits_url": "/commits{/sha}",
    "compare_url": "/compare/{base}...{head}",
    "contents_url": "/contents/{+path}",
    "contributors_url": "/contributors",
    "deployments_url": "/deployments",
    "downloads_url": "/downloads",
    "events_url": "/events",
    "forks_url": "/forks",
    "git_commits_url": "/git/commits{/sha}",
    "git_refs_url": "/git/refs{/sha}",
    "git_tags_url": "/git/tags{/sha}",
    "hooks_url": "/hooks",
    "issue_comment_url": "/issues/comments{/number}",
    "issue_events_url": "/issues/events{/number}",
    "issues_url": "/issues{/number}",
    "keys_url": "/keys{/key_id}",
    "labels_url": "/labels{/name}",
    "languages_url": "/languages",
    "merges_url": "/merges",
    "milestones_url": "/milestones{/number}",
    "notifications_url": "/notifications{?since,all,participating}",
    "pulls_url": "/pulls{/number}",
    "releases_url": "/releases{/id}",
    "stargazers_url": "/stargazers",
    "statuses_url": "/statuses/{sha}",
    "subscribers_url": "/subscribers",
    "subscription_url": "/subscription",
    "tags_url": "/tags",
    "teams_url": "/teams",
    "trees_url": "/git/trees{/sha}",
}
_REPOSITORY_CONSTANTS: Final[Mapping[str, Any]] = {
    **dict.fromkeys(("description", "homepage", "language", "license", "mirror_url"), None),
    **dict.fromkeys(("forks", "forks_count", "open_issues", "open_issues_count", "size"), 0),
    **dict.fromkeys(("stargazers_count", "watchers", "watchers_count"), 0),
    **dict.fromkeys(("disabled", "has_discussions", "has_pages", "is_template"), False),
    **dict.fromkeys(("allow_forking", "has_downloads", "has_issues", "has_projects", "has_wiki"), True),
    "web_commit_signoff_required": False,
    "topics": [],
}


def node_id(kind: str, number: int | str) -> str:
    """Return the global id of GitHub's older form: base64 of length, type and number."""
    return base64.b64encode(f"{len(kind):03}:{kind}{number}".encode()).decode()


def timestamp(at: datetime) -> str:
    """Return a moment as GitHub writes it."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass(frozen=True, slots=True)
class ObjectWriter:
    """Writes objects with the addresses of one server.

    Attributes:
        origin: `http://host:port`, where pages and clones are.
        base_path: where the API is below it.
        registered: the App.
        app_owner: whose the App is.
    """

    origin: str
    base_path: str
    registered: RegisteredApp
    app_owner: Account

    @property
    def api_url(self) -> str:
        """The API's address without a slash at its end."""
        return f"{self.origin}{self.base_path}"

    def repository_url(self, repository: HostedRepository) -> str:
        """Return the address of the repository in the API."""
        return f"{self.api_url}/repos/{repository.full_name}"

    def page_url(self, repository: HostedRepository) -> str:
        """Return the address people open."""
        return f"{self.origin}/{repository.full_name}"

    def account(self, account: Account) -> dict[str, Any]:
        """Return a `simple-user`."""
        url = f"{self.api_url}/users/{account.login}"
        return {
            "login": account.login,
            "id": account.id,
            "node_id": node_id(account.kind, account.id),
            "avatar_url": f"{self.origin}/avatars/u/{account.id}",
            "gravatar_id": "",
            "url": url,
            "html_url": f"{self.origin}/{account.login}",
            "type": account.kind,
            "site_admin": False,
            **{key: f"{url}{path}" for key, path in _ACCOUNT_LINKS.items()},
        }

    def organization(self, account: Account) -> dict[str, Any]:
        """Return an `organization-simple`."""
        url = f"{self.api_url}/orgs/{account.login}"
        paths = ("repos", "events", "hooks", "issues", "members{/member}", "public_members{/member}")
        return {
            "login": account.login,
            "id": account.id,
            "node_id": node_id("Organization", account.id),
            "url": url,
            **{f"{path.partition('{')[0]}_url": f"{url}/{path}" for path in paths},
            "avatar_url": f"{self.origin}/avatars/u/{account.id}",
            "description": None,
        }

    def bot(self) -> dict[str, Any]:
        """Return the App as the user who writes comments and statuses."""
        return self.account(Account(self.registered.id, f"{self.registered.slug}[bot]", "Bot"))

    def app(self) -> dict[str, Any]:
        """Return an `integration`."""
        app = self.registered
        at = timestamp(app.created_at)
        return {
            "id": app.id,
            "slug": app.slug,
            "client_id": app.client_id,
            "node_id": node_id("Integration", app.id),
            "owner": self.account(self.app_owner),
            "name": app.name,
            "description": app.description,
            "external_url": app.external_url or self.origin,
            "html_url": f"{self.origin}/apps/{app.slug}",
            "created_at": at,
            "updated_at": at,
            "permissions": dict(app.permissions),
            "events": list(app.events),
        }

    def installation(self, installation: Installation) -> dict[str, Any]:
        """Return an `installation`."""
        suspended = installation.suspended_at
        account = self.account(installation.account)
        return {
            "id": installation.id,
            "account": account,
            "repository_selection": "all" if installation.repository_ids is None else "selected",
            "access_tokens_url": f"{self.api_url}/app/installations/{installation.id}/access_tokens",
            "repositories_url": f"{self.api_url}/installation/repositories",
            "html_url": f"{self.origin}/settings/installations/{installation.id}",
            "app_id": self.registered.id,
            "app_slug": self.registered.slug,
            "target_id": installation.account.id,
            "target_type": installation.account.kind,
            "permissions": dict(installation.permissions),
            "events": list(self.registered.events),
            "created_at": timestamp(installation.created_at),
            "updated_at": timestamp(suspended or installation.created_at),
            "single_file_name": None,
            "suspended_by": account if suspended else None,
            "suspended_at": timestamp(suspended) if suspended else None,
        }

    def repository(self, repository: HostedRepository) -> dict[str, Any]:
        """Return a `repository` as lists and deliveries have it."""
        url, page = self.repository_url(repository), self.page_url(repository)
        host = self.origin.partition("://")[2]
        return {
            **_REPOSITORY_CONSTANTS,
            "id": repository.id,
            "node_id": node_id("Repository", repository.id),
            "name": repository.name,
            "full_name": repository.full_name,
            "private": repository.private,
            "visibility": "private" if repository.private else "public",
            "archived": repository.archived,
            "fork": repository.fork_of is not None,
            "owner": self.account(repository.owner),
            "html_url": page,
            "url": url,
            "clone_url": f"{page}.git",
            "git_url": f"git://{host}/{repository.full_name}.git",
            "ssh_url": f"git@{host}:{repository.full_name}.git",
            "svn_url": page,
            "default_branch": repository.default_branch,
            "created_at": timestamp(repository.created_at),
            "updated_at": timestamp(repository.pushed_at),
            "pushed_at": timestamp(repository.pushed_at),
            **{key: f"{url}{path}" for key, path in _REPOSITORY_LINKS.items()},
        }

    def full_repository(self, repository: HostedRepository) -> dict[str, Any]:
        """Return a `full-repository`, as one asked for by name."""
        return {**self.repository(repository), "subscribers_count": 0, "network_count": 0, "permissions": _CAN_PULL}

    def commit(self, repository: HostedRepository, commit: HostedCommit) -> dict[str, Any]:
        """Return a `commit`; its people are no accounts here."""
        url, page = self.repository_url(repository), self.page_url(repository)
        return {
            "sha": commit.sha,
            "node_id": node_id("Commit", commit.sha),
            "url": f"{url}/commits/{commit.sha}",
            "html_url": f"{page}/commit/{commit.sha}",
            "comments_url": f"{url}/commits/{commit.sha}/comments",
            "commit": {
                "url": f"{url}/git/commits/{commit.sha}",
                "author": _git_user(commit.author),
                "committer": _git_user(commit.committer),
                "message": commit.message,
                "comment_count": 0,
                "tree": {"sha": commit.tree, "url": f"{url}/git/trees/{commit.tree}"},
            },
            "author": None,
            "committer": None,
            "parents": [
                {"sha": sha, "url": f"{url}/commits/{sha}", "html_url": f"{page}/commit/{sha}"}
                for sha in commit.parents
            ],
        }

    def branch(self, repository: HostedRepository, name: str, commit: HostedCommit) -> dict[str, Any]:
        """Return a `branch-with-protection` without protection."""
        url = f"{self.repository_url(repository)}/branches/{quote(name, safe='/')}"
        return {
            "name": name,
            "commit": self.commit(repository, commit),
            "_links": {"self": url, "html": f"{self.page_url(repository)}/tree/{quote(name, safe='/')}"},
            "protected": False,
            "protection": {"enabled": False},
            "protection_url": f"{url}/protection",
        }

    def ref(self, repository: HostedRepository, ref: str, target: tuple[str, str]) -> dict[str, Any]:
        """Return a `git-ref` that leads to `(type, id)`."""
        url = self.repository_url(repository)
        kind, sha = target
        return {
            "ref": ref,
            "node_id": node_id("Ref", f"{repository.id}:{ref}"),
            "url": f"{url}/git/{quote(ref, safe='/')}",
            "object": {"type": kind, "sha": sha, "url": f"{url}/git/{kind}s/{sha}"},
        }


_CAN_PULL: Final = {"admin": False, "maintain": False, "push": False, "triage": False, "pull": True}


def _git_user(signature: Signature) -> dict[str, str]:
    return {"name": signature.name, "email": signature.email, "date": timestamp(signature.at)}
