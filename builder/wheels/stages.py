"""From wheels to stages and layers.

Each wheel is a stage whose definition names nothing of a project, so that BuildKit has it made once for all of them.
Layers are another matter: an image bears about a hundred. A large wheel is a layer; small ones share one with those
whose names fall into the same group, so that a wheel that comes or goes moves no other.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from builder.plan import OUT, VENV, Bind, Mount, SecretFile, Step
from builder.surroundings import UV
from builder.wheels.locked import LockedWheel
from builder.wheels.scripts import MEMBERS, environment_script, group_script, wheel_script
from domain.builds import Phase

ENVIRONMENT: Final = "environment"
MAX_ALONE: Final = 48
GROUPS: Final = 24
_LIMITS: Final = (0, 50_000, 100_000, 200_000, 500_000, 1_000_000, 5_000_000, 20_000_000)
"""Bytes up to which a wheel is small; the first that leaves at most `MAX_ALONE` large ones is used."""


@dataclass(frozen=True, slots=True)
class WheelStages:
    """What the wheels of a build are made by.

    Attributes:
        layers: the stages whose results are laid over each other, the environment first.
        count: how many wheels there are.
    """

    steps: tuple[Step, ...]
    layers: tuple[str, ...]
    count: int


def plan_wheels(wheels: Sequence[LockedWheel], title: str, secrets: tuple[Mount, ...]) -> WheelStages:
    """Return the stages of the wheels.

    Args:
        wheels: in any order.
        title: what people call all of it together.
        secrets: the service's own certificates and proxy; a project's are not for what all share.
    """
    if not wheels:
        return WheelStages((), (), 0)
    alone, groups = _divide(wheels)
    makers = [_wheel_step(wheel, title, secrets) for wheel in wheels]
    joined = [_group_step(name, members, title) for name, members in groups.items()]
    layers = (ENVIRONMENT, *map(_stage, alone), *(step.stage for step in joined))
    return WheelStages((_environment_step(), *makers, *joined), layers, len(wheels))


def _divide(wheels: Sequence[LockedWheel]) -> tuple[list[LockedWheel], dict[str, list[LockedWheel]]]:
    limit = next((limit for limit in _LIMITS if sum(w.size > limit for w in wheels) <= MAX_ALONE), None)
    alone = [wheel for wheel in wheels if len(wheels) <= MAX_ALONE or (limit is not None and wheel.size > limit)]
    groups: dict[str, list[LockedWheel]] = {}
    for wheel in wheels:
        if wheel not in alone:
            groups.setdefault(_name_group(wheel), []).append(wheel)
    return alone, dict(sorted(groups.items()))


def _name_group(wheel: LockedWheel) -> str:
    return f"wheels-{int.from_bytes(hashlib.sha256(wheel.name.encode()).digest()[:4]) % GROUPS:02}"


def _environment_step() -> Step:
    return Step(
        stage=ENVIRONMENT,
        phase=Phase.INSTALL,
        title="prepare: an empty environment",
        script=environment_script(),
        mounts=(UV,),
    )


def _wheel_step(wheel: LockedWheel, title: str, secrets: tuple[Mount, ...]) -> Step:
    has_ca = any(isinstance(mount, SecretFile) for mount in secrets)
    return Step(
        stage=_stage(wheel),
        phase=Phase.INSTALL,
        title=title,
        script=wheel_script(wheel, has_ca=has_ca),
        mounts=(UV, Bind(VENV, f"{OUT}{VENV}", ENVIRONMENT), *secrets),
        command=f"uv pip install {wheel.name}=={wheel.version}",
        network=True,
        distributions=(wheel.name,),
    )


def _group_step(name: str, members: Sequence[LockedWheel], title: str) -> Step:
    return Step(
        stage=name,
        phase=Phase.INSTALL,
        title=title,
        script=group_script(),
        mounts=tuple(Bind(f"{MEMBERS}/{_stage(wheel)}", OUT, _stage(wheel)) for wheel in members),
        distributions=tuple(wheel.name for wheel in members),
    )


def _stage(wheel: LockedWheel) -> str:
    return f"wheel-{wheel.name}-{wheel.sha256[:12]}"
