"""Values that must not be shown."""

import hashlib
import hmac
from typing import Final

MASK: Final = "[secret]"


class Secret:
    """A value that prints as `[secret]` wherever it is formatted, logged or compared by eye."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """Return the value itself; call it only where the value is used, never where it is described."""
        return self._value

    def __repr__(self) -> str:
        return MASK

    __str__ = __repr__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash((Secret, self._value))


def keyed_hash(key: Secret, text: str) -> str:
    """Return 64 hexadecimal digits that change with the text and tell nobody anything who has not the key."""
    return hmac.new(key.reveal().encode(), text.encode(errors="surrogatepass"), hashlib.sha256).hexdigest()
