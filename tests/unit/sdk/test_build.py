"""Build extensions check what they are told and add what they say."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from pushwright import InvalidDefinition, define_config
from pushwright.build import (
    BuildContext,
    BuildExtension,
    BuildLogger,
    additional_files,
    additional_packages,
    apt_get,
    ffmpeg,
    playwright,
)
from pushwright.extensions import Layer


@dataclass
class Project:
    """A repository whose hooks are run."""

    root: Path
    layers: list[Layer] = field(default_factory=list)
    said: list[str] = field(default_factory=list)

    def context(self, *, is_complete: bool = False, name: str = "mine") -> BuildContext:
        directory = self.root / "apps" / "worker"
        directory.mkdir(parents=True, exist_ok=True)
        add = None if is_complete else self.layers.append
        return BuildContext(define_config("p"), self.root, directory, BuildLogger(name, self.said.append), add, name)

    def start(self, extension: BuildExtension) -> Layer:
        extension.on_build_start(self.context(name=extension.name))
        return self.layers[-1]


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


def test_extensions_are_kept_apart_from_the_other_options() -> None:
    extension = apt_get(packages=["tree"])
    config = define_config("p", build={"extensions": [extension], "bundle": "zipapp"})
    assert (config.extensions, config.build) == ((extension,), {"bundle": "zipapp"})
    assert define_config("p", build={"extensions": []}).build is None


@pytest.mark.parametrize(
    ("extensions", "said"),
    [
        (apt_get(packages=[]), "must be a list of extensions"),
        (["apt_get"], "must hold build extensions"),
        ([BuildExtension], "must hold build extensions"),
    ],
)
def test_what_is_no_extension_is_refused(extensions: object, said: str) -> None:
    with pytest.raises(InvalidDefinition, match=said):
        define_config("p", build={"extensions": extensions})


def test_the_catalogue_adds_packages_and_variables(project: Project) -> None:
    assert project.start(apt_get(packages=["tree", "libpq-dev=15.13-0+deb12u1"])).packages == (
        "tree",
        "libpq-dev=15.13-0+deb12u1",
    )
    assert project.start(additional_packages(packages=["httpx[http2]==0.28.1"])).dependencies == (
        "httpx[http2]==0.28.1",
    )
    added = project.start(ffmpeg(version="7:5.1.6-0+deb12u1"))
    assert added.packages == ("ffmpeg=7:5.1.6-0+deb12u1",)
    assert added.deploy_env == {"FFMPEG_PATH": "/usr/bin/ffmpeg", "FFPROBE_PATH": "/usr/bin/ffprobe"}
    assert project.start(ffmpeg()).packages == ("ffmpeg",)
    assert project.start(playwright()).deploy_env["CHROMIUM_PATH"] == "/usr/bin/chromium-headless-shell"
    assert "chromium" in project.start(playwright(headless=False)).packages


@pytest.mark.parametrize(
    "make",
    [
        lambda: apt_get(packages="tree"),
        lambda: apt_get(packages=["-o Dpkg::Options=x"]),
        lambda: apt_get(packages=["Tree"]),
        lambda: apt_get(packages=[3]),  # type: ignore[list-item]  # what is tested
        lambda: additional_packages(packages=["--index-url=x"]),
        lambda: additional_packages(packages=["./local"]),
        lambda: additional_packages(packages=["a\nb"]),
        lambda: additional_files(files=["/etc/passwd"]),
        lambda: additional_files(files=[""]),
        lambda: ffmpeg(version="-y"),
        lambda: playwright(browsers=["webkit"]),
        lambda: playwright(browsers=[]),
    ],
)
def test_the_catalogue_refuses_what_it_cannot_install(make: Callable[[], object]) -> None:
    with pytest.raises(InvalidDefinition):
        make()


@pytest.mark.parametrize(
    ("layer", "said"),
    [
        ({"commands": ["make\nmake install"]}, "mine: add_layer: commands is "),
        ({"commands": "make"}, "commands must be a list of text"),
        ({"instructions": ["FROM scratch"]}, "a build takes no other instruction"),
        ({"instructions": ["RUN --mount=type=bind,target=/x id"]}, "a build takes no other instruction"),
        ({"instructions": ["COPY . /"]}, "a build takes no other instruction"),
        ({"build_env": {"A B": "x"}}, "a name of letters, digits and _"),
        ({"deploy_env": {"A": 1}}, "deploy_env: A must be text of one line"),
        ({"deploy_env": {"A": "canary\n"}}, "deploy_env: A must be text of one line"),
        ({"deploy_env": ["A=1"]}, "deploy_env must be a dict"),
        ({"dependencies": ["-r x"]}, "dependencies is '-r x'"),
    ],
)
def test_a_layer_holds_what_a_build_can_do(project: Project, layer: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidDefinition) as raised:
        project.context().add_layer(**layer)
    assert said in str(raised.value)
    assert "canary" not in str(raised.value)


def test_it_is_too_late_for_a_layer_when_the_code_is_complete(project: Project) -> None:
    with pytest.raises(InvalidDefinition, match="add_layer belongs in on_build_start"):
        project.context(is_complete=True).add_layer(packages=["tree"])


def test_paths_are_relative_to_the_configuration_file_and_stay_in_the_repository(project: Project) -> None:
    context = project.context()
    assert context.resolve_path("../shared/x.txt") == project.root / "apps" / "shared" / "x.txt"
    with pytest.raises(InvalidDefinition, match="leaves the repository"):
        context.resolve_path("../../../x.txt")


def test_files_from_elsewhere_are_copied_beside_the_configuration_file(project: Project) -> None:
    context = project.context(is_complete=True, name="additional_files")
    for path in ("shared/deep/words.txt", "apps/worker/here.txt"):
        (project.root / path).parent.mkdir(parents=True, exist_ok=True)
        (project.root / path).write_text(path)
    additional_files(files=["../../shared/**", "*.txt", "nothing/*"]).on_build_complete(context)
    assert (context.directory / "shared" / "deep" / "words.txt").read_text() == "shared/deep/words.txt"
    assert project.said[1:] == [
        "additional_files: *.txt: 1 found, 0 of them copied",
        "additional_files: warning: nothing/*: 0 found, 0 of them copied",
    ]


def test_a_link_out_of_the_repository_is_not_followed(
    project: Project, tmp_path_factory: pytest.TempPathFactory
) -> None:
    outside = tmp_path_factory.mktemp("outside") / "secret.txt"
    outside.write_text("canary")
    context = project.context(is_complete=True)
    (project.root / "link.txt").symlink_to(outside)
    with pytest.raises(InvalidDefinition, match="leaves the repository"):
        additional_files(files=["../../link.txt"]).on_build_complete(context)


def test_what_is_logged_has_the_extension_before_it(project: Project) -> None:
    logger = project.context().logger
    logger.debug("a")
    logger.info("b")
    logger.warning("c")
    assert project.said == ["mine: debug: a", "mine: b", "mine: warning: c"]
