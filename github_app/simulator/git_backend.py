"""`git http-backend` as a subprocess: a CGI request in, headers and a streamed body out."""

import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import IO

from github_app.simulator.bare_repositories import BareRepositories

_CHUNK_BYTES = 65536
_LONGEST_HEADER_BYTES = 8192


@dataclass(frozen=True, slots=True)
class CgiCall:
    """One request for the backend.

    Attributes:
        repository_id: whose directory is served.
        path: below the repository, such as `/info/refs`.
        method: GET or POST.
        query: as it was sent.
        user: who it is; git refuses pushes of nobody.
        headers: the request's, lower case.
        body: an open file at its beginning; its whole content is sent.
    """

    repository_id: int
    path: str
    method: str
    query: str
    user: str
    headers: Mapping[str, str]
    body: IO[bytes]


@dataclass(slots=True)
class CgiAnswer:
    """What the backend says; `chunks` must be read to the end or closed."""

    status: int
    headers: dict[str, str]
    chunks: Iterator[bytes]


def call_backend(git: BareRepositories, call: CgiCall) -> CgiAnswer:
    """Start the backend and return when its headers are there."""
    length = call.body.seek(0, 2)
    call.body.seek(0)
    process = subprocess.Popen(  # noqa: S603 - a fixed argument list; the request travels in the environment
        (git.git, "http-backend"),
        stdin=call.body,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**git.environment(), **_describe(git, call, length)},
    )
    if process.stdout is None:
        raise AssertionError("a pipe was asked for")
    headers = _read_headers(process.stdout)
    status = int(headers.pop("status", "200").partition(" ")[0])
    return CgiAnswer(status, headers, _read_chunks(process, process.stdout))


def _describe(git: BareRepositories, call: CgiCall, length: int) -> dict[str, str]:
    """The CGI variables; the program inflates gzip itself when it is told of the encoding."""
    return {
        "GIT_PROJECT_ROOT": str(git.root),
        "GIT_HTTP_EXPORT_ALL": "1",
        "PATH_INFO": f"/{call.repository_id}.git{call.path}",
        "REQUEST_METHOD": call.method,
        "QUERY_STRING": call.query,
        "CONTENT_TYPE": call.headers.get("content-type", ""),
        "CONTENT_LENGTH": str(length),
        "HTTP_CONTENT_ENCODING": call.headers.get("content-encoding", ""),
        "GIT_PROTOCOL": call.headers.get("git-protocol", ""),
        "REMOTE_USER": call.user,
        "REMOTE_ADDR": "127.0.0.1",
    }


def _read_headers(stdout: IO[bytes]) -> dict[str, str]:
    headers = {}
    while line := stdout.readline(_LONGEST_HEADER_BYTES).rstrip(b"\r\n"):
        name, _, value = line.decode("latin-1").partition(":")
        headers[name.strip().lower()] = value.strip()
    return headers or {"status": "500 Internal Server Error"}


def _read_chunks(process: subprocess.Popen[bytes], stdout: IO[bytes]) -> Iterator[bytes]:
    try:
        while chunk := stdout.read(_CHUNK_BYTES):
            yield chunk
    finally:
        process.kill()
        stdout.close()
        process.wait()
