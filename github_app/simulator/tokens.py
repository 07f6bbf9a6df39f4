"""Who is asking: the App by its JSON web token, an installation by its short-lived token."""

import base64
import json
import secrets
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from github_app.simulator.refusals import Refused, bad_credentials, not_accessible, not_found
from github_app.simulator.state import HostedRepository, Installation

_LEVELS: Final = ("none", "read", "write", "admin")
_LONGEST_LIFE_SECONDS = 600
_CLOCK_DRIFT_SECONDS = 60
_UNDECODABLE = "A JSON web token could not be decoded"


@dataclass(frozen=True, slots=True)
class TokenGrant:
    """What an installation token allows; `repository_ids` is None for all of the installation's."""

    token: str = field(repr=False)
    installation: Installation
    repository_ids: frozenset[int] | None
    permissions: Mapping[str, str]
    expires_at: datetime

    def sees(self, repository: HostedRepository) -> bool:
        """Tell whether the repository is within the token's scope."""
        if not self.installation.covers(repository):
            return False
        return self.repository_ids is None or repository.id in self.repository_ids

    def demand(self, repository: HostedRepository, level: str, *permissions: str) -> None:
        """Raise `Refused` unless the token allows `level` by any of the permissions: 404 out of scope, 403 without."""
        if not self.sees(repository):
            raise not_found()
        if not any(is_enough(self.permissions.get(name), level) for name in permissions):
            raise not_accessible()


def is_enough(granted: str | None, level: str) -> bool:
    """Tell whether a granted level includes the one that is needed."""
    return _LEVELS.index(granted or "none") >= _LEVELS.index(level)


class TokenDesk:
    """Issues installation tokens and recognises them again."""

    def __init__(self, lifetime: timedelta, clock: Callable[[], datetime]) -> None:
        self.lifetime = lifetime
        self._clock = clock
        self._lock = threading.Lock()
        self._grants: dict[str, TokenGrant] = {}

    def issue(
        self, installation: Installation, repository_ids: frozenset[int] | None, permissions: Mapping[str, str]
    ) -> TokenGrant:
        """Return a fresh token for some repositories and permissions."""
        token = f"ghs_{secrets.token_hex(18)}"
        expires_at = (self._clock() + self.lifetime).replace(microsecond=0)
        granted = {**permissions, "metadata": "read"}
        grant = TokenGrant(token, installation, repository_ids, granted, expires_at)
        with self._lock:
            self._grants[token] = grant
        return grant

    def recognise(self, token: str) -> TokenGrant:
        """Return what the token allows, or raise `Refused` (401)."""
        with self._lock:
            grant = self._grants.get(token)
        if grant is None or grant.expires_at <= self._clock():
            raise bad_credentials()
        return grant

    def find(self, token: str) -> TokenGrant | None:
        """Return what a token allows or once allowed."""
        with self._lock:
            return self._grants.get(token)

    def refresh(self, grant: TokenGrant, installation: Installation) -> TokenGrant:
        """Return the grant with the installation as it is now: suspension and removed access count at once."""
        if installation.suspended_at:
            raise Refused(403, "This installation has been suspended")
        return replace(grant, installation=installation)

    def revoke(self, token: str) -> None:
        """Forget the token."""
        with self._lock:
            self._grants.pop(token, None)

    def expire_all(self) -> None:
        """Let every token expire now."""
        with self._lock:
            self._grants.clear()


def verify_app_token(token: str, *, key: rsa.RSAPublicKey, app_id: int, at: datetime, client_id: str = "") -> None:
    """Raise `Refused` (401) unless `token` is the App's own, signed with RS256 and valid for ten minutes at most."""
    claims = _decode(token, key)
    moment = at.astimezone(UTC).timestamp()
    if str(claims.get("iss")) not in {str(app_id), client_id or str(app_id)}:
        raise Refused(401, "Integration not found")
    expires, issued = claims.get("exp"), claims.get("iat")
    if not isinstance(issued, int) or issued > moment + _CLOCK_DRIFT_SECONDS:
        raise Refused(401, "'Issued at' claim ('iat') must be an Integer representing the time of the assertion")
    if not isinstance(expires, int) or expires <= moment:
        raise Refused(401, "'Expiration time' claim ('exp') must be a numeric value representing the future time")
    if expires > moment + _LONGEST_LIFE_SECONDS:
        raise Refused(401, "'Expiration time' claim ('exp') is too far in the future")


def _decode(token: str, key: rsa.RSAPublicKey) -> dict[str, Any]:
    signed, _, signature = token.rpartition(".")
    try:
        header, claims = (json.loads(_from_base64url(part)) for part in signed.split("."))
        key.verify(_from_base64url(signature), signed.encode(), padding.PKCS1v15(), hashes.SHA256())
    except (ValueError, InvalidSignature) as error:
        raise Refused(401, _UNDECODABLE) from error
    if not isinstance(header, dict) or not isinstance(claims, dict) or header.get("alg") != "RS256":
        raise Refused(401, _UNDECODABLE)
    return claims


def _from_base64url(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
