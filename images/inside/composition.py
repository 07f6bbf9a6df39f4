"""The task manifest, as `index` writes it."""
# ruff: noqa: TID252 - the package has another name in an image, see its docstring

import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

from pushwright import Config, Retry, __version__
from pushwright.registry import Registration

from .code_root import CodeRoot
from .manifest import SCHEMA_VERSION
from .payload_schema import describe_payload


def compose_manifest(
    code: CodeRoot,
    config: Config,
    *,
    files: Sequence[str],
    modules: Mapping[str, str],
    registrations: Sequence[Registration],
) -> dict[str, object]:
    """Compose the document; it depends on nothing but its arguments and the versions of Python and SDK.

    `modules` has the name each task file was imported by.
    """
    return {
        "schema_version": SCHEMA_VERSION,
        "python": ".".join(str(part) for part in sys.version_info[:3]),
        "sdk_version": __version__,
        "config": _compose_config(code, config),
        "files": list(files),
        "tasks": [
            _compose_task(code, config, registration, modules)
            for registration in sorted(registrations, key=lambda each: each.task.id)
        ],
    }


def _compose_config(code: CodeRoot, config: Config) -> dict[str, object]:
    """Describe the configuration; extensions are objects of any kind and have a name."""
    names = [extension.name for extension in config.extensions]
    return {"path": code.config_file, **asdict(replace(config, extensions=())), "extensions": names}


def _compose_task(
    code: CodeRoot, config: Config, registration: Registration, modules: Mapping[str, str]
) -> dict[str, Any]:
    task = registration.task
    entry_file = registration.entry_file or ""
    return {
        "id": task.id,
        "file": code.shorten(registration.file),
        "line": registration.line,
        "entry_file": entry_file,
        "entry_module": modules.get(entry_file, ""),
        "function": registration.function,
        "description": task.description,
        "retry": _retry_options(task.retry or config.retries),
        "queue": asdict(task.queue) if task.queue else None,
        "max_duration": task.max_duration or config.max_duration,
        "machine": task.machine or config.machine,
        "payload_schema": describe_payload(task),
    }


def _retry_options(retry: Retry | None) -> dict[str, object] | None:
    return asdict(retry) if retry else None
