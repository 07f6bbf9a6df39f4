"""Names from outside: what git accepts is accepted, everything else is refused with a reason."""

import subprocess

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from domain.errors import InvalidInput
from domain.source import (
    BranchName,
    Commit,
    branch_ref,
    find_branch_name,
    parse_branch_name,
    parse_commit_sha,
    parse_full_name,
)

HOSTILE = (
    *("-x", "--upload-pack=touch", "$(id)", "`id`", "a;id", "a&&id", "a|id", "a'b", 'a"b', "a>b", "a#b", "a%0ab"),
    *("a@b", "a+b", "HEAD", "refs/heads/x", "0" * 40, "<script>alert(1)</script>", "a=b,c=d", "a!b", "ветка/東京/🚀"),
    *("x" * 200, "feature/foo", "Feature/Foo", "feature_foo", "a.b", "a.lockx", "a/b.c/d", "{", "}", "a@", "é" * 100),
)
"""Legal for git, however they look."""
ILLEGAL = (
    *("", "a b", "a..b", "a~b", "a^b", "a:b", "a?b", "a*b", "a[b", "a\\b", "a//b", "/a", "a/", ".a", "a/.b", "a."),
    *("a.lock", "a.lock/b", "a@{b", "a\tb", "a\nb", "a\x7fb", "a\x01b", "--upload-pack=touch x"),
)


def git_accepts(branch: str) -> bool:
    ref = branch_ref(BranchName(branch))
    return subprocess.run(["git", "check-ref-format", ref], check=False).returncode == 0


def is_accepted(branch: str) -> bool:
    try:
        return parse_branch_name(branch) == branch
    except InvalidInput:
        return False


@pytest.mark.parametrize("branch", HOSTILE)
def test_a_legal_name_is_accepted_by_git_and_by_us(branch: str) -> None:
    assert git_accepts(branch)
    assert is_accepted(branch)


@pytest.mark.parametrize("branch", ILLEGAL)
def test_an_illegal_name_is_refused_by_git_and_by_us(branch: str) -> None:
    assert not git_accepts(branch)
    assert not is_accepted(branch)


@settings(max_examples=60, deadline=None)
@given(st.text(st.sampled_from("ab./-@{}~^:?*[\\ \x7fé\t_lock"), min_size=1, max_size=12))
@example("a.lock/a")
def test_git_and_we_agree(branch: str) -> None:
    # A lone @ is short for HEAD: no branch can be given that name, though the ref itself would be well-formed.
    assert is_accepted(branch) == (git_accepts(branch) and branch != "@")


def test_a_refusal_has_a_code_and_shows_the_name() -> None:
    with pytest.raises(InvalidInput, match=r"'a\.\.b' is not a branch name") as caught:
        parse_branch_name("a..b")
    assert caught.value.code == "branch_name_invalid"


def test_length_is_counted_in_bytes() -> None:
    assert is_accepted("x" * 250)
    assert not is_accepted("x" * 251)
    assert not is_accepted("é" * 126)


@pytest.mark.parametrize("ref", ["refs/tags/main", "refs/pull/1/head", "main", "heads/main", "refs/heads"])
def test_another_ref_names_no_branch(ref: str) -> None:
    assert find_branch_name(ref) is None


def test_a_full_ref_names_its_branch_and_back() -> None:
    assert find_branch_name("refs/heads/refs/heads/x") == "refs/heads/x"
    assert branch_ref(BranchName("refs/heads/x")) == "refs/heads/refs/heads/x"
    with pytest.raises(InvalidInput):
        find_branch_name("refs/heads/a..b")


def test_a_whole_commit_id_is_taken() -> None:
    assert parse_commit_sha("0123456789abcdef" * 2 + "01234567") == "0123456789abcdef" * 2 + "01234567"


@pytest.mark.parametrize("text", ["", "abc1234", "A" * 40, "g" * 40, "a" * 41, "a" * 40 + "\n", "--upload-pack=x"])
def test_anything_else_is_no_commit_id(text: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        parse_commit_sha(text)
    assert caught.value.code == "commit_sha_invalid"


@pytest.mark.parametrize("text", ["acme/shop", "a/b", "a-b_c/x.y-z_1", "acme/.github"])
def test_a_repository_name_is_taken(text: str) -> None:
    assert parse_full_name(text) == text


@pytest.mark.parametrize(
    "text",
    ["", "shop", "/shop", "acme/", "acme/shop/x", "-a/b", "acme/..", "acme/.", "acme/x.git", "a b/c", "a/b\n", "a/é"],
)
def test_anything_else_is_no_repository_name(text: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        parse_full_name(text)
    assert caught.value.code == "repository_name_invalid"


def test_the_subject_is_the_first_line() -> None:
    assert Commit(parse_commit_sha("a" * 40), "Sell more\n\nMuch more.").subject == "Sell more"
