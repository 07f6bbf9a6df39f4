"""The API's one router: whatever is added to it is behind the token."""

from fastapi import APIRouter, Depends

from api.access import require_token
from api.routes.v1 import deliveries, installations, previews, projects


def create_router() -> APIRouter:
    """Return the router of everything under `/api/v1`."""
    router = APIRouter(prefix="/api/v1", dependencies=[Depends(require_token)])
    for module in (installations, projects, previews, deliveries):
        router.include_router(module.router)
    return router
