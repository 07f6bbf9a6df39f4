"""Checks of declared values: each returns the value in its final form or says what is wrong with it.

`where` names the declaration and the option (`task "x": machine`), and every message begins with it.
"""

import json
import math
import re
from collections.abc import Mapping
from datetime import timedelta

from pushwright.errors import InvalidDefinition


def check_text(where: str, value: object, *, pattern: str, meaning: str) -> str:
    """Accept text that matches the whole pattern; `meaning` is the pattern for people."""
    if not isinstance(value, str):
        raise InvalidDefinition(f"{where} must be text, not {_kind(value)}.")
    if not re.fullmatch(pattern, value):
        raise InvalidDefinition(f"{where} is {value!r}; it must be {meaning}.")
    return value


def check_seconds(where: str, value: object, *, zero_allowed: bool = False) -> float:
    """Accept seconds as a number or a timedelta."""
    seconds = value.total_seconds() if isinstance(value, timedelta) else value
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        raise InvalidDefinition(f"{where} must be seconds, as a number or a timedelta, not {_kind(value)}.")
    if not math.isfinite(seconds) or seconds < 0 or (seconds == 0 and not zero_allowed):
        raise InvalidDefinition(f"{where} is {seconds}; it must be {'zero or ' if zero_allowed else ''}above zero.")
    return seconds


def check_count(where: str, value: object) -> int:
    """Accept a whole number from 1."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise InvalidDefinition(f"{where} must be a whole number, not {_kind(value)}.")
    if value < 1:
        raise InvalidDefinition(f"{where} is {value}; it must be 1 or more.")
    return value


def check_paths(where: str, value: object) -> tuple[str, ...]:
    """Accept a list of paths or patterns relative to a directory, none of them leaving it."""
    if isinstance(value, str) or not isinstance(value, list | tuple):
        raise InvalidDefinition(f"{where} must be a list of text, not {_kind(value)}.")
    for path in value:
        if not isinstance(path, str) or not path:
            raise InvalidDefinition(f"{where} must hold non-empty text only, not {path!r}.")
        if path.startswith("/") or ".." in path.split("/"):
            raise InvalidDefinition(f"{where} holds {path!r}; it must stay inside the repository, without / or .. .")
    return tuple(value)


def check_lines(where: str, value: object, pattern: str, meaning: str) -> tuple[str, ...]:
    """Accept a list of texts that each match the whole pattern; `meaning` is the pattern for people."""
    if isinstance(value, str) or not isinstance(value, list | tuple):
        raise InvalidDefinition(f"{where} must be a list of text, not {_kind(value)}.")
    return tuple(check_text(where, line, pattern=pattern, meaning=meaning) for line in value)


def check_variables(where: str, value: object) -> Mapping[str, str]:
    """Accept environment variables: names and texts of one line."""
    if not isinstance(value, Mapping):
        raise InvalidDefinition(f"{where} must be a dict, not {_kind(value)}.")
    return {
        check_text(where, name, pattern=r"[A-Za-z_][A-Za-z0-9_]{0,254}", meaning="a name of letters, digits and _"):
        # What it holds is nobody's business in a message.
        _check_value(f"{where}: {name}", text)
        for name, text in value.items()
    }


def _check_value(where: str, value: object) -> str:
    if not isinstance(value, str) or not re.fullmatch(r"[^\x00-\x1f\x7f]{0,8000}", value):
        raise InvalidDefinition(f"{where} must be text of one line, at most 8000 characters.")
    return value


def check_json_mapping(where: str, value: object) -> Mapping[str, object]:
    """Accept a dict that JSON can carry unchanged."""
    if not isinstance(value, Mapping) or not all(isinstance(key, str) for key in value):
        raise InvalidDefinition(f"{where} must be a dict with text as keys, not {_kind(value)}.")
    try:
        json.dumps(dict(value), allow_nan=False)
    except (TypeError, ValueError) as error:
        raise InvalidDefinition(f"{where} must hold JSON values only: {error}.") from error
    return dict(value)


def check_known_keys(where: str, value: Mapping[object, object], known: tuple[str, ...]) -> dict[str, object]:
    """Accept a dict whose keys are all options that exist."""
    unknown = [key for key in value if key not in known]
    if unknown:
        raise InvalidDefinition(f"{where} has no option {unknown[0]!r}; it has {', '.join(known)}.")
    return {str(key): option for key, option in value.items()}


def _kind(value: object) -> str:
    return f"{type(value).__name__} ({value!r:.60})"
