"""What the sandbox says about the bundle, and the image that comes of it."""

import json
from dataclasses import replace

import pytest

from builder.bundle import Bundle, explain_bundle, find_bundle, leave_out
from builder.plan import BuildPlan, Step
from domain.builds import Phase

BUNDLE = Bundle("", 40, 12, ("a", "b"), ("x", "y", "z"))


def step(stage: str, *distributions: str) -> Step:
    return Step(stage, Phase.INSTALL, stage, (), distributions=distributions)


def plan(*steps: Step) -> BuildPlan:
    return BuildPlan((), steps, tuple(each.stage for each in steps), "code")


WHEELS = plan(step("program"), step("one", "a"), step("two", "x", "y"), step("three", "b", "z"), step("code"))


def test_a_document_is_read() -> None:
    document = {
        "whole_because": "",
        "files": {"total": 3, "kept": {"a.py": "r"}, "dropped": {"b.py": "r", "c.py": "r"}},
        "distributions": {"needed": {"b": {}, "a": {}}, "unneeded": {"x-y": {}, "bad name\x1b": {}}},
    }
    assert find_bundle(json.dumps(document)) == Bundle("", 3, 1, ("a", "b"), ("x-y",))


@pytest.mark.parametrize("document", ["", "[]", "{}", '{"files": 3}', "null", "[" * 100_000])
def test_what_is_no_bundle_leaves_nothing_out(document: str) -> None:
    assert find_bundle(document) is None


def test_layers_of_nothing_but_unneeded_packages_are_left_out() -> None:
    left = leave_out(WHEELS, BUNDLE)
    assert left.layers == ("program", "one", "three", "code")
    assert left.steps == WHEELS.steps


def test_nothing_is_left_out_of_one_layer_for_all() -> None:
    together = plan(step("install"), step("code"))
    assert leave_out(together, BUNDLE) == together


def test_the_line_says_what_was_left_out_and_what_could_not_be() -> None:
    assert explain_bundle(BUNDLE, leave_out(WHEELS, BUNDLE)) == (
        "Bundle: 12 of 40 Python files, 3 of 5 packages; left out: x, y; "
        "no task needs z, which share a layer with others."
    )
    assert explain_bundle(replace(BUNDLE, unneeded=()), WHEELS) == "Bundle: 12 of 40 Python files, 2 of 2 packages."


def test_long_lists_are_cut() -> None:
    names = tuple(f"p{number:02}" for number in range(15))
    line = explain_bundle(replace(BUNDLE, unneeded=names), plan(step("install")))
    assert "p11, and 3 more" in line


def test_a_whole_bundle_says_why_in_one_line() -> None:
    whole = find_bundle(json.dumps({
        "whole_because": "it broke:\n\x1b[31mred.", "files": {"total": 1, "kept": {}},
        "distributions": {"needed": {}, "unneeded": {}},
    }))  # fmt: skip
    assert whole is not None
    assert explain_bundle(whole, WHEELS) == "Bundle: everything stays, because it broke:  [31mred."
