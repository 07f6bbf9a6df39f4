"""The builder: one request in, one outcome out.

Two calls of buildx. The first builds everything, lists the tasks in the finished file system and exports nothing but
the manifest; only when that is right does the second, which finds all steps in the cache, publish the image. One more
goes before them when the config file may have build options.
"""

import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, TypeVar

from builder.build_options import MAX_DOCUMENT, NO_OPTIONS, BuildOptions, parse_build_options
from builder.buildx import Buildx
from builder.bundle import explain_bundle, find_bundle, leave_out
from builder.child import run_child
from builder.containerfile import render_containerfile, render_ignore_file
from builder.credentials import list_passwords
from builder.failure import WheelsUnfitError, explain_failure
from builder.invocation import (
    Invocation,
    Workspace,
    image_invocation,
    image_reference,
    manifest_invocation,
    read_digest,
    secret_environment,
)
from builder.kit import fingerprint_program, prepare_kit
from builder.plan import BuildPlan, Step
from builder.planning import plan_build, plan_configuration
from builder.probing import BaseProbe
from builder.progress import ProgressReading
from builder.redaction import MIN_LENGTH, Redactor
from builder.reuse import find_build_key
from builder.scripts import EPOCH
from builder.settings import BuilderSettings
from builder.source_tree import SourceTree
from builder.wheels.base_python import BasePython
from domain.builds import (
    BUILD_VARIABLE_PREFIX,
    BuildOutcome,
    BuildRejected,
    BuildRequest,
    BuildStopped,
    Built,
    Ingredients,
    LogLine,
    Phase,
    PlannedBuild,
    StepFinished,
    StepStarted,
    TaskManifest,
)
from domain.errors import TemporarilyUnavailable, UserError
from domain.ports.builds import BuildListener
from domain.secrets import Secret
from images.manifest import parse_manifest
from images.reference import ImageReference
from images.registry import Registry

_MAX_MANIFEST: Final = 8_000_000
_WORKSPACE: Final = "build-"
_OLD_SECONDS: Final = 24 * 3600
_NOT_ASKED: Final = (
    "Not in this plan: what the config file's build extensions add. It is known once a build has evaluated the file."
)

Outcome = TypeVar("Outcome")


@dataclass(frozen=True, slots=True)
class _Build:
    """One build under way."""

    request: BuildRequest
    listener: BuildListener
    plan: BuildPlan
    workspace: Workspace
    redactor: Redactor
    builder: str


class BuildKitBuilder:
    """Builds with BuildKit through `docker buildx`; implements `domain.ports.builds.RehearsingBuilder`."""

    def __init__(self, settings: BuilderSettings) -> None:
        self._settings = replace(settings, scratch=settings.scratch.absolute())
        self._buildx = Buildx(self._settings)
        self._probe = BaseProbe(self._settings, self._buildx)

    def build(self, request: BuildRequest, listener: BuildListener) -> BuildOutcome:
        """Build, index and publish; see the port."""
        return self._carry_out(request, listener, self._run)

    def rehearse(self, request: BuildRequest, listener: BuildListener) -> TaskManifest | BuildRejected | BuildStopped:
        """Build and index, and publish nothing; see the port."""
        return self._carry_out(request, listener, self._rehearse)

    def plan(self, request: BuildRequest) -> PlannedBuild | BuildRejected:
        """Say what a build would do; see the port."""
        plan = self._plan(request, self._probe.find_known(), NO_OPTIONS)
        if isinstance(plan, BuildRejected):
            return plan
        steps = tuple(dict.fromkeys(step.title for step in plan.steps))
        asks = plan_configuration(request, SourceTree(request.tree), self._settings) is not None
        explanations = (*plan.explanations, *([_NOT_ASKED] if asks else []))
        return PlannedBuild(explanations, steps, render_containerfile(plan))

    def remove_leftovers(self) -> None:
        """Remove the directories of builds that were killed long ago; call it at start."""
        for directory in self._settings.scratch.glob(f"{_WORKSPACE}*"):
            if time.time() - directory.stat().st_mtime > _OLD_SECONDS:
                shutil.rmtree(directory, ignore_errors=True)

    def find_key(self, ingredients: Ingredients) -> str | None:
        """Return what is equal for two builds only when one image serves both; see the port."""
        return find_build_key(ingredients, self._settings, fingerprint_program())

    def has_image(self, image: str) -> bool:
        """Whether the registry has the image. The local engine is not asked: what it holds may go at any time."""
        reference = ImageReference.parse(image)
        if not self._settings.registry or reference.host != self._settings.registry:
            return False
        registry = Registry(reference.host)
        try:
            return registry.find_digest(reference) == reference.digest
        except TemporarilyUnavailable:
            return False
        finally:
            registry.close()

    def _plan(
        self, request: BuildRequest, python: BasePython | None, options: BuildOptions
    ) -> BuildPlan | BuildRejected:
        try:
            settings = replace(self._settings, python=python)
            plan = plan_build(request, SourceTree(request.tree), settings, options)
            image_reference(request, self._settings)
        except UserError as error:
            return BuildRejected(error.code, error.sentence)
        return replace(plan, explanations=(*plan.explanations, *_warn_of_short_secrets(request)))

    def _carry_out(
        self, request: BuildRequest, listener: BuildListener, act: Callable[[_Build], Outcome]
    ) -> Outcome | BuildRejected | BuildStopped:
        try:
            options = self._find_options(request, listener)
        except UserError as error:
            return BuildRejected(error.code, error.sentence)
        if not isinstance(options, BuildOptions):
            return options
        python = self._probe.find_known() or self._probe.find_python(self._buildx.prepare(), listener.find_stop)
        plan = self._plan(request, python, options)
        if isinstance(plan, BuildRejected):
            return plan
        try:
            return self._attempt(request, listener, plan, act)
        except WheelsUnfitError as unfit:
            listener.hear(LogLine(Phase.INSTALL, "", str(unfit)))
        plan = self._plan(request, None, options)
        return plan if isinstance(plan, BuildRejected) else self._attempt(request, listener, plan, act)

    def _attempt(
        self, request: BuildRequest, listener: BuildListener, plan: BuildPlan, act: Callable[[_Build], Outcome]
    ) -> Outcome:
        for line in plan.explanations:
            listener.hear(LogLine(Phase.INSTALL, "", line))
        with self._open_build(request, listener, plan) as build:
            return act(build)

    def _find_options(
        self, request: BuildRequest, listener: BuildListener
    ) -> BuildOptions | BuildRejected | BuildStopped:
        """Ask the config file, in the sandbox, what it adds to the build; raises `UserError`."""
        plan = plan_configuration(request, SourceTree(request.tree), self._settings)
        if plan is None:
            return NO_OPTIONS
        with self._open_build(request, listener, plan) as build:
            invocation = manifest_invocation(request, plan, build.workspace, self._settings)
            failed = self._call(build, invocation, plan.steps[-1:])
            if failed is not None:
                return failed
            document = SourceTree(build.workspace.exported).find_text("manifest.json", MAX_DOCUMENT)
            return parse_build_options(document or "", lambda text: build.redactor.redact(text) != text)

    def _run(self, build: _Build) -> BuildOutcome:
        indexed = self._index(build)
        if not isinstance(indexed, TaskManifest):
            return indexed
        return self._publish(self._leave_out(build), indexed)

    def _rehearse(self, build: _Build) -> TaskManifest | BuildRejected | BuildStopped:
        indexed = self._index(build)
        if isinstance(indexed, TaskManifest):
            self._leave_out(build)
        return indexed

    def _index(self, build: _Build) -> TaskManifest | BuildRejected | BuildStopped:
        invocation = manifest_invocation(build.request, build.plan, build.workspace, self._settings)
        failed = self._call(build, invocation, build.plan.steps)
        if failed is not None:
            return failed
        try:
            document = SourceTree(build.workspace.exported).find_text("manifest.json", _MAX_MANIFEST)
            return parse_manifest(document or "")
        except UserError as error:
            return BuildRejected("manifest_invalid", error.sentence)

    def _leave_out(self, build: _Build) -> _Build:
        """Say what the image holds, and leave the layers that no task needs out of what is published."""
        try:
            document = SourceTree(build.workspace.exported).find_text("bundle.json", _MAX_MANIFEST)
        except UserError:
            return build
        bundle = find_bundle(document or "")
        if bundle is None:
            return build
        plan = leave_out(build.plan, bundle)
        line = build.redactor.redact(explain_bundle(bundle, plan))
        build.listener.hear(LogLine(Phase.BUILD, "", line))
        build.workspace.containerfile.write_text(render_containerfile(plan), encoding="utf-8")
        return replace(build, plan=plan)

    def _publish(self, build: _Build, manifest: TaskManifest) -> BuildOutcome:
        reference = image_reference(build.request, self._settings)
        title = f"publish: {reference}"
        build.listener.hear(StepStarted(Phase.PUBLISH, title))
        stop = build.listener.find_stop()
        if stop is not None:
            return stop
        begun = time.monotonic()
        invocation = image_invocation(build.request, build.plan, build.workspace, self._settings)
        failed = self._call(build, invocation, ())
        if failed is not None:
            return failed
        seconds = time.monotonic() - begun
        build.listener.hear(StepFinished(Phase.PUBLISH, title, cached=False, seconds=seconds))
        digest = read_digest(build.workspace.metadata_file)
        return Built(str(reference.with_digest(digest)), manifest)

    def _call(
        self, build: _Build, invocation: Invocation, steps: Sequence[Step]
    ) -> BuildRejected | BuildStopped | None:
        """Run buildx once; None when it did what it was asked."""
        reading = ProgressReading(steps, build.redactor)

        def hear(line: bytes) -> None:
            for progress in reading.read(line):
                build.listener.hear(progress)

        command = self._buildx.command_line(invocation, build.builder)
        environment = {
            **self._buildx.environment,
            "SOURCE_DATE_EPOCH": str(EPOCH),
            **secret_environment(build.plan, build.request.variables, self._settings),
        }
        ended = run_child(command, environment, hear, build.listener.find_stop)
        for progress in reading.close():
            build.listener.hear(progress)
        if isinstance(ended, BuildStopped):
            return ended
        if ended == 0:
            return None
        # A step that died together with BuildKit looks like one that failed.
        self._buildx.probe()
        return explain_failure(reading)

    @contextmanager
    def _open_build(self, request: BuildRequest, listener: BuildListener, plan: BuildPlan) -> Iterator[_Build]:
        builder = self._buildx.prepare()
        with self._open_workspace(plan) as workspace:
            yield _Build(request, listener, plan, workspace, Redactor(self._list_secrets(request, plan)), builder)

    @contextmanager
    def _open_workspace(self, plan: BuildPlan) -> Iterator[Workspace]:
        kit = prepare_kit(self._settings.scratch)
        with tempfile.TemporaryDirectory(prefix=_WORKSPACE, dir=self._settings.scratch) as directory:
            workspace = Workspace(Path(directory), kit)
            workspace.containerfile.write_text(render_containerfile(plan), encoding="utf-8")
            workspace.ignore_file.write_text(render_ignore_file(), encoding="utf-8")
            yield workspace

    def _list_secrets(self, request: BuildRequest, plan: BuildPlan) -> tuple[Secret, ...]:
        settings = self._settings
        addresses = (settings.proxy, settings.index_url, settings.npm_registry, settings.debian_mirror)
        own = (*request.variables.values(), *plan.secret_values.values())
        return (*own, *list_passwords((*own, *(address for address in addresses if address is not None))))


def _warn_of_short_secrets(request: BuildRequest) -> list[str]:
    short = sorted(name for name, value in request.variables.items() if 0 < len(value.reveal()) < MIN_LENGTH)
    if not short:
        return []
    names = ", ".join(BUILD_VARIABLE_PREFIX + name for name in short)
    return [f"Values shorter than {MIN_LENGTH} characters are not masked in this log: {names}."]
