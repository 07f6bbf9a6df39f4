"""Using an earlier image again, when everything that would go into a new one is the same."""

from dataclasses import dataclass
from typing import Final

from domain.builds import Built
from domain.deployments import Deployment, Version
from domain.ports.builds import ImageBuilder
from domain.ports.store import Store

USED_AGAIN: Final = "Image of version {version} is used again, because nothing that goes into it has changed."


@dataclass(frozen=True, slots=True)
class Reusable:
    """An image that is there already.

    Attributes:
        version: the one it was built for.
    """

    built: Built
    version: Version

    @property
    def sentence(self) -> str:
        """What people are told."""
        return USED_AGAIN.format(version=self.version)


def find_reusable(store: Store, builder: ImageBuilder, deployment: Deployment, key: str | None) -> Reusable | None:
    """Return the image of an earlier deployment of the environment that serves this one too, None when it is to build.

    Args:
        store: where the earlier ones are.
        builder: whoever knows whether an image still exists.
        deployment: the one that needs an image; one that somebody forced gets a new one.
        key: what goes into its image, None when that cannot be told.
    """
    if key is None or deployment.forced:
        return None
    with store.transaction() as work:
        found = work.deployments.find_reusable(deployment.environment_id, key)
    if found is None:
        return None
    earlier, manifest = found
    if earlier.image is None or not builder.has_image(earlier.image):
        return None
    return Reusable(Built(earlier.image, manifest), earlier.image_of or earlier.version)
