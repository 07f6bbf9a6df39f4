"""Taking secrets out of text that arrives in pieces."""

import base64
import json
import re
from collections.abc import Iterable
from typing import Final
from urllib.parse import quote, quote_plus

from domain.secrets import MASK, Secret

MIN_LENGTH: Final = 6
"""Shorter values are found everywhere by accident; they are not taken out."""
_MIN_LINE: Final = 8
_BASE64_LINE: Final = 76
_QUICK: Final = 6

Span = tuple[int, int]


class Redactor:
    """Knows the secrets of one build in every form they are likely to be printed in."""

    def __init__(self, secrets: Iterable[Secret]) -> None:
        values = {secret.reveal() for secret in secrets}
        forms = {form for value in values for form in list_forms(value)}
        self._forms = tuple(sorted((form for form in forms if len(form) >= MIN_LENGTH), key=len, reverse=True))

    def redact(self, text: str) -> str:
        """Return `text` with every secret masked."""
        stream = self.open()
        return stream.feed(text) + stream.close()

    def open(self) -> "RedactedStream":
        """Return a stream for text that arrives in pieces."""
        return RedactedStream(self._forms)


class RedactedStream:
    """Masks secrets in one stream, also where a piece ends in the middle of one.

    What could be the beginning of a secret is held back until it is known not to be.
    """

    def __init__(self, forms: tuple[str, ...]) -> None:
        self._forms = forms
        self._held = ""
        self._masked = 0  # so many characters of `_held` belong to a secret whose mask is written already

    def feed(self, text: str) -> str:
        """Take the next piece and return what may be shown by now."""
        return self._release(self._held + text, is_last=False) if self._forms else text

    def close(self) -> str:
        """Return what was held back."""
        return self._release(self._held, is_last=True)

    def _release(self, text: str, *, is_last: bool) -> str:
        keep_from = len(text) if is_last else self._find_open_end(text)
        shown: list[str] = []
        position, masked = 0, 0
        for start, end in _merge([(0, self._masked), *self._find_spans(text)]):
            is_continued = start == 0 and self._masked > 0
            if start >= keep_from and not is_continued:
                break
            shown.append(text[position:start])
            if not is_continued:
                shown.append(MASK)
            position, masked = min(end, keep_from), max(0, end - keep_from)
        shown.append(text[position:keep_from])
        self._held, self._masked = text[keep_from:], masked
        return "".join(shown)

    def _find_spans(self, text: str) -> Iterable[Span]:
        for form in self._forms:
            start = text.find(form)
            while start >= 0:
                yield start, start + len(form)
                start = text.find(form, start + 1)

    def _find_open_end(self, text: str) -> int:
        """Return where the longest end of `text` that may be the beginning of a secret starts."""
        return min((_find_prefix_at_end(text, form) for form in self._forms), default=len(text))


def list_forms(value: str) -> set[str]:
    """Return the ways a value may be written: as it is, encoded, escaped, and line by line."""
    raw = value.encode(errors="surrogatepass")
    lines = [line.strip() for line in value.splitlines() if len(line.strip()) >= _MIN_LINE]
    encoded = {
        quote(raw, safe=""),
        quote(raw),
        quote_plus(raw),
        raw.hex(),
        raw.hex().upper(),
        json.dumps(value)[1:-1],
        json.dumps(value, ensure_ascii=False)[1:-1],
        repr(value)[1:-1],
    }
    lowered = {re.sub(r"%[0-9A-F]{2}", lambda match: match[0].lower(), form) for form in encoded if "%" in form}
    forms = {value, value.strip(), *lines, *encoded, *lowered, *_list_base64(raw)}
    return {form for form in forms if len(form) >= MIN_LENGTH} if len(value) >= MIN_LENGTH else set()


def _list_base64(raw: bytes) -> set[str]:
    """Return what any base64 text that has `raw` somewhere inside it contains."""
    forms = set()
    for offset in range(3):
        text = base64.b64encode(bytes(offset) + raw).decode()
        # The characters at both ends also depend on the neighbours.
        forms.add(text[-(-8 * offset // 6) : 8 * (offset + len(raw)) // 6])
    standard = base64.b64encode(raw).decode().rstrip("=")
    forms |= {standard[at : at + _BASE64_LINE] for at in range(0, len(standard) - 1, _BASE64_LINE)}
    return forms | {form.replace("+", "-").replace("/", "_") for form in forms}


def _merge(spans: Iterable[Span]) -> list[Span]:
    """Return the spans in order, overlapping ones as one."""
    merged: list[Span] = []
    for start, end in sorted(spans):
        if merged and start < merged[-1][1]:
            merged[-1] = merged[-1][0], max(end, merged[-1][1])
        elif end > start:
            merged.append((start, end))
    return merged


def _find_prefix_at_end(text: str, form: str) -> int:
    first = max(0, len(text) - len(form) + 1)
    # Long ends are looked for by their first characters, which is quick; short ones one by one.
    start = text.find(form[:_QUICK], first)
    while start >= 0:
        if form.startswith(text[start:]):
            return start
        start = text.find(form[:_QUICK], start + 1)
    for start in range(max(first, len(text) - _QUICK + 1), len(text)):
        if form.startswith(text[start:]):
            return start
    return len(text)
