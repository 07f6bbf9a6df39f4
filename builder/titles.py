"""When what people call one step begins and ends: several stages may bear one title, such as all wheels of a lock."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from builder.plan import Step
from domain.builds import Phase, Progress, StepFinished, StepStarted


@dataclass
class _Title:
    """What is known of the stages of one title."""

    waiting: set[str] = field(default_factory=set)
    is_started: bool = False
    has_failed: bool = False
    is_cached: bool = True
    begun: list[datetime] = field(default_factory=list)
    ended: list[datetime] = field(default_factory=list)

    @property
    def seconds(self) -> float:
        """From the first begin to the last end of what did not come from the cache."""
        return (max(self.ended) - min(self.begun)).total_seconds() if self.ended else 0.0


class TitleProgress:
    """Follows the stages of a plan under their titles."""

    def __init__(self, steps: Sequence[Step]) -> None:
        self._titles: dict[tuple[Phase, str], _Title] = {}
        for step in steps:
            self._titles.setdefault((step.phase, step.title), _Title()).waiting.add(step.stage)

    def start(self, step: Step) -> Iterator[Progress]:
        """Tell that the step began, when its title did not begin before."""
        title = self._titles[step.phase, step.title]
        if not title.is_started:
            title.is_started = True
            yield StepStarted(step.phase, step.title)

    def complete(self, step: Step, vertex: Mapping[str, Any]) -> Iterator[Progress]:
        """Tell that the step ended, when it is the last of its title and none of them failed."""
        title = self._titles[step.phase, step.title]
        if step.stage not in title.waiting:
            return
        title.waiting.remove(step.stage)
        title.has_failed |= bool(vertex.get("error"))
        if not vertex.get("cached"):
            title.is_cached = False
            title.begun.append(datetime.fromisoformat(str(vertex["started"])))
            title.ended.append(datetime.fromisoformat(str(vertex["completed"])))
        if not title.waiting and not title.has_failed:
            yield StepFinished(step.phase, step.title, cached=title.is_cached, seconds=title.seconds)

    def is_complete(self, phase: Phase) -> bool:
        """Whether every stage of the phase has ended."""
        return not any(title.waiting for (of, _), title in self._titles.items() if of is phase)
