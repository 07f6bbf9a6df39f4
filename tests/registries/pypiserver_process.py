"""A process of its own for pypiserver, whose modules warn of themselves: `PACKAGES PORT`, the login in a variable."""

import os
import sys
from pathlib import Path
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIServer, make_server

import pypiserver


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


def serve(packages: Path, port: int, login: str) -> None:
    application = pypiserver.app(
        roots=[packages],
        authenticate=["download", "list", "update"],
        password_file=".",
        auther=lambda name, word: f"{name}:{word}" == login,
        disable_fallback=True,
    )
    make_server("", port, application, server_class=_Server).serve_forever()


if __name__ == "__main__":
    login = os.environ["PYTHON_INDEX_LOGIN"]  # noqa: TID251 - the test that starts it is its composition root
    serve(Path(sys.argv[1]), int(sys.argv[2]), login)
