"""Character classes of gitignore patterns, such as `[!a-z]`, as git reads them."""

import re
import string
from typing import Final

CLASS: Final = r"\[[!^]?+\]?+(?>\\[\s\S]|\[:[^\]]*:\]|[^\]\\])*+\]"
"""Matches a class in a pattern."""
_MEMBER: Final = re.compile(r"\[:(?P<name>[^\]]*):\]|(?P<escape>\\)?(?P<character>[\s\S])")
_ASCII: Final = range(128)
_NAMED: Final = {
    "alnum": string.ascii_letters + string.digits,
    "alpha": string.ascii_letters,
    "blank": " \t",
    "cntrl": "".join(chr(code) for code in _ASCII if code < ord(" ")) + "\x7f",
    "digit": string.digits,
    "graph": string.ascii_letters + string.digits + string.punctuation,
    "lower": string.ascii_lowercase,
    "print": string.ascii_letters + string.digits + string.punctuation + " ",
    "punct": string.punctuation,
    "space": string.whitespace,
    "upper": string.ascii_uppercase,
    "xdigit": string.hexdigits,
}


def translate_class(text: str) -> str:
    """Return the class as a regular expression for one byte that is not a slash.

    Raises:
        ValueError: it names a class that there is not.
    """
    negated = text[1] in "!^"
    members = _read_members(text[2:-1] if negated else text[1:-1])
    chosen = (set(map(chr, range(256))) - members if negated else members) - {"/"}
    return "[" + "".join(f"\\x{ord(character):02x}" for character in sorted(chosen)) + "]" if chosen else "(?!)"


def _read_members(body: str) -> set[str]:
    members: set[str] = set()
    previous = ""
    matches = list(_MEMBER.finditer(body))
    while matches:
        match = matches.pop(0)
        if match["name"] is not None:
            members |= _named(match["name"])
            previous = ""
        elif match[0] == "-" and previous and matches and matches[0]["character"]:
            last = matches.pop(0)["character"]
            members |= {chr(code) for code in range(ord(previous), ord(last) + 1)}
            previous = ""
        else:
            previous = match["character"]
            members.add(previous)
    return members


def _named(name: str) -> set[str]:
    if name not in _NAMED:
        raise ValueError(name)
    return set(_NAMED[name])
