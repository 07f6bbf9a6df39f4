"""What the bundler found out in the sandbox, and what that does to the plan. The sandbox is not trusted."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from builder.plan import BuildPlan

_NAME: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?")
_SHOWN: Final = 12
_LONGEST_REASON: Final = 500


@dataclass(frozen=True, slots=True)
class Bundle:
    """What the tasks need.

    Attributes:
        whole_because: why nothing was left out; empty when something was, or there was nothing to leave out.
        files: how many Python files the repository has.
        files_kept: how many of them are in the image.
        needed: distributions some task can reach.
        unneeded: distributions no task can reach.
    """

    whole_because: str
    files: int
    files_kept: int
    needed: tuple[str, ...]
    unneeded: tuple[str, ...]


def find_bundle(document: str) -> Bundle | None:
    """Read a `bundle.json`; None when it is none, so that nothing is left out because of it."""
    try:
        content = json.loads(document)
        files, distributions = content["files"], content["distributions"]
        return Bundle(
            whole_because=_printable(str(content["whole_because"])),
            files=int(files["total"]),
            files_kept=len(files["kept"]),
            needed=_list_names(distributions["needed"]),
            unneeded=_list_names(distributions["unneeded"]),
        )
    except (ValueError, KeyError, TypeError, RecursionError):
        return None


def leave_out(plan: BuildPlan, bundle: Bundle) -> BuildPlan:
    """Return the plan whose image has no layer that holds nothing but distributions no task can reach."""
    unneeded = frozenset(bundle.unneeded)
    idle = {step.stage for step in plan.steps if step.distributions and unneeded.issuperset(step.distributions)}
    return replace(plan, layers=tuple(layer for layer in plan.layers if layer not in idle))


def explain_bundle(bundle: Bundle, plan: BuildPlan) -> str:
    """Return the log line that sums up what the image of the plan holds."""
    if bundle.whole_because:
        return f"Bundle: everything stays, because {bundle.whole_because}."
    gone = {name for step in plan.steps if step.stage not in plan.layers for name in step.distributions}
    left_out = [name for name in bundle.unneeded if name in gone]
    staying = [name for name in bundle.unneeded if name not in gone]
    total = len(bundle.needed) + len(bundle.unneeded)
    parts = [
        f"Bundle: {bundle.files_kept} of {bundle.files} Python files, {total - len(left_out)} of {total} packages",
        *([f"left out: {_enumerate(left_out)}"] if left_out else []),
        *([f"no task needs {_enumerate(staying)}, which share a layer with others"] if staying else []),
    ]
    return "; ".join(parts) + "."


def _list_names(reasons: Mapping[str, object]) -> tuple[str, ...]:
    return tuple(sorted(name for name in reasons if _NAME.fullmatch(name)))


def _enumerate(names: list[str]) -> str:
    more = [f"and {len(names) - _SHOWN} more"] if len(names) > _SHOWN else []
    return ", ".join([*names[:_SHOWN], *more])


def _printable(text: str) -> str:
    return "".join(letter if letter.isprintable() else " " for letter in text)[:_LONGEST_REASON].rstrip(". ")
