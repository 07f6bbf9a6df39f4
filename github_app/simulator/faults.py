"""Planned misbehaviour: the next calls are refused, limited, delayed or cut off."""

import threading
from dataclasses import dataclass
from enum import StrEnum


class FaultKind(StrEnum):
    """What can go wrong with a call."""

    SERVER_ERROR = "server_error"
    BAD_GATEWAY = "bad_gateway"
    PRIMARY_RATE_LIMIT = "primary_rate_limit"
    SECONDARY_RATE_LIMIT = "secondary_rate_limit"
    DROPPED_CONNECTION = "dropped_connection"


class FaultTarget(StrEnum):
    """Which calls a fault strikes."""

    API = "api"
    GIT = "git"
    WEB = "web"


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault for the next `count` calls whose path contains `path_part`."""

    kind: FaultKind
    count: int = 1
    target: FaultTarget = FaultTarget.API
    path_part: str = ""
    retry_after_seconds: int = 1


class FaultPlan:
    """The faults that are still to come, in the order they were planned."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._planned: list[Fault] = []

    def add(self, fault: Fault) -> None:
        """Let the next calls fail."""
        with self._lock:
            self._planned.extend([fault] * fault.count)

    def clear(self) -> None:
        """Behave again."""
        with self._lock:
            self._planned.clear()

    def take(self, target: FaultTarget, path: str) -> Fault | None:
        """Return the fault for this call and cross it off."""
        with self._lock:
            for index, fault in enumerate(self._planned):
                if fault.target is target and fault.path_part in path:
                    return self._planned.pop(index)
            return None
