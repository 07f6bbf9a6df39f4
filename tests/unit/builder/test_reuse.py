"""The key by which an earlier image is found: equal only when everything that goes into the image is equal."""

from dataclasses import replace
from pathlib import Path

import pytest

from builder.kit import fingerprint_program
from builder.reuse import find_build_key
from builder.settings import BuilderSettings
from domain.builds import Ingredients
from domain.environments import BuildSettings
from domain.secrets import Secret
from tests.unit.builder.planned import SERVICE

MADE_OF = Ingredients(
    content="4b825dc642cb6eb9a060e54bf8d69288fbee4904",
    settings=BuildSettings("trigger.config.py", "make", "make gen"),
    variables={"TOKEN": Secret("12"), "OTHER": Secret("x")},
    labels={"dev.pushwright.environment": "production", "dev.pushwright.project": "shop"},
)


def key_of(ingredients: Ingredients = MADE_OF, settings: BuilderSettings = SERVICE, program: str = "1") -> str:
    key = find_build_key(ingredients, settings, program)
    assert key is not None
    return key


def test_the_same_has_the_same_key_in_any_order() -> None:
    turned = replace(
        MADE_OF,
        variables=dict(reversed(MADE_OF.variables.items())),
        labels=dict(reversed(MADE_OF.labels.items())),
    )
    assert key_of(turned) == key_of()


@pytest.mark.parametrize(
    "changed",
    [
        replace(MADE_OF, content="other"),
        replace(MADE_OF, settings=BuildSettings("trigger.config.py", "make")),
        replace(MADE_OF, settings=BuildSettings("trigger.config.py", "make gen", "make")),
        replace(MADE_OF, variables={"TOKEN": Secret("13"), "OTHER": Secret("x")}),
        replace(MADE_OF, variables={"TOKEN": Secret("12")}),
        replace(MADE_OF, variables={"TOKEN": Secret("x"), "OTHER": Secret("12")}),
        replace(MADE_OF, labels={**MADE_OF.labels, "dev.pushwright.environment": "staging"}),
        replace(MADE_OF, cache_scope="shop-preview-x"),
    ],
)
def test_whatever_goes_into_the_image_changes_the_key(changed: Ingredients) -> None:
    assert key_of(changed) != key_of()


@pytest.mark.parametrize(
    "settings",
    [
        replace(SERVICE, base_image=SERVICE.base_image.replace("1", "2")),
        replace(SERVICE, index_url=Secret("https://other.example/simple")),
        replace(SERVICE, npm_registry=None),
        replace(SERVICE, ca_bundle=None),
        replace(SERVICE, proxy=None),
        replace(SERVICE, key=Secret("another key")),
    ],
)
def test_what_the_service_is_set_to_changes_the_key(settings: BuilderSettings) -> None:
    assert key_of(settings=settings) != key_of()


def test_another_version_of_the_builder_changes_the_key() -> None:
    assert key_of(program="2") != key_of()
    assert fingerprint_program() == fingerprint_program()


def test_where_it_is_built_does_not_change_the_key() -> None:
    elsewhere = replace(
        SERVICE, scratch=Path("/elsewhere"), docker="podman", buildkit_address="tcp://b:1", environment={"PATH": "/x"}
    )
    assert key_of(settings=elsewhere) == key_of()


def test_a_base_image_without_a_digest_has_no_key() -> None:
    assert find_build_key(MADE_OF, replace(SERVICE, base_image="python:3.11-slim"), "1") is None


def test_the_key_tells_nothing_to_whoever_has_not_the_service_s_own() -> None:
    assert set(key_of()) <= set("0123456789abcdef")
    assert key_of(settings=replace(SERVICE, key=Secret("k"))) != key_of()
