import json

import pytest

from domain.errors import InvalidInput
from images.labels import image_labels
from images.manifest import parse_manifest


def document(tasks: object, version: object = 1) -> str:
    return json.dumps({"schema_version": version, "tasks": tasks})


def test_ids_are_sorted_and_the_document_unchanged() -> None:
    text = document([{"id": "b"}, {"id": "a"}])
    manifest = parse_manifest(text)
    assert manifest.task_ids == ("a", "b")
    assert manifest.document == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "[" * 100_000,
        document([]),
        document("x"),
        document([{"id": 1}]),
        document([{"id": ""}]),
        document([3]),
        document([{"id": "a"}, {"id": "a"}]),
        document([{"id": "a"}], version=2),
    ],
)
def test_what_is_no_manifest_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        parse_manifest(text)
    assert caught.value.code == "manifest_invalid"


def test_labels_say_where_an_image_comes_from() -> None:
    labels = image_labels(source="https://git.example/a/b", revision="c" * 40, project="shop", environment="production")
    assert labels == {
        "org.opencontainers.image.source": "https://git.example/a/b",
        "org.opencontainers.image.revision": "c" * 40,
        "org.opencontainers.image.version": "c" * 12,
        "dev.pushwright.project": "shop",
        "dev.pushwright.environment": "production",
    }
