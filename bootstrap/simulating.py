"""Starting the GitHub simulator with the service's own settings, so that the two know each other's secrets."""

from bootstrap.logging import configure_logging
from bootstrap.settings import read_settings
from cli.services import SimulatorOptions
from github_app.simulator.keys import keep_private_key, keep_secret
from github_app.simulator.server import serve_simulator
from github_app.simulator.settings import SimulatorSettings, generate_password


def simulate(options: SimulatorOptions) -> None:
    """Serve the simulator until it is told to stop."""
    settings = read_settings()
    configure_logging(settings.log_format, settings.log_level)
    serve_simulator(
        SimulatorSettings(
            root=options.root,
            port=options.port,
            webhook_url=options.webhook_url,
            webhook_secret=settings.github_webhook_secret.get_secret_value(),
            app_id=settings.github_app_id,
            private_key_pem=keep_private_key(settings.github_app_private_key_file),
            developer_password=keep_secret(options.root / "developer-password", generate_password),
        ),
        lambda github: options.say(f"GitHub is simulated at {github.page_url}"),
    )
