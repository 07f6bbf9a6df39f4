"""Users who authorized the App: who they are, what they see, what they may do."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends
from fastapi.responses import JSONResponse

from github_app.simulator.authorizations import USER_TOKEN
from github_app.simulator.memberships import describe_role, find_role, list_accessible, list_visible
from github_app.simulator.objects import timestamp
from github_app.simulator.refusals import not_accessible, not_found
from github_app.simulator.routes.access import Bearer, Pages, Simulated
from github_app.simulator.state import Account

router = APIRouter()
_COUNTS: Final = (
    *("public_repos", "public_gists", "followers", "following", "private_gists", "total_private_repos"),
    *("owned_private_repos", "disk_usage", "collaborators"),
)


def require_user(simulation: Simulated, bearer: Bearer) -> Account:
    """Let a living user token through; an installation's is not what is wanted here (403)."""
    if not bearer.startswith(USER_TOKEN):
        simulation.tokens.recognise(bearer)
        raise not_accessible()
    return simulation.authorizations.recognise(bearer)


Asking = Annotated[Account, Depends(require_user)]


@router.get("/user")
def show_user(simulation: Simulated, user: Asking) -> dict[str, Any]:
    """The user who authorized the App."""
    at = timestamp(simulation.app.created_at)
    return {
        **simulation.writer.account(user),
        **dict.fromkeys(("name", "company", "location", "email", "hireable", "bio", "twitter_username")),
        **dict.fromkeys(_COUNTS, 0),
        "user_view_type": "private",
        "blog": "",
        "two_factor_authentication": True,
        "created_at": at,
        "updated_at": at,
    }


@router.get("/user/installations")
def list_installations(simulation: Simulated, user: Asking, paging: Pages) -> JSONResponse:
    """The installations the user sees."""
    seen = list_visible(simulation.state, user)
    shown = [simulation.writer.installation(i) for i in paging.cut(seen)]
    content = {"total_count": len(seen), "installations": shown}
    return JSONResponse(content, headers=paging.link(simulation.writer.api_url, len(seen)))


@router.get("/user/installations/{installation_id}/repositories")
def list_repositories(simulation: Simulated, user: Asking, installation_id: int, paging: Pages) -> JSONResponse:
    """The installation's repositories in which the user has a role."""
    installation = simulation.state.get_installation(installation_id)
    if installation not in list_visible(simulation.state, user):
        raise not_found()
    seen = list_accessible(simulation.state, user, installation)
    shown = [
        {**simulation.writer.repository(r), "permissions": describe_role(find_role(simulation.state, user, r))}
        for r in paging.cut(seen)
    ]
    content = {
        "total_count": len(seen),
        "repository_selection": "all" if installation.repository_ids is None else "selected",
        "repositories": shown,
    }
    return JSONResponse(content, headers=paging.link(simulation.writer.api_url, len(seen)))
