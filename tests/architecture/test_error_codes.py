"""Error codes can be read from the source, however they are given."""

import pytest

from tests.architecture.error_codes import read_codes
from tests.architecture.source_tree import list_product_modules, parse_module


def codes_in(text: str, path: str = "store/rows.py") -> set[str]:
    return set(read_codes([parse_module(path, text)]).places)


def test_every_code_can_be_read_from_the_source() -> None:
    unreadable = read_codes(list_product_modules()).unreadable

    assert not unreadable, "\n".join(unreadable)


@pytest.mark.parametrize(
    "text",
    [
        "raise ServiceError('a', 'A.')",
        "x = Failure(code='a', sentence='A.')",
        "class Gone(ServiceError): ...\nraise Gone('a', 'A.')",
        "class Gone(ServiceError):\n    def __init__(self): super().__init__('a', 'A.')\nraise Gone()",
        "class Gone(ServiceError):\n    def __init__(self, code): super().__init__(code, '')\nraise Gone('a', 'A.')",
        "CODE: Final = 'a'\nraise ServiceError(CODE, 'A.')",
        "CODES = {1: 'a'}\ndef f(n): return BuildRejected(CODES[n], 'A.')",
        "CODES = {1: 'a'}\ndef f(n): return BuildRejected(CODES.get(n, 'a'), 'A.')",
        "def f(code): raise ServiceError(code, 'A.')\nf('a')",
        "class C:\n    def f(self, n, code): raise ServiceError(code, 'A.')\n    def g(self): self.f(1, code='a')",
        "def f(n):\n    code = 'a' if n else 'a'\n    raise ServiceError(code, 'A.')",
        "def f(n):\n    word, code = (n, 'a') if n else ('', 'a')\n    raise ServiceError(code, word)",
    ],
)
def test_code_is_found(text: str) -> None:
    assert codes_in(text) == {"a"}


def test_codes_inside_an_image_are_those_with_an_exit_code() -> None:
    assert codes_in("EXIT_CODES: Final = {'a': 1}", "images/inside/outcomes.py") == {"a"}


def test_code_passed_on_is_no_new_one() -> None:
    text = "Failure(error.code, 'A.')\nFailure(row['failure_code'], 'A.')\nBuildRejected(str(error['code']), 'A.')"
    report = read_codes([parse_module("a.py", text)])

    assert (report.places, report.unreadable) == ({}, [])


def test_code_made_up_at_run_time_is_reported() -> None:
    report = read_codes([parse_module("a.py", "def f(n): raise ServiceError(f'a_{n}', 'A.')")])

    assert report.unreadable == ["a.py:1: ServiceError is given a code that cannot be read here"]
