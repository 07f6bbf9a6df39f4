"""Repositories, branches, refs and commits, read from the real bare repository."""

import re
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse

from github_app.simulator.bare_repositories import HostedCommit
from github_app.simulator.memberships import describe_role, find_permission, find_role
from github_app.simulator.refusals import Refused, not_found
from github_app.simulator.routes.access import AppOnly, Pages, Simulated, allow, find_named
from github_app.simulator.simulation import Simulation
from github_app.simulator.state import HostedRepository

router = APIRouter(prefix="/repos/{owner}/{repo}")
Visible = Annotated[HostedRepository, Depends(allow("read", "metadata"))]
Readable = Annotated[HostedRepository, Depends(allow("read", "contents"))]
_BRANCH = "refs/heads/"
_SHA = re.compile(r"[0-9a-f]{40}")


@router.get("")
def show_repository(simulation: Simulated, repository: Visible) -> dict[str, Any]:
    """The repository."""
    content = simulation.writer.full_repository(repository)
    parent = simulation.state.repositories.get(repository.fork_of or 0)
    if parent is None:
        return content
    origin = simulation.writer.repository(parent)
    return {**content, "parent": origin, "source": origin}


@router.get("/installation", dependencies=[AppOnly])
def show_installation(request: Request, simulation: Simulated) -> dict[str, Any]:
    """The installation through which the App sees the repository."""
    installation = simulation.state.find_installation_on(find_named(request, simulation))
    if installation is None:
        raise not_found()
    return simulation.writer.installation(installation)


@router.get("/branches")
def list_branches(simulation: Simulated, repository: Readable, paging: Pages) -> JSONResponse:
    """The branches, by name."""
    refs = simulation.git.list_refs(repository.id)
    names = [ref for ref in refs if ref.startswith(_BRANCH)]
    url = simulation.writer.repository_url(repository)
    shown = [
        {
            "name": ref.removeprefix(_BRANCH),
            "commit": {"sha": refs[ref], "url": f"{url}/commits/{refs[ref]}"},
            "protected": False,
        }
        for ref in paging.cut(names)
    ]
    return JSONResponse(shown, headers=paging.link(simulation.writer.api_url, len(names)))


@router.get("/branches/{branch:path}")
def show_branch(simulation: Simulated, repository: Readable, branch: str) -> dict[str, Any]:
    """One branch and the commit it points to."""
    sha = simulation.git.find_ref(repository.id, f"{_BRANCH}{branch}")
    if sha is None:
        raise Refused(404, "Branch not found")
    return simulation.writer.branch(repository, branch, _read(simulation, repository, sha))


@router.get("/git/ref/{ref:path}")
def show_ref(simulation: Simulated, repository: Readable, ref: str) -> dict[str, Any]:
    """One ref (`heads/main`, `tags/v1`) and the object it points to."""
    refs = simulation.git.list_refs(repository.id)
    if not refs:
        raise Refused(409, "Git Repository is empty.")
    full = f"refs/{ref}"
    if full not in refs:
        raise not_found()
    kind = simulation.git.object_type(repository.id, refs[full])
    return simulation.writer.ref(repository, full, (kind, refs[full]))


@router.get("/collaborators/{username}/permission")
def show_permission(simulation: Simulated, repository: Visible, username: str) -> dict[str, Any]:
    """What a user may do in a repository; everybody may read a public one."""
    user = simulation.state.find_account(username)
    if user is None:
        raise not_found()
    role = find_role(simulation.state, user, repository)
    if role == "none" and not repository.private:
        role = "read"
    described = {**simulation.writer.account(user), "permissions": describe_role(role), "role_name": role}
    return {"permission": find_permission(role), "role_name": role, "user": described}


def show_commit(simulation: Simulated, repository: Readable, ref: str) -> dict[str, Any]:
    """One commit by id, branch or tag; a branch wins over a tag."""
    refs = simulation.git.list_refs(repository.id)
    if not refs:
        raise Refused(409, "Git Repository is empty.")
    return simulation.writer.commit(repository, find_target(simulation, repository, ref))


def find_target(simulation: Simulation, repository: HostedRepository, ref: str) -> HostedCommit:
    """Return the commit that an id, a branch or a tag means, or raise `Refused` (422)."""
    refs = simulation.git.list_refs(repository.id)
    short = ref.removeprefix("refs/")
    names = (f"refs/{short}", f"{_BRANCH}{ref}", f"refs/tags/{ref}")
    sha = ref if _SHA.fullmatch(ref) else next((refs[name] for name in names if name in refs), "")
    commit = simulation.git.find_commit(repository.id, sha)
    if commit is None:
        raise Refused(422, f"No commit found for SHA: {ref}")
    return commit


def _read(simulation: Simulation, repository: HostedRepository, sha: str) -> HostedCommit:
    commit = simulation.git.find_commit(repository.id, sha)
    if commit is None:
        raise not_found()
    return commit
