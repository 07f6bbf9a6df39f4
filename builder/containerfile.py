"""From a plan to the text of a Containerfile."""

from typing import Final

from builder.plan import (
    CODE_ROOT,
    OUT,
    PROGRAM,
    VENV,
    Bind,
    BuildPlan,
    Cache,
    Mount,
    SecretFile,
    SecretVariable,
    Step,
)
from builder.scripts import UID

IGNORED: Final = (
    "**/.git",
    "**/.env",
    "**/.env.*",
    "**/.venv",
    "**/node_modules",
    "**/__pycache__",
    "**/*.pyc",
)
"""What of a repository never reaches a build. Its own .dockerignore is about its own Dockerfile and is not read."""
_END: Final = "PUSHWRIGHT"
_SPECIAL: Final = '\\"$'


def render_ignore_file() -> str:
    """Return the text of the ignore file that stands beside the Containerfile."""
    return "\n".join(IGNORED) + "\n"


def render_containerfile(plan: BuildPlan) -> str:
    """Return the Containerfile; its targets are `manifest` and `image`."""
    blocks = [
        *(_render_step(step) for step in plan.steps),
        _render_documents(plan),
        _render_image(plan),
    ]
    return "\n\n".join(blocks) + "\n"


def _render_step(step: Step) -> str:
    lines = [
        f"FROM {step.base} AS {step.stage}",
        *_render_environment(step.environment),
        *(_copy_layer(layer) for layer in step.layers),
    ]
    options = [*([] if step.network else ["--network=none"]), *(_render_mount(mount) for mount in step.mounts)]
    run = " \\\n    ".join(["RUN", *options, f"<<'{_END}'"])
    return "\n".join([*lines, run, *step.script, _END])


def _render_environment(variables: tuple[tuple[str, str], ...]) -> list[str]:
    return [f"ENV {name}={_quote(text)}" for name, text in variables]


def _quote(text: str) -> str:
    """Return one word of a Containerfile that means the text itself."""
    escaped = "".join(f"\\{character}" if character in _SPECIAL else character for character in text)
    return f'"{escaped}"'


def _render_documents(plan: BuildPlan) -> str:
    documents = " ".join(OUT + document for document in plan.documents)
    return f"FROM scratch AS manifest\nCOPY --from={plan.manifest_from} {documents} /"


def _render_image(plan: BuildPlan) -> str:
    return "\n".join(
        (
            f"FROM {plan.base} AS image",
            # First, so that it is made once: a later one would be an empty layer of each image.
            f"WORKDIR {CODE_ROOT}",
            *(_copy_layer(layer) for layer in plan.layers),
            *_render_environment(plan.environment),
            f'ENV PATH="{VENV}/bin:$PATH" VIRTUAL_ENV="{VENV}"',
            f"USER {UID}:{UID}",
            f'ENTRYPOINT ["/usr/bin/tini", "--", "{VENV}/bin/python", "-I", "{PROGRAM}"]',
            'CMD ["run"]',
        )
    )


def _copy_layer(stage: str) -> str:
    return f"COPY --link --from={stage} {OUT} /"


def _render_mount(mount: Mount) -> str:
    return "--mount=" + ",".join(f"{key}={value}" for key, value in _mount_options(mount).items() if value)


def _mount_options(mount: Mount) -> dict[str, str]:
    match mount:
        case Bind():
            return {"type": "bind", "from": mount.origin, "source": mount.source, "target": mount.target}
        case Cache():
            return {"type": "cache", "id": mount.name, "target": mount.target}
        case SecretFile():
            return {"type": "secret", "id": mount.secret, "target": mount.target, "required": "true"}
        case SecretVariable():
            return {"type": "secret", "id": mount.secret, "env": mount.name, "required": "true"}
