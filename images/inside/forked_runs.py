"""What a child of the server does: one run, here or in an interpreter of its own."""
# ruff: noqa: TID252 - the package has another name in an image, see its docstring

import os
from typing import Any, Final, NoReturn

from pushwright import Task

from .children import leave
from .code_root import CodeRoot
from .events import EventHandler, EventStream
from .forking import renew_randomness
from .running import Work, attempt_task, conduct
from .standard_streams import write_whole

_STDIN: Final = 0
_STDOUT: Final = 1


def run_here(work: Work, task: Task[..., Any], stream: EventStream, logs: EventHandler, grace: float) -> NoReturn:
    """Run a task that is imported already."""
    renew_randomness()
    logs.turn_to(stream)
    leave(conduct(stream, grace, lambda interruptions: attempt_task(work, stream, interruptions, lambda: task)))


def run_apart(code: CodeRoot, command: tuple[str, ...], request: bytes, events: int) -> NoReturn:
    """Become another program that runs the task, as if the container had been started for it."""
    memory = os.memfd_create("request")
    write_whole(memory, request)
    os.lseek(memory, 0, os.SEEK_SET)
    os.dup2(memory, _STDIN)
    os.dup2(events, _STDOUT)
    os.chdir(code.path)
    os.execv(command[0], command)  # noqa: S606 - an argument list, no shell
