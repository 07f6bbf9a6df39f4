"""Comparing commits by real git."""

import pytest

from tests.integration.simulator.world import Developer, Hosted, refused


@pytest.fixture
def diverged(developer: Developer, pushed: str) -> tuple[str, str]:
    """`main` and `side`, each one commit ahead of where they part."""
    main = developer.commit("main.py", "m", message="On main")
    developer.push()
    developer.git("checkout", "--quiet", pushed)
    developer.git("mv", "trigger.config.py", "renamed.py")
    side = developer.commit("side.py", "1\n2\n", message="On the side")
    developer.push("HEAD:refs/heads/feature/side")
    return main, side


def test_two_branches_that_went_apart_are_diverged(hosted: Hosted, pushed: str, diverged: tuple[str, str]) -> None:
    repos = hosted.installed.rest.repos
    found = repos.compare_commits("acme", "shop", "main...feature%2Fside").parsed_data
    assert (found.status, found.ahead_by, found.behind_by, found.total_commits) == ("diverged", 1, 1, 1)
    assert (found.merge_base_commit.sha, [c.sha for c in found.commits]) == (pushed, [diverged[1]])
    changed = {f.filename: (f.status, f.additions) for f in found.files or ()}
    assert changed == {"renamed.py": ("renamed", 0), "side.py": ("added", 2)}


def test_the_other_answers_are_identical_ahead_and_behind(
    hosted: Hosted, pushed: str, diverged: tuple[str, str]
) -> None:
    def status(base: str, head: str) -> str:
        return hosted.installed.rest.repos.compare_commits("acme", "shop", f"{base}...{head}").parsed_data.status

    spans = [(pushed, pushed), (pushed, "main"), (diverged[0], pushed)]
    assert [status(*span) for span in spans] == ["identical", "ahead", "behind"]


def test_a_branch_of_a_fork_is_compared(hosted: Hosted, developer: Developer, pushed: str) -> None:
    fork = hosted.github.fork_repository(hosted.repository.id, "zoe")
    sha = developer.commit("patch.py", "p")
    developer.git("push", "--quiet", hosted.github.push_url(fork.full_name), "HEAD:refs/heads/patch")
    repos = hosted.installed.rest.repos
    found = repos.compare_commits("acme", "shop", f"{pushed}...zoe:patch").parsed_data
    assert ([c.sha for c in found.commits], found.status) == ([sha], "ahead")
    shown = hosted.github.simulation.writer.repository(fork)
    assert shown["fork"] is True


@pytest.mark.parametrize("span", ["main...none", "none...main", "main...{}".format("f" * 40), "main...stranger:main"])
@pytest.mark.usefixtures("pushed")
def test_what_does_not_exist_is_not_found(hosted: Hosted, span: str) -> None:
    assert refused(hosted.installed.rest.repos.compare_commits, "acme", "shop", span)[0] == 404


def test_without_a_common_ancestor_nothing_is_compared(hosted: Hosted, developer: Developer, pushed: str) -> None:
    developer.git("checkout", "--quiet", "--orphan", "island")
    developer.commit("island.py", "i")
    developer.push("HEAD:refs/heads/island")
    call = hosted.installed.rest.repos.compare_commits
    message = f"No common ancestor between {pushed} and island."
    assert refused(call, "acme", "shop", f"{pushed}...island") == (404, message)


def test_comparing_needs_the_contents(hosted: Hosted, pushed: str) -> None:
    weak = hosted.scoped(issues="read")
    assert refused(weak.rest.repos.compare_commits, "acme", "shop", f"{pushed}...main")[0] == 403
