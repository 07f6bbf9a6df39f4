"""Whatever people type into settings, docker gets the same arguments and the Containerfile keeps its shape."""

import re
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from domain.builds import BuildOutcome, BuildRejected, Built
from domain.environments import BuildSettings
from tests.unit.builder.fake_docker import FakeDocker
from tests.unit.builder.planned import write_tree

_REFUSALS: Final = {
    "build_variable_invalid",
    "command_invalid",
    "config_missing",
    "config_path_invalid",
    "image_reference_invalid",
    "lock_invalid",
    "source_path_invalid",
}
_BREAK: Final = "x\nPUSHWRIGHT\nRUN --security=insecure id\nRUN <<'PUSHWRIGHT'\nx"
typed = st.text(
    st.sampled_from("ab/.-_=, '\"\n\r\0\t$()`;&|<>\\!*?#%{}é\u2028\u2029\x85\u200bP"), max_size=30
) | st.sampled_from(
    [
        "--upload-pack=touch x",
        "-f",
        "$(id)",
        "`id`",
        "a'; id; '",
        _BREAK,
        "../x",
        "/etc/passwd",
        ".git/config",
        "type=bind,src=/",
    ]
)


@pytest.fixture(scope="session")
def docker(tmp_path_factory: pytest.TempPathFactory) -> FakeDocker:
    return FakeDocker(tmp_path_factory.mktemp("docker"))


@pytest.fixture(scope="session")
def plain_tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tree(tmp_path_factory.mktemp("tree"), {})


def expected_calls(tree: Path, name: str, variables: Mapping[str, str]) -> list[list[str]]:
    secrets = [f"--secret id=variable-{key},env=PUSHWRIGHT_SECRET_variable-{key}" for key in sorted(variables)]
    secret_words = " ".join(secrets).split()
    common = "buildx build --progress rawjson --build-context base=docker-image://python:3.11 --build-context kit=kit"
    labels = "--label dev.pushwright.environment=production --label dev.pushwright.project=shop"
    plain = "--provenance=false --sbom=false"
    first = f"{common} {plain} --file build/Containerfile --target manifest"
    second = f"{common} {labels} {plain} --metadata-file build/metadata.json --file build/Containerfile --target image"
    image = f"type=image,name={name},push=true,compression=gzip,compression-level=1"
    return [
        [*first.split(), *secret_words, "--output", "type=local,dest=build/manifest", str(tree)],
        [*second.split(), *secret_words, "--output", image, str(tree)],
    ]


def instructions(containerfile: str) -> list[str]:
    """Return the first words of the lines outside of scripts."""
    outside = re.sub(r"<<'PUSHWRIGHT'\n.*?\nPUSHWRIGHT\n", "\n", containerfile, flags=re.DOTALL)
    return [line.split()[0] for line in outside.splitlines() if line.strip() and not line.startswith(" ")]


def judge(docker: FakeDocker, outcome: BuildOutcome, calls: list[list[str]]) -> bool:
    """Return whether it was built; if not, docker was not called and there is a reason."""
    if isinstance(outcome, BuildRejected):
        assert outcome.code in _REFUSALS
        assert docker.read_calls() == []
        return False
    assert isinstance(outcome, Built), outcome
    assert docker.read_calls() == calls
    return True


@settings(max_examples=60, deadline=None)
@given(install=typed, pre_build=typed)
@example(install=_BREAK, pre_build="x")
@example(install="a\u2028b", pre_build="'")
def test_commands_are_one_quoted_word_of_a_script(
    docker: FakeDocker, plain_tree: Path, install: str, pre_build: str
) -> None:
    choice = BuildSettings(install_command=install, pre_build_command=pre_build)
    calls = expected_calls(plain_tree, "r.example/shop:20261124.1.production.abcdefgh", {})
    if judge(docker, docker.build(plain_tree, choice, {}), calls):
        lines = [shlex.split(line) for line in docker.read_written().splitlines() if line.startswith("sh -c ")]
        assert lines == [["sh", "-c", command.strip()] for command in (install, pre_build) if command.strip()]
        assert instructions(docker.read_written()).count("RUN") == 3 + bool(pre_build.strip())


@settings(max_examples=60, deadline=None)
@given(name=typed | st.just("TOKEN"), value=typed)
@example(name="A,type=bind", value="x")
@example(name="A", value="a\0b")
@example(name="A\n", value="x")
def test_variables_are_names_in_arguments_and_values_nowhere(
    docker: FakeDocker, plain_tree: Path, name: str, value: str
) -> None:
    canary = {name: f"canary{value}"}
    calls = expected_calls(plain_tree, "r.example/shop:20261124.1.production.abcdefgh", canary)
    if judge(docker, docker.build(plain_tree, BuildSettings(), canary), calls):
        assert "canary" not in docker.read_written()


@settings(max_examples=60, deadline=None)
@given(image_name=typed | st.just("acme/shop"), tag=typed | st.just("1"))
@example(image_name="shop,push=false", tag="1")
@example(image_name="shop\n", tag="1\n")
def test_names_of_images_follow_the_grammar_or_are_refused(
    docker: FakeDocker, plain_tree: Path, image_name: str, tag: str
) -> None:
    outcome = docker.build(plain_tree, BuildSettings(), {}, image_name=image_name, tag=tag)
    judge(docker, outcome, expected_calls(plain_tree, f"r.example/{image_name}" + (f":{tag}" if tag else ""), {}))


@settings(max_examples=60, deadline=None)
@given(path=typed | st.just("apps/shop/config.py"))
@example(path=_BREAK)
@example(path="a\nb")
@example(path="-x")
@example(path="$(id)")
def test_a_config_file_of_any_name_is_one_word(
    docker: FakeDocker, tmp_path_factory: pytest.TempPathFactory, path: str
) -> None:
    tree = tmp_path_factory.mktemp("tree")
    is_inside = path not in {"", "."} and not path.startswith("/") and ".." not in path and "\0" not in path
    if is_inside and not path.endswith(("/", "/.")):
        write_tree(tree, {path: ""})
    calls = expected_calls(tree, "r.example/shop:20261124.1.production.abcdefgh", {})
    if judge(docker, docker.build(tree, BuildSettings(config_path=path), {}), calls):
        (line,) = [line for line in docker.read_written().splitlines() if line.startswith("config=")]
        assert shlex.split(line) == [f"config={path}"]
        assert instructions(docker.read_written()).count("RUN") == 3


@pytest.mark.parametrize("place", [_BREAK, "a\nb", "a\rb", "a'b", "$(id)", "a b", "-x"])
def test_a_place_that_a_lock_names_does_not_end_the_step(docker: FakeDocker, tmp_path: Path, place: str) -> None:
    quoted = place.replace("\n", "\\n").replace("\r", "\\r")
    lock = f'[[package]]\nname = "lib"\nsource = {{ editable = "{quoted}" }}\n'
    tree = write_tree(tmp_path, {"uv.lock": lock, "pyproject.toml": "[project]\nname = 'root'\n"})
    calls = expected_calls(tree, "r.example/shop:20261124.1.production.abcdefgh", {})
    if judge(docker, docker.build(tree, BuildSettings(), {}), calls):
        assert instructions(docker.read_written()).count("RUN") == 3
