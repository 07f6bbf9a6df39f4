"""The task manifest: what `index` printed inside an image, read as what it is, output of somebody else's code."""

import json
from typing import Final

from domain.builds import TaskManifest
from domain.errors import InvalidInput

SCHEMA_VERSION: Final = 1


def parse_manifest(document: str) -> TaskManifest:
    """Check the document and return it, or raise `InvalidInput` (`manifest_invalid`)."""
    try:
        content = json.loads(document)
    except (ValueError, RecursionError) as error:
        raise _invalid("it is not JSON") from error
    if not isinstance(content, dict) or content.get("schema_version") != SCHEMA_VERSION:
        raise _invalid(f"its schema_version is not {SCHEMA_VERSION}")
    tasks = content.get("tasks")
    if not isinstance(tasks, list) or not tasks:
        raise _invalid("it lists no tasks")
    return TaskManifest(document, _parse_ids(tasks))


def _parse_ids(tasks: list[object]) -> tuple[str, ...]:
    ids = [task.get("id") if isinstance(task, dict) else None for task in tasks]
    texts = sorted(identifier for identifier in ids if isinstance(identifier, str) and identifier)
    if len(texts) != len(tasks):
        raise _invalid("a task has no id")
    if len(set(texts)) != len(texts):
        raise _invalid("two tasks have one id")
    return tuple(texts)


def _invalid(reason: str) -> InvalidInput:
    return InvalidInput(
        "manifest_invalid",
        f"The task manifest made inside the image cannot be used: {reason}. "
        "Code that runs while the tasks are imported must leave the indexer's output alone.",
    )
