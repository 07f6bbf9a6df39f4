"""GitHub as the settings describe it: which host, and which App, if they say."""

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

from bootstrap.keys import derive_key, find_secret
from bootstrap.settings import Settings
from domain.errors import OperatorError
from domain.ports.secrets import AppCredentials
from domain.secrets import Secret
from github_app.client import AppIdentity, GitHubHost
from operations.app_lookup import AppLookup, AppSettings


def host_of(settings: Settings) -> GitHubHost:
    """Return which GitHub, and how it is reached."""
    return GitHubHost(
        api_url=settings.github_api_url,
        web_url=settings.github_web_url,
        ca_bundle=settings.github_ca_bundle,
        proxy=find_secret(settings.github_proxy),
    )


def app_settings_of(settings: Settings) -> AppSettings:
    """Return what the settings say about the App; a key that is no key is an error now, not at the first push."""
    app = _find_app(settings)
    if app is not None:
        AppIdentity(app.app_id, app.private_key)
    return AppSettings(app, find_secret(settings.github_webhook_previous_secret), _creation_url(settings))


def creation_key_of(settings: Settings) -> Secret:
    """Return the key in the link that creates the App: known to whoever reads the service's log or its settings."""
    return derive_key(settings, "creating the GitHub App")


def identity_of(lookup: AppLookup) -> Callable[[], AppIdentity]:
    """Return what tells who we are to GitHub at the moment; reading a key takes time, so it is done once for each."""
    read = lru_cache(maxsize=2)(AppIdentity)

    def identity() -> AppIdentity:
        app = lookup.get()
        return read(app.app_id, app.private_key)

    return identity


def read_private_key(path: Path) -> Secret:
    """Return the App's private key, or raise `OperatorError` (`github_app_key_unreadable`)."""
    try:
        return Secret(path.read_text())
    except (OSError, UnicodeDecodeError) as error:
        raise OperatorError(
            "github_app_key_unreadable",
            f"PUSHWRIGHT_GITHUB_APP_PRIVATE_KEY_FILE names {path}, which cannot be read: "
            "download the key from the App's settings on GitHub and put it there.",
        ) from error


def _find_app(settings: Settings) -> AppCredentials | None:
    app_id, key_file = settings.github_app_id, settings.github_app_private_key_file
    webhook_secret = find_secret(settings.github_webhook_secret)
    if app_id is None or key_file is None or webhook_secret is None:
        return None
    return AppCredentials(
        app_id=app_id,
        slug=settings.github_app_slug,
        private_key=read_private_key(key_file),
        webhook_secret=webhook_secret,
        client_id=settings.github_client_id,
        client_secret=find_secret(settings.github_client_secret) or Secret(""),
    )


def _creation_url(settings: Settings) -> str:
    return f"{settings.public_base}/github/app/new?key={creation_key_of(settings).reveal()}"
