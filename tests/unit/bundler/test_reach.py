"""What the tasks reach: one case for each way that code names other code."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.unit.bundler.environment import reach_of

SHOP = {"shop/__init__.py": "", "shop/cart.py": "", "shop/price.py": "", "shop/old.py": ""}


@pytest.mark.parametrize(
    ("code", "reached"),
    [
        ("import shop", ""),
        ("import shop.cart", "cart"),
        ("import shop.cart as c", "cart"),
        ("from shop import cart, price", "cart price"),
        ("from shop.cart import Cart", "cart"),
        ("from shop import Cart", ""),
        ("from shop import *", "cart price old"),
        ("def f():\n    import shop.cart", "cart"),
        ("try:\n    import shop.cart\nexcept ImportError:\n    import shop.price", "cart price"),
        ("import sys\nif sys.platform == 'win32':\n    import shop.cart", "cart"),
        ("if TYPE_CHECKING:\n    import shop.cart", None),
        ("import typing\nif typing.TYPE_CHECKING:\n    import shop.cart\nelse:\n    import shop.price", "price"),
        ("if not TYPE_CHECKING:\n    import shop.cart\nelse:\n    import shop.old", "cart"),
        ("import importlib\nimportlib.import_module('shop.cart')", "cart"),
        ("import importlib\nimportlib.import_module(name='shop.cart')", "cart"),
        ("import importlib\nimportlib.import_module('.cart', 'shop')", "cart"),
        ("import importlib\nimportlib.import_module('.cart', package='shop')", "cart"),
        ("import importlib\nimportlib.import_module(f'shop.{name}')", "cart price old"),
        ("import importlib\nimportlib.import_module('shop.' + name)", "cart price old"),
        ("import importlib\nimportlib.import_module('shop.%s' % name)", "cart price old"),
        ("import importlib\nimportlib.import_module('shop.{}'.format(name))", "cart price old"),
        ("import importlib\nimportlib.import_module('.' + name, 'shop')", "cart price old"),
        ("import pkgutil, shop\nfor m in pkgutil.iter_modules(shop.__path__): ...", "cart price old"),
        (
            "import pkgutil\nimport shop as s\nfor m in pkgutil.walk_packages(s.__path__, 'shop.'): ...",
            "cart price old",
        ),
        ("__import__('shop.cart')", "cart"),
        ("import_string('shop.cart.Cart')", "cart"),
        ("import_string('shop.cart:Cart')", "cart"),
        ("HANDLER = 'shop.cart.Cart'", "cart"),
        ("APPS = {'x': ['shop.cart:Cart', 'shop.price']}", "cart price"),
        ("run(f'python -m shop.cart {x}')", "cart"),
        ("'''Once there was shop.cart.'''", None),
        ("def f():\n    '''See shop.cart.'''", None),
        ("# shop.cart", None),
    ],
)
def test_a_way_to_name_code_reaches_it(tmp_path: Path, code: str, reached: str | None) -> None:
    named = set() if reached is None else {"shop/__init__.py", *(f"shop/{name}.py" for name in reached.split())}
    reach = reach_of(tmp_path, {**SHOP, "trigger/t.py": code})
    assert {file for file in reach.kept if file.startswith("shop/")} == named
    assert {file for file in reach.dropped if file.startswith("shop/")} == set(SHOP) - named
    assert reach.doubt == ""


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("import importlib\nimportlib.import_module(name)", "trigger/t.py:2 imports by a name known only"),
        ("from importlib import import_module as load\nload(name)", "trigger/t.py:2 imports by a name known only"),
        ("from importlib import import_module\nlist(map(import_module, names))", "trigger/t.py:2 imports by a name"),
        ("import importlib\ngetattr(importlib, 'import_module')(name)", "trigger/t.py:2 imports by a name"),
        ("import importlib\nimportlib.import_module('.x', package=where)", "trigger/t.py:2 imports by a name"),
        ("import importlib\nimportlib.import_module(f'{a}.b')", "trigger/t.py:2 imports by a name"),
        ("__import__(name)", "trigger/t.py:1 imports by a name"),
        ("exec(code)", "trigger/t.py:1 imports by a name"),
        ("import runpy\nrunpy.run_path(path)", "trigger/t.py:2 imports by a name"),
        ("import importlib.util\nimportlib.util.spec_from_file_location('x', path)", "trigger/t.py:2 imports by"),
        ("import pkgutil\npkgutil.iter_modules([place])", "trigger/t.py:2 imports by a name"),
        ("import pickle", "trigger/t.py:1 imports by a name known only when it runs (pickle)"),
        ("from joblib import load", "trigger/t.py:1 imports by a name known only when it runs (joblib)"),
        ("import torch\ntorch.load(path)", "trigger/t.py:2 imports by a name"),
        ("import pandas as pd\npd.read_pickle(path)", "trigger/t.py:2 imports by a name"),
        ("app.autodiscover_tasks()", "trigger/t.py:1 imports by a name"),
        ("import django", "django, imported at trigger/t.py:1, finds files by where they are"),
        ("from alembic import command", "alembic, imported at trigger/t.py:1, finds files by where they are"),
        ("import importlib\nimportlib.import_module('plugins.' + name)", "trigger/t.py:2 imports from plugins, which"),
    ],
)
def test_in_doubt_everything_stays_and_the_reason_is_told(tmp_path: Path, code: str, reason: str) -> None:
    reach = reach_of(tmp_path, {**SHOP, "trigger/t.py": code, "tests/test_shop.py": ""})
    assert reach.dropped == {}
    assert set(SHOP) | {"tests/test_shop.py"} < set(reach.kept)
    assert reason in reach.doubt
    assert reach.may_import_anything is ("where they are" not in reason)


def test_what_doubt_keeps_mentions_packages_too(tmp_path: Path) -> None:
    reach = reach_of(tmp_path, {"trigger/t.py": "import django", "site/views.py": "import requests"})
    assert str(reach.imports["requests"]) == "site/views.py:1"


@pytest.mark.parametrize(
    ("files", "kept"),
    [
        ({"trigger/t.py": "from . import near", "trigger_near.py": "", "trigger/near.py": ""}, {"trigger/near.py"}),
        (
            {
                "a/trigger/t.py": "",
                "trigger/t.py": "from a.b import c",
                "a/b/c.py": "from ..d import e",
                "a/d/e.py": "",
            },
            {"a/b/c.py", "a/d/e.py"},
        ),
        (
            {"trigger/t.py": "import a.b.c", "a/__init__.py": "from . import z", "a/z.py": "", "a/b/c.py": ""},
            {"a/__init__.py", "a/z.py", "a/b/c.py"},
        ),
        (
            {
                "trigger/t.py": "import a",
                "a/__init__.py": "from .b import *",
                "a/b.py": "from .c import x",
                "a/c.py": "",
            },
            {"a/__init__.py", "a/b.py", "a/c.py"},
        ),
        ({"trigger/t.py": "import a\nimport b", "a.py": "import b", "b.py": "import a"}, {"a.py", "b.py"}),
        ({"trigger/t.py": "import lib", "old/lib.py": ""}, {"old/lib.py"}),
        (
            {"trigger/t.py": "import sys\nsys.path.insert(0, 'x')\nimport lib", "lib.py": "", "old/lib.py": ""},
            {"lib.py", "old/lib.py"},
        ),
        (
            {"trigger/t.py": "from sys import path\nimport lib", "lib.py": "", "old/lib.py": ""},
            {"lib.py", "old/lib.py"},
        ),
        ({"trigger/t.py": "run(['python', 'jobs/clean.py'])", "jobs/clean.py": ""}, {"jobs/clean.py"}),
        (
            {"trigger/t.py": "run(here / 'clean.py')", "jobs/__init__.py": "", "jobs/clean.py": ""},
            {"jobs/__init__.py", "jobs/clean.py"},
        ),
        (
            {"trigger/t.py": "run(['python', '-m', 'jobs'])", "jobs/__init__.py": "", "jobs/__main__.py": ""},
            {"jobs/__init__.py", "jobs/__main__.py"},
        ),
        ({"trigger/t.py": "TEMPLATES = 'templates'", "templates/job/{x}.py": ""}, {"templates/job/{x}.py"}),
        (
            {
                "trigger/t.py": "import a",
                "a/__init__.py": "import importlib\nfor n in N: importlib.import_module(f'.{n}', __name__)",
                "a/b.py": "",
            },
            {"a/__init__.py", "a/b.py"},
        ),
        (
            {
                "trigger/t.py": "import a",
                "a/__init__.py": "import pkgutil\nfor m in pkgutil.iter_modules(__path__): ...",
                "a/b/c.py": "",
            },
            {"a/__init__.py", "a/b/c.py"},
        ),
        ({"trigger/t.py": "import broken", "broken.py": "import (", "rest.py": ""}, {"broken.py"}),
        ({"trigger/t.py": "import a", "a.py": "", "a/__init__.py": ""}, {"a.py", "a/__init__.py"}),
    ],
)
def test_traps(tmp_path: Path, files: Mapping[str, str], kept: set[str]) -> None:
    reach = reach_of(tmp_path, files)
    entries = {name for name in files if name.startswith("trigger/") and name.endswith("t.py")}
    assert set(reach.kept) - entries - {"trigger.config.py"} == kept


@pytest.mark.parametrize(
    "pattern", ["plugins/*.py", "./plugins/**/*.py", "plugins/*/*.py", "plugins/**", "**/deep/*.py"]
)
def test_files_that_a_pattern_may_mean_stay(tmp_path: Path, pattern: str) -> None:
    files = {"plugins/__init__.py": "", "plugins/a/deep/x.py": "import y", "y.py": "", "z.py": ""}
    reach = reach_of(tmp_path, {**files, "trigger/t.py": f"additional_files(['{pattern}'])"})
    assert {"plugins/a/deep/x.py", "y.py"} < set(reach.kept)
    assert "z.py" in reach.dropped


def test_a_link_keeps_what_it_leads_to(tmp_path: Path) -> None:
    (tmp_path / "src").mkdir()
    (tmp_path / "src/common").symlink_to("../real/common")
    reach = reach_of(tmp_path, {"trigger/t.py": "", "real/common/a.py": "import b", "b.py": "", "c.py": ""})
    assert {"real/common/a.py", "b.py"} < set(reach.kept)
    assert set(reach.dropped) == {"c.py"}


def test_tests_go_as_a_whole_unless_something_names_or_reaches_them(tmp_path: Path) -> None:
    files = {"tests/test_a.py": "", "tests/fixtures/big.json": "", "docs/conf.py": "", "shop/tests/test_b.py": ""}
    reach = reach_of(tmp_path, {**files, "trigger/t.py": "", "shop/x.json": ""})
    assert set(reach.dropped) == {"tests/", "docs/", "shop/tests/"}


def test_tests_whose_files_a_text_may_mean_stay(tmp_path: Path) -> None:
    files = {"tests/fixtures/big.json": "", "tests/make.py": "", "trigger/t.py": "open('tests/fixtures/big.json')"}
    assert "tests/" not in reach_of(tmp_path, files).dropped


def test_reasons_say_where(tmp_path: Path) -> None:
    reach = reach_of(tmp_path, {"trigger/t.py": "\nimport a.b", "a/__init__.py": "", "a/b.py": "", "c.py": ""})
    assert reach.kept["trigger/t.py"] == "a task file"
    assert reach.kept["a/b.py"] == "imported at trigger/t.py:2"
    assert reach.dropped == {"c.py": "nothing reaches it"}


@pytest.mark.parametrize("keep", ["plugins", "plugins/", "./plugins", "plugins/*.py", "plugins/x.py", "*/x.py"])
def test_what_the_configuration_keeps_stays_with_what_it_reaches(tmp_path: Path, keep: str) -> None:
    files = {"trigger/t.py": "", "plugins/x.py": "import y", "y.py": "", "z.py": ""}
    reach = reach_of(tmp_path, files, keep=[keep])
    assert {"plugins/x.py", "y.py"} < set(reach.kept)
    assert reach.kept["plugins/x.py"] == f"kept by the configuration: {keep}"
    assert set(reach.dropped) == {"z.py"}


def test_standard_and_installed_modules_are_looked_for_nowhere_else(tmp_path: Path) -> None:
    files = {"trigger/t.py": "import json\nimport httpx", "old/json.py": "", "old/httpx.py": ""}
    reach = reach_of(tmp_path, files, installed=["httpx"])
    assert set(reach.dropped) == {"old/json.py", "old/httpx.py"}
    assert str(reach.imports["httpx"]) == "trigger/t.py:2"
