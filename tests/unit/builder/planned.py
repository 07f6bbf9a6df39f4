"""Small repositories and the plans made of them, without an engine."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

from builder.plan import BuildPlan
from builder.planning import plan_build
from builder.settings import BuilderSettings
from builder.source_tree import SourceTree
from domain.builds import BuildRequest
from domain.environments import BuildSettings
from domain.secrets import Secret
from domain.source import Commit, CommitSha

ROOT: Final = Path(__file__).parents[3]
EXAMPLES: Final = ROOT / "examples"
RECORDED: Final = Path(__file__).parent / "recorded"
SETTINGS: Final = BuilderSettings(
    scratch=Path("/scratch"),
    base_image="oci-layout:///base@sha256:" + "1" * 64,
    key=Secret("a key"),
    docker="docker",
    registry="registry.example",
)
SERVICE: Final = replace(
    SETTINGS,
    ca_bundle=Path("/etc/ca.pem"),
    proxy=Secret("http://proxy.example:3128"),
    index_url=Secret("https://index.example/simple"),
    npm_registry=Secret("https://npm.example/"),
)


def write_tree(root: Path, files: Mapping[str, str]) -> Path:
    for path, text in {"trigger.config.py": "", **files}.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    return root


def make_request(
    tree: Path, settings: BuildSettings | None = None, variables: Mapping[str, str] | None = None
) -> BuildRequest:
    return BuildRequest(
        name="shop/production",
        tree=tree,
        commit=Commit(CommitSha("a" * 40)),
        settings=settings or BuildSettings(),
        variables={name: Secret(value) for name, value in (variables or {}).items()},
        image_name="shop",
        tag="20261124.1.production.abcdefgh",
        labels={"dev.pushwright.project": "shop", "dev.pushwright.environment": "production"},
    )


def plan_of(
    tree: Path,
    settings: BuildSettings | None = None,
    variables: Mapping[str, str] | None = None,
    service: BuilderSettings = SETTINGS,
) -> BuildPlan:
    return plan_build(make_request(tree, settings, variables), SourceTree(tree), service)
