"""The ways a secret may be written, as what to look for in bytes."""

import base64
import codecs
import html
import json
from collections.abc import Callable, Mapping
from typing import Final
from urllib.parse import quote

Forms = tuple[bytes, ...]


def _base64(value: str) -> Forms:
    return _at_offsets(value, 3, 8, 6, base64.b64encode)


def _base64_of_urls(value: str) -> Forms:
    return _at_offsets(value, 3, 8, 6, base64.urlsafe_b64encode)


def _base32(value: str) -> Forms:
    return _at_offsets(value, 5, 8, 5, base64.b32encode)


def _base85(value: str) -> Forms:
    # Four bytes are five characters: whole groups only, at each of the four places a group may begin.
    groups = (value.encode()[start:][: (len(value.encode()) - start) // 4 * 4] for start in range(4))
    return tuple(base64.b85encode(group) for group in groups)


def _at_offsets(value: str, offsets: int, wide: int, bits: int, encode: Callable[[bytes], bytes]) -> Forms:
    """Return the characters that depend on the value alone, wherever in a longer text it stands."""
    raw = value.encode()
    forms = []
    for offset in range(offsets):
        first = -(-wide * offset // bits)
        last = wide * (offset + len(raw)) // bits
        forms.append(encode(bytes(offset) + raw)[first:last])
    return tuple(forms)


def _escape_each(value: str, pattern: str) -> bytes:
    return "".join(pattern.format(character) for character in value.encode()).encode()


ENCODINGS: Final[Mapping[str, Callable[[str], Forms]]] = {
    "plain": lambda value: (value.encode(),),
    "base64 at three offsets": _base64,
    "base64 of URLs at three offsets": _base64_of_urls,
    "base32 at five offsets": _base32,
    "base85 at four offsets": _base85,
    "hexadecimal, lower": lambda value: (value.encode().hex().encode(),),
    "hexadecimal, upper": lambda value: (value.encode().hex().upper().encode(),),
    "URL": lambda value: (quote(value, safe="").encode(), quote(value).encode()),
    "URL, lower": lambda value: (_escape_reserved(value),),
    "URL, every byte": lambda value: (_escape_each(value, "%{:02X}"), _escape_each(value, "%{:02x}")),
    "JSON": lambda value: (json.dumps(value)[1:-1].encode(), json.dumps(value)[1:-1].replace("/", "\\/").encode()),
    "JSON, every character": lambda value: (_escape_each(value, "\\u{:04x}"), _escape_each(value, "\\u{:04X}")),
    "Python, every byte": lambda value: (_escape_each(value, "\\x{:02x}"),),
    "HTML": lambda value: (html.escape(value).encode(),),
    "HTML, every character": lambda value: (_escape_each(value, "&#{};"), _escape_each(value, "&#x{:x};")),
    "octal": lambda value: (_escape_each(value, "\\{:03o}"),),
    "reversed": lambda value: (value[::-1].encode(),),
    "ROT13": lambda value: (codecs.encode(value, "rot13").encode(),),
    "UTF-16": lambda value: (value.encode("utf-16-le"), value.encode("utf-16-be")),
    "swapped case": lambda value: (value.upper().encode(), value.lower().encode()),
}
"""By name; compressed forms are found by unpacking, split ones by joining."""


def _escape_reserved(value: str) -> bytes:
    return "".join(quote(letter, safe="").lower() if letter in "/+=@:" else letter for letter in value).encode()
