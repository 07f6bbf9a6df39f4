import base64
import secrets
from dataclasses import replace
from pathlib import Path

import pytest

from builder.buildkit import BuildKitBuilder
from builder.settings import BuilderSettings
from domain.builds import BuildRejected, Built
from domain.environments import BuildSettings
from domain.secrets import Secret
from tests.integration.builder.building import PLAIN, RememberingListener, request, write_tree
from tests.integration.builder.reading import RegistryReader

pytestmark = pytest.mark.engine


def test_a_variable_is_seen_by_both_commands_and_leaves_no_trace(
    builder: BuildKitBuilder, registry: RegistryReader, tmp_path: Path
) -> None:
    value = secrets.token_hex(16)
    listener = RememberingListener()
    check = "test ${#TOKEN} = 32"
    outcome = builder.build(
        request(
            write_tree(tmp_path, PLAIN),
            settings=BuildSettings(
                install_command=f"{check} && echo got $TOKEN && printf %s $TOKEN | base64",
                pre_build_command=f"{check} && echo again $TOKEN",
            ),
            variables={"TOKEN": value},
        ),
        listener,
    )
    assert isinstance(outcome, Built), outcome
    assert "got [secret]" in listener.text
    for form in (value, base64.b64encode(value.encode()).decode().rstrip("=")):
        assert form not in repr(listener.heard)
        assert form.encode() not in registry.everything_after_the_base(outcome.image)


def test_a_changed_value_runs_the_commands_again(builder: BuildKitBuilder, tmp_path: Path) -> None:
    tree = write_tree(tmp_path, PLAIN)
    settings = BuildSettings(install_command="echo ${#TOKEN}")
    first, again, changed = RememberingListener(), RememberingListener(), RememberingListener()
    value = secrets.token_hex(8)
    builder.build(request(tree, settings=settings, variables={"TOKEN": value}), first)
    builder.build(request(tree, settings=settings, variables={"TOKEN": value}), again)
    builder.build(request(tree, settings=settings, variables={"TOKEN": value + "x"}), changed)
    assert "install: echo ${#TOKEN}" in again.cached
    assert "install: echo ${#TOKEN}" not in changed.cached


def test_the_index_sees_no_variable(builder: BuildKitBuilder, tmp_path: Path) -> None:
    task = PLAIN["trigger/one.py"] + "\nimport os\nassert 'TOKEN' not in os.environ, 'leaked'\n"
    tree = write_tree(tmp_path, {**PLAIN, "trigger/one.py": task})
    outcome = builder.build(request(tree, variables={"TOKEN": "value-of-it"}), RememberingListener())
    assert isinstance(outcome, Built), outcome


def test_a_failure_does_not_quote_a_secret(builder: BuildKitBuilder, tmp_path: Path) -> None:
    value = secrets.token_hex(16)
    settings = BuildSettings(install_command="echo $TOKEN; exit 1")
    outcome = builder.build(
        request(write_tree(tmp_path, PLAIN), settings=settings, variables={"TOKEN": value}), RememberingListener()
    )
    assert isinstance(outcome, BuildRejected)
    assert value not in outcome.sentence
    assert "[secret]" in outcome.sentence


def test_proxy_index_and_certificates_leave_no_trace(
    settings: BuilderSettings, registry: RegistryReader, tmp_path: Path
) -> None:
    service = replace(
        settings,
        proxy=Secret("http://user:proxy-password@proxy.example:3128"),
        index_url=Secret("https://user:index-password@index.example/simple"),
        npm_registry=Secret("https://npm.example/"),
    )
    command = 'test -n "$HTTPS_PROXY" && test -n "$UV_DEFAULT_INDEX" && test -n "$NPM_CONFIG_REGISTRY"'
    outcome = BuildKitBuilder(service).build(
        request(write_tree(tmp_path, PLAIN), settings=BuildSettings(pre_build_command=command)), RememberingListener()
    )
    assert isinstance(outcome, Built), outcome
    content = registry.everything_after_the_base(outcome.image)
    for trace in (b"proxy.example", b"index.example", b"npm.example", b"pushwright-ca"):
        assert trace not in content


def test_what_a_stranger_leaves_in_a_cache_is_not_there_for_others(builder: BuildKitBuilder, tmp_path: Path) -> None:
    mark = secrets.token_hex(8)
    tree = write_tree(tmp_path, PLAIN)
    leave = request(tree, settings=BuildSettings(install_command=f"echo poison > $UV_CACHE_DIR/{mark}"))
    look = request(tree, settings=BuildSettings(install_command=f"cat $UV_CACHE_DIR/{mark}"))

    assert isinstance(builder.build(replace(leave, cache_scope="shop-preview-x"), RememberingListener()), Built)

    assert isinstance(builder.build(look, RememberingListener()), BuildRejected)
    assert isinstance(builder.build(replace(look, cache_scope="shop-preview-y"), RememberingListener()), BuildRejected)
    assert isinstance(builder.build(replace(look, cache_scope="shop-preview-x"), RememberingListener()), Built)
