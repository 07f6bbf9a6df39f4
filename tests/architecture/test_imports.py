"""Imports point down, and each outside system has one door-keeper."""

import ast
import subprocess
import sys
from fnmatch import fnmatch
from pathlib import Path

import pytest

from tests.architecture.source_tree import (
    ROOT,
    SERVICE_ROOMS,
    Module,
    imported_names,
    list_modules,
    list_product_modules,
    parse_module,
)

DOOR_KEEPERS = {
    "python_on_whales": ("builder/buildx.py",),
    "githubkit": ("github_app/client.py",),
    "procrastinate": ("jobs/queue.py", "jobs/queue_schema.py", "jobs/calendar.py", "jobs/runtime.py"),
    "sqlalchemy": ("store/*",),
    "psycopg": ("store/*",),
    "alembic": ("store/*",),
}


def find_strangers(modules: tuple[Module, ...], library: str, allowed: tuple[str, ...]) -> list[str]:
    return [
        module.at(node, f"imports {name}, which only {' and '.join(allowed)} may")
        for module in modules
        for node, name in imported_names(module)
        if name.partition(".")[0] == library and not any(fnmatch(module.path, pattern) for pattern in allowed)
    ]


def test_import_linter_contracts_hold() -> None:
    # In a process of its own: it switches off every logger there is.
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("library", DOOR_KEEPERS)
def test_outside_system_has_one_door_keeper(library: str) -> None:
    assert find_strangers(list_product_modules(), library, DOOR_KEEPERS[library]) == []


def test_a_second_door_is_noticed() -> None:
    module = parse_module("api/pages.py", "from sqlalchemy.orm import Session")

    assert find_strangers((module,), "sqlalchemy", ("store/*",)) == [
        "api/pages.py:1: imports sqlalchemy.orm, which only store/* may"
    ]


def test_domain_needs_only_the_standard_library() -> None:
    allowed = sys.stdlib_module_names | {"domain"}
    modules = [module for module in list_modules() if module.room == "domain"]

    assert [
        module.at(node, name)
        for module in modules
        for node, name in imported_names(module)
        if name.partition(".")[0] not in allowed
    ] == []


def test_front_door_uses_the_verification_of_github_app_alone() -> None:
    modules = [module for module in list_modules() if module.room == "api"]
    names = {name for module in modules for _, name in imported_names(module) if name.startswith("github_app")}

    assert names == {"github_app.webhook"}


def test_simulator_is_imported_by_nothing_but_what_starts_it() -> None:
    importers = {
        module.path
        for module in list_product_modules()
        for _, name in imported_names(module)
        if name.startswith("github_app.simulator") and not module.path.startswith("github_app/simulator/")
    }

    assert importers == {"bootstrap/simulating.py"}


def test_program_inside_images_imports_nothing_of_ours() -> None:
    inside = [module for module in list_modules() if module.path.startswith("images/inside/")]
    ours = {room for room in SERVICE_ROOMS if room != "images"}

    assert [
        module.at(node, name)
        for module in inside
        for node, name in imported_names(module)
        if name.partition(".")[0] in ours or (name.startswith("images") and not name.startswith("images.inside"))
    ] == []


def test_bundler_imports_nothing_of_ours_but_the_program_inside_images() -> None:
    bundler = [module for module in list_modules() if module.path.startswith("images/bundler/")]
    ours = {*SERVICE_ROOMS, "pushwright"}

    assert bundler
    assert [
        module.at(node, name)
        for module in bundler
        for node, name in imported_names(module)
        if name.partition(".")[0] in ours and not name.startswith(("images.bundler", "images.inside"))
    ] == []


def test_every_room_says_what_belongs_there() -> None:
    doors = {module.path: module.tree for module in list_modules()}

    for room in SERVICE_ROOMS:
        door = doors[f"{room}/__init__.py"]
        assert ast.get_docstring(door), f"{room}/__init__.py has no charter"
        assert len(door.body) == 1, f"{room}/__init__.py holds more than its charter"
