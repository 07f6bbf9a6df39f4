"""Sizes: they bound the tail. Lines of a function are counted from `def` to its end, without the docstring."""

from statistics import median

from tests.architecture.source_tree import (
    Function,
    Module,
    count_lines,
    count_parameters,
    list_functions,
    list_modules,
    list_product_modules,
    parse_module,
)

MODULE_LINES = 300
TABLE_LINES = 400
TEST_FILE_LINES = 400
FUNCTION_LINES = 50
PARAMETERS = 5


MIGRATIONS = "store/migrations/versions/"


def lines_allowed(path: str) -> int:
    is_table = path.endswith("/tables.py") or "/routes/" in path or path.startswith(MIGRATIONS)
    return TABLE_LINES if is_table else MODULE_LINES


def product_functions() -> list[tuple[Module, Function]]:
    return [(module, function) for module in list_product_modules() for function in list_functions(module)]


def too_long(module: Module, allowed: int) -> bool:
    return len(module.text.splitlines()) > allowed


def percentile_95(lengths: list[int]) -> int:
    return sorted(lengths)[int(0.95 * (len(lengths) - 1))]


def test_modules_are_short() -> None:
    long = [m for m in list_product_modules() if too_long(m, lines_allowed(m.path))]

    assert not long, "\n".join(f"{m.path}: {len(m.text.splitlines())} of {lines_allowed(m.path)} lines" for m in long)


def test_test_files_are_short() -> None:
    tests = [m for m in list_modules() if m.room == "tests"]

    assert [m.path for m in tests if too_long(m, TEST_FILE_LINES)] == []


def test_no_function_is_long() -> None:
    # The columns of a table are listed by the migration that makes it, however many there are.
    long = [
        module.at(function, f"{function.name} has {count_lines(function)} lines")
        for module, function in product_functions()
        if count_lines(function) > FUNCTION_LINES and not module.path.startswith(MIGRATIONS)
    ]

    assert not long, "\n".join(long)


def test_functions_are_short_as_a_rule() -> None:
    lengths = [count_lines(function) for _, function in product_functions()]

    assert median(lengths) <= 10
    assert percentile_95(lengths) <= 35


def test_tests_are_short_as_a_rule() -> None:
    functions = [
        f for m in list_modules() if m.room == "tests" for f in list_functions(m) if f.name.startswith("test_")
    ]

    assert median(count_lines(function) for function in functions) <= 12


def test_functions_take_few_parameters() -> None:
    # A command has the options it has, and so has what a task author declares.
    greedy = [
        module.at(function, f"{function.name} takes {count_parameters(function)} parameters")
        for module, function in product_functions()
        if count_parameters(function) > PARAMETERS and module.room not in {"cli", "sdk"}
    ]

    assert not greedy, "\n".join(greedy)


def test_lines_are_counted_without_the_docstring() -> None:
    [function] = list_functions(parse_module("a.py", 'def f(\n    x,\n):\n    """Two\n    lines."""\n    return x\n'))

    assert count_lines(function) == 4


def test_self_is_no_parameter() -> None:
    text = "class C:\n    def f(self, a, /, b, *rest, c, **more): ..."
    [function] = list_functions(parse_module("a.py", text))

    assert count_parameters(function) == 3
