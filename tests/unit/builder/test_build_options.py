import json
from typing import Any

import pytest

from builder.build_options import BuildOptions, parse_build_options
from domain.errors import InvalidInput

_SECRET = "canary-value"


def document(*layers: dict[str, Any], **more: object) -> str:
    return json.dumps({"schema_version": 1, "extensions": [], "completes": False, "layers": list(layers), **more})


def parse(text: str) -> BuildOptions:
    return parse_build_options(text, lambda line: _SECRET in line)


def refuse(text: str) -> str:
    with pytest.raises(InvalidInput) as caught:
        parse(text)
    assert caught.value.code == "build_options_invalid"
    assert _SECRET not in caught.value.sentence
    return caught.value.sentence


def test_layers_are_put_together() -> None:
    first = {"packages": ["tree", "gcc"], "deploy_env": {"A": "1"}, "dependencies": ["httpx==0.28.1"]}
    second = {
        "packages": ["gcc"],
        "instructions": ["RUN ldconfig", "ENV B='two words' A=2"],
        "commands": ["make it's"],
        "build_env": {"C": "$HOME"},
    }
    assert parse(document(first, second, extensions=["apt_get", "mine"], completes=True)) == BuildOptions(
        extensions=("apt_get", "mine"),
        packages=("gcc", "tree"),
        system_commands=("ldconfig",),
        dependencies=("httpx==0.28.1",),
        commands=("make it's",),
        build_variables=(("C", "$HOME"),),
        image_variables=(("A", "2"), ("B", "two words")),
        completes=True,
    )


@pytest.mark.parametrize("text", ["", "[", "[]", "null", '{"schema_version": 2}', '{"schema_version": 1}', "[" * 5000])
def test_another_document_is_refused(text: str) -> None:
    refuse(text)


@pytest.mark.parametrize(
    "layer",
    [
        {"packages": ["-o=x"]},
        {"packages": ["a b"]},
        {"packages": "tree"},
        {"packages": [None]},
        {"packages": ["tree"] * 501},
        {"dependencies": ["--index-url x"]},
        {"commands": ["a\nPUSHWRIGHT\nRUN --security=insecure id"]},
        {"commands": ["a\u2028b"]},
        {"commands": ["x" * 5000]},
        {"instructions": ["RUN --mount=type=secret,id=ca cat x"]},
        {"instructions": ["FROM scratch"]},
        {"instructions": ["# syntax=evil/frontend"]},
        {"instructions": ["ENV A='1"]},
        {"instructions": ["ENV A=1 B"]},
        {"instructions": ["ENV PATH=/mine"]},
        {"deploy_env": {"PATH": "/mine"}},
        {"deploy_env": {"TRIGGER_SECRET_KEY": "x"}},
        {"deploy_env": {"A B": "x"}},
        {"deploy_env": {"A": "x\ny"}},
        {"deploy_env": {"A": 1}},
        {"build_env": {"VIRTUAL_ENV": "/mine"}},
        {"build_env": []},
    ],
)
def test_what_a_build_cannot_do_is_refused(layer: dict[str, Any]) -> None:
    refuse(document(layer))


@pytest.mark.parametrize(
    "layer",
    [
        {"deploy_env": {"A": f"x{_SECRET}"}},
        {"build_env": {"A": _SECRET}},
        {"commands": [f"curl -H {_SECRET}"]},
        {"dependencies": [f"x @ https://{_SECRET}@h/x.whl"]},
        {"instructions": [f"RUN echo {_SECRET}"]},
        {"instructions": [f"ENV A={_SECRET}"]},
    ],
)
def test_the_value_of_a_build_variable_is_refused(layer: dict[str, Any]) -> None:
    assert "holds the value of a build variable" in refuse(document(layer))
