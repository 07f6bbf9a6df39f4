"""`make bench`: measure acknowledgements, builds, memory and fetches, and write `docs/reference/benchmarks.md`.

`python -m tests.benchmarks fetch`, `starts`, `loads` or `builds` measures one part and prints or writes it alone.
"""

import base64
import json
import os
import platform
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial, reduce
from pathlib import Path
from typing import Any

from github_app.simulator.keys import generate_private_key
from github_app.simulator.server import SimulatedGitHub
from github_app.simulator.settings import SimulatorSettings
from store.embedded import EmbeddedPostgres
from store.engine import libpq_url
from tests.acceptance.service import RunningService, free_port
from tests.benchmarks.builds import BuildBench, render_builds
from tests.benchmarks.fetches import HEADING as FETCH_HEADING
from tests.benchmarks.fetches import measure_fetches, render_fetches, replace_section
from tests.benchmarks.rivals import RIVALS, Rival
from tests.benchmarks.rows import DeploymentWatch
from tests.benchmarks.samples import LARGE, SMALL, SampleRepository, Shape
from tests.benchmarks.starts import measure_starts, render_starts

ROOT = Path(__file__).resolve().parents[2]
REPORT = ROOT / "docs" / "reference" / "benchmarks.md"
EXAMPLES = ROOT / "tools/npm/node_modules/@octokit/webhooks-examples/api.github.com/index.json"
SHAPES = (SMALL, LARGE)
LOADS = ((20.0, 10.0), (200.0, 60.0), (1000.0, 10.0))


@dataclass
class Bench:
    """The service under measurement and what surrounds it."""

    machine: Mapping[str, str]
    directory: Path
    github: SimulatedGitHub
    service: RunningService
    secret: str
    idle_memory: float = 0.0


def main() -> None:
    """Measure everything and write the page, or one part and write its section."""
    match sys.argv[1:]:
        case []:
            measure_everything()
        case ["loads"]:
            measure_loads()
            return
        case ["builds", *names]:
            measure_builds(names or ["small", "large"])
            return
        case ["fetch"]:
            REPORT.write_text(replace_section(REPORT.read_text(encoding="utf-8"), measure_section()), encoding="utf-8")
        case ["starts"]:
            REPORT.write_text(
                replace_section(REPORT.read_text(encoding="utf-8"), measure_run_starts()), encoding="utf-8"
            )
        case _:
            sys.exit("usage: python -m tests.benchmarks [fetch | starts | loads | builds [small] [large]]")
    say(REPORT.read_text(encoding="utf-8"))


def measure_run_starts() -> str:
    """Return the section about runs."""
    with tempfile.TemporaryDirectory(prefix="pushwright-bench-") as directory:
        return render_starts(measure_starts(Path(directory)))


def measure_section() -> str:
    """Return the section about fetches."""
    with tempfile.TemporaryDirectory(prefix="pushwright-bench-") as directory:
        return render_fetches(measure_fetches(Path(directory)))


def measure_loads() -> None:
    """Measure the acknowledgements alone and print them."""
    with tempfile.TemporaryDirectory(prefix="pushwright-bench-") as directory, open_bench(Path(directory)) as bench:
        for rate, seconds in LOADS:
            measure_acknowledgements(bench, rate, seconds)
            wait_until_quiet(bench)


def measure_builds(names: Sequence[str]) -> None:
    """Measure the builds of some projects alone and print their tables."""
    with tempfile.TemporaryDirectory(prefix="pushwright-bench-") as directory, open_bench(Path(directory)) as bench:
        for shape in SHAPES:
            if shape.name in names:
                say(measure(bench, shape))


def measure_everything() -> None:
    """Measure all parts and write the page."""
    sections = (measure_section(), measure_run_starts())
    with tempfile.TemporaryDirectory(prefix="pushwright-bench-") as directory, open_bench(Path(directory)) as bench:
        bench.idle_memory = read_peak_memory(bench.service)
        acknowledgements = [measure_acknowledgements(bench, rate, seconds) for rate, seconds in LOADS]
        loaded_memory = read_peak_memory(bench.service)
        wait_until_quiet(bench)
        builds = {shape.name: measure(bench, shape) for shape in SHAPES}
        memory = (bench.idle_memory, loaded_memory, read_peak_memory(bench.service))
    page = reduce(replace_section, sections, render(acknowledgements, builds, memory))
    REPORT.write_text(page, encoding="utf-8")


@contextmanager
def open_bench(directory: Path) -> Iterator[Bench]:
    """Start the simulator and the service as an operator would."""
    machine = read_machine()
    secret = secrets.token_urlsafe(32)
    port = free_port()
    key = directory / "app-key.pem"
    key.write_text(generate_private_key())
    simulator = SimulatorSettings(
        root=directory / "github",
        webhook_url=f"http://127.0.0.1:{port}/webhooks/github",
        webhook_secret=secret,
        private_key_pem=key.read_text(),
    )
    with SimulatedGitHub(simulator).serve() as github, ExitStack() as ending:
        settings = {
            **machine,
            "DATA_DIR": str(directory / "data"),
            "ENCRYPTION_KEY": base64.b64encode(secrets.token_bytes(32)).decode(),
            "PORT": str(port),
            "GITHUB_APP_ID": "1",
            "GITHUB_APP_PRIVATE_KEY_FILE": str(key),
            "GITHUB_WEBHOOK_SECRET": secret,
            "GITHUB_API_URL": github.base_url.rstrip("/"),
            "GITHUB_WEB_URL": github.page_url.rstrip("/"),
            "LOG_LEVEL": "warning",
        }
        service = RunningService(settings, directory)
        service.start()
        ending.callback(service.stop)
        yield Bench(machine, directory, github, service, secret)


def measure_acknowledgements(bench: Bench, rate: float, seconds: float) -> dict[str, Any]:
    """Send signed push deliveries of a repository nobody connected, from a process of their own."""
    say(f"acknowledgements at {rate:.0f}/s for {seconds:.0f} s")
    secret_file = bench.directory / "secret"
    secret_file.write_text(bench.secret)
    body_file = bench.directory / "push.json"
    body_file.write_text(json.dumps(read_push_example()))
    command = [
        sys.executable, "-m", "tests.benchmarks.acknowledgements", f"{bench.service.url}/webhooks/github",
        str(secret_file), str(body_file), "--rate", str(rate), "--seconds", str(seconds),
    ]  # fmt: skip
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    figures: dict[str, Any] = json.loads(done.stdout)
    say(done.stdout.strip())
    return {"rate": rate} | figures


def read_push_example() -> dict[str, Any]:
    """Return GitHub's example of a push that came through an installation."""
    events = json.loads(EXAMPLES.read_text())
    pushes = next(event["examples"] for event in events if event["name"] == "push")
    example: dict[str, Any] = next(push for push in pushes if push.get("installation"))
    return example


def wait_until_quiet(bench: Bench) -> None:
    """Wait until every delivery of the load is decided."""
    with EmbeddedPostgres(Path(bench.service.settings["DATA_DIR"]) / "postgres") as database:
        watch = DeploymentWatch(libpq_url(database.url))
        while watch.count_undecided():
            time.sleep(0.5)
        watch.close()


def measure(bench: Bench, shape: Shape) -> str:
    """Time the builds of one project and return their tables."""
    bench.github.install("acme")
    rivals = [Rival(name, bench.machine, bench.directory / "buildx") for name in RIVALS]
    if not (bench.directory / "buildx").exists():
        rivals[0].register()
    with EmbeddedPostgres(Path(bench.service.settings["DATA_DIR"]) / "postgres") as database:
        watch = DeploymentWatch(libpq_url(database.url))
        builds = BuildBench(shape, partial(connect, bench), watch, rivals, bench.directory)
        tables = render_builds(builds.measure(say))
        watch.close()
    return tables


def connect(bench: Bench, name: str, shape: Shape) -> SampleRepository:
    """Make a repository and a project that deploys it."""
    bench.github.create_repository("acme", name)
    bench.github.install("acme")
    repository = SampleRepository(bench.directory / name, bench.github.push_url(f"acme/{name}"), shape)
    repository.create()
    bench.service.succeed("project", "create", name)
    bench.service.succeed("project", "connect", name, "--repo", f"acme/{name}")
    return repository


def render(
    acknowledgements: Sequence[Mapping[str, Any]], builds: Mapping[str, str], memory: tuple[float, float, float]
) -> str:
    """Return the page."""
    loads = "".join(
        f"| {load['rate']:.0f}/s | {load['per_second']} | {load['accepted']} of {load['sent']} "
        f"| {load['p50']} | {load['p99']} | {load['worst']} |\n"
        for load in acknowledgements
    )
    idle, loaded, built = memory
    return _PAGE.format(
        fetch_heading=FETCH_HEADING,
        moment=f"{datetime.now(UTC):%Y-%m-%d}",
        machine=f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}",
        loads=loads.rstrip(),
        small=builds[SMALL.name],
        large=builds[LARGE.name],
        idle=f"{idle:.0f}",
        loaded=f"{loaded:.0f}",
        built=f"{built:.0f}",
    )


def read_peak_memory(service: RunningService) -> float:
    """Return the service process's peak resident memory in MiB."""
    assert service.process is not None
    status = Path(f"/proc/{service.process.pid}/status").read_text()
    kilobytes = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM"))
    return kilobytes / 1024


def read_machine() -> dict[str, str]:
    """Return what `make setup` found, without the prefix."""
    lines = (ROOT / ".pushwright" / "machine.env").read_text().splitlines()
    pairs = (line.partition("=") for line in lines)
    return {name.removeprefix("PUSHWRIGHT_"): value for name, _, value in pairs if value}


def say(text: str) -> None:
    """Print progress."""
    print(text, flush=True)  # noqa: T201 - a program for people


_PAGE = """# Benchmarks

Made by `make bench` on {moment}: {machine}, the load, the service, PostgreSQL, BuildKit and the registry all on the
same cores. Absolute times are this machine's; ratios are what to look at.

## Acknowledgements

Signed `push` deliveries (GitHub's example payload) sent on a fixed schedule. The time counts from the moment a delivery
was due until its 202; it is on disk in PostgreSQL by then. The same process decides about the deliveries meanwhile.
20/s is a busy day, 200/s for a minute a burst of ten times that, 1000/s more than this machine takes.

| load | acknowledged per second | accepted | p50 ms | p99 ms | worst ms |
|---|---|---|---|---|---|
{loads}

## From push to DEPLOYED

Two projects with 30 source files and tasks that import every dependency: *small* has 15 dependencies, *large* has
pandas, numpy, scipy, scikit-learn and matplotlib besides. Seconds, medians; the ways take turns in one run with the
same buildkitd, base image and registry. *Pushwright* is everything from the start of `git push` to the row that says
DEPLOYED: push, delivery, decision, queue, fetch, build, bytecode of dependencies and code, task index, publish,
promotion. The three Dockerfiles are `docker buildx build --push` of a checkout that is there already: *naive* copies
everything and runs pip, *guide* is what uv's Docker guide recommends, *expert* splits dependencies from code and uses
cache mounts; none compiles the code or lists tasks. A ratio below 1 means that Pushwright is faster.

*cold*: BuildKit's cache is empty, the package caches too. *no-op*: an empty commit. *one line*: one line of one
source file. *one dependency*: one package added and the lock renewed. *lock bump*: one package in its next release.
*known packages*: the first push of another project with the same dependencies.

*deliver*: from the start of `git push` until the delivery is stored. *decide*: until the deployment's row is there.
*queue*: until a worker begins. *install*: fetching the commit, sending it to BuildKit and installing. *build*:
bundling, compiling and indexing. *publish*: packing, pushing and promoting. *report*: until GitHub knows that it is
deployed, which no developer waits for.

### Small

{small}

### Large

{large}

{fetch_heading}

## Memory

Peak resident memory of the service process: {idle} MiB after start, {loaded} MiB after the loads above, {built} MiB
after all builds.
"""


if __name__ == "__main__":
    main()
