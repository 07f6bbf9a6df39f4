"""Problems at their file and line."""

import pytest

from domain.builds import Problem
from github_app.annotations import MAX_IN_ALL, annotations


def test_a_problem_is_shown_at_its_line_as_plain_text() -> None:
    problem = Problem("src/tasks/mail.py", 7, "No module named `x`", "Traceback …")
    assert annotations([problem]) == [
        {
            "path": "src/tasks/mail.py",
            "start_line": 7,
            "end_line": 7,
            "annotation_level": "failure",
            "message": "No module named `x`",
            "raw_details": "Traceback …",
        }
    ]


@pytest.mark.parametrize("line", [None, 0, -3])
def test_a_problem_without_a_line_is_shown_at_the_first(line: int | None) -> None:
    (shown,) = annotations([Problem("a.py", line, "Odd")])
    assert (shown["start_line"], shown["end_line"], "raw_details" in shown) == (1, 1, False)


@pytest.mark.parametrize("file", ["/etc/passwd", "../x.py", "a/../../x.py", "", "."])
def test_a_problem_outside_of_the_repository_is_not_shown(file: str) -> None:
    assert annotations([Problem(file, 1, "Odd")]) == []


def test_a_path_is_shown_as_github_knows_it() -> None:
    assert annotations([Problem("./a//b.py", 1, "Odd")])[0]["path"] == "a/b.py"


def test_no_more_are_shown_than_anybody_reads() -> None:
    assert len(annotations([Problem("a.py", line, "Odd") for line in range(1, 500)])) == MAX_IN_ALL == 200


def test_texts_keep_to_githubs_limits() -> None:
    (shown,) = annotations([Problem("a.py", 1, "ä\x00" * 60_000, "€" * 60_000)])
    assert len(str(shown["message"]).encode()) <= 64_000
    assert len(str(shown["raw_details"]).encode()) <= 64_000
    assert annotations([Problem("a.py", 1, "  ")])[0]["message"] == "There is something wrong here."
