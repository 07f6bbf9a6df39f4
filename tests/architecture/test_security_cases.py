"""Every security case has a test that exists, or a reason why it has none."""

import ast
import re
from dataclasses import dataclass
from functools import cache

import pytest

from tests.architecture.markdown import list_rows, read_page
from tests.architecture.source_tree import ROOT, Function

PAGE = "docs/reference/security-cases.md"
COUNTS = {"G": 9, "S": 4, "P": 4, "F": 8, "L": 6, "N": 3, "A": 5, "B": 6, "D": 3}
TEST = re.compile(r"(tests/[\w/]+\.py)::(\w+)")
PENDING = re.compile(r"later \(issue [CD]: .{10,}\)")


@dataclass(frozen=True)
class Case:
    name: str
    what: str
    tests: tuple[tuple[str, str], ...]
    status: str


def read_cases(text: str) -> list[Case]:
    rows = [row for row in list_rows(text) if re.fullmatch(r"[A-Z]\d+", row[0])]
    return [Case(name, what, tuple(TEST.findall(shown)), status) for name, what, shown, status in rows]


@cache
def functions_of(path: str) -> frozenset[str]:
    if not (ROOT / path).is_file():
        return frozenset()
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    return frozenset(node.name for node in tree.body if isinstance(node, Function))


def complaints(cases: list[Case]) -> list[str]:
    missing = {f"{letter}{number}" for letter, count in COUNTS.items() for number in range(1, count + 1)}
    found = [f"{name} is missing" for name in sorted(missing - {case.name for case in cases})]
    for case in cases:
        found += [
            f"{case.name}: {path}::{name} does not exist" for path, name in case.tests if name not in functions_of(path)
        ]
        if not (case.tests if case.status == "shown" else PENDING.fullmatch(case.status)):
            found.append(f"{case.name} has neither a test nor a reason")
        if len(case.what.split()) < 4:
            found.append(f"{case.name} does not say what must hold")
    return found


def test_every_case_has_a_test_that_exists_or_a_reason() -> None:
    assert complaints(read_cases(read_page(PAGE))) == []


@pytest.mark.parametrize("letter", ["G", "S"])
def test_what_is_finished_has_tests(letter: str) -> None:
    cases = [case for case in read_cases(read_page(PAGE)) if case.name.startswith(letter)]
    assert [case.name for case in cases if case.status != "shown"] == []


@pytest.mark.parametrize(
    ("row", "complaint"),
    [
        (
            "| G1 | This must hold here | `tests/architecture/test_security_cases.py::test_gone` | shown |",
            "does not exist",
        ),
        ("| G1 | This must hold here | `tests/gone.py::test_gone` | shown |", "does not exist"),
        ("| G1 | This must hold here |  | shown |", "neither a test nor a reason"),
        ("| G1 | This must hold here |  | later |", "neither a test nor a reason"),
        ("| G1 | Holds |  | later (issue C: not begun yet) |", "does not say"),
        ("| G1 | This must hold here |  | later (issue C: not begun yet) |", "G2 is missing"),
    ],
)
def test_a_gap_is_noticed(row: str, complaint: str) -> None:
    table = f"| case | what must hold | shown by | status |\n|---|---|---|---|\n{row}\n"
    assert any(complaint in sentence for sentence in complaints(read_cases(table)))
