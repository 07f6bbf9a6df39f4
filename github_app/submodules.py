"""Submodules: what a tree says about them, and which of it is believed.

Of a submodule only its path, its repository's name and the commit in the tree are used. The URL is read to find the
name; git is given the URL and the token that belong to the grant for that name, never what the repository wrote.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from domain.errors import InvalidInput, UserError
from domain.source import CloneAccess, CommitSha, FullName, parse_commit_sha, parse_full_name
from github_app.git import GitError
from github_app.tree import FILE_MODES, LINK_MODE, StagedTree, TreeEntry, find_plain_path

MAX_DEPTH: Final = 5
MAX_SUBMODULES: Final = 100
_DECLARATIONS: Final = ".gitmodules"


@dataclass(frozen=True, slots=True)
class Submodule:
    """A submodule of one tree.

    Attributes:
        path: where it belongs in the tree; checked.
        url: as it was written; not checked.
        sha: the commit the tree names.
    """

    path: str
    url: str
    sha: CommitSha


def list_submodules(tree: StagedTree) -> tuple[Submodule, ...]:
    """Return the submodules of a tree, or raise `UserError` (`submodule_refused`)."""
    links: list[TreeEntry] = []
    urls: dict[str, str] = {}
    for entry in tree.list_entries():
        if entry.mode == LINK_MODE:
            links.append(entry)
        elif entry.path == _DECLARATIONS and entry.mode in FILE_MODES:
            urls = _read_urls(tree, entry.id)
    return tuple(
        Submodule(_check_path(link.path), _get_url(urls, link.path), parse_commit_sha(link.id)) for link in links
    )


def choose_grant(
    submodule: Submodule, parent: CloneAccess, grants: Mapping[str, CloneAccess], web_url: str
) -> CloneAccess:
    """Return the right to read the submodule's repository, or raise `UserError` (`submodule_not_accessible`)."""
    name = find_repository_name(submodule.url, parent.url, web_url)
    where = f"The submodule at {submodule.path!r} ({_show_url(submodule.url)})"
    if name is None:
        raise UserError(
            "submodule_not_accessible",
            f"{where} cannot be fetched: in .gitmodules, give it a URL like {web_url}/owner/name.git without "
            "credentials, or one relative to this repository.",
        )
    grant = grants.get(name.lower())
    if grant is None:
        raise UserError(
            "submodule_not_accessible",
            f"{where} is {name}, which this project may not read: give the GitHub App access to it and allow the "
            "project to use it, or switch submodules off.",
        )
    return grant


def find_repository_name(url: str, base: str, web_url: str) -> FullName | None:
    """Return the repository of GitHub that a submodule's URL means, None when it means something else.

    Args:
        url: as it was written.
        base: the clone URL of the repository it was written in.
        web_url: the configured GitHub.
    """
    if not url.isprintable() or " " in url:
        return None
    try:
        parts, github = urlsplit(_resolve(url, base)), urlsplit(web_url)
    except ValueError:
        return None
    is_github = (parts.scheme, parts.netloc.lower()) == (github.scheme, github.netloc.lower())
    if not is_github or parts.query or parts.fragment or not parts.path.startswith("/"):
        return None
    try:
        return parse_full_name(parts.path[1:].removesuffix("/").removesuffix(".git"))
    except InvalidInput:
        return None


def refuse_submodule(path: str, reason: str) -> UserError:
    """Return the error for a submodule that cannot be what it says."""
    return UserError(
        "submodule_refused",
        f"The submodule at {path[:255]!r} is refused: {reason}. Mend it in the repository, or switch submodules off.",
    )


def _read_urls(tree: StagedTree, blob: str) -> dict[str, str]:
    """Return the URLs of `.gitmodules` by path."""
    try:
        pairs = tree.read_configuration(blob)
    except GitError as error:
        raise refuse_submodule(_DECLARATIONS, f"git cannot read it ({error.detail})") from None
    sections: dict[str, dict[str, str]] = {}
    for key, value in pairs:
        section, _, name = key.rpartition(".")
        sections.setdefault(section, {})[name] = value
    declared = [values for section, values in sections.items() if section.startswith("submodule.")]
    return {values["path"]: values["url"] for values in declared if "path" in values and "url" in values}


def _check_path(path: str) -> str:
    if find_plain_path(path) != path:
        raise refuse_submodule(path, "its path has characters or parts that no path of a submodule needs")
    return path


def _get_url(urls: Mapping[str, str], path: str) -> str:
    if path not in urls:
        raise refuse_submodule(path, ".gitmodules has no URL for it")
    return urls[path]


def _resolve(url: str, base: str) -> str:
    """Return a URL that may be relative as git resolves it: each `../` takes one part off the base."""
    if not url.startswith(("./", "../")):
        return url
    while url.startswith(("./", "../")):
        step, _, url = url.partition("/")
        if step == "..":
            base = base.rpartition("/")[0]
    return f"{base}/{url}"


def _show_url(url: str) -> str:
    """Return the URL for a message: without what may be a password."""
    scheme, separator, rest = url.partition("?")[0].partition("#")[0].rpartition("://")
    shown = f"{scheme}{separator}{rest.rpartition('@')[2]}"
    return "".join(character if character.isprintable() else "?" for character in shown)[:200]
