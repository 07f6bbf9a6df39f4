"""The HTTP application, put together."""

from fastapi import FastAPI

from api.errors import install_error_answers
from api.routes import github_app, health, people, webhooks
from api.routes.v1.router import create_router
from api.services import ApiServices


def create_app(services: ApiServices) -> FastAPI:
    """Return the application; everything it uses comes in `services`."""
    app = FastAPI(
        title="Pushwright",
        summary="Turns a git push into a running-ready container image.",
        # Their pages load scripts from a public host.
        docs_url=None,
        redoc_url=None,
    )
    app.state.services = services
    install_error_answers(app)
    for module in (health, webhooks, github_app, people):
        app.include_router(module.router)
    app.include_router(create_router())
    return app
