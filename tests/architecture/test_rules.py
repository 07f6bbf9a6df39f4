"""The house rules hold everywhere, and each of them notices a breach."""

import pytest

from tests.architecture.rules import RULES, Rule
from tests.architecture.source_tree import list_modules, parse_module

each_rule = pytest.mark.parametrize("rule", RULES, ids=[rule.name for rule in RULES])


@each_rule
def test_rule_holds(rule: Rule) -> None:
    modules = [module for module in list_modules() if rule.holds_in(module.path)]
    breaches = [sentence for module in modules for sentence in rule.find(module)]

    assert not breaches, "\n".join(breaches)


@pytest.mark.parametrize(("rule", "text"), [(rule, text) for rule in RULES for text in rule.breaches])
def test_rule_notices_a_breach(rule: Rule, text: str) -> None:
    assert list(rule.find(parse_module("store/rows.py", text))) != []


@pytest.mark.parametrize(
    "text",
    [
        "try:\n    go()\nexcept Exception:\n    undo()\n    raise",
        "try:\n    go()\nexcept Exception:  # noqa: BLE001 - the outermost frame of a worker\n    pass",
        "run(['git', '-c', 'protocol.version=2'], shell=False)",
        "x = 1  # noqa: E501 - a URL cannot be broken",
        "x = 1  # type: ignore[misc]  # the stub is wrong",
    ],
)
def test_rules_accept_what_they_allow(text: str) -> None:
    module = parse_module("store/rows.py", text)

    assert [sentence for rule in RULES for sentence in rule.find(module)] == []
