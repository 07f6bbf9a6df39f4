"""GitHub's secondary limit on writing: 80 a minute and 500 an hour for each installation."""

import threading
from collections import defaultdict, deque
from collections.abc import Callable
from datetime import datetime
from typing import Final

_MINUTE: Final = 60.0
_HOUR: Final = 3600.0


class Throttle:
    """Counts writes by installation."""

    def __init__(self, clock: Callable[[], datetime], a_minute: int = 80, an_hour: int = 500) -> None:
        self._clock = clock
        self._limits = ((_MINUTE, a_minute), (_HOUR, an_hour))
        self._lock = threading.Lock()
        self._moments: defaultdict[int, deque[float]] = defaultdict(deque)

    def admit(self, installation_id: int) -> int:
        """Count a write and return 0, or return how many seconds to wait without counting it."""
        moment = self._clock().timestamp()
        with self._lock:
            past = self._moments[installation_id]
            while past and past[0] <= moment - _HOUR:
                past.popleft()
            wait = max(_find_wait(past, moment, *limit) for limit in self._limits)
            if not wait:
                past.append(moment)
            return wait


def _find_wait(past: deque[float], moment: float, window: float, most: int) -> int:
    recent = [at for at in past if at > moment - window]
    return 0 if len(recent) < most else max(1, int(recent[-most] + window - moment) + 1)
