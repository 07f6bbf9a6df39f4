"""The conformance set: small repositories, one for each tool, layout and trap, and what is decided about each.

`python -m tests.conformance.repositories` writes the table in docs/reference/build.md.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from builder.plan import BuildPlan
from builder.planning import plan_build
from builder.settings import BuilderSettings
from builder.source_tree import SourceTree
from domain.builds import BuildRequest
from domain.environments import BuildSettings
from domain.errors import InvalidInput
from domain.secrets import Secret
from domain.source import Commit, CommitSha
from tests.unit.builder.bases import make_python

REPOSITORIES: Final = Path(__file__).parent / "repositories"
NAMES: Final = tuple(sorted(path.name for path in REPOSITORIES.iterdir()))
PAGE: Final = Path(__file__).parents[2] / "docs" / "reference" / "build.md"
BEGIN: Final = "<!-- conformance table: begin -->\n"
END: Final = "<!-- conformance table: end -->\n"
_SETTINGS: Final = BuilderSettings(
    scratch=Path("/scratch"),
    base_image="oci-layout:///base@sha256:" + "1" * 64,
    key=Secret("a key"),
    registry="registry.example",
    python=make_python(),
)


@dataclass(frozen=True)
class Refused:
    """A repository that is not built, and what is said."""

    code: str
    sentence: str


def request_build(name: str, image_name: str = "conformance") -> BuildRequest:
    """Return the build of a repository; its only setting is where its config file is."""
    root = REPOSITORIES / name
    config = next(root.rglob("trigger.config.py"))
    return BuildRequest(
        name=f"conformance/{name}",
        tree=root,
        commit=Commit(CommitSha("a" * 40)),
        settings=BuildSettings(config_path=str(config.relative_to(root))),
        variables={},
        image_name=image_name,
        tag="20261124.1.production.abcdefgh",
        labels={},
    )


def plan_repository(name: str) -> BuildPlan | Refused:
    """Return what the build of a repository does."""
    request = request_build(name)
    try:
        return plan_build(request, SourceTree(request.tree), _SETTINGS)
    except InvalidInput as error:
        return Refused(error.code, error.sentence)


def describe_plan(plan: BuildPlan) -> str:
    """Return the plan's decisions; the scripts are in the Containerfile."""
    lines = list(plan.explanations)
    for step in plan.steps:
        lines += ["", f"{step.stage}: {step.title}", f"  network: {'yes' if step.network else 'no'}"]
        lines += [f"  {mount!r}" for mount in step.mounts]
    return "\n".join([*lines, "", f"layers: {', '.join(plan.layers)}"]) + "\n"


def render_table() -> str:
    """Return the table of all repositories."""
    rows = [_render_row(name) for name in NAMES]
    return "\n".join(["| repository | what is special | what is decided, and why |", "|---|---|---|", *rows]) + "\n"


def read_committed_table() -> str:
    """Return the table that is in the documentation."""
    return PAGE.read_text().partition(BEGIN)[2].partition(END)[0]


def _render_row(name: str) -> str:
    about = (REPOSITORIES / name / "README.md").read_text().strip()
    plan = plan_repository(name)
    decided = f"refused, `{plan.code}`: {plan.sentence}" if isinstance(plan, Refused) else " ".join(plan.explanations)
    return f"| {name} | {about} | {decided.replace('|', chr(92) + '|')} |"


def _write_table() -> None:
    before, _, rest = PAGE.read_text().partition(BEGIN)
    PAGE.write_text(before + BEGIN + render_table() + END + rest.partition(END)[2])


if __name__ == "__main__":
    _write_table()
