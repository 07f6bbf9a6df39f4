"""Pull requests and comparisons, read only: people change pull requests on GitHub's pages."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from github_app.simulator.comparisons import Comparison, find_comparison, list_files
from github_app.simulator.pull_objects import write_files, write_full_pull, write_pull
from github_app.simulator.pull_requests import PullRequest
from github_app.simulator.refusals import Refused, not_found
from github_app.simulator.routes.access import Pages, Simulated, allow
from github_app.simulator.routes.repositories import find_target
from github_app.simulator.simulation import Simulation
from github_app.simulator.state import HostedRepository

router = APIRouter(prefix="/repos/{owner}/{repo}")
Readable = Annotated[HostedRepository, Depends(allow("read", "pull_requests"))]
ContentsReadable = Annotated[HostedRepository, Depends(allow("read", "contents"))]
_MOST_FILES = 300


class PullFilter(BaseModel):
    """Which pull requests are meant, and in which order."""

    state: Literal["open", "closed", "all"] = "open"
    head: str | None = None
    base: str | None = None
    sort: Literal["created", "updated", "popularity", "long-running"] = "created"
    direction: Literal["asc", "desc"] | None = None

    def choose(self, pulls: tuple[PullRequest, ...]) -> list[PullRequest]:
        """Return those that match, newest first unless told otherwise."""
        found = [pull for pull in pulls if self._matches(pull)]
        downwards = self.direction == "desc" if self.direction else self.sort == "created"
        found.sort(key=lambda pull: (pull.updated_at if self.sort == "updated" else pull.created_at, pull.number))
        return found[::-1] if downwards else found

    def _matches(self, pull: PullRequest) -> bool:
        # GitHub ignores a head without its owner.
        head = self.head if self.head and ":" in self.head else None
        wanted = ((self.base, pull.base.ref), (head, pull.head.label))
        return self.state in {"all", pull.state} and all(want is None or want == value for want, value in wanted)


@router.get("/pulls")
def list_pulls(
    simulation: Simulated, repository: Readable, paging: Pages, wanted: Annotated[PullFilter, Depends()]
) -> JSONResponse:
    """The pull requests of a repository."""
    pulls = wanted.choose(simulation.state.list_pulls(repository.id))
    shown = [write_pull(simulation, pull) for pull in paging.cut(pulls)]
    return JSONResponse(shown, headers=paging.link(simulation.writer.api_url, len(pulls)))


@router.get("/pulls/{number}")
def show_pull(simulation: Simulated, repository: Readable, number: int) -> dict[str, Any]:
    """One pull request."""
    return write_full_pull(simulation, simulation.state.get_pull(repository.id, number))


@router.get("/pulls/{number}/files")
def list_pull_files(simulation: Simulated, repository: Readable, number: int, paging: Pages) -> JSONResponse:
    """The files it changes."""
    pull = simulation.state.get_pull(repository.id, number)
    compared = find_comparison(simulation.git, repository.id, pull.base.sha, pull.head.sha)
    files = list_files(simulation.git, repository.id, compared.merge_base, pull.head.sha) if compared else ()
    shown = write_files(simulation, repository, pull.head.sha, paging.cut(files))
    return JSONResponse(shown, headers=paging.link(simulation.writer.api_url, len(files)))


@router.get("/compare/{basehead:path}")
def compare(simulation: Simulated, repository: ContentsReadable, basehead: str, paging: Pages) -> JSONResponse:
    """How one commit stands to another: `base...head`, each an id, a branch, a tag, or a fork's `owner:branch`."""
    base, dots, head = basehead.partition("...")
    if not (base and dots and head):
        raise not_found()
    ends = [_resolve(simulation, repository, name) for name in (base, head)]
    compared = find_comparison(simulation.git, repository.id, *ends)
    if compared is None:
        raise Refused(404, f"No common ancestor between {base} and {head}.")
    content = _describe(simulation, repository, compared, f"{base}...{head}")
    files = list_files(simulation.git, repository.id, compared.merge_base, compared.head)[:_MOST_FILES]
    content["commits"] = _write_commits(simulation, repository, paging.cut(compared.ahead))
    content["files"] = write_files(simulation, repository, compared.head, files)
    return JSONResponse(content, headers=paging.link(simulation.writer.api_url, len(compared.ahead)))


def _describe(simulation: Simulation, repository: HostedRepository, compared: Comparison, span: str) -> dict[str, Any]:
    page = f"{simulation.writer.page_url(repository)}/compare/{span}"
    base, merge_base = _write_commits(simulation, repository, [compared.base, compared.merge_base])
    return {
        "url": f"{simulation.writer.repository_url(repository)}/compare/{span}",
        "html_url": page,
        "permalink_url": page,
        "diff_url": f"{page}.diff",
        "patch_url": f"{page}.patch",
        "base_commit": base,
        "merge_base_commit": merge_base,
        "status": compared.status,
        "ahead_by": len(compared.ahead),
        "behind_by": len(compared.behind),
        "total_commits": len(compared.ahead),
    }


def _write_commits(simulation: Simulation, repository: HostedRepository, shas: list[str]) -> list[dict[str, Any]]:
    commits = simulation.git.read_commits(repository.id, shas)
    return [simulation.writer.commit(repository, commit) for commit in commits]


def _resolve(simulation: Simulation, repository: HostedRepository, name: str) -> str:
    owner, colon, rest = name.partition(":")
    source = _find_relative(simulation, repository, owner) if colon else repository
    try:
        sha = find_target(simulation, source, rest if colon else name).sha
    except Refused as refused:
        raise not_found() from refused
    if source.id != repository.id:
        simulation.git.copy_objects(source.id, repository.id, (sha,))
    return sha


def _find_relative(simulation: Simulation, repository: HostedRepository, owner: str) -> HostedRepository:
    """Return the repository of this owner among a repository, its parent and the forks of both."""
    family = {repository.id, repository.fork_of} - {None}
    with simulation.state.lock:
        for relative in simulation.state.repositories.values():
            if relative.owner.login.lower() == owner.lower() and {relative.id, relative.fork_of} & family:
                return relative
    raise not_found()
