"""`complete`: a configuration's extensions change the finished code, before its tasks are listed."""
# ruff: noqa: TID252 - the package has another name in an image, see its docstring

from collections.abc import Callable, Mapping
from pathlib import Path

from pushwright.extensions import has_complete_hook

from .catalogue import evaluate_config
from .extending import make_context, open_code, run_hook
from .indexing import watch


def main(options: Mapping[str, str]) -> int:
    """Let the extensions change the working directory."""
    return watch(options, complete_build)


def complete_build(root: Path, config_file: str, announce: Callable[[str], None]) -> dict[str, object]:
    """Run every `on_build_complete` over the code at `root`; return who had one.

    Raises:
        IndexFailure: as `describe_build`.
    """
    code = open_code(root, config_file, announce)
    config = evaluate_config(code)
    completing = [extension for extension in config.extensions if has_complete_hook(extension)]
    for extension in completing:
        run_hook(code, extension, extension.on_build_complete, make_context(code, config, extension, None))
    return {"extensions": [extension.name for extension in completing]}
