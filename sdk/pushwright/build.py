"""Extensions for `define_config(build={"extensions": […]})`: the catalogue, and the base of your own."""

import glob
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pushwright.checks import check_lines, check_text
from pushwright.errors import InvalidDefinition
from pushwright.extensions import (
    DEPENDENCY_MEANING,
    DEPENDENCY_PATTERN,
    PACKAGE_MEANING,
    PACKAGE_PATTERN,
    BuildContext,
    BuildExtension,
    BuildLogger,
)

__all__ = [
    "BuildContext",
    "BuildExtension",
    "BuildLogger",
    "additional_files",
    "additional_packages",
    "apt_get",
    "ffmpeg",
    "playwright",
]

_FFMPEG: Final = {"FFMPEG_PATH": "/usr/bin/ffmpeg", "FFPROBE_PATH": "/usr/bin/ffprobe"}
_VERSION_PATTERN: Final = r"[A-Za-z0-9][A-Za-z0-9.+:~-]{0,99}"
_PATH_PATTERN: Final = r"[^/\x00-\x1f\x7f][^\x00-\x1f\x7f]{0,499}"
_HEADLESS: Final = ("chromium-headless-shell", "fonts-liberation")
_HEADED: Final = ("chromium", "fonts-liberation", "xvfb", "xauth")


@dataclass(frozen=True, slots=True)
class _Additions(BuildExtension):
    """Adds one layer that is known beforehand."""

    name: str
    packages: tuple[str, ...] = ()
    dependencies: tuple[str, ...] = ()
    deploy_env: tuple[tuple[str, str], ...] = ()

    def on_build_start(self, context: BuildContext) -> None:
        context.add_layer(packages=self.packages, dependencies=self.dependencies, deploy_env=dict(self.deploy_env))


@dataclass(frozen=True, slots=True)
class _Files(BuildExtension):
    """Copies files of the repository beside the configuration file."""

    patterns: tuple[str, ...]
    name: str = "additional_files"

    def on_build_complete(self, context: BuildContext) -> None:
        for pattern in self.patterns:
            found = _find(pattern, context.directory)
            copied = [match for match in sorted(found) if _copy(match, context)]
            message = f"{pattern}: {len(found)} found, {len(copied)} of them copied"
            if found:
                context.logger.info(message)
            else:
                context.logger.warning(message)


def _find(pattern: str, directory: Path) -> list[str]:
    options: dict[str, Any] = {"root_dir": directory, "recursive": True, "include_hidden": True}
    return glob.glob(pattern, **options)  # noqa: PTH207 - before Python 3.13 a last `**` of pathlib finds no files


def apt_get(packages: Sequence[str]) -> BuildExtension:
    """Install Debian packages, for the install command as for the tasks; `name=version` asks for a version.

    Raises:
        InvalidDefinition: something is no package.
    """
    return _Additions("apt_get", packages=check_lines("apt_get: packages", packages, PACKAGE_PATTERN, PACKAGE_MEANING))


def additional_packages(packages: Sequence[str]) -> BuildExtension:
    """Install Python packages besides what the lock has; name versions, or each build takes the newest that fit.

    Raises:
        InvalidDefinition: something is no requirement.
    """
    checked = check_lines("additional_packages: packages", packages, DEPENDENCY_PATTERN, DEPENDENCY_MEANING)
    return _Additions("additional_packages", dependencies=checked)


def additional_files(files: Sequence[str]) -> BuildExtension:
    """Put files of the repository beside the configuration file.

    Args:
        files: globs relative to the configuration file; `**` crosses directories. What is below it stays where it is,
            what is elsewhere in the repository (`../shared/*.json`) is copied beside it, without the leading `../`.

    Raises:
        InvalidDefinition: something is no relative path.
    """
    return _Files(check_lines("additional_files: files", files, _PATH_PATTERN, "a relative path or glob"))


def ffmpeg(version: str | None = None) -> BuildExtension:
    """Install Debian's ffmpeg and ffprobe and set `FFMPEG_PATH` and `FFPROBE_PATH`.

    Args:
        version: Debian's version, such as `7:5.1.6-0+deb12u1`; left out: the one Debian has.

    Raises:
        InvalidDefinition: the version is none.
    """
    package = "ffmpeg"
    if version is not None:
        meaning = "a version of Debian's package, such as 7:5.1.6-0+deb12u1"
        package += "=" + check_text("ffmpeg: version", version, pattern=_VERSION_PATTERN, meaning=meaning)
    return _Additions("ffmpeg", packages=(package,), deploy_env=tuple(_FFMPEG.items()))


def playwright(browsers: Sequence[str] = ("chromium",), *, headless: bool = True) -> BuildExtension:
    """Install Debian's Chromium for Playwright, Selenium and the like and set `CHROMIUM_PATH`.

    The Python package `playwright` comes from your lock. Launch with `executable_path=os.environ["CHROMIUM_PATH"]`.
    Firefox and WebKit work with Playwright only in builds of its own, which no Debian package has.

    Args:
        browsers: `chromium`.
        headless: False installs the browser with a window, and Xvfb, instead of the headless shell.

    Raises:
        InvalidDefinition: a browser is another one, or none.
    """
    named = check_lines("playwright: browsers", browsers, "chromium", "chromium, the one Debian has for Playwright")
    if not named:
        raise InvalidDefinition("playwright: browsers is empty; it must name chromium.")
    program = "/usr/bin/chromium-headless-shell" if headless else "/usr/bin/chromium"
    return _Additions(
        "playwright",
        packages=_HEADLESS if headless else _HEADED,
        deploy_env=(("CHROMIUM_PATH", program), ("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1")),
    )


def _copy(match: str, context: BuildContext) -> bool:
    """Copy one file beside the configuration file; False when it is a directory or there already."""
    source = context.resolve_path(match)
    parts = Path(match).parts
    inner = parts[sum(part == ".." for part in parts) :]
    target = context.resolve_path(str(Path(*inner)))
    if not source.is_file() or target == source:
        return False
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy2(source, target)
    return True
