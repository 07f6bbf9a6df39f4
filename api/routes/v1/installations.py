"""Installations of the App and what they see."""

from typing import Annotated

from fastapi import APIRouter, Query

from api.routes.v1.names import Installation
from api.schemas import InstallationBody, RepositoriesBody, RepositoryBody
from api.services import ServicesOfRequest
from domain.identifiers import InstallationId
from operations.installing import refresh_installation

router = APIRouter(tags=["installations"])


@router.get("/installations")
def list_installations(services: ServicesOfRequest) -> list[InstallationBody]:
    """List the installations, by account."""
    with services.store.transaction() as work:
        return [
            InstallationBody.of(known, work.installations.count_repositories(known.id))
            for known in work.installations.list_all()
        ]


@router.get("/installations/{installation_id}/repositories")
def list_repositories(
    services: ServicesOfRequest,
    installation_id: Installation,
    search: Annotated[str, Query(max_length=200, pattern=r"^[^\x00]*$")] = "",
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    offset: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
) -> RepositoriesBody:
    """List repositories the installation sees whose name contains `search`, by name."""
    known = InstallationId(installation_id)
    with services.store.transaction() as work:
        work.installations.get(known)
        found = work.installations.search_repositories(known, search.strip(), limit=limit, offset=offset)
        total = work.installations.count_repositories(known)
    return RepositoriesBody(total=total, repositories=[RepositoryBody.of(one) for one in found])


@router.post("/installations/{installation_id}/refresh")
def refresh(services: ServicesOfRequest, installation_id: Installation) -> InstallationBody:
    """Ask GitHub whose installation it is and what it sees, and keep the answer."""
    refreshed = refresh_installation(
        services.store, services.forge, InstallationId(installation_id), services.clock.now()
    )
    return InstallationBody.of(refreshed.installation, refreshed.repositories)
