import pytest

from tools.machine.build_settings import find_build_settings
from tools.machine.report import SetupError


def find(environment: dict[str, str], *files: str) -> dict[str, str]:
    return find_build_settings(environment, files.__contains__)


def test_nothing_set_means_no_settings() -> None:
    assert find({}) == {}


def test_the_first_bundle_that_is_a_file_is_taken() -> None:
    environment = {"SSL_CERT_FILE": "/gone.pem", "REQUESTS_CA_BUNDLE": "/ca.pem"}
    assert find(environment, "/ca.pem") == {"PUSHWRIGHT_BUILD_CA_BUNDLE": "/ca.pem"}


def test_our_own_setting_wins() -> None:
    environment = {"PUSHWRIGHT_BUILD_CA_BUNDLE": "/own.pem", "SSL_CERT_FILE": "/ca.pem"}
    assert find(environment, "/ca.pem", "/own.pem")["PUSHWRIGHT_BUILD_CA_BUNDLE"] == "/own.pem"


def test_our_own_setting_must_name_a_file() -> None:
    with pytest.raises(SetupError, match=r"names /own\.pem, which is not a file"):
        find({"PUSHWRIGHT_BUILD_CA_BUNDLE": "/own.pem"})


@pytest.mark.parametrize(
    ("variable", "setting"),
    [
        ("HTTPS_PROXY", "PUSHWRIGHT_BUILD_PROXY"),
        ("https_proxy", "PUSHWRIGHT_BUILD_PROXY"),
        ("UV_DEFAULT_INDEX", "PUSHWRIGHT_BUILD_INDEX_URL"),
        ("PIP_INDEX_URL", "PUSHWRIGHT_BUILD_INDEX_URL"),
        ("npm_config_registry", "PUSHWRIGHT_BUILD_NPM_REGISTRY"),
    ],
)
def test_the_usual_variables_become_settings(variable: str, setting: str) -> None:
    assert find({variable: "http://h.example"}) == {setting: "http://h.example"}


def test_an_empty_variable_is_not_set() -> None:
    assert find({"HTTPS_PROXY": "", "UV_INDEX_URL": ""}) == {}
