"""What an image is called."""

import re
from dataclasses import dataclass, replace
from typing import Final, Self

from domain.errors import InvalidInput

_HOST: Final = r"(?:localhost|[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)+)"
_NAME_PART: Final = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_REFERENCE: Final = re.compile(
    rf"(?:(?P<host>{_HOST}(?::[0-9]{{1,5}})?|[A-Za-z0-9-]+:[0-9]{{1,5}})/)?"
    rf"(?P<name>{_NAME_PART}(?:/{_NAME_PART})*)"
    r"(?::(?P<tag>[A-Za-z0-9_][A-Za-z0-9._-]{0,127}))?"
    r"(?:@(?P<digest>sha256:[0-9a-f]{64}))?"
)
_MAX_NAME: Final = 255


@dataclass(frozen=True, slots=True)
class ImageReference:
    """`host/name:tag@sha256:…` in the grammar of the OCI distribution specification.

    Attributes:
        host: the registry with its port; empty for the local engine.
        name: the repository part, such as `acme/shop`.
        tag: empty when only the digest names the image.
        digest: empty before the image is published.
    """

    host: str
    name: str
    tag: str = ""
    digest: str = ""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a reference, or raise `InvalidInput` (`image_reference_invalid`)."""
        match = _REFERENCE.fullmatch(text)
        if match is None or len(match["name"]) > _MAX_NAME:
            raise InvalidInput(
                "image_reference_invalid",
                f"{text[:160]!r} is not an image reference: write it as host/name:tag, the name in lower case.",
            )
        return cls(match["host"] or "", match["name"], match["tag"] or "", match["digest"] or "")

    @classmethod
    def compose(cls, host: str, name: str, tag: str) -> Self:
        """Put the parts together and check the whole; raises like `parse`."""
        return cls.parse(str(cls(host, name, tag)))

    def with_digest(self, digest: str) -> Self:
        """Return the same reference pinned to what was published."""
        return self.parse(str(replace(self, digest=digest)))

    def __str__(self) -> str:
        host = f"{self.host}/" if self.host else ""
        tag = f":{self.tag}" if self.tag else ""
        digest = f"@{self.digest}" if self.digest else ""
        return f"{host}{self.name}{tag}{digest}"
