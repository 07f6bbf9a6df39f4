"""Health: is the process there, and can it do its work?"""

from fastapi import APIRouter

from api.services import ServicesOfRequest

router = APIRouter(tags=["health"])


@router.get("/healthz")
def say_alive() -> dict[str, str]:
    """Answer as long as the process runs."""
    return {"status": "ok"}


@router.get("/readyz")
def say_ready(services: ServicesOfRequest) -> dict[str, str]:
    """Answer when the database answers; 503 otherwise."""
    services.store.ping()
    return {"status": "ready"}
