import base64
from pathlib import Path

import pytest

from builder.pip_settings import translate_pip_settings
from builder.plan import SecretVariable
from domain.errors import InvalidInput
from domain.secrets import Secret
from tests.unit.builder.planned import SERVICE, plan_of, write_tree

CONF = """\
[global]
index-url = https://u.test:p@index.example/simple
trusted-host = index.example
[install]
find-links =
    https://a.example/wheels
    https://b.example/wheels
"""


def translate(variables: dict[str, str], conf: str = "", *, with_index: bool = True) -> dict[str, str]:
    secrets = {name: Secret(value) for name, value in variables.items()}
    found = translate_pip_settings(secrets, Secret(conf), with_index=with_index)
    return {name: value.reveal() for name, value in found.items()}


def test_the_file_in_uvs_words() -> None:
    assert translate({}, CONF) == {
        "UV_DEFAULT_INDEX": "https://u.test:p@index.example/simple",
        "UV_FIND_LINKS": "https://a.example/wheels,https://b.example/wheels",
        "UV_INSECURE_HOST": "index.example",
    }


def test_variables_go_before_the_file() -> None:
    variables = {"PIP_INDEX_URL": "https://other.example", "PIP_EXTRA_INDEX_URL": " https://x  https://y "}
    found = translate(variables, CONF)
    assert found["UV_DEFAULT_INDEX"] == "https://other.example"
    assert found["UV_INDEX"] == "https://x https://y"


@pytest.mark.parametrize("name", ["UV_DEFAULT_INDEX", "UV_INDEX_URL"])
def test_uvs_own_variables_go_before_pips(name: str) -> None:
    assert "UV_DEFAULT_INDEX" not in translate({name: "https://mine.example", "PIP_INDEX_URL": "https://pips.example"})


def test_an_index_in_the_requirements_goes_before_the_default() -> None:
    found = translate(
        {"PIP_INDEX_URL": "https://a.example", "PIP_EXTRA_INDEX_URL": "https://b.example"}, with_index=False
    )
    assert found == {"UV_INDEX": "https://b.example"}


@pytest.mark.parametrize(("variables", "conf"), [({"PIP_NO_INDEX": "1"}, ""), ({}, "[global]\nno_index = true\n")])
def test_the_public_index_is_not_used_where_it_is_ruled_out(variables: dict[str, str], conf: str) -> None:
    with pytest.raises(InvalidInput, match="no-index"):
        translate(variables, conf)


def test_the_index_that_is_switched_on_is_no_reason_to_refuse() -> None:
    assert translate({"PIP_NO_INDEX": "false"}) == {}


@pytest.mark.parametrize(
    ("files", "hears"),
    [
        ({"requirements.txt": "six\n"}, True),
        ({"pyproject.toml": '[project]\nname = "x"\nversion = "0"\ndependencies = ["six"]\n'}, True),
        ({"setup.py": ""}, True),
        ({"pylock.toml": 'lock-version = "1.0"\n'}, False),
        ({"uv.lock": "version = 1\n", "pyproject.toml": '[project]\nname = "x"\nversion = "0"\n'}, False),
    ],
)
def test_only_an_install_for_pip_hears_of_them(tmp_path: Path, files: dict[str, str], *, hears: bool) -> None:
    encoded = base64.b64encode(CONF.encode()).decode()
    plan = plan_of(write_tree(tmp_path, files), None, {"PIP_CONF": encoded}, SERVICE)
    install = next(step for step in plan.steps if step.stage == "install")
    mounts = {mount.name: mount.secret for mount in install.mounts if isinstance(mount, SecretVariable)}
    assert (mounts.get("UV_DEFAULT_INDEX") == "uv-UV_DEFAULT_INDEX") is hears
    assert ("uv-UV_DEFAULT_INDEX" in plan.secret_values) is hears
