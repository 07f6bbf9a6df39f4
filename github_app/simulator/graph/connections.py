"""Lists in pages: cursors, and what GitHub says to a page that it does not give."""

import base64
from collections.abc import Callable, Sequence
from typing import Any, Final

from graphql import GraphQLError

_MOST: Final = 100
Node = dict[str, Any]


def fail(kind: str, message: str) -> GraphQLError:
    """Return an error with the type that GitHub gives it."""
    return GraphQLError(message, extensions={"type": kind})


def connect(
    name: str, items: Sequence[Any], page: dict[str, Any], write: Callable[[Any], Node], key: Callable[[Any], object]
) -> Node:
    """Return a connection: the first items after a cursor, which is made of each item's key."""
    first, after = page.get("first"), page.get("after")
    _demand_bounds(name, first)
    cursors = [_encode(key(item)) for item in items]
    if after is not None and after not in cursors:
        raise fail("INVALID_CURSOR_ARGUMENTS", f"`{after}` does not appear to be a valid cursor.")
    begin = cursors.index(after) + 1 if after is not None else 0
    end = begin + (first or 0)
    shown = cursors[begin:end]
    return {
        "totalCount": len(items),
        "nodes": [write(item) for item in items[begin:end]],
        "pageInfo": {
            "startCursor": shown[0] if shown else None,
            "endCursor": shown[-1] if shown else None,
            "hasNextPage": end < len(items),
            "hasPreviousPage": begin > 0,
        },
    }


def _demand_bounds(name: str, first: int | None) -> None:
    if first is None:
        message = f"You must provide a `first` or `last` value to properly paginate the `{name}` connection."
        raise fail("MISSING_PAGINATION_BOUNDARIES", message)
    if not 0 < first <= _MOST:
        message = f"Requesting {first} records on the `{name}` connection exceeds the `first` limit of {_MOST} records."
        raise fail("EXCESSIVE_PAGINATION", message)


def _encode(key: object) -> str:
    return base64.b64encode(f"cursor:v2:{key}".encode()).decode()
