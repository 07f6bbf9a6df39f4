"""Locks by key."""

import threading
from collections import defaultdict


class KeyedLocks:
    """One lock per key, made when it is first asked for."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._locks: defaultdict[int, threading.Lock] = defaultdict(threading.Lock)

    def of(self, key: int) -> threading.Lock:
        """Return the lock of `key`."""
        with self._guard:
            return self._locks[key]
