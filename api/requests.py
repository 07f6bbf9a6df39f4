"""What the API takes, as JSON. A field that nobody knows is refused: it may be a misspelt one."""

from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, StrictBool

from domain.environments import BuildSettings, ForkPolicy, QueuePolicy
from operations.project_settings import GitChanges

Line = Annotated[str, Field(max_length=2000)]


class Ask(BaseModel):
    """What somebody asks for."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class NewProject(Ask):
    """A project that is to be made."""

    slug: Line
    queue: QueuePolicy = QueuePolicy.EVERY_COMMIT


class RepositoryChoice(Ask):
    """The repository a project is to have: `owner/name`."""

    repository: Line


class TrackingChange(Ask):
    """Which branches deploy where; what is left out stays, empty or null tracks nothing."""

    production: Line | None = None
    staging: Line | None = None


class BuildSettingsBody(Ask):
    """How a project is built; null is the default."""

    config_file: Line | None = None
    install_command: Line | None = None
    pre_build_command: Line | None = None

    @classmethod
    def of(cls, settings: BuildSettings) -> Self:
        """Return it as JSON has it."""
        return cls(
            config_file=settings.config_path,
            install_command=settings.install_command,
            pre_build_command=settings.pre_build_command,
        )

    def to_domain(self) -> BuildSettings:
        """Return it as the domain has it."""
        return BuildSettings(self.config_file, self.install_command, self.pre_build_command)


class GitSettingsChange(Ask):
    """What pull requests and pushes lead to; what is left out or null stays."""

    previews: StrictBool | None = None
    drafts: StrictBool | None = None
    fork_policy: ForkPolicy | None = None
    ignored_paths: list[Line] | None = None
    submodules: StrictBool | None = None

    def to_domain(self) -> GitChanges:
        """Return it as the operation takes it."""
        paths = tuple(self.ignored_paths) if self.ignored_paths is not None else None
        return GitChanges(self.previews, self.drafts, self.fork_policy, paths, self.submodules)
