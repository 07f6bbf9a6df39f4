"""One process that answers HTTP and works, until it is told to stop."""

import asyncio
import contextlib
import signal
from collections.abc import Iterator

import uvicorn
from fastapi import FastAPI

from jobs.runtime import Runtime

_GRACEFUL_SECONDS = 5


class _Server(uvicorn.Server):
    """uvicorn without its signal handling: the process has one stop for the server and the workers."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def run_service(app: FastAPI | None, runtime: Runtime | None, *, host: str, port: int, stopping: asyncio.Event) -> None:
    """Run the HTTP server and the workers in this process until SIGTERM or SIGINT."""
    asyncio.run(_run(app, runtime, host=host, port=port, stopping=stopping))


async def _run(app: FastAPI | None, runtime: Runtime | None, *, host: str, port: int, stopping: asyncio.Event) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    parts = []
    if app is not None:
        parts.append(_serve(app, host, port, stopping))
    if runtime is not None:
        parts.append(runtime.run(stopping))
    async with asyncio.TaskGroup() as group:
        for part in parts:
            group.create_task(part)


async def _serve(app: FastAPI, host: str, port: int, stopping: asyncio.Event) -> None:
    # An open event stream would keep uvicorn alive for ever without the timeout.
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=_GRACEFUL_SECONDS,
    )
    server = _Server(config)
    serving = asyncio.create_task(server.serve())
    stop = asyncio.create_task(stopping.wait())
    await asyncio.wait({serving, stop}, return_when=asyncio.FIRST_COMPLETED)
    server.should_exit = True
    stopping.set()
    await serving
