"""Telling whether an image that was built before serves again: a key over everything that goes into one."""

import json
from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Final

from builder.settings import BuilderSettings
from domain.builds import Ingredients
from domain.secrets import Secret, keyed_hash

_WITHOUT_INFLUENCE: Final = frozenset(
    {"scratch", "key", "docker", "buildx_plugin_dir", "buildkit_address", "registry", "environment", "use_cache"}
)
"""Settings that say where and how a build runs, not what it makes."""


def find_build_key(ingredients: Ingredients, settings: BuilderSettings, program: str) -> str | None:
    """Return a key that two builds share only when one image serves both.

    None when the base image is not named by its digest: its name may mean another image tomorrow.

    Args:
        ingredients: what the build is of.
        settings: what whoever runs the service decided.
        program: stands for the code that builds.
    """
    if "@sha256:" not in settings.base_image:
        return None
    parts = {
        "program": program,
        "content": ingredients.content,
        "settings": asdict(ingredients.settings),
        "variables": dict(ingredients.variables),
        "labels": dict(ingredients.labels),
        "cache_scope": ingredients.cache_scope,
        "service": {
            field.name: getattr(settings, field.name)
            for field in fields(settings)
            if field.name not in _WITHOUT_INFLUENCE
        },
    }
    text = json.dumps(parts, sort_keys=True, default=_encode)
    # Keyed: whoever reads the key can neither guess a short value nor compare it with one of their own.
    return keyed_hash(settings.key, text)


def _encode(value: object) -> object:
    match value:
        case Secret():
            return value.reveal()
        case Mapping():
            return dict(value)
        case _:
            return str(value)
