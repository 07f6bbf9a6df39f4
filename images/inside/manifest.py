"""The task manifest: written by `index`, read by `run`."""
# ruff: noqa: TID252 - the package has another name in an image, see its docstring

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from pushwright import Config, Retry, __version__
from pushwright.registry import Registration

from .code_root import CodeRoot

SCHEMA_VERSION: Final = 1
MANIFEST_PATH: Final = "/pushwright/manifest.json"


class ManifestUnreadable(Exception):  # noqa: N818 - reads as the sentence it is raised with
    """The manifest of this image is not there or not one."""


@dataclass(frozen=True, slots=True)
class TaskEntry:
    """What `run` needs to know of a task."""

    entry_file: str
    retry: Mapping[str, object] | None
    max_duration: float | None


@dataclass(frozen=True, slots=True)
class Manifest:
    """What `run` needs to know of the image."""

    config_file: str
    tasks: Mapping[str, TaskEntry]


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
        "config": {"path": code.config_file, **asdict(config)},
        "files": list(files),
        "tasks": [
            _compose_task(code, config, registration, modules)
            for registration in sorted(registrations, key=lambda each: each.task.id)
        ],
    }


def read_manifest(path: Path) -> Manifest:
    """Read what `run` needs.

    Raises:
        ManifestUnreadable: there is no such file, or it is of a form this program does not know.
    """
    try:
        document = json.loads(path.read_bytes())
        version = document["schema_version"]
        if version != SCHEMA_VERSION:
            raise ManifestUnreadable(f"{path} has schema_version {version!r}; this program reads {SCHEMA_VERSION}.")
        tasks = {
            entry["id"]: TaskEntry(entry["entry_file"], entry["retry"], entry["max_duration"])
            for entry in document["tasks"]
        }
        return Manifest(document["config"]["path"], tasks)
    except OSError as error:
        raise ManifestUnreadable(f"{path} cannot be read: {error.strerror}.") from error
    except (ValueError, KeyError, TypeError) as error:
        raise ManifestUnreadable(f"{path} is not a task manifest: {error!r}.") from error


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
    }


def _retry_options(retry: Retry | None) -> dict[str, object] | None:
    return asdict(retry) if retry else None
