"""The real program on small repositories: what it takes away, writes down and puts back."""

import json
from pathlib import Path

from tests.unit.bundler.environment import CONFIG, install, shake

TASK = "import shop.cart\nimport httpx\n"
FILES = {
    "trigger/t.py": TASK,
    "shop/__init__.py": "",
    "shop/cart.py": "",
    "shop/old/__init__.py": "",
    "shop/old/x.py": "",
    "shop/menu.json": "{}",
    "tests/test_cart.py": "",
    "tests/data/x.json": "",
}


def test_files_and_packages_that_nothing_reaches_are_taken_away_and_written_down(tmp_path: Path) -> None:
    install(tmp_path / "site", "httpx", {"httpx/__init__.py": ""})
    install(tmp_path / "site", "click", {"click/__init__.py": ""})
    shaken = shake(tmp_path, FILES)
    assert shaken.files == ["shop/__init__.py", "shop/cart.py", "shop/menu.json", "trigger.config.py", "trigger/t.py"]
    assert not (shaken.root / "shop/old").exists()
    assert shaken.bundle == {
        "schema_version": 1,
        "form": "shaken",
        "whole_because": "",
        "files": {
            "total": 7,
            "kept": {
                "shop/__init__.py": "imported at trigger/t.py:1",
                "shop/cart.py": "imported at trigger/t.py:1",
                "trigger.config.py": "the configuration",
                "trigger/t.py": "a task file",
            },
            "dropped": {
                "shop/old/__init__.py": "nothing reaches it",
                "shop/old/x.py": "nothing reaches it",
                "tests/": "nothing reaches anything in it",
            },
        },
        "distributions": {
            "needed": {"httpx": {"version": "1.0", "reason": "imported at trigger/t.py:2"}},
            "unneeded": {"click": {"version": "1.0", "reason": "nothing imports it"}},
        },
    }
    assert shaken.absent == {"modules": ["click"], "distributions": ["click"]}


def test_a_failed_trial_puts_everything_back_and_says_why(tmp_path: Path) -> None:
    install(tmp_path / "site", "click", {"click/__init__.py": ""})
    shaken = shake(tmp_path, FILES)
    error = {"error": {"code": "task_import_failed", "sentence": "t.py cannot be imported: no click.", "problems": []}}
    (tmp_path / "log").write_text(f"noise\n::pushwright-index-error::{json.dumps(error)}\n")
    shaken.call("restore", "--log", str(tmp_path / "log"))
    assert set(shaken.files) == {"trigger.config.py", *FILES}
    assert shaken.bundle["form"] == "whole"
    assert shaken.bundle["whole_because"].endswith("t.py cannot be imported: no click.")
    assert set(shaken.bundle["distributions"]["needed"]) == {"click"}
    assert set(shaken.bundle["files"]["kept"]) == {
        "trigger.config.py",
        *(name for name in FILES if name.endswith(".py")),
    }


def test_a_trial_that_ended_without_a_word_puts_everything_back_too(tmp_path: Path) -> None:
    shaken = shake(tmp_path, FILES)
    (tmp_path / "log").write_text("Killed\n")
    shaken.call("restore", "--log", str(tmp_path / "log"))
    assert set(shaken.files) == {"trigger.config.py", *FILES}
    assert "without a word" in shaken.bundle["whole_because"]


def test_nothing_is_taken_away_when_the_configuration_says_so(tmp_path: Path) -> None:
    config = CONFIG.replace('project="p"', 'project="p", build={"bundle": "off"}')
    shaken = shake(tmp_path, {**FILES, "trigger.config.py": config})
    assert set(shaken.files) == {"trigger.config.py", *FILES}
    assert shaken.bundle["whole_because"] == 'the configuration says build={"bundle": "off"}'
    assert not (shaken.state / "absent.json").exists()


def test_nothing_is_taken_away_when_task_files_are_computed_or_not_there(tmp_path: Path) -> None:
    config = CONFIG.replace('project="p"', 'project="p", dirs=find_dirs()')
    computed = shake(tmp_path / "computed", {**FILES, "trigger.config.py": config})
    assert computed.bundle["whole_because"] == "`dirs` is computed"
    empty = shake(tmp_path / "empty", {"shop.py": ""})
    assert empty.bundle["whole_because"] == "there are no task files"
    assert empty.files == ["shop.py", "trigger.config.py"]


def test_local_packages_are_found_where_they_stand(tmp_path: Path) -> None:
    (tmp_path / "site").mkdir()
    (tmp_path / "site/pushwright-local.pth").write_text(f"{tmp_path}/app/packages/core/src\n")
    files = {"trigger/t.py": "import core.a", "packages/core/src/core/a.py": "", "packages/core/src/core/b.py": ""}
    shaken = shake(tmp_path, files)
    assert list(shaken.bundle["files"]["dropped"]) == ["packages/core/src/core/b.py"]


def test_modules_of_the_repository_named_like_pythons_change_nothing(tmp_path: Path) -> None:
    files = {"trigger/t.py": "", "ast.py": "raise SystemExit(3)", "json.py": "raise SystemExit(3)"}
    assert set(shake(tmp_path, files).bundle["files"]["dropped"]) == {"ast.py", "json.py"}
