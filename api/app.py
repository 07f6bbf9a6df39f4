"""The HTTP application, put together."""

from fastapi import FastAPI

from api.errors import install_error_answers
from api.routes import health, webhooks
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
    app.include_router(health.router)
    app.include_router(webhooks.router)
    return app
