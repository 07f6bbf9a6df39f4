"""A browser as far as the flows need one: cookies, redirects, forms; and a server for it to talk to."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from html.parser import HTMLParser
from types import TracebackType
from typing import Self
from urllib.parse import parse_qsl, urljoin, urlsplit

import httpx
import uvicorn
from fastapi import FastAPI


@dataclass
class Form:
    """One form of a page."""

    method: str
    action: str
    fields: dict[str, str] = field(default_factory=dict)


class Browser:
    """Keeps cookies and follows redirects, as far as it is told to."""

    def __init__(self) -> None:
        self._http = httpx.Client(trust_env=False, headers={"Accept": "text/html"}, timeout=20)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()

    def visit(self, url: str) -> httpx.Response:
        """Go to a page and wherever it sends on to."""
        return self._http.get(url, follow_redirects=True)

    def step(self, url: str) -> httpx.Response:
        """Go to a page and stay there, wherever it would send on to."""
        return self._http.get(url)

    def submit(self, page: httpx.Response, number: int = 0, **changes: str) -> httpx.Response:
        """Press the button of one of the page's forms."""
        form = read_forms(page)[number]
        fields = form.fields | changes
        url = urljoin(str(page.url), form.action)
        if form.method == "get":
            return self._http.get(url, params=fields, follow_redirects=True)
        return self._http.post(url, data=fields, follow_redirects=True)

    def post(self, url: str) -> httpx.Response:
        return self._http.post(url)

    def json(self, url: str) -> httpx.Response:
        """Ask as a program would."""
        return self._http.get(url, headers={"Accept": "application/json"})


def read_forms(page: httpx.Response) -> list[Form]:
    reader = _FormReader()
    reader.feed(page.text)
    return reader.forms


def query_of(url: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(url).query))


@contextmanager
def listen() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener


@contextmanager
def serving(app: FastAPI, port: int) -> Iterator[None]:
    """Serve the application from a thread while the context lasts."""
    config = uvicorn.Config(app, host="127.0.0.1", port=port, log_config=None, access_log=False, lifespan="off")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    give_up_at = time.monotonic() + 10
    while not server.started:
        assert time.monotonic() < give_up_at, "the service did not start"
        time.sleep(0.01)
    yield
    server.should_exit = True
    thread.join()


class _FormReader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(Form(found["method"], found["action"]))
        elif tag == "input" and self.forms:
            self.forms[-1].fields[found["name"]] = found.get("value", "")
