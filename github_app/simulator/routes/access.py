"""Who may: the dependencies that stand before every endpoint, and lists in pages."""

from collections.abc import Callable, Sequence
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import Depends, Query, Request

from github_app.simulator.refusals import Refused, bad_credentials
from github_app.simulator.simulation import Simulation
from github_app.simulator.state import HostedRepository
from github_app.simulator.tokens import TokenGrant


def get_simulation(request: Request) -> Simulation:
    """Return the simulated GitHub this application serves."""
    simulation: Simulation = request.app.state.simulation
    return simulation


Simulated = Annotated[Simulation, Depends(get_simulation)]


def read_bearer(request: Request) -> str:
    """Return the token of the Authorization header, or raise `Refused` (401)."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() not in {"bearer", "token"} or not token:
        raise Refused(401, "Requires authentication")
    return token.strip()


Bearer = Annotated[str, Depends(read_bearer)]


def require_app(simulation: Simulated, bearer: Bearer) -> None:
    """Let the App itself through."""
    simulation.recognise_app(bearer)


AppOnly = Depends(require_app)


def require_installation(simulation: Simulated, bearer: Bearer) -> TokenGrant:
    """Let a living installation token through; returns what it allows at this moment."""
    grant = simulation.tokens.recognise(bearer)
    installation = simulation.state.installations.get(grant.installation.id)
    if installation is None:
        raise bad_credentials()
    return simulation.tokens.refresh(grant, installation)


Granted = Annotated[TokenGrant, Depends(require_installation)]


def allow(level: str, *permissions: str) -> Callable[[Request, Simulation, TokenGrant], HostedRepository]:
    """Return a dependency that gives the repository of the path if the token has one of the permissions for it."""

    def find(request: Request, simulation: Simulated, grant: Granted) -> HostedRepository:
        repository = find_named(request, simulation, grant)
        grant.demand(repository, level, *permissions)
        return repository

    return find


def find_named(request: Request, simulation: Simulation, grant: TokenGrant | None = None) -> HostedRepository:
    """Return the repository of the path; who asks under a former name is sent to where it is now."""
    owner, name = request.path_params["owner"], request.path_params["repo"]
    repository = simulation.state.find_repository(owner, name)
    if repository:
        return repository
    moved = simulation.state.find_moved(owner, name)
    if moved is None or (grant is not None and not grant.sees(moved)):
        raise Refused(404, "Not Found")
    rest = "/".join(request.url.path.split("/")[4:])
    location = f"{simulation.writer.api_url}/repositories/{moved.id}{rest and '/'}{rest}"
    if request.method == "GET":
        raise Refused(301, "Moved Permanently", headers={"Location": location})
    raise Refused(307, "Temporary Redirect", headers={"Location": location})


class Paging:
    """`page` and `per_page` of a list's address."""

    def __init__(
        self,
        request: Request,
        page: Annotated[int, Query(ge=1)] = 1,
        per_page: Annotated[int, Query(ge=1, le=100)] = 30,
    ) -> None:
        self._request = request
        self._page = page
        self._per_page = per_page

    def cut(self, items: Sequence[Any]) -> list[Any]:
        """Return the items of this page."""
        begin = (self._page - 1) * self._per_page
        return list(items[begin : begin + self._per_page])

    def link(self, api_url: str, total: int) -> dict[str, str]:
        """Return the Link header that leads to the other pages, nothing when there is only one."""
        last = max(1, -(-total // self._per_page))
        pages = {"prev": self._page - 1, "next": self._page + 1, "last": last, "first": 1}
        useless = {"next", "last"} if self._page >= last else set()
        useless |= {"prev", "first"} if self._page == 1 else set()
        links = [f'<{self._url(api_url, n)}>; rel="{rel}"' for rel, n in pages.items() if rel not in useless]
        return {"Link": ", ".join(links)} if links else {}

    def _url(self, api_url: str, page: int) -> str:
        query = {**self._request.query_params, "per_page": self._per_page, "page": page}
        return f"{api_url}{self._request.url.path}?{urlencode(query)}"


Pages = Annotated[Paging, Depends()]
