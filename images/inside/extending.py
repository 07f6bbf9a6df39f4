"""What running the hooks of build extensions has in common, before the build and after it.

Everything here runs user code, in the process that `indexing` watches.
"""
# ruff: noqa: TID252 - the package has another name in an image, see its docstring

from collections.abc import Callable
from pathlib import Path

from pushwright import Config
from pushwright.extensions import BuildContext, BuildExtension, BuildLogger, Layer

from .catalogue import check_config_path
from .code_root import CodeRoot
from .loading import extend_import_path
from .problems import IndexFailure, problem_from


def open_code(root: Path, config_file: str, announce: Callable[[str], None]) -> CodeRoot:
    """Get ready to evaluate the configuration; raises `IndexFailure` (`config_missing`)."""
    code = CodeRoot(root, check_config_path(root, config_file))
    extend_import_path(code)
    announce(code.config_file)
    return code


def make_context(
    code: CodeRoot, config: Config, extension: BuildExtension, add: Callable[[Layer], None] | None
) -> BuildContext:
    """Return what a hook is given."""
    logger = BuildLogger(extension.name, _say)
    return BuildContext(config, code.path, code.base, logger, add, extension.name)


def _say(line: str) -> None:
    print(line, flush=True)


def run_hook(
    code: CodeRoot, extension: BuildExtension, hook: Callable[[BuildContext], None], context: BuildContext
) -> None:
    """Run one hook, or raise `IndexFailure` (`extension_failed`) that says where it went wrong."""
    try:
        hook(context)
    except BaseException as error:
        problem = problem_from(error, code, code.config_file)
        place = problem.file if problem.line is None else f"{problem.file}:{problem.line}"
        sentence = f"{place}: the extension {extension.name} failed in {hook.__name__}: {problem.message}"
        raise IndexFailure("extension_failed", sentence, (problem,)) from error
