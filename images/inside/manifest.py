"""The task manifest, as `run` and `serve` read it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

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
