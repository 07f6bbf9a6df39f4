import tomllib
from pathlib import Path

import pytest

from tools.machine.base_image import Wish, choose_source, find_kept_source
from tools.machine.report import SetupError

RECIPE = Path(__file__).parents[3] / "images" / "recipes" / "base"


@pytest.mark.parametrize(
    ("wish", "can_pull", "can_make", "source"),
    [
        ("auto", True, True, "official"),
        ("auto", False, True, "debian"),
        ("auto", True, False, "official"),
        ("debian", True, True, "debian"),
        ("official", True, False, "official"),
    ],
)
def test_the_official_image_is_preferred(wish: Wish, *, can_pull: bool, can_make: bool, source: str) -> None:
    assert choose_source(wish, can_pull=can_pull, can_make=can_make) == source


@pytest.mark.parametrize(
    ("wish", "can_pull", "can_make", "advice"),
    [
        ("auto", False, False, "PUSHWRIGHT_BASE_IMAGE"),
        ("official", False, True, "BASE=debian"),
        ("debian", True, False, "install it"),
    ],
)
def test_an_impossible_wish_says_what_to_do(wish: Wish, *, can_pull: bool, can_make: bool, advice: str) -> None:
    with pytest.raises(SetupError, match=advice):
        choose_source(wish, can_pull=can_pull, can_make=can_make)


@pytest.mark.parametrize(
    ("kept", "wish", "source"),
    [
        ("debian abc", "auto", "debian"),
        ("debian abc", "debian", "debian"),
        ("debian abc", "official", None),
        ("debian old", "auto", None),
        ("official abc", "auto", "official"),
        ("", "auto", None),
    ],
)
def test_a_base_is_kept_while_its_recipe_and_the_wish_hold(
    tmp_path: Path, kept: str, wish: Wish, source: str | None
) -> None:
    (tmp_path / "recipe").write_text(kept)
    assert find_kept_source(tmp_path / "recipe", "abc", wish) == source


def test_no_stamp_means_no_base(tmp_path: Path) -> None:
    assert find_kept_source(tmp_path / "absent", "abc", "auto") is None


def test_the_recipe_has_python_an_init_and_certificates() -> None:
    packages = tomllib.loads((RECIPE / "recipe.toml").read_text())["debian"]["packages"]
    assert {"python3", "tini", "ca-certificates"} <= set(packages)


def test_both_recipes_make_the_same_user() -> None:
    for name in ("customise.sh", "official.Containerfile"):
        text = (RECIPE / name).read_text()
        assert "10001" in text
        assert "/home/task" in text
