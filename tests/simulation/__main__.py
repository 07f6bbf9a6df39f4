"""Run many histories and print how much happened."""

import argparse
import logging
import time
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory

import structlog

from store.embedded import EmbeddedPostgres
from store.engine import create_engine
from store.migrate import migrate
from tests.simulation.running import Run, forget_quickly


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--histories", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    with TemporaryDirectory(prefix="pushwright-simulation-") as directory, EmbeddedPostgres(Path(directory)) as server:
        migrate(server.url, lambda _url: None)
        engine = create_engine(server.url)
        forget_quickly(engine)
        began = time.monotonic()
        counts = Run(engine, options.histories, options.seed).go()
        engine.dispose()
    numbers = ", ".join(f"{number} {name}" for name, number in asdict(counts).items())
    print(f"seed {options.seed}: {numbers}; no violation, in {time.monotonic() - began:.0f} s")  # noqa: T201 - a command of its own


if __name__ == "__main__":
    main()
