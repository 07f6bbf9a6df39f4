"""Opening one commit of a repository, without a project or a deployment."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from domain.ports.forge import Forge, SourceFetcher
from domain.source import CommitSha, FullName
from operations.repositories import locate_repository


@dataclass(frozen=True, slots=True)
class OpenedCommit:
    """A commit's files on this machine.

    Attributes:
        tree: their directory.
        url: the repository's web address.
    """

    tree: Path
    url: str


@contextmanager
def open_commit(forge: Forge, fetcher: SourceFetcher, name: FullName, sha: CommitSha) -> Iterator[OpenedCommit]:
    """Give the commit's files; they are gone when the context ends, the right to read the repository before it begins.

    Raises:
        NotFound: `repository_not_accessible`.
        UserError, TemporarilyUnavailable: see `SourceFetcher.fetch`.
    """
    address, _ = locate_repository(forge, name)
    access = forge.grant_clone(address)
    with ExitStack() as ending:
        try:
            tree = ending.enter_context(fetcher.fetch(access, sha))
        finally:
            forge.revoke_clone(access)
        yield OpenedCommit(tree, access.url.removesuffix(".git"))
