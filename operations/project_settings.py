"""Settings of a project: which branches deploy where, how it is built, what pull requests lead to."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from domain.environments import BuildSettings, EnvironmentKind, ForkPolicy, GitSettings
from domain.errors import Conflict, InvalidInput, NotFound
from domain.ports.forge import Forge
from domain.ports.store import Store
from domain.source import BranchName, CommitSha, RepositoryAddress, parse_branch_name
from operations.projects import environment_of_kind, has_previews
from operations.watching import watch_branch

_MAX_COMMAND: Final = 500
_MAX_CONFIG_PATH: Final = 255
_MAX_PATTERN: Final = 500
_MAX_PATTERNS: Final = 200
_MAX_WILDCARDS: Final = 12


@dataclass(frozen=True, slots=True)
class GitChanges:
    """New git settings; None leaves one as it is."""

    previews: bool | None = None
    drafts: bool | None = None
    fork_policy: ForkPolicy | None = None
    ignored_paths: tuple[str, ...] | None = None
    submodules: bool | None = None


def track_branches(
    store: Store, forge: Forge, *, slug: str, branches: Mapping[EnvironmentKind, str]
) -> Mapping[EnvironmentKind, BranchName | None]:
    """Let pushes to these branches deploy to the environments, and return what they track now.

    An empty name stops it. A changed branch must exist on GitHub; one that stays is not asked about, it may be gone.
    When one of them does not exist, none is changed.

    Raises:
        InvalidInput: `branch_name_invalid`.
        NotFound: `tracking_branch_not_found`, `project_not_connected`, `environment_not_found`.
    """
    wanted = {kind: parse_branch_name(name.strip()) if name.strip() else None for kind, name in branches.items()}
    with store.transaction() as work:
        project = work.projects.get_by_slug(slug)
        connection = work.projects.find_connection(project.id)
        environments = work.projects.list_environments(project.id)
    if connection is None:
        raise NotFound("project_not_connected", f"Project {slug} has no repository: connect one first.")
    heads = {
        branch: _find_head(forge, connection.address, branch, kind)
        for kind, branch in wanted.items()
        if branch is not None and branch != environment_of_kind(environments, kind).tracked_branch
    }
    with store.transaction() as work:
        for changed, head in heads.items():
            watch_branch(work, connection.address, changed, head)
        for kind, branch in wanted.items():
            work.projects.track(environment_of_kind(environments, kind).id, branch)
    return wanted


def change_build_settings(store: Store, *, slug: str, settings: BuildSettings) -> BuildSettings:
    """Replace the project's build settings, trimmed, and return them; what is empty becomes the default again.

    Raises:
        InvalidInput: `build_setting_invalid`, naming the setting and its limit.
    """
    trimmed = BuildSettings(
        config_path=(settings.config_path or "").strip().lstrip("/") or None,
        install_command=(settings.install_command or "").strip() or None,
        pre_build_command=(settings.pre_build_command or "").strip() or None,
    )
    _require_one_line("Install command", trimmed.install_command, _MAX_COMMAND)
    _require_one_line("Pre-build command", trimmed.pre_build_command, _MAX_COMMAND)
    _require_one_line("Trigger config file", trimmed.config_path, _MAX_CONFIG_PATH)
    with store.transaction() as work:
        work.projects.change_settings(work.projects.get_by_slug(slug).id, trimmed)
    return trimmed


def change_git_settings(store: Store, *, slug: str, changes: GitChanges) -> GitSettings:
    """Change what events lead to in the project, and return the settings as they are now.

    Raises:
        InvalidInput: `git_setting_invalid`.
        Conflict: `preview_environment_missing`.
    """
    given: dict[str, Any] = {
        name: value for name in GitChanges.__slots__ if (value := getattr(changes, name)) is not None
    }
    if changes.ignored_paths is not None:
        given["ignored_paths"] = _parse_patterns(changes.ignored_paths)
    with store.transaction() as work:
        project = work.projects.get_by_slug(slug)
        if changes.previews and not has_previews(work.projects.list_environments(project.id)):
            raise Conflict(
                "preview_environment_missing",
                f"Project {slug} has no preview environment: previews cannot be switched on. Create a new project.",
            )
        changed = replace(project.git, **given)
        work.projects.change_git_settings(project.id, changed)
    return changed


def _parse_patterns(patterns: tuple[str, ...]) -> tuple[str, ...]:
    kept = tuple(pattern for pattern in patterns if pattern.strip())
    if len(kept) > _MAX_PATTERNS:
        raise InvalidInput("git_setting_invalid", f"Ignored paths may have at most {_MAX_PATTERNS} patterns.")
    for pattern in kept:
        # Matching takes a power of the path's length with as many wildcards.
        if pattern.count("*") > _MAX_WILDCARDS or len(pattern) > _MAX_PATTERN or not _is_one_line(pattern):
            raise InvalidInput(
                "git_setting_invalid",
                f"The ignored path {pattern[:60]!r} must be a single line of at most {_MAX_PATTERN} characters "
                f"with at most {_MAX_WILDCARDS} stars: "
                "give one gitignore pattern for each.",
            )
    return kept


def _find_head(forge: Forge, address: RepositoryAddress, branch: BranchName, kind: EnvironmentKind) -> CommitSha:
    head = forge.find_branch_head(address, branch)
    if head is None:
        raise NotFound(
            "tracking_branch_not_found",
            f"{kind.value.capitalize()} tracking branch not found: the repository has no branch {branch}.",
        )
    return head


def _require_one_line(setting: str, value: str | None, limit: int) -> None:
    if value is None:
        return
    if len(value) > limit:
        raise InvalidInput("build_setting_invalid", f"{setting} must have at most {limit} characters.")
    if not _is_one_line(value):
        raise InvalidInput("build_setting_invalid", f"{setting} must be a single line.")


def _is_one_line(text: str) -> bool:
    return not any(ord(character) < ord(" ") for character in text)
