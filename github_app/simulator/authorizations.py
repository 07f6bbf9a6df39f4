"""Users and the App: who is signed in, the codes they are sent back with, the tokens these are exchanged for."""

import base64
import hashlib
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from github_app.simulator.refusals import bad_credentials
from github_app.simulator.state import Account

_CODE_LIFETIME: Final = timedelta(minutes=10)
TOKEN_LIFETIME: Final = timedelta(hours=8)
REFRESH_LIFETIME: Final = timedelta(seconds=15897600)
USER_TOKEN: Final = "ghu_"  # noqa: S105 - how a token begins


@dataclass(frozen=True, slots=True)
class UserTokens:
    """What a code was exchanged for."""

    user: Account
    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class _Pending:
    """A code that was handed out; `challenge` is PKCE's (S256), empty without it."""

    user: Account
    redirect_uri: str
    challenge: str
    expires_at: datetime


class AuthorizationDesk:
    """Hands out codes and user tokens, each code once and for ten minutes.

    Attributes:
        signed_in: who uses the browser, None for nobody.
        denies: whether that user refuses to authorize the App.
    """

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self.signed_in: Account | None = None
        self.denies = False
        self._clock = clock
        self._lock = threading.Lock()
        self._codes: dict[str, _Pending] = {}
        self._tokens: dict[str, UserTokens] = {}

    def make_code(self, user: Account, redirect_uri: str, challenge: str = "") -> str:
        """Return the code a user is sent back with."""
        code = secrets.token_hex(10)
        with self._lock:
            self._codes[code] = _Pending(user, redirect_uri, challenge, self._clock() + _CODE_LIFETIME)
        return code

    def exchange(self, code: str, redirect_uri: str = "", verifier: str = "") -> UserTokens | None:
        """Return tokens for a code that works still; `redirect_uri` may be empty or is the one of before."""
        with self._lock:
            pending = self._codes.pop(code, None)
        if pending is None or pending.expires_at <= self._clock():
            return None
        if redirect_uri not in {"", pending.redirect_uri} or not _answers(pending.challenge, verifier):
            return None
        return self._issue(pending.user)

    def renew(self, refresh_token: str) -> UserTokens | None:
        """Return fresh tokens for a refresh token, which works once."""
        with self._lock:
            old = next((t for t in self._tokens.values() if t.refresh_token == refresh_token), None)
            if old is None:
                return None
            del self._tokens[old.access_token]
        return self._issue(old.user)

    def recognise(self, token: str) -> Account:
        """Return whose token it is, or raise `Refused` (401)."""
        with self._lock:
            known = self._tokens.get(token)
        if known is None or known.expires_at <= self._clock():
            raise bad_credentials()
        return known.user

    def expire_all(self) -> None:
        """Let every user token and code expire now."""
        with self._lock:
            self._tokens.clear()
            self._codes.clear()

    def _issue(self, user: Account) -> UserTokens:
        names = (f"{USER_TOKEN}{secrets.token_hex(18)}", f"ghr_{secrets.token_hex(38)}")
        tokens = UserTokens(user, *names, self._clock() + TOKEN_LIFETIME)
        with self._lock:
            self._tokens[tokens.access_token] = tokens
        return tokens


def _answers(challenge: str, verifier: str) -> bool:
    digest = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
    return not challenge or challenge == digest
