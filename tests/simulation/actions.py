"""What may happen in a history; numbers name one of what there is at that moment."""

from dataclasses import dataclass
from typing import Final

from hypothesis import strategies as st

from domain.events import CheckAction
from tests.simulation.things import HEADS, MAIN, Place

PLACES: Final = (MAIN, *HEADS)
CRASHES: Final = st.none() | st.integers(0, 9)
"""At which moment before or after a transaction the process dies."""


@dataclass(frozen=True)
class Push:
    """A commit is pushed; its events arrive at once, or wait."""

    place: Place
    message: str
    path: str
    prompt: bool


@dataclass(frozen=True)
class ForceBack:
    place: Place
    steps: int
    prompt: bool


@dataclass(frozen=True)
class DeleteBranch:
    place: Place


@dataclass(frozen=True)
class Propose:
    place: Place
    prompt: bool


@dataclass(frozen=True)
class Close:
    number: int
    merged: bool
    prompt: bool


@dataclass(frozen=True)
class Reopen:
    number: int
    prompt: bool


@dataclass(frozen=True)
class Touch:
    number: int
    action: str


@dataclass(frozen=True)
class Press:
    deployment: int
    action: CheckAction


@dataclass(frozen=True)
class Suspend:
    suspended: bool


@dataclass(frozen=True)
class Reinstall:
    pass


@dataclass(frozen=True)
class Deliver:
    """One of the waiting events arrives, not always the oldest; perhaps twice."""

    which: int
    twice: bool


@dataclass(frozen=True)
class Drop:
    """GitHub tries to deliver and fails; it forgets that when it is lost for good."""

    which: int
    for_good: bool


@dataclass(frozen=True)
class Work:
    """Workers take jobs that are ready, perhaps no builds; the last of them may go wrong."""

    which: int
    jobs: int
    builds: bool
    crash_at: int | None
    fails: bool


@dataclass(frozen=True)
class Sweep:
    crash_at: int | None


@dataclass(frozen=True)
class Break:
    """The next requests to GitHub fail."""

    requests: int


Action = (
    Push
    | ForceBack
    | DeleteBranch
    | Propose
    | Close
    | Reopen
    | Touch
    | Press
    | Suspend
    | Reinstall
    | Deliver
    | Drop
    | Work
    | Sweep
    | Break
)

_ANY: Final = st.integers(0, 5)
_SOMEWHERE: Final = st.sampled_from([MAIN, MAIN, MAIN, *PLACES])
_PUSHES: Final = st.builds(
    Push,
    _SOMEWHERE,
    st.sampled_from(["Change it", "Change it", "Change it", "Words [skip ci]"]),
    st.sampled_from(["trigger/a.py", "trigger/b.py", "docs/a.md"]),
    st.booleans(),
)
_DELIVERIES: Final = st.builds(Deliver, _ANY, st.booleans())
_WORK: Final = st.builds(
    Work, _ANY, st.integers(1, 8), st.booleans(), CRASHES, st.sampled_from([False, False, False, True])
)
_CHANGES: Final = st.one_of(
    st.builds(ForceBack, _SOMEWHERE, st.integers(1, 3), st.booleans()),
    st.builds(ForceBack, _SOMEWHERE, st.integers(1, 3), st.booleans()),
    st.builds(DeleteBranch, st.sampled_from(HEADS)),
    st.builds(Close, _ANY, st.booleans(), st.booleans()),
    st.builds(Close, _ANY, st.booleans(), st.booleans()),
    st.builds(Reopen, _ANY, st.booleans()),
    st.builds(Reopen, _ANY, st.booleans()),
    st.builds(Touch, _ANY, st.sampled_from(["labeled", "converted_to_draft", "ready_for_review"])),
    st.builds(Press, _ANY, st.sampled_from(CheckAction)),
)
_TROUBLE: Final = st.one_of(
    st.builds(Suspend, st.booleans()),
    st.builds(Reinstall),
    st.builds(Drop, _ANY, st.booleans()),
    st.builds(Drop, _ANY, st.booleans()),
    st.builds(Sweep, CRASHES),
    st.builds(Break, st.integers(1, 4)),
)
_PROPOSALS: Final = st.builds(Propose, st.sampled_from(HEADS), st.booleans())
_WEIGHTS: Final = ((_PUSHES, 6), (_PROPOSALS, 2), (_DELIVERIES, 4), (_WORK, 4), (_CHANGES, 4), (_TROUBLE, 2))
ACTIONS: Final = st.sampled_from([action for action, weight in _WEIGHTS for _ in range(weight)]).flatmap(
    lambda action: action
)
_PART: Final = st.lists(ACTIONS, max_size=20)
# Lists of lists are longer than one list would be, and shrink as well.
HISTORIES: Final = st.tuples(*[_PART] * 10).map(lambda parts: [action for part in parts for action in part])
