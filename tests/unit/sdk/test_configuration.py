"""`define_config` checks what a project says about itself."""

from collections.abc import Callable
from dataclasses import FrozenInstanceError
from datetime import timedelta
from typing import Any

import pytest
from pushwright import InvalidDefinition, Queue, Retry, define_config


def test_only_the_project_is_required() -> None:
    config = define_config("shop")
    assert config.project == "shop"
    assert {config.dirs, config.ignore_patterns, config.runtime, config.max_duration, config.retries} == {None}


def test_every_option_is_kept_in_its_final_form() -> None:
    config = define_config(
        project="shop",
        dirs=["jobs"],
        ignore_patterns=["*_slow.py"],
        runtime="python-3.12",
        max_duration=timedelta(minutes=2),
        retries={"max_attempts": 5},
        build={"bundle": "zipapp"},
    )
    assert (config.dirs, config.ignore_patterns, config.max_duration) == (("jobs",), ("*_slow.py",), 120)
    assert (config.retries, config.build) == (Retry(max_attempts=5), {"bundle": "zipapp"})


def test_a_configuration_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        define_config("shop").project = "other"  # type: ignore[misc]  # what is tested


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"project": ""}, "project is ''"),
        ({"project": None}, "project must be text"),
        ({"dirs": "trigger"}, "dirs must be a list of text"),
        ({"dirs": ["/etc"]}, "must stay inside the repository"),
        ({"dirs": ["a/../../b"]}, "must stay inside the repository"),
        ({"dirs": [""]}, "non-empty text"),
        ({"ignore_patterns": [3]}, "ignore_patterns must hold non-empty text only, not 3"),
        ({"runtime": "node-22"}, "runtime is 'node-22'"),
        ({"max_duration": -1}, "max_duration is -1"),
        ({"retries": 3}, "retries must be a Retry or a dict"),
        ({"machine": 4}, "machine must be text"),
        ({"build": []}, "build must be a dict"),
        ({"build": {1: 2}}, "text as keys"),
        ({"build": {"x": object()}}, "JSON values only"),
    ],
)
def test_a_wrong_option_is_refused_with_its_name(options: dict[str, Any], said: str) -> None:
    declare: Callable[..., object] = define_config
    with pytest.raises(InvalidDefinition, match=r"^define_config: ") as raised:
        declare(**{"project": "p", **options})
    assert said in str(raised.value)


@pytest.mark.parametrize(
    "make",
    [
        lambda: Retry(max_attempts=1.5),  # type: ignore[arg-type]  # what is tested
        lambda: Retry(factor=0),
        lambda: Retry(min_delay_seconds=-1),
        lambda: Retry(randomize="yes"),  # type: ignore[arg-type]  # what is tested
        lambda: Queue(name="a b"),
        lambda: Queue(name="a", concurrency_limit=0),
    ],
)
def test_policies_check_themselves(make: Callable[[], object]) -> None:
    with pytest.raises(InvalidDefinition):
        make()


def test_a_retry_may_wait_no_time_at_all() -> None:
    assert Retry(min_delay_seconds=0, max_delay_seconds=0).max_attempts == 3
