"""Whether a version is in a range, for the plain versions that tools have."""

import operator
import re
from collections.abc import Callable
from typing import Final

_CLAUSE: Final = re.compile(r"\s*(?P<how>===?|~=|!=|<=|>=|<|>)?\s*(?P<number>\d+(?:\.\d+)*)(?P<any>\.\*)?\s*")
_HOW: Final[dict[str, Callable[[list[int], list[int]], bool]]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_LENGTH: Final = 6


def admits(wanted: str, version: str) -> bool:
    """Whether all clauses of the range admit the version; a clause that cannot be read does not."""
    return all(_admits(clause, version) for clause in wanted.split(","))


def _admits(clause: str, version: str) -> bool:
    match = _CLAUSE.fullmatch(clause)
    if match is None:
        return False
    have, bound = _numbers(version), _numbers(match["number"])
    how = match["how"] or "=="
    if how in _HOW:
        return _HOW[how](_pad(have), _pad(bound))
    if how == "~=":
        return _pad(have) >= _pad(bound) and have[: len(bound) - 1] == bound[:-1]
    is_equal = have[: len(bound)] == bound if match["any"] else _pad(have) == _pad(bound)
    return is_equal is not (how == "!=")


def _numbers(version: str) -> list[int]:
    return [int(part) for part in re.findall(r"\d+", version)]


def _pad(numbers: list[int]) -> list[int]:
    return [*numbers, *[0] * (_LENGTH - len(numbers))]
