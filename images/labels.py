"""What is written on an image: OCI labels.

Nothing here differs between two builds of one commit with one lock and one set of settings, so that they are one image.
"""

from collections.abc import Mapping
from typing import Final

_OF_COMMIT: Final = frozenset({"org.opencontainers.image.revision", "org.opencontainers.image.version"})


def image_labels(*, source: str, revision: str, project: str, environment: str) -> dict[str, str]:
    """Return the labels of an image.

    Args:
        source: web address of the repository.
        revision: the commit id.
        project: slug of the project.
        environment: slug of the environment.
    """
    own = {"dev.pushwright.project": project, "dev.pushwright.environment": environment}
    return source_labels(source=source, revision=revision) | own


def without_commit(labels: Mapping[str, str]) -> dict[str, str]:
    """Return the labels that two commits with equal files share."""
    return {name: value for name, value in labels.items() if name not in _OF_COMMIT}


def source_labels(*, source: str, revision: str) -> dict[str, str]:
    """Return the labels that say what an image was built of."""
    return {
        "org.opencontainers.image.source": source,
        "org.opencontainers.image.revision": revision,
        # A deployment's version would make two builds of one commit two images; the commit is what is inside.
        "org.opencontainers.image.version": revision[:12],
    }
