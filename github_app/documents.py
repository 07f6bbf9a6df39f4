"""What GitHub answered before: asked again with its ETag, an unchanged document costs nothing of the rate limit."""

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass, field
from threading import Lock
from typing import Final
from urllib.parse import parse_qsl, urlsplit

MAX_DOCUMENTS: Final = 1_000
MAX_DOCUMENT_BYTES: Final = 64 * 1024


@dataclass(frozen=True, slots=True)
class KeptDocument:
    """An answer with its ETag.

    Attributes:
        link: the header that names the next page.
    """

    etag: str
    content: bytes = field(repr=False)
    link: str = ""

    @property
    def next_page(self) -> dict[str, str | int]:
        """The query of the next page, empty when there is none.

        Only the query: the URL is GitHub's, and credentials are sent to no URL out of an answer.
        """
        for part in self.link.split(","):
            url, _, relation = part.partition(";")
            if 'rel="next"' in relation:
                return dict(parse_qsl(urlsplit(url.strip(" <>")).query))
        return {}


class KeptDocuments:
    """The newest answers by who asked and what was asked; the one used longest ago goes first."""

    def __init__(self, max_count: int = MAX_DOCUMENTS, max_bytes: int = MAX_DOCUMENT_BYTES) -> None:
        self._max_count = max_count
        self._max_bytes = max_bytes
        self._documents: OrderedDict[Hashable, KeptDocument] = OrderedDict()
        self._lock = Lock()

    def find(self, key: Hashable) -> KeptDocument | None:
        """Return what was answered last, None when it is not kept."""
        with self._lock:
            if key in self._documents:
                self._documents.move_to_end(key)
            return self._documents.get(key)

    def keep(self, key: Hashable, document: KeptDocument) -> None:
        """Keep an answer; one without an ETag or a large one is let go."""
        with self._lock:
            self._documents.pop(key, None)
            if document.etag and len(document.content) <= self._max_bytes:
                self._documents[key] = document
            while len(self._documents) > self._max_count:
                self._documents.popitem(last=False)
