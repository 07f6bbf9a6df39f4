"""Settings are checked by name at start, and their secrets stay out of every message."""

import base64
from pathlib import Path

import pytest

from bootstrap.settings import DEFAULT_FILES, Settings, read_settings
from domain.errors import OperatorError

KEY = base64.b64encode(bytes(range(32))).decode()
APP = {"GITHUB_APP_ID": "12", "GITHUB_APP_PRIVATE_KEY_FILE": "key.pem", "GITHUB_WEBHOOK_SECRET": "a webhook secret"}
REQUIRED = {
    "PUSHWRIGHT_ENCRYPTION_KEY": KEY,
    "PUSHWRIGHT_BASE_IMAGE": "python:3.11-slim",
}


@pytest.fixture(autouse=True)
def empty_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No settings file and no setting but those of the test."""
    monkeypatch.chdir(tmp_path)
    for name in Settings.model_fields:
        monkeypatch.delenv(f"PUSHWRIGHT_{name.upper()}", raising=False)
    monkeypatch.delenv("PUSHWRIGHT_SETTINGS_FILES", raising=False)
    return tmp_path


def set_all(monkeypatch: pytest.MonkeyPatch, **changes: str) -> None:
    for name, value in (REQUIRED | {f"PUSHWRIGHT_{key}": value for key, value in changes.items()}).items():
        monkeypatch.setenv(name, value)


def refusal() -> str:
    with pytest.raises(OperatorError) as refused:
        read_settings()
    assert refused.value.code == "settings_invalid"
    return refused.value.sentence


def test_what_is_required_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    set_all(monkeypatch)

    settings = read_settings()

    assert (settings.port, settings.github_api_url) == (8787, "https://api.github.com")


@pytest.mark.parametrize("name", sorted(REQUIRED))
def test_a_missing_setting_is_named(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    set_all(monkeypatch)
    monkeypatch.delenv(name)

    assert f"{name}: missing" in refusal()


def test_an_unknown_variable_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    set_all(monkeypatch, WEBHOOK_SECRETT="oops")

    assert "PUSHWRIGHT_WEBHOOK_SECRETT: there is no such setting" in refusal()


def test_an_unknown_line_of_a_file_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    set_all(monkeypatch)
    (tmp_path / "my.env").write_text("PUSHWRIGHT_COLOUR=blue\n")
    monkeypatch.setenv("PUSHWRIGHT_SETTINGS_FILES", str(tmp_path / "my.env"))

    assert "PUSHWRIGHT_COLOUR: there is no such setting" in refusal()


def test_a_file_that_is_named_must_be_there(monkeypatch: pytest.MonkeyPatch) -> None:
    set_all(monkeypatch)
    monkeypatch.setenv("PUSHWRIGHT_SETTINGS_FILES", "nowhere.env")

    assert "nowhere.env" in refusal()


@pytest.mark.parametrize("value", ["short", base64.b64encode(b"sixteen bytes...").decode()])
def test_a_wrong_key_is_refused_without_being_shown(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    set_all(monkeypatch, ENCRYPTION_KEY=value)

    sentence = refusal()

    assert "PUSHWRIGHT_ENCRYPTION_KEY: must be base64 of 32 random bytes" in sentence
    assert value not in sentence


def test_the_default_files_are_read_and_the_environment_is_stronger(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    machine, service = (tmp_path / path for path in DEFAULT_FILES)
    machine.parent.mkdir()
    machine.write_text("PUSHWRIGHT_PORT=1001\nPUSHWRIGHT_HOST=0.0.0.0\n")
    service.write_text("PUSHWRIGHT_PORT=1002\nPUSHWRIGHT_LOG_LEVEL=debug\n")
    set_all(monkeypatch, LOG_LEVEL="error")

    settings = read_settings()

    assert (settings.host, settings.port, settings.log_level) == ("0.0.0.0", 1002, "error")  # noqa: S104 - a value only


def test_secrets_do_not_print(monkeypatch: pytest.MonkeyPatch) -> None:
    set_all(monkeypatch)

    assert "a webhook secret" not in repr(read_settings())
    assert KEY not in repr(read_settings())


def test_an_app_is_set_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    set_all(monkeypatch, **APP)

    assert read_settings().github_app_id == 12


@pytest.mark.parametrize("name", sorted(APP))
def test_what_is_missing_of_an_app_is_named(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    set_all(monkeypatch, **{other: value for other, value in APP.items() if other != name})

    assert f"PUSHWRIGHT_{name}: missing" in refusal()


def test_a_client_without_an_app_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    set_all(monkeypatch, GITHUB_CLIENT_ID="Iv23liClient")

    assert "PUSHWRIGHT_GITHUB_APP_ID and PUSHWRIGHT_GITHUB_APP_PRIVATE_KEY_FILE" in refusal()


@pytest.mark.parametrize(
    ("public_url", "base"),
    [
        ("", "http://127.0.0.1:8787"),
        ("https://push.example.com", "https://push.example.com"),
        ("https://push.example.com/", "https://push.example.com"),
        ("http://[::1]:9000", "http://[::1]:9000"),
    ],
)
def test_where_the_service_is_reached(monkeypatch: pytest.MonkeyPatch, public_url: str, base: str) -> None:
    set_all(monkeypatch, PUBLIC_URL=public_url)

    assert read_settings().public_base == base


@pytest.mark.parametrize(
    "public_url",
    [
        "push.example.com",
        "ftp://push.example.com",
        "https://push.example.com/app",
        "https://a:b@push.example.com",
        "https://x?y=1",
    ],
)
def test_a_public_url_that_is_not_plain_is_refused(monkeypatch: pytest.MonkeyPatch, public_url: str) -> None:
    set_all(monkeypatch, PUBLIC_URL=public_url)

    assert "PUSHWRIGHT_PUBLIC_URL: must be a plain http(s) URL" in refusal()


def test_an_api_token_that_is_easily_guessed_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    set_all(monkeypatch, API_TOKEN="short")

    assert "PUSHWRIGHT_API_TOKEN: " in refusal()
    assert "short" not in refusal().replace("shorter", "")
