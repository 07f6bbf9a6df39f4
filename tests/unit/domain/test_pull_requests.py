"""Pull requests and the names of their previews."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from domain.identifiers import RepositoryId
from domain.pull_requests import Author, PreviewKey
from domain.source import BranchName
from tests.fakes.forge import REPOSITORY
from tests.fakes.world import FORK, pull_request

BRANCHES = st.text(st.sampled_from("abAB01-_/.é"), min_size=1, max_size=60)
REPOSITORIES = st.integers(1, 10**12)
KEYS = st.builds(lambda id_, branch: PreviewKey(RepositoryId(id_), BranchName(branch)), REPOSITORIES, BRANCHES)


@given(KEYS, KEYS)
@example(PreviewKey(REPOSITORY.id, BranchName("feature/foo")), PreviewKey(REPOSITORY.id, BranchName("feature_foo")))
@example(PreviewKey(REPOSITORY.id, BranchName("Feature/Foo")), PreviewKey(REPOSITORY.id, BranchName("feature/foo")))
@example(PreviewKey(REPOSITORY.id, BranchName("main")), PreviewKey(FORK, BranchName("main")))
@example(PreviewKey(RepositoryId(1), BranchName("1")), PreviewKey(RepositoryId(11), BranchName("1")))
def test_different_keys_have_different_slugs(one: PreviewKey, other: PreviewKey) -> None:
    assert (one.slug == other.slug) == (one == other)


@given(st.builds(PreviewKey, REPOSITORIES.map(RepositoryId), st.text(min_size=1, max_size=250).map(BranchName)))
def test_a_slug_is_a_dns_label_and_an_image_tag(key: PreviewKey) -> None:
    assert re.fullmatch(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?", key.slug)
    assert len(key.slug) <= 63
    assert "--" not in key.slug


def test_a_slug_shows_the_branch() -> None:
    assert PreviewKey(RepositoryId(7), BranchName("feature/Foo")).slug.startswith("preview-feature-foo-")
    assert re.fullmatch(r"preview-[a-z2-7]{16}", PreviewKey(RepositoryId(7), BranchName("東京")).slug)


@pytest.mark.parametrize(
    ("is_open", "merged", "state"), [(True, False, "open"), (False, True, "merged"), (False, False, "closed")]
)
def test_the_state_is_one_word(is_open: bool, merged: bool, state: str) -> None:  # noqa: FBT001 - a table
    assert pull_request(is_open=is_open, merged=merged).state == state


def test_a_pull_request_from_another_or_a_deleted_repository_is_a_forks() -> None:
    assert pull_request(head_repository_id=FORK).is_fork_of(REPOSITORY.id)
    assert pull_request(head_repository_id=None).is_fork_of(REPOSITORY.id)
    assert not pull_request().is_fork_of(REPOSITORY.id)


def test_forks_and_dependency_bots_are_not_trusted() -> None:
    assert pull_request().is_trusted_by(REPOSITORY.id)
    assert not pull_request(head_repository_id=FORK).is_trusted_by(REPOSITORY.id)
    assert not pull_request(author=Author("dependabot[bot]")).is_trusted_by(REPOSITORY.id)
