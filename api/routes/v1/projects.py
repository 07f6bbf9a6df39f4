"""Projects: their repository, their branches, their settings."""

from fastapi import APIRouter

from api.requests import BuildSettingsBody, GitSettingsChange, NewProject, RepositoryChoice, TrackingChange
from api.routes.v1.names import Slug
from api.schemas import GitSettingsBody, ProjectBody
from api.services import ApiServices, ServicesOfRequest
from domain.environments import EnvironmentKind
from domain.errors import InvalidInput
from domain.source import parse_full_name
from operations import project_settings, projects

router = APIRouter(tags=["projects"])


@router.get("/projects")
def list_projects(services: ServicesOfRequest) -> list[ProjectBody]:
    """List the projects, by name."""
    with services.store.transaction() as work:
        return [ProjectBody.of(projects.picture_project(work, project)) for project in work.projects.list_all()]


@router.post("/projects", status_code=201)
def create_project(services: ServicesOfRequest, new: NewProject) -> ProjectBody:
    """Create a project with production, staging and preview environments."""
    projects.create_project(services.store, new.slug, new.queue)
    return _show(services, new.slug)


@router.get("/projects/{slug}")
def show_project(services: ServicesOfRequest, slug: Slug) -> ProjectBody:
    """Show a project: its connection with the reason why it does not deploy, branches, settings."""
    return _show(services, slug)


@router.put("/projects/{slug}/repository")
def connect_repository(services: ServicesOfRequest, slug: Slug, choice: RepositoryChoice) -> ProjectBody:
    """Connect a repository the App sees; production tracks its default branch. Nothing is deployed."""
    name = parse_full_name(choice.repository.strip())
    projects.connect_repository(services.store, services.forge, slug=slug, name=name)
    return _show(services, slug)


@router.delete("/projects/{slug}/repository")
def disconnect_repository(services: ServicesOfRequest, slug: Slug) -> ProjectBody:
    """Stop automatic deployments; deployments and settings stay."""
    projects.disconnect_repository(services.store, slug=slug)
    return _show(services, slug)


@router.patch("/projects/{slug}/tracking")
def change_tracking(services: ServicesOfRequest, slug: Slug, change: TrackingChange) -> ProjectBody:
    """Choose which branches deploy where; a changed one must exist on GitHub."""
    given = {kind: getattr(change, kind.value) or "" for kind in _TRACKING if kind.value in change.model_fields_set}
    if not given:
        raise InvalidInput("request_invalid", "Give production, staging or both: a branch, or null for none.")
    project_settings.track_branches(services.store, services.forge, slug=slug, branches=given)
    return _show(services, slug)


@router.put("/projects/{slug}/build-settings")
def change_build_settings(services: ServicesOfRequest, slug: Slug, settings: BuildSettingsBody) -> BuildSettingsBody:
    """Replace the build settings; what is left out becomes the default again."""
    changed = project_settings.change_build_settings(services.store, slug=slug, settings=settings.to_domain())
    return BuildSettingsBody.of(changed)


@router.patch("/projects/{slug}/git-settings")
def change_git_settings(services: ServicesOfRequest, slug: Slug, change: GitSettingsChange) -> GitSettingsBody:
    """Change what pull requests and pushes lead to; what is left out stays."""
    changed = project_settings.change_git_settings(services.store, slug=slug, changes=change.to_domain())
    return GitSettingsBody.of(changed)


@router.put("/projects/{slug}/pause")
def pause_project(services: ServicesOfRequest, slug: Slug) -> ProjectBody:
    """Stop automatic deployments for a while."""
    projects.pause_project(services.store, slug=slug, paused=True)
    return _show(services, slug)


@router.delete("/projects/{slug}/pause")
def resume_project(services: ServicesOfRequest, slug: Slug) -> ProjectBody:
    """Let automatic deployments go on."""
    projects.pause_project(services.store, slug=slug, paused=False)
    return _show(services, slug)


_TRACKING = (EnvironmentKind.PRODUCTION, EnvironmentKind.STAGING)


def _show(services: ApiServices, slug: str) -> ProjectBody:
    with services.store.transaction() as work:
        return ProjectBody.of(projects.picture_project(work, work.projects.get_by_slug(slug)))
