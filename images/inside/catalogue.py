"""One look at a repository's tasks: configuration, task files, registrations, and what is wrong with them.

Everything here runs user code, in the process that `indexing` watches.
"""
# ruff: noqa: TID252 - the package has another name in an image, see its docstring

from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType
from typing import Final

from pushwright import Config, InvalidDefinition
from pushwright.registry import REGISTRY, Registration

from .code_root import CodeRoot
from .composition import compose_manifest
from .discovery import list_task_files
from .loading import CONFIG_MODULE, extend_import_path, import_config, import_task_file
from .problems import IndexFailure, Problem, locate_error, problem_from

_MISSING_HELP: Final = "create it with `config = define_config(project=…)`, or correct its path in the build settings"


def make_manifest(root: Path, config_file: str, announce: Callable[[str], None]) -> dict[str, object]:
    """Import everything and compose the task manifest; `announce` is told each file right before its import.

    Raises:
        IndexFailure: something is wrong in the repository; every problem found is in it.
    """
    code = CodeRoot(root, check_config_path(root, config_file))
    extend_import_path(code)
    announce(code.config_file)
    config = evaluate_config(code)
    files = list_task_files(code, dirs=config.dirs, ignore_patterns=config.ignore_patterns)
    modules = _import_all(code, files, announce)
    registrations = REGISTRY.list_registrations()
    _check_some(files, registrations)
    _check_ids(code, registrations)
    modules[code.config_file] = CONFIG_MODULE
    return compose_manifest(code, config, files=files, modules=modules, registrations=registrations)


def check_config_path(root: Path, config_file: str) -> str:
    """Return the configuration file's path in its shortest form, or raise `IndexFailure` (`config_missing`)."""
    path = (root / config_file).resolve()
    if not path.is_relative_to(root):
        raise IndexFailure("config_missing", f"The configuration file {config_file} is outside the repository.")
    if not path.is_file():
        raise IndexFailure("config_missing", f"There is no configuration file {config_file}: {_MISSING_HELP}.")
    return str(path.relative_to(root))


def evaluate_config(code: CodeRoot) -> Config:
    """Execute the configuration file and return what it defines.

    Raises:
        IndexFailure: `config_invalid`, `config_raised`.
    """
    try:
        with REGISTRY.importing(code.config_file):
            module = import_config(code)
    except InvalidDefinition as error:
        problem = problem_from(error, code, code.config_file)
        raise IndexFailure("config_invalid", f"{_place(problem)}: {error}", (problem,)) from error
    except BaseException as error:
        problem = problem_from(error, code, code.config_file)
        raise IndexFailure("config_raised", f"{_place(problem)}: {problem.message}", (problem,)) from error
    return _find_config(module, code.config_file)


def _find_config(module: ModuleType, config_file: str) -> Config:
    config = getattr(module, "config", None)
    if isinstance(config, Config):
        return config
    found = "does not define `config`" if config is None else f"defines `config` as {type(config).__name__}"
    sentence = f"{config_file} {found}; write `config = define_config(project=…)`."
    raise IndexFailure("config_invalid", sentence, (Problem(config_file, None, sentence),))


def _import_all(code: CodeRoot, files: Sequence[str], announce: Callable[[str], None]) -> dict[str, str]:
    modules = {}
    failed: list[Problem] = []
    misdeclared: list[Problem] = []
    for file in files:
        announce(file)
        try:
            with REGISTRY.importing(file):
                modules[file] = import_task_file(code, file)
        except InvalidDefinition as error:
            misdeclared.append(Problem(*locate_error(error, code, file), str(error)))
        except BaseException as error:  # noqa: BLE001 - user code may raise anything, sys.exit included
            failed.append(problem_from(error, code, file))
    if failed:
        raise IndexFailure("task_import_failed", _count("cannot be imported", failed), (*failed, *misdeclared))
    if misdeclared:
        raise IndexFailure("task_metadata_invalid", _count("declares a task badly", misdeclared), tuple(misdeclared))
    return modules


def _check_some(files: Sequence[str], registrations: Sequence[Registration]) -> None:
    if not registrations:
        problems = tuple(Problem(file, None, "declares no task") for file in files)
        raise IndexFailure(
            "no_tasks", "The task files declare no task; decorate a function with @task(id=…).", problems
        )


def _check_ids(code: CodeRoot, registrations: Sequence[Registration]) -> None:
    by_id: dict[str, list[Registration]] = defaultdict(list)
    for registration in registrations:
        by_id[registration.task.id].append(registration)
    problems = [
        Problem(code.shorten(each.file), each.line, _explain_duplicate(same, code))
        for same in by_id.values()
        if len(same) > 1
        for each in same
    ]
    if problems:
        ids = sorted(task_id for task_id, same in by_id.items() if len(same) > 1)
        sentence = f"Task ids must be unique in the project; declared more than once: {', '.join(ids)}."
        raise IndexFailure("duplicate_task_ids", sentence, tuple(problems))


def _explain_duplicate(same: Sequence[Registration], code: CodeRoot) -> str:
    places = [f"{code.shorten(each.file)}:{each.line}" for each in same]
    once = len(set(places)) == 1
    hint = " (the file is imported under several names; import it by one)" if once else ""
    return f'task id "{same[0].task.id}" is declared at {" and ".join(places)}{hint}'


def _count(what: str, problems: Sequence[Problem]) -> str:
    first = problems[0]
    others = f", and {len(problems) - 1} more" if len(problems) > 1 else ""
    return f"{_place(first)} {what}: {first.message}{others}."


def _place(problem: Problem) -> str:
    return problem.file if problem.line is None else f"{problem.file}:{problem.line}"
