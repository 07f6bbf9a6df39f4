"""Previews of branches."""

from fastapi import APIRouter

from api.routes.v1.names import Preview, Slug
from api.schemas import ArchivedBody, KeepBody, PreviewBody
from api.services import ApiServices, ServicesOfRequest
from operations import previews

router = APIRouter(tags=["previews"])


@router.get("/projects/{slug}/previews")
def list_previews(services: ServicesOfRequest, slug: Slug, archived: bool = False) -> list[PreviewBody]:  # noqa: FBT001, FBT002 - a query parameter
    """List the project's previews, newest activity first; the archived ones too when asked for."""
    return PreviewBody.list_of(previews.list_previews(services.store, slug=slug, archived=archived))


@router.post("/projects/{slug}/previews/{preview}/archive")
def archive_preview(services: ServicesOfRequest, slug: Slug, preview: Preview) -> ArchivedBody:
    """Archive a preview and end what runs for it; a push to its pull request brings it back."""
    canceled = previews.archive_preview(services.store, slug=slug, preview=preview, now=services.clock.now())
    return ArchivedBody(preview=preview, canceled=list(canceled))


@router.put("/projects/{slug}/previews/{preview}/keep")
def keep_preview(services: ServicesOfRequest, slug: Slug, preview: Preview) -> KeepBody:
    """Let the preview stay although nothing happens in it."""
    return _keep(services, slug, preview, keep=True)


@router.delete("/projects/{slug}/previews/{preview}/keep")
def let_preview_expire(services: ServicesOfRequest, slug: Slug, preview: Preview) -> KeepBody:
    """Let the preview be archived again when nothing happens in it for long."""
    return _keep(services, slug, preview, keep=False)


def _keep(services: ApiServices, slug: str, preview: str, *, keep: bool) -> KeepBody:
    environment = previews.keep_preview(services.store, slug=slug, preview=preview, keep=keep)
    return KeepBody(preview=environment.slug, keep=keep)
