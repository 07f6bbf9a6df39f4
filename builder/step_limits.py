"""Which limit a failed step reached: what the program in runc's place said last (`make setup` puts it there)."""

import re
from collections.abc import Iterable
from typing import Final

from builder.plan import Step
from domain.builds import BuildRejected

_REACHED: Final = re.compile(r"pushwright: this step reached its limit of (memory|processes|disk): (\d{1,15})")
_GIB: Final = 2**30


def find_reached_limit(step: Step, lines: Iterable[str]) -> BuildRejected | None:
    """Return the rejection of a step that was ended at a limit, from the last lines it printed."""
    reached = [found for line in lines if (found := _REACHED.fullmatch(line.strip()))]
    if not reached:
        return None
    what = f"The step {step.title!r}" + (f" ({step.command})" if step.command else "")
    most = int(reached[-1][2])
    match reached[-1][1]:
        case "memory":
            return BuildRejected(
                "memory_exceeded",
                f"{what} was ended, because it needed more than {most / _GIB:g} GiB of memory. Have it do less at the "
                "same time, such as one compiler instead of many, or have the operator raise PUSHWRIGHT_BUILD_MEMORY.",
            )
        case "processes":
            return BuildRejected(
                "processes_exceeded",
                f"{what} was ended, because it had more than {most} processes and threads at the same time. Have it "
                "start fewer, or have the operator raise PUSHWRIGHT_BUILD_PROCESSES.",
            )
        case _:
            return BuildRejected(
                "disk_exceeded",
                f"{what} was ended, because it wrote more than {most / _GIB:g} GiB. Have it write less, remove what it "
                "needs for a while only, or have the operator raise PUSHWRIGHT_BUILD_DISK.",
            )
