"""Keys for single purposes, derived from the one key that is set."""

import base64
import hmac

from pydantic import SecretStr

from bootstrap.settings import Settings
from domain.secrets import Secret


def encryption_key_of(settings: Settings) -> bytes:
    """Return the key that encrypts what is stored."""
    return base64.b64decode(settings.encryption_key.get_secret_value())


def derive_key(settings: Settings, purpose: str) -> Secret:
    """Return a key for one purpose, hexadecimal, so that the encryption key itself is used for one thing only."""
    return Secret(hmac.digest(encryption_key_of(settings), purpose.encode(), "sha256").hex())


def find_secret(value: SecretStr | None) -> Secret | None:
    """Return a setting as a value that is not shown, None when it is not set."""
    return None if value is None else Secret(value.get_secret_value())
