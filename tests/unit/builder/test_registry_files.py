import base64
import netrc
from configparser import ConfigParser
from pathlib import Path

import pytest

from builder.plan import SecretFile, SecretVariable
from builder.registry_files import HOME, RegistryFile, find_registry_files, join_netrc
from builder.source_tree import SourceTree
from domain.environments import BuildSettings
from domain.errors import InvalidInput
from domain.secrets import Secret
from tests.unit.builder.planned import SERVICE, plan_of, write_tree


def encode(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def files_of(tree: Path, **variables: str) -> list[RegistryFile]:
    secrets = {name: Secret(value) for name, value in variables.items()}
    return list(find_registry_files(secrets, SourceTree(tree)))


def test_each_is_where_its_tools_look(tmp_path: Path) -> None:
    every = dict.fromkeys(("NPM_RC", "NETRC"), encode("x=1")) | {
        "PIP_CONF": encode("[global]\n"),
        "UV_TOML": encode("no-build = true\n"),
    }
    assert [(file.target, file.link) for file in files_of(tmp_path, **every)] == [
        (f"{HOME}/.npmrc", ""),
        ("/run/secrets/pushwright-npmrc", ".npmrc"),
        (f"{HOME}/.config/pip/pip.conf", ""),
        (f"{HOME}/.config/uv/uv.toml", ""),
        (f"{HOME}/.netrc", ""),
    ]


def test_other_variables_are_no_files(tmp_path: Path) -> None:
    assert files_of(tmp_path, TOKEN="x", NPM_TOKEN="y") == []


@pytest.mark.parametrize("name", ["NPM_RC", "PIP_CONF", "UV_TOML", "NETRC"])
@pytest.mark.parametrize(
    "value",
    [
        "",
        "registry=https://npm.example/",
        "cmVnaXN0cnk",  # its end is missing
        "cmVnaXN0cnk=!",
        encode(" \n"),
        encode("a\0b"),
        base64.b64encode(b"\xff\xfe\x00").decode(),
        "/app/.netrc",
    ],
)
def test_what_is_no_base64_of_text_is_refused_before_anything_runs(tmp_path: Path, name: str, value: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        plan_of(write_tree(tmp_path, {}), None, {name: value})
    assert caught.value.code == "registry_file_invalid"
    assert f"TRIGGER_BUILD_{name}" in caught.value.sentence
    assert "base64" in caught.value.sentence
    assert not value.strip() or value not in caught.value.sentence


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("UV_TOML", "[[index\nurl = 'https://u.test:hidden-word@index.example'"),
        ("PIP_CONF", "index-url = https://u.test:hidden-word@x.example"),
    ],
)
def test_what_the_tool_cannot_read_is_refused_without_quoting_it(tmp_path: Path, name: str, text: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        files_of(tmp_path, **{name: encode(text)})
    assert caught.value.code == "registry_file_invalid"
    assert "hidden-word" not in caught.value.sentence


def test_base64_may_be_cut_into_lines(tmp_path: Path) -> None:
    text = "//npm.example/:_authToken=" + "t" * 100 + "\n"
    wrapped = base64.encodebytes(text.encode()).decode()
    assert files_of(tmp_path, NPM_RC=wrapped)[0].content == Secret(text)


def test_the_repositorys_npmrc_is_kept_and_the_variables_wins(tmp_path: Path) -> None:
    tree = write_tree(tmp_path, {".npmrc": "save-exact=true\nregistry=https://public.example/"})
    of_user, in_place = files_of(tree, NPM_RC=encode("registry=https://npm.example/\n"))
    assert of_user.content.reveal() == "registry=https://npm.example/\n"
    assert in_place.content.reveal() == (
        "save-exact=true\nregistry=https://public.example/\nregistry=https://npm.example/\n"
    )


def test_the_repositorys_pip_conf_is_kept_and_the_variables_wins(tmp_path: Path) -> None:
    tree = write_tree(
        tmp_path, {"pip.conf": "[global]\ntimeout = 60\nindex_url = https://old.example\n[wheel]\nno-deps = 1\n"}
    )
    conf = "[global]\nindex-url = https://u.test:100%25@new.example\nextra-index-url =\n  https://a.example\n  https://b.example\n"
    (file,) = files_of(tree, PIP_CONF=encode(conf))
    parser = ConfigParser(interpolation=None)
    parser.read_string(file.content.reveal())
    assert dict(parser["global"]) == {
        "timeout": "60",
        "index-url": "https://u.test:100%25@new.example",
        "extra-index-url": "\nhttps://a.example\nhttps://b.example",
    }
    assert dict(parser["wheel"]) == {"no-deps": "1"}


OWN_NETRC = """\
# a comment
machine git.example login own password own-1
machine index.example
  login own password own-2
macdef init
  cd /pub

default login anonymous password me@example.com
"""
ADDED_NETRC = 'machine index.example login reader password #machine\nmachine npm.example login "a b" password c\n'


def test_a_netrc_of_both_has_each_machine_once(tmp_path: Path) -> None:
    path = tmp_path / "netrc"
    path.write_text(join_netrc(OWN_NETRC, ADDED_NETRC))
    read = netrc.netrc(str(path))
    assert read.authenticators("git.example") == ("own", "", "own-1")
    assert read.authenticators("index.example") == ("reader", "", "#machine")
    assert read.authenticators("npm.example") == ("a b", "", "c")
    assert read.authenticators("elsewhere.example") == ("anonymous", "", "me@example.com")
    assert path.read_text().count("index.example") == 1
    assert path.read_text().splitlines()[-1].startswith("default")


def test_a_repositorys_link_is_not_followed(tmp_path: Path) -> None:
    tree = write_tree(tmp_path, {})
    (tree / ".npmrc").symlink_to("/etc/passwd")
    with pytest.raises(InvalidInput, match="symbolic link"):
        files_of(tree, NPM_RC=encode("a=b"))


def test_both_commands_see_them_and_the_index_does_not(tmp_path: Path) -> None:
    settings = BuildSettings(install_command="make deps", pre_build_command="make code")
    plan = plan_of(write_tree(tmp_path, {}), settings, {"NPM_RC": encode("a=b"), "NETRC": encode("machine a")})
    files = {
        step.stage: [mount.target for mount in step.mounts if isinstance(mount, SecretFile)] for step in plan.steps
    }
    expected = [f"{HOME}/.npmrc", "/run/secrets/pushwright-npmrc", f"{HOME}/.netrc"]
    assert files == {"program": [], "install": expected, "pre-build": expected, "code": []}


def test_a_command_runs_between_putting_the_link_and_taking_it(tmp_path: Path) -> None:
    settings = BuildSettings(install_command="make deps", pre_build_command="make code")
    plan = plan_of(write_tree(tmp_path, {}), settings, {"NPM_RC": encode("a=b")})
    for stage, command in (("install", "make deps"), ("pre-build", "make code")):
        script = next(step.script for step in plan.steps if step.stage == stage)
        place = script.index(f"sh -c '{command}'")
        assert script[place - 2 : place + 4] == (
            "if [ -e .npmrc ]; then mv .npmrc /aside-.npmrc; fi",
            "ln -s /run/secrets/pushwright-npmrc .npmrc",
            f"sh -c '{command}'",
            "cd /app",
            "rm -rf .npmrc",
            "if [ -e /aside-.npmrc ]; then mv /aside-.npmrc .npmrc; fi",
        )


def test_no_tool_takes_the_base64_for_a_path(tmp_path: Path) -> None:
    plan = plan_of(write_tree(tmp_path, {}), None, {"NETRC": encode("machine a"), "NPM_RC": encode("a=b")})
    install = next(step for step in plan.steps if step.stage == "install")
    assert [mount.name for mount in install.mounts if isinstance(mount, SecretVariable)] == ["NPM_RC"]


@pytest.mark.parametrize(
    ("variables", "silent"),
    [
        ({"NPM_RC": "registry = https://npm.example/\n"}, {"NPM_CONFIG_REGISTRY"}),
        ({"NPM_RC": "@house:registry = https://npm.example/\n"}, set()),
        ({"PIP_CONF": "[install]\nindex-url = https://index.example\n"}, {"PIP_INDEX_URL"}),
        ({"UV_TOML": '[[index]]\nurl = "https://index.example"\ndefault = true\n'}, {"UV_DEFAULT_INDEX"}),
        ({"UV_TOML": '[[index]]\nurl = "https://index.example"\n'}, set()),
        ({"UV_TOML": 'index-url = "https://index.example"\n'}, {"UV_DEFAULT_INDEX"}),
    ],
)
def test_the_services_own_registry_gives_way(tmp_path: Path, variables: dict[str, str], silent: set[str]) -> None:
    encoded = {name: encode(text) for name, text in variables.items()}
    settings = BuildSettings(install_command="make deps")
    plan = plan_of(write_tree(tmp_path, {}), settings, encoded, SERVICE)
    install = next(step for step in plan.steps if step.stage == "install")
    names = {mount.name for mount in install.mounts if isinstance(mount, SecretVariable)}
    assert {"NPM_CONFIG_REGISTRY", "PIP_INDEX_URL", "UV_DEFAULT_INDEX"} - names == silent


def test_what_the_repository_adds_runs_the_install_again(tmp_path: Path) -> None:
    variables = {"PIP_CONF": encode("[global]\nindex-url = https://a.example\n")}
    scripts = []
    for timeout in ("60", "90"):
        files = {"requirements.txt": "six\n", "pip.conf": f"[global]\ntimeout = {timeout}\n"}
        plan = plan_of(write_tree(tmp_path, files), None, variables)
        scripts.append(next(step.script for step in plan.steps if step.stage == "install"))
    assert scripts[0] != scripts[1]


def test_no_content_is_in_the_plans_text(tmp_path: Path) -> None:
    plan = plan_of(write_tree(tmp_path, {}), None, {"NPM_RC": encode("//x/:_authToken=hidden-word\n")})
    assert "hidden-word" not in repr(plan)
    assert encode("//x/:_authToken=hidden-word\n") not in repr(plan)
