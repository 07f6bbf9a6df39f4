"""How fast deliveries are acknowledged: an open-loop load of signed push deliveries, in its own process.

Latency counts from the moment a delivery was due, not from when a connection was free, so that a stalled server
cannot hide behind a slow client.
"""

import argparse
import asyncio
import hashlib
import hmac
import json
import statistics
import time
import uuid
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import urlsplit

_CONNECTIONS = 64


@dataclass(frozen=True)
class Acknowledgements:
    """What a load run measured; milliseconds."""

    sent: int
    accepted: int
    per_second: float
    p50: float
    p99: float
    worst: float


@dataclass(frozen=True)
class _Load:
    url: str
    secret: bytes
    body: bytes
    rate: float
    seconds: float


def main() -> None:
    """Run one load and print its figures as JSON."""
    parser = argparse.ArgumentParser()
    parser.add_argument("url")
    parser.add_argument("secret_file", type=Path)
    parser.add_argument("body_file", type=Path)
    parser.add_argument("--rate", type=float, default=200.0)
    parser.add_argument("--seconds", type=float, default=20.0)
    options = parser.parse_args()
    load = _Load(
        options.url,
        options.secret_file.read_bytes().strip(),
        options.body_file.read_bytes(),
        options.rate,
        options.seconds,
    )
    print(json.dumps(asdict(asyncio.run(_run(load)))))  # noqa: T201 - its result


async def _run(load: _Load) -> Acknowledgements:
    due: asyncio.Queue[float] = asyncio.Queue()
    latencies: list[float] = []
    statuses: list[int] = []
    workers = [asyncio.create_task(_work(load, due, latencies, statuses)) for _ in range(_CONNECTIONS)]
    count = int(load.rate * load.seconds)
    began = time.perf_counter()
    for number in range(count):
        moment = began + number / load.rate
        await asyncio.sleep(max(0.0, moment - time.perf_counter()))
        due.put_nowait(moment)
    await due.join()
    elapsed = time.perf_counter() - began
    for worker in workers:
        worker.cancel()
    cuts = statistics.quantiles(latencies, n=100)
    return Acknowledgements(
        sent=count,
        accepted=statuses.count(202),
        per_second=round(count / elapsed, 1),
        p50=round(cuts[49], 1),
        p99=round(cuts[98], 1),
        worst=round(max(latencies), 1),
    )


async def _work(load: _Load, due: asyncio.Queue[float], latencies: list[float], statuses: list[int]) -> None:
    parts = urlsplit(load.url)
    signature = hmac.new(load.secret, load.body, hashlib.sha256).hexdigest()
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    while True:
        moment = await due.get()
        writer.write(_request(parts.path, parts.netloc, signature, load.body))
        statuses.append(await _read_status(reader))
        latencies.append((time.perf_counter() - moment) * 1000)
        due.task_done()


def _request(path: str, host: str, signature: str, body: bytes) -> bytes:
    head = (
        f"POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        f"X-GitHub-Event: push\r\nX-GitHub-Delivery: {uuid.uuid4()}\r\nX-Hub-Signature-256: sha256={signature}\r\n\r\n"
    )
    return head.encode() + body


async def _read_status(reader: asyncio.StreamReader) -> int:
    head = await reader.readuntil(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    length = next(int(line.split(":")[1]) for line in lines if line.lower().startswith("content-length"))
    await reader.readexactly(length)
    return int(lines[0].split()[1])


if __name__ == "__main__":
    main()
