"""Starting the GitHub simulator with the service's own settings, so that the two know each other's secrets."""

from pathlib import Path

from bootstrap.logging import configure_logging
from bootstrap.settings import Settings, read_settings
from cli.services import SimulatorOptions
from github_app.simulator.keys import keep_private_key, keep_secret
from github_app.simulator.server import serve_simulator
from github_app.simulator.settings import (
    SimulatorSettings,
    generate_client_id,
    generate_client_secret,
    generate_password,
)


def simulate(options: SimulatorOptions) -> None:
    """Serve the simulator until it is told to stop."""
    settings = read_settings()
    configure_logging(settings.log_format, settings.log_level)
    serve_simulator(
        _describe(settings, options), lambda github: options.say(f"GitHub is simulated at {github.page_url}")
    )


def _describe(settings: Settings, options: SimulatorOptions) -> SimulatorSettings:
    """Return what the simulator is to be; where the service has no App yet, it has one of its own to begin with."""
    root = options.root
    webhook_secret, client_secret = settings.github_webhook_secret, settings.github_client_secret
    return SimulatorSettings(
        root=root,
        port=options.port,
        webhook_url=options.webhook_url,
        webhook_secret=webhook_secret.get_secret_value() if webhook_secret else _keep(root, "webhook-secret"),
        app_id=settings.github_app_id or 1,
        app_slug=settings.github_app_slug or "pushwright",
        private_key_pem=keep_private_key(settings.github_app_private_key_file or root / "app-key.pem"),
        client_id=settings.github_client_id or keep_secret(root / "client-id", generate_client_id),
        client_secret=client_secret.get_secret_value()
        if client_secret
        else keep_secret(root / "client-secret", generate_client_secret),
        callback_url=f"{settings.public_base}/github/callback",
        setup_url=f"{settings.public_base}/github/setup",
        request_oauth_on_install=True,
        developer_password=_keep(root, "developer-password"),
    )


def _keep(root: Path, name: str) -> str:
    return keep_secret(root / name, generate_password)
