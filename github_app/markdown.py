"""Text of others inside our Markdown: shown as it is, and never longer than GitHub takes."""

import re
import sys
from typing import Final

from github_app.payloads import clean_text

MAX_BODY_BYTES: Final = 65_535
"""GitHub's limit in characters for summaries and comments; counted in bytes here, which is never more."""
SHORTENED: Final = "\n\n… (shortened; the whole text is on the deployment's page)"
_MARKDOWN = re.compile(r"[\\`*_\[\]<>#|~@&]|(?<=:/)/")
_UNFIT_FOR_CODE = re.compile(r"[`|\s]")
_UNFIT_FOR_LINK = {" ": "%20", "(": "%28", ")": "%29", "<": "%3C", ">": "%3E", "|": "%7C", "\\": "%5C"}


def escape_markdown(text: str) -> str:
    r"""Return `text` so that GitHub shows it as it is: no links, images, mentions or HTML."""
    return _MARKDOWN.sub(r"\\\g<0>", text)


def escape_line(text: str, limit: int) -> str:
    """Return `text` on one line, at most `limit` bytes of it, so that GitHub shows it as it is."""
    line = " ".join(text.split())
    shown = clean_text(line, limit)
    return escape_markdown(shown if len(shown) == len(line) else f"{shown}…")


def code_span(text: str) -> str:
    """Return `text` as code, or escaped when it does not fit into a code span of a table."""
    return escape_line(text, MAX_BODY_BYTES) if _UNFIT_FOR_CODE.search(text) else f"`{text}`"


def link(text: str, url: str) -> str:
    """Return a link to a URL of our own."""
    return f"[{text}]({''.join(_UNFIT_FOR_LINK.get(character, character) for character in url)})"


def bound_body(text: str) -> str:
    """Return `text` fit for GitHub, shortened with a word about it when it is too long."""
    whole = clean_text(text, limit=sys.maxsize)
    if len(whole.encode()) <= MAX_BODY_BYTES:
        return whole
    return clean_text(whole, MAX_BODY_BYTES - len(SHORTENED.encode())) + SHORTENED
