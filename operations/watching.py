"""Watching a repository: what GitHub has when it is connected counts as decided; only what comes later deploys."""

from domain.ports.forge import Forge, RepositoryFacts, WatchedRepository
from domain.ports.store import UnitOfWork
from domain.records import DecidedHead
from domain.source import BranchName, CommitSha, Repository, RepositoryAddress


def look_at_repository(forge: Forge, address: RepositoryAddress, repository: Repository) -> tuple[RepositoryFacts, ...]:
    """Return what the repository's default branch and pull requests are like now; nothing when it is not seen."""
    branches = (repository.default_branch,)
    watched = WatchedRepository(address, repository.full_name, branches, pull_requests=True)
    return forge.read_repositories(address.installation_id, (watched,))


def begin_watching(work: UnitOfWork, facts: RepositoryFacts) -> None:
    """Take what GitHub has now for decided, unless another project has the repository watched already."""
    repository_id = facts.repository.id
    if not work.projects.begin_watching(repository_id):
        return
    for branch, head in facts.heads.items():
        work.projects.remember_head(repository_id, branch, DecidedHead(head.sha))
    for pull_request in facts.pull_requests or ():
        work.pull_requests.remember(repository_id, pull_request)


def watch_branch(work: UnitOfWork, address: RepositoryAddress, branch: BranchName, head: CommitSha) -> None:
    """Take the branch's head for decided, unless the branch is tracked already."""
    tracked = {(one.address.repository_id, one.branch) for one in work.projects.list_tracked_branches()}
    if (address.repository_id, branch) not in tracked:
        work.projects.remember_head(address.repository_id, branch, DecidedHead(head))
