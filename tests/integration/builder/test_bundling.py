"""Images hold what their tasks reach: real builds of small repositories."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from builder.buildkit import BuildKitBuilder
from domain.builds import Built
from tests.integration.builder.building import CONFIG, PLAIN, TASK, RememberingListener, request, write_tree
from tests.integration.builder.reading import RegistryReader

pytestmark = pytest.mark.engine

UNSEEN = 'import importlib\ngetattr(importlib, "import_" + "module")("shop" + ".old")\n'
"""Imports in a way that no analysis sees."""
SHOP = {
    **PLAIN,
    "shop/__init__.py": "",
    "shop/cart.py": "",
    "shop/old.py": "",
    "shop/menu.json": "{}",
    "handlers/mail.py": "",
    "tests/test_cart.py": "",
}


def build(builder: BuildKitBuilder, tree: Path, files: Mapping[str, str]) -> tuple[Built, str]:
    listener = RememberingListener()
    outcome = builder.build(request(write_tree(tree, files), image_name="tests/bundling"), listener)
    assert isinstance(outcome, Built), (outcome, listener.text)
    return outcome, listener.text


def read_bundle(registry: RegistryReader, image: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(registry.read_file(image, "pushwright/bundle.json"))
    return document


def test_files_that_no_task_reaches_are_not_in_the_image(
    builder: BuildKitBuilder, registry: RegistryReader, tmp_path: Path
) -> None:
    lazy = '\n\ndef load(name):\n    import importlib\n    return importlib.import_module(f"handlers.{name}")\n'
    files = {**SHOP, "trigger/one.py": f"import shop.cart\n{TASK}{lazy}"}
    outcome, log = build(builder, tmp_path, files)
    names = registry.list_files(outcome.image)
    assert {"app/shop/cart.py", "app/shop/menu.json", "app/handlers/mail.py", "app/trigger/one.py"} <= names
    assert not {"app/shop/old.py", "app/tests/test_cart.py", "app/tests"} & names
    assert outcome.manifest.task_ids == ("one",)
    assert "Bundle: 5 of 7 Python files" in log
    bundle = read_bundle(registry, outcome.image)
    assert bundle["files"]["dropped"] == {
        "shop/old.py": "nothing reaches it",
        "tests/": "nothing reaches anything in it",
    }
    assert bundle["files"]["kept"]["handlers/mail.py"] == "may be imported at trigger/one.py:12"


def test_when_the_tasks_need_more_everything_stays_and_the_log_says_why(
    builder: BuildKitBuilder, registry: RegistryReader, tmp_path: Path
) -> None:
    outcome, log = build(builder, tmp_path, {**SHOP, "trigger/one.py": UNSEEN + TASK})
    assert "app/shop/old.py" in registry.list_files(outcome.image)
    assert "app/tests/test_cart.py" in registry.list_files(outcome.image)
    assert "Bundle: everything stays, because the tasks cannot be found without the rest" in log
    assert "No module named 'shop.old'" in log
    assert read_bundle(registry, outcome.image)["form"] == "whole"


def test_the_configuration_can_keep_what_nothing_reaches(
    builder: BuildKitBuilder, registry: RegistryReader, tmp_path: Path
) -> None:
    config = CONFIG.replace('project="t"', 'project="t", build={"keep": ["shop/old.py"]}')
    files = {**SHOP, "trigger.config.py": config, "trigger/one.py": UNSEEN + TASK}
    outcome, log = build(builder, tmp_path, files)
    names = registry.list_files(outcome.image)
    assert "app/shop/old.py" in names
    assert "app/shop/cart.py" not in names
    assert "Bundle: 4 of 7 Python files" in log
