"""Which distributions the tasks can reach: one case for each way that something is needed."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from images.bundler.installed import list_distributions
from images.bundler.reach import Place, Reach
from images.bundler.selection import Selection, find_modules_of_nobody, select_distributions
from tests.unit.bundler.environment import install

PLACE = Place("trigger/t.py", 3)


def select(
    site: Path, *, imports: Sequence[str] = (), words: Sequence[str] = (), keep: Sequence[str] = ()
) -> Selection:
    reach = Reach(imports=dict.fromkeys(imports, PLACE), words=dict.fromkeys(words, PLACE))
    return select_distributions(list_distributions(site), reach, keep)


def package(name: str, text: str = "") -> Mapping[str, str]:
    return {f"{name}/__init__.py": text}


def test_what_is_imported_stays_and_the_rest_goes(tmp_path: Path) -> None:
    install(tmp_path, "Py.YAML", package("yaml"))
    install(tmp_path, "click", package("click"))
    chosen = select(tmp_path, imports=["yaml.nodes"])
    assert chosen.kept == {"py-yaml": "imported at trigger/t.py:3"}
    assert chosen.dropped == {"click": "nothing imports it"}


def test_what_the_kept_ones_require_stays(tmp_path: Path) -> None:
    install(tmp_path, "a", package("a"), requires=["B.b>=1 ; python_version >= '3'"])
    install(tmp_path, "b-b", package("b"), requires=["c"])
    install(tmp_path, "c", package("c"))
    install(tmp_path, "x", package("x"), requires=["y"])
    install(tmp_path, "y", package("y"))
    chosen = select(tmp_path, imports=["a"])
    assert chosen.kept == {"a": "imported at trigger/t.py:3", "b-b": "a requires it", "c": "b-b requires it"}
    assert chosen.dropped == {"x": "nothing imports it", "y": "only x can use it, left out too"}


def test_what_the_kept_ones_can_use_stays_but_not_what_their_developers_use(tmp_path: Path) -> None:
    needs = ["email-validator ; extra == 'email'", 'trio; extra == "test"', "mypy ; extra == 'all'"]
    files = {**package("pydantic"), "pydantic/plugin.py": "import mypy\nimport pytest\n"}
    install(tmp_path, "pydantic", files, requires=needs)
    for name in ("email-validator", "pytest", "mypy", "trio"):
        install(tmp_path, name, package(name.replace("-", "_")))
    chosen = select(tmp_path, imports=["pydantic"])
    assert chosen.kept["email-validator"] == "pydantic can use it (email)"
    assert set(chosen.dropped) == {"pytest", "mypy", "trio"}


@pytest.mark.parametrize(
    "code",
    [
        "try:\n    import fast\nexcept ImportError:\n    fast = None",
        "def f():\n    from fast.deep import x",
        "import os, fast as f",
        "    import fast.deep",
        "engine = _optional('fast')",
        'importlib.util.find_spec("fast")',
    ],
)
def test_what_the_sources_of_the_kept_ones_import_stays_though_they_do_not_say_so(tmp_path: Path, code: str) -> None:
    install(tmp_path, "slow", package("slow", code))
    install(tmp_path, "fast", package("fast"), requires=["fastest"])
    install(tmp_path, "fastest", package("fastest"))
    install(tmp_path, "other", package("other", "import other.x"))
    chosen = select(tmp_path, imports=["slow"])
    assert chosen.kept["fast"] == "slow can import it"
    assert chosen.kept["fastest"] == "fast requires it"
    assert set(chosen.dropped) == {"other"}


@pytest.mark.parametrize(
    "word", ["psycopg", "psycopg.rows", "psycopg-binary", "psycopg_binary", "pgtool", "pg.plugins"]
)
def test_what_a_text_names_stays(tmp_path: Path, word: str) -> None:
    points = "[console_scripts]\npgtool = psycopg:main\n\n[pg.plugins]\none = psycopg:one\n"
    install(tmp_path, "psycopg-binary", package("psycopg"), entry_points=points)
    assert select(tmp_path, words=[word]).kept == {"psycopg-binary": "named in a text at trigger/t.py:3"}


def test_plugins_stay_with_what_loads_them(tmp_path: Path) -> None:
    install(tmp_path, "sqlalchemy", package("sqlalchemy"))
    install(tmp_path, "dialect", package("dialect"), entry_points="[sqlalchemy.dialects]\nx = dialect:X\n")
    install(tmp_path, "pytest", package("pytest"))
    install(tmp_path, "pytest-cov", package("pytest_cov"), entry_points="[pytest11]\ncov = pytest_cov.plugin\n")
    install(tmp_path, "fakes", package("fakes"), entry_points="[flake8.extension]\nF = fakes:F\n")
    install(tmp_path, "odd", package("odd"), entry_points="[who.knows]\nx = odd\n")
    chosen = select(tmp_path, imports=["sqlalchemy"])
    assert chosen.kept["dialect"] == "it is a plugin (sqlalchemy.dialects) of sqlalchemy"
    assert chosen.kept["odd"] == "it is a plugin (who.knows) of something unknown"
    assert set(chosen.dropped) == {"pytest", "pytest-cov", "fakes"}


def test_packages_that_share_a_name_are_told_apart(tmp_path: Path) -> None:
    install(tmp_path, "google-cloud-storage", package("google/cloud/storage"))
    install(tmp_path, "google-cloud-bigquery", package("google/cloud/bigquery"))
    chosen = select(tmp_path, imports=["google.cloud.storage"])
    assert set(chosen.kept) == {"google-cloud-storage"}
    assert set(select(tmp_path, imports=["google.cloud"]).dropped) == set()
    distributions = list_distributions(tmp_path)
    assert find_modules_of_nobody(distributions, ["google-cloud-bigquery"]) == ("google.cloud.bigquery",)
    assert find_modules_of_nobody(distributions, ["google-cloud-bigquery", "google-cloud-storage"]) == ("google",)


def test_two_distributions_with_the_same_module_both_stay(tmp_path: Path) -> None:
    install(tmp_path, "opencv-python", package("cv2"))
    install(tmp_path, "opencv-python-headless", package("cv2"))
    assert set(select(tmp_path, imports=["cv2"]).kept) == {"opencv-python", "opencv-python-headless"}


def test_single_modules_and_extension_modules_are_found(tmp_path: Path) -> None:
    install(tmp_path, "six", {"six.py": ""})
    install(tmp_path, "orjson-like", {"orjson/orjson.cpython-311-x86_64-linux-gnu.so": ""})
    install(tmp_path, "fast-like", {"_fast.abi3.so": ""})
    assert len(select(tmp_path, imports=["six.moves", "orjson.orjson", "_fast"]).kept) == 3


def test_types_go_even_when_something_requires_them(tmp_path: Path) -> None:
    install(tmp_path, "a", package("a"), requires=["types-yaml"])
    install(tmp_path, "types-yaml", {"yaml-stubs/__init__.pyi": ""})
    assert select(tmp_path, imports=["a"]).dropped == {"types-yaml": "it has only types"}
    assert set(select(tmp_path, keep=["types-yaml"]).kept) == {"types-yaml"}


def test_what_may_matter_unseen_stays(tmp_path: Path) -> None:
    install(tmp_path, "hook", {**package("hook"), "hook.pth": "import hook"})
    install(tmp_path, "tzdata", package("tzdata"))
    install(tmp_path, "nvidia-like", {"nvidia/lib/libx.so.12": ""})
    install(tmp_path, "unreadable", package("unreadable"))
    (tmp_path / "unreadable-1.0.dist-info" / "RECORD").unlink()
    chosen = select(tmp_path)
    assert set(chosen.kept) == {"hook", "tzdata", "nvidia-like", "unreadable"}
    assert chosen.dropped == {}


@pytest.mark.parametrize("keep", ["Click", "click", "click_lib"])
def test_the_configuration_can_keep_what_nothing_imports(tmp_path: Path, keep: str) -> None:
    install(tmp_path, "click", package("click_lib"), requires=["colour"])
    install(tmp_path, "colour", package("colour"))
    assert select(tmp_path, keep=[keep]).kept == {
        "click": f"kept by the configuration: {keep}",
        "colour": "click requires it",
    }


def test_unknown_imports_keep_every_package(tmp_path: Path) -> None:
    install(tmp_path, "click", package("click"))
    reach = Reach(doubt="who knows", may_import_anything=True)
    assert select_distributions(list_distributions(tmp_path), reach, ()).kept == {"click": "who knows"}


def test_what_sources_import_is_read_once_and_remembered_for_the_same_files(tmp_path: Path) -> None:
    site, facts = tmp_path / "site", tmp_path / "facts"
    install(site, "slow", package("slow", "import fast"))
    install(site, "fast", package("fast"))
    reach = Reach(imports={"slow": PLACE})
    assert "fast" in select_distributions(list_distributions(site), reach, (), facts).kept
    (site / "slow/__init__.py").write_text("")
    assert "fast" in select_distributions(list_distributions(site), reach, (), facts).kept
    (site / "slow-1.0.dist-info/RECORD").write_text("slow/__init__.py,sha256=other,1\n")
    assert "fast" not in select_distributions(list_distributions(site), reach, (), facts).kept


def test_a_broken_memory_is_written_anew(tmp_path: Path) -> None:
    site, facts = tmp_path / "site", tmp_path / "facts"
    install(site, "slow", package("slow", "import fast"))
    install(site, "fast", package("fast"))
    reach = Reach(imports={"slow": PLACE})
    chosen = [select_distributions(list_distributions(site), reach, (), facts)]
    for file in facts.iterdir():
        file.write_text("[")
    chosen.append(select_distributions(list_distributions(site), reach, (), facts))
    assert chosen[0] == chosen[1]
    assert all(file.read_text() != "[" for file in facts.iterdir())
