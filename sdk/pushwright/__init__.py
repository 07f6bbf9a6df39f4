"""Pushwright: declare tasks in Python, push, and have them run.

What a task author imports. In a file of a `trigger/` directory:

    from pushwright import current_run, log, task

    @task(id="greet")
    def greet(payload: dict[str, str]) -> str:
        log.info("greeting", name=payload["name"], attempt=current_run().attempt)
        return f"Hello, {payload['name']}!"

In `trigger.config.py`:

    from pushwright import define_config

    config = define_config(project="hello")

Importing this package reads nothing, starts nothing and needs nothing but the standard library.
Everything named here is public; the modules behind it are shared only with the program inside the image.
"""

from pushwright import log
from pushwright.configuration import Config, define_config
from pushwright.declaration import task
from pushwright.errors import AbortTaskRun, InvalidDefinition, NoCurrentRun
from pushwright.policies import Queue, Retry
from pushwright.runs import Run, current_run
from pushwright.tasks import Task

__version__ = "0.1.0"

__all__ = [
    "AbortTaskRun",
    "Config",
    "InvalidDefinition",
    "NoCurrentRun",
    "Queue",
    "Retry",
    "Run",
    "Task",
    "current_run",
    "define_config",
    "log",
    "task",
]
