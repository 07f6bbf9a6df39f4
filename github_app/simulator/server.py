"""Starting the simulator: in a thread for tests, or until it is told to stop for the command line."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Final

import uvicorn

from github_app.simulator.app import create_app
from github_app.simulator.deliveries import Delivery
from github_app.simulator.journal import Exchange, ExchangeJudge
from github_app.simulator.parts import read_clock
from github_app.simulator.reports import ReportKind
from github_app.simulator.settings import SimulatorSettings
from github_app.simulator.simulation import Simulation

_START_SECONDS: Final = 10.0
_GRACE_SECONDS: Final = 3


class SimulatedGitHub:
    """A GitHub for one test or one demonstration; its hosted state survives several `serve`s.

    Attributes:
        settings: what it was made with; `private_key_pem` and `developer_password` are among them.
        simulation: its parts, for whatever has no shortcut here.
    """

    def __init__(
        self,
        settings: SimulatorSettings,
        *,
        on_exchange: ExchangeJudge | None = None,
        clock: Callable[[], datetime] = read_clock,
    ) -> None:
        self.settings = settings
        self.simulation = Simulation(settings, judge=on_exchange, clock=clock)
        self.create_repository = self.simulation.create_repository
        self.install = self.simulation.install
        self.fork_repository = self.simulation.fork_repository
        self.change_repository = self.simulation.change_repository
        self.open_pull_request = self.simulation.pulls.open
        self.change_pull_request = self.simulation.pulls.change
        self.merge_pull_request = self.simulation.pulls.merge
        self.rerequest_check_run = self.simulation.buttons.rerequest_run
        self.rerequest_check_suite = self.simulation.buttons.rerequest_suite
        self.press_check_action = self.simulation.buttons.press
        self.create_account = self.simulation.create_account
        self.set_members = self.simulation.set_members
        self.sign_in = self.simulation.sign_in
        courier = self.simulation.courier
        self.deliver = courier.deliver
        self.drop_deliveries = courier.drop
        self.duplicate_delivery = courier.duplicate
        self.repeat_delivery = courier.repeat
        self.pause_deliveries = courier.pause
        self.resume_deliveries = courier.resume

    @contextmanager
    def serve(self, port: int = 0) -> Iterator["SimulatedGitHub"]:
        """Serve from a thread while the context lasts; port 0 takes a free one."""
        with _listen(self.settings.host, port) as listener:
            self._settle(listener)
            server = _make_server(self.simulation)
            thread = threading.Thread(target=server.run, args=([listener],), name="simulator", daemon=True)
            thread.start()
            try:
                _await_start(server, thread)
                yield self
            finally:
                server.should_exit = True
                thread.join()
                self.simulation.courier.stop()

    def serve_until_stopped(self, on_ready: Callable[["SimulatedGitHub"], None]) -> None:
        """Serve in this thread until SIGINT or SIGTERM; `on_ready` is called when requests are accepted."""
        with _listen(self.settings.host, self.settings.port) as listener:
            self._settle(listener)
            on_ready(self)
            _make_server(self.simulation).run([listener])
            self.simulation.courier.stop()

    @property
    def base_url(self) -> str:
        """The API's address as client libraries want it, with a slash at its end."""
        return f"{self.simulation.writer.api_url}/"

    @property
    def page_url(self) -> str:
        """The page for people, and where repositories are cloned from."""
        return f"{self.simulation.writer.origin}/"

    def clone_url(self, full_name: str) -> str:
        """Return a repository's address for git, without credentials."""
        return f"{self.page_url}{full_name}.git"

    def push_url(self, full_name: str) -> str:
        """Return a repository's address for git with the developer's credentials."""
        scheme, _, rest = self.clone_url(full_name).partition("://")
        return f"{scheme}://developer:{self.settings.developer_password}@{rest}"

    @property
    def graphql_url(self) -> str:
        """The address of the GraphQL API."""
        return f"{self.simulation.writer.api_url.removesuffix('/v3')}/graphql"

    @property
    def requests(self) -> tuple[Exchange, ...]:
        """Every request and its answer, oldest first."""
        return self.simulation.journal.list_exchanges()

    @property
    def complaints(self) -> tuple[str, ...]:
        """What `on_exchange` found that GitHub would not accept; a test ends with none."""
        return tuple(exchange.complaint for exchange in self.requests if exchange.complaint)

    @property
    def deliveries(self) -> tuple[Delivery, ...]:
        """Every attempted delivery, oldest first; waits for those under way, but not for what is kept back."""
        self.simulation.courier.wait()
        return self.simulation.courier.list_attempts()

    @property
    def check_runs(self) -> tuple[dict[str, Any], ...]:
        """The check runs as they are now."""
        return self._told(ReportKind.CHECK_RUN)

    @property
    def statuses(self) -> tuple[dict[str, Any], ...]:
        """Every commit status; each has the `sha` besides GitHub's fields."""
        return self._told(ReportKind.STATUS)

    @property
    def deployments(self) -> tuple[dict[str, Any], ...]:
        """The deployments."""
        return self._told(ReportKind.DEPLOYMENT)

    @property
    def deployment_statuses(self) -> tuple[dict[str, Any], ...]:
        """Every deployment status."""
        return self._told(ReportKind.DEPLOYMENT_STATUS)

    @property
    def comments(self) -> tuple[dict[str, Any], ...]:
        """The comments as they are now."""
        return self._told(ReportKind.COMMENT)

    def annotations(self, check_run_id: int) -> tuple[dict[str, Any], ...]:
        """The annotations of a check run, in the order in which they came."""
        details = self.simulation.check_details.get(check_run_id)
        return tuple(dict(remark) for remark in details.annotations) if details else ()

    def _told(self, kind: ReportKind) -> tuple[dict[str, Any], ...]:
        return tuple(dict(report.content) for report in self.simulation.reports.list_reports(kind))

    def _settle(self, listener: socket.socket) -> None:
        host, port = listener.getsockname()[:2]
        self.simulation.move_to(f"http://{host}:{port}")
        self.simulation.courier.start()


def serve_simulator(settings: SimulatorSettings, on_ready: Callable[[SimulatedGitHub], None]) -> None:
    """Serve until SIGINT or SIGTERM; `on_ready` is called once, when requests are accepted."""
    SimulatedGitHub(settings).serve_until_stopped(on_ready)


def _listen(host: str, port: int) -> socket.socket:
    return socket.create_server((host, port), backlog=128)


def _make_server(simulation: Simulation) -> uvicorn.Server:
    config = uvicorn.Config(
        create_app(simulation),
        lifespan="off",
        ws="none",
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=_GRACE_SECONDS,
    )
    return uvicorn.Server(config)


def _await_start(server: uvicorn.Server, thread: threading.Thread) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while not server.started:
        if not thread.is_alive() or time.monotonic() > deadline:
            raise RuntimeError("The GitHub simulator did not start: its log tells why.")
        time.sleep(0.005)
