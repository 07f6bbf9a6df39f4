"""`configure`: what a configuration's extensions add to a build, asked in its sandbox before anything is installed."""
# ruff: noqa: TID252 - the package has another name in an image, see its docstring

from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Final

from pushwright.extensions import Layer, has_complete_hook

from .catalogue import evaluate_config
from .extending import make_context, open_code, run_hook
from .indexing import watch
from .problems import IndexFailure

SCHEMA_VERSION: Final = 1
_TOO_EARLY: Final = (
    " The configuration is evaluated before anything is installed: it may import the standard library, pushwright and "
    "files of the repository. Import other packages inside on_build_complete."
)


def main(options: Mapping[str, str]) -> int:
    """Describe what the configuration of the working directory adds."""
    return watch(options, describe_build)


def describe_build(root: Path, config_file: str, announce: Callable[[str], None]) -> dict[str, object]:
    """Evaluate the configuration, run every `on_build_start` and return the layers they added.

    Raises:
        IndexFailure: `config_missing`, `config_invalid`, `config_raised`, `extension_failed`.
    """
    code = open_code(root, config_file, announce)
    try:
        config = evaluate_config(code)
    except IndexFailure as failure:
        if isinstance(failure.__cause__, ModuleNotFoundError):
            raise IndexFailure(failure.code, failure.sentence + "." + _TOO_EARLY, failure.problems) from failure
        raise
    layers: list[Layer] = []
    for extension in config.extensions:
        run_hook(code, extension, extension.on_build_start, make_context(code, config, extension, layers.append))
    return {
        "schema_version": SCHEMA_VERSION,
        "extensions": [extension.name for extension in config.extensions],
        "completes": any(has_complete_hook(extension) for extension in config.extensions),
        "layers": [asdict(layer) for layer in layers],
    }
