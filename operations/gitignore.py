"""Gitignore patterns, as git reads them.

The library `pathspec` was tried and reads too much otherwise: named and negated character classes, several stars,
space at a line's end, `**` after text, what is below a directory. A test asks `git check-ignore` about this module.
Like git, it compares bytes: here a character stands for one.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from operations.character_classes import CLASS, translate_class

_UNESCAPED_SPACES: Final = re.compile(r"((?<!\\)(?:\\\\)*) +$")
_WILD: Final = frozenset("*?[\\")
_TOKEN: Final = re.compile(rf"(?P<stars>\*+)|(?P<one>\?)|\\(?P<escaped>[\s\S])|(?P<set>{CLASS})|(?P<plain>[^\\[])")
_ANY: Final = ".*"
_ANY_IN_DIRECTORY: Final = "[^/]*"
_ANY_DIRECTORIES: Final = "(?:.*/)?"


@dataclass(frozen=True, slots=True)
class IgnoredPath:
    """One pattern.

    Attributes:
        names: matches what is named: a whole path, or its last part alone.
        whole: whether it is the whole path.
        ignores: False for a pattern that takes back.
        only_directories: whether it speaks of directories alone.
    """

    names: re.Pattern[str]
    whole: bool
    ignores: bool
    only_directories: bool


def parse_patterns(lines: Sequence[str]) -> tuple[IgnoredPath, ...]:
    """Return the patterns of the lines; like git, those that mean nothing are left out."""
    return tuple(pattern for line in lines if (pattern := _find_pattern(_spell_bytes(line))) is not None)


def is_ignored(patterns: Sequence[IgnoredPath], path: str) -> bool:
    """Whether git would ignore the file, were the patterns those of the repository.

    From the top directory down, the last pattern that names it decides; below an ignored directory everything is.
    """
    parts = _spell_bytes(path).split("/")
    directories = ["/".join(parts[:depth]) for depth in range(1, len(parts))]
    return any(_decide(patterns, directory, is_directory=True) for directory in directories) or _decide(
        patterns, "/".join(parts), is_directory=False
    )


def _decide(patterns: Sequence[IgnoredPath], path: str, *, is_directory: bool) -> bool:
    last_part = path.rpartition("/")[2]
    for pattern in reversed(patterns):
        if pattern.only_directories and not is_directory:
            continue
        if pattern.names.fullmatch(path if pattern.whole else last_part):
            return pattern.ignores
    return False


def _find_pattern(line: str) -> IgnoredPath | None:
    text = _UNESCAPED_SPACES.sub(r"\1", line.removesuffix("\r"))
    if text.startswith("#"):
        return None
    ignores = not text.startswith("!")
    named = text if ignores else text[1:]
    body = named.removesuffix("/")
    whole = "/" in body
    try:
        regex = _translate_path(body.removeprefix("/")) if whole else _translate(body)
    except ValueError:
        return None
    return IgnoredPath(re.compile(regex, re.DOTALL), whole, ignores, body != named) if body else None


def _translate_path(pattern: str) -> str:
    """Translate a pattern of a whole path: git takes the text before the first wildcard off by itself.

    What follows begins a pattern of its own, so that `a**/b` means `a`, any directories and `b`.
    """
    length = next((index for index, character in enumerate(pattern) if character in _WILD), len(pattern))
    return re.escape(pattern[:length]) + _translate(pattern[length:])


def _translate(pattern: str) -> str:
    """Return the pattern as a regular expression, or raise `ValueError` when it can match nothing."""
    return "".join(_translate_tokens(pattern))


def _translate_tokens(pattern: str) -> Iterator[str]:
    position = 0
    while position < len(pattern):
        token = _TOKEN.match(pattern, position)
        if token is None:
            raise ValueError(pattern)
        position = token.end()
        if token["stars"]:
            yield (text := _translate_stars(pattern, token))
            position += text == _ANY_DIRECTORIES
        elif token["one"]:
            yield "[^/]"
        elif token["set"]:
            yield translate_class(token["set"])
        else:
            yield re.escape(token["escaped"] or token["plain"])


def _translate_stars(pattern: str, token: re.Match[str]) -> str:
    """Several stars mean directories where they stand between slashes, at the beginning or at the end."""
    start, rest = token.start(), pattern[token.end() :]
    begins = start == 0 or pattern[start - 1] == "/"
    if len(token[0]) == 1 or not begins or not (not rest or rest.startswith(("/", "\\/"))):
        return _ANY_IN_DIRECTORY
    return _ANY_DIRECTORIES if rest.startswith("/") else _ANY


def _spell_bytes(text: str) -> str:
    return text.encode("utf-8", "surrogateescape").decode("latin-1")
