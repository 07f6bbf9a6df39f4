"""Pull requests, from GitHub's events to previews and back to what GitHub shows."""

from typing import Any

import pytest

from domain.deployments import Deployment
from domain.environments import Environment
from github_app.simulator.refusals import Refused
from github_app.simulator.server import SimulatedGitHub
from tests.acceptance.project import ConnectedProject, ProjectFactory
from tests.acceptance.service import RunningService, wait_until

pytestmark = [pytest.mark.postgres, pytest.mark.engine]

SECRET = "the-build-secret-of-previews"


def checks_of(github: SimulatedGitHub, sha: str) -> list[dict[str, Any]]:
    return [check for check in github.check_runs if check["head_sha"] == sha]


def conclusion_of(github: SimulatedGitHub, sha: str, wanted: str) -> dict[str, Any]:
    """Wait until the commit's one check run has the conclusion, and return the check run."""

    def find() -> dict[str, Any] | None:
        checks = checks_of(github, sha)
        return checks[-1] if [check["conclusion"] for check in checks] == [wanted] else None

    return wait_until(find, f"the check of {sha[:7]} says {wanted}", seconds=60)


def previews(project: ConnectedProject, *, archived: bool = False) -> tuple[Environment, ...]:
    with project.store.transaction() as work:
        return work.previews.list_all(work.projects.get_by_slug(project.slug).id, archived=archived)


def current_of(project: ConnectedProject, environment: Environment) -> str | None:
    with project.store.transaction() as work:
        current = work.deployments.find_current(environment.id)
    return current.commit.sha if current else None


def branch_off(project: ConnectedProject, branch: str, message: str = "On a branch") -> str:
    """Commit on a new branch, push it, and return the commit id."""
    project.git("checkout", "--quiet", "-b", branch)
    sha = project.commit(message)
    project.push(f"HEAD:refs/heads/{branch}")
    return sha


def wait_for_comment(github: SimulatedGitHub, sha: str) -> list[dict[str, Any]]:
    """Wait until some comment names the commit, and return all of them that do."""
    return wait_until(
        lambda: [comment for comment in github.comments if sha[:7] in comment["body"]],
        f"the comment names {sha[:7]}",
        seconds=60,
    )


def test_a_pull_request_has_a_preview_until_it_is_merged(projects: ProjectFactory, github: SimulatedGitHub) -> None:
    project = projects.make("preview")
    project.deploy(project.push_commit())
    first = branch_off(project, "Feature/One")
    pull = github.open_pull_request(project.repository_id, "Feature/One", title="One | <b>two</b>")

    deployed = project.deploy(first)
    (preview,) = previews(project)
    assert deployed.status == "DEPLOYED", project.log(first)
    assert current_of(project, preview) == first
    assert project.current_commit() != first
    conclusion_of(github, first, "success")
    (comment,) = wait_for_comment(github, first)

    second = project.commit("More")
    project.push("HEAD:refs/heads/Feature/One")
    assert project.deploy(second).status == "DEPLOYED", project.log(second)
    assert [one.slug for one in previews(project)] == [preview.slug]
    assert [one["id"] for one in wait_for_comment(github, second)] == [comment["id"]]

    github.merge_pull_request(project.repository_id, pull.number)

    wait_until(lambda: not previews(project), "the preview is archived")
    assert [one.slug for one in previews(project, archived=True)] == [preview.slug]
    wait_until(
        lambda: project.current_commit() not in {None, first, second} and project.deployments()[0].is_final,
        "the merge is deployed to production",
    )
    names = {one["environment"] for one in github.deployments if one["sha"] == second}
    assert names == {f"preview/{preview.slug}"}


def test_closing_a_pull_request_ends_its_build(projects: ProjectFactory, github: SimulatedGitHub) -> None:
    project = projects.make("closed")
    project.deploy(project.push_commit())
    project.change_settings("--pre-build-command", "echo begun; sleep 120")
    sha = branch_off(project, "slow")
    pull = github.open_pull_request(project.repository_id, "slow")
    wait_until(lambda: project.statuses()[0] == "BUILDING", "the preview is being built")

    github.change_pull_request(project.repository_id, pull.number, state="closed")

    assert project.deploy(sha).status == "CANCELED"
    assert previews(project) == ()
    conclusion_of(github, sha, "cancelled")


class Fork:
    """Somebody's copy of the project's repository, with a branch of its own."""

    def __init__(self, project: ConnectedProject, github: SimulatedGitHub) -> None:
        self.project, self.github = project, github
        self.hosted = github.fork_repository(project.repository_id, "mallory")

    def push(self, branch: str, files: dict[str, str]) -> str:
        """Commit the files on top of what is checked out and push them to the fork."""
        self.project.write(files)
        sha = self.project.commit(f"From the fork to {branch}")
        self.project.git("push", "--quiet", self.github.push_url(self.hosted.full_name), f"HEAD:refs/heads/{branch}")
        return sha

    def open_pull_request(self, branch: str) -> int:
        opened = self.github.open_pull_request(
            self.project.repository_id, branch, head_repository_id=self.hosted.id, author="mallory"
        )
        return opened.number


def reasons(project: ConnectedProject) -> list[str]:
    """Return the reason codes decided for the project, newest delivery first."""
    return [
        decision.reason
        for record in project.decisions()
        for decision in record.decisions
        if decision.project_slug == project.slug
    ]


def test_a_fork_is_ignored_with_a_reason(projects: ProjectFactory, github: SimulatedGitHub) -> None:
    project = projects.make("fork-ignored")
    deployed = project.push_commit()
    project.deploy(deployed)
    fork = Fork(project, github)

    sha = fork.push("main", {"trigger/extra.py": ""})
    fork.open_pull_request("main")

    wait_until(lambda: "fork_policy" in reasons(project), "the fork was decided about")
    assert project.current_commit() == deployed
    assert sha not in [deployment.commit.sha for deployment in project.deployments()]


def test_a_fork_is_built_after_approval_without_secrets_and_with_the_base_branchs_configuration(
    projects: ProjectFactory, github: SimulatedGitHub, service: RunningService
) -> None:
    project = projects.make("fork-approved")
    project.deploy(project.push_commit())
    service.succeed("project", "git", "fork-approved", "--forks", "approval")
    service.succeed("env", "set", "fork-approved", "preview", "TRIGGER_BUILD_TOKEN", stdin=SECRET)
    project.change_settings("--pre-build-command", 'echo "token: ${TOKEN:-none}"')
    fork = Fork(project, github)
    sha = fork.push("main", {"trigger.config.py": "raise SystemExit('the configuration of the fork ran')\n"})
    fork.open_pull_request("main")
    held = conclusion_of(github, sha, "action_required")

    github.press_check_action(held["id"], "approve", sender="mallory")
    wait_until(lambda: "not_permitted" in reasons(project), "mallory is refused")
    github.simulation.set_members("acme", {"ada": "admin"})
    github.press_check_action(held["id"], "approve", sender="ada")

    deployment = project.deploy(sha)
    assert deployment.status == "DEPLOYED", project.log(sha)
    assert "token: none" in project.log(sha)
    assert SECRET not in project.log(sha)
    again = fork.push("main", {"trigger/more.py": ""})
    conclusion_of(github, again, "action_required")


def test_buttons_of_a_check_roll_back_and_redeploy(projects: ProjectFactory, github: SimulatedGitHub) -> None:
    project = projects.make("buttons")
    github.simulation.set_members("acme", {"ada": "admin"})
    shas = [project.push_commit("One"), project.push_commit("Two")]
    for sha in shas:
        assert project.deploy(sha).status == "DEPLOYED", project.log(sha)
    conclusion_of(github, shas[1], "success")
    older = conclusion_of(github, shas[0], "success")

    # The button comes when GitHub is told that a newer commit is current, which is after both conclusions.
    wait_until(lambda: _can_press(github, older["id"], "roll_back"), "the button is there", seconds=60)
    wait_until(lambda: project.current_commit() == shas[0], "the first commit is current again")

    github.rerequest_check_run(older["id"], sender="ada")
    redeployed = wait_until(lambda: _newest_ended(project, 3), "the first commit is deployed once more")
    assert (redeployed.status, redeployed.commit.sha) == ("DEPLOYED", shas[0])
    assert redeployed.triggered_by.login == "ada"


def _can_press(github: SimulatedGitHub, check_run_id: int, identifier: str) -> bool:
    try:
        github.press_check_action(check_run_id, identifier, sender="ada")
    except Refused:
        return False
    return True


def _newest_ended(project: ConnectedProject, count: int) -> Deployment | None:
    deployments = project.deployments()
    return deployments[0] if len(deployments) == count and deployments[0].is_final else None


def test_a_task_that_does_not_import_is_shown_at_its_line(projects: ProjectFactory, github: SimulatedGitHub) -> None:
    project = projects.make("annotated")
    project.write({"trigger/broken.py": "\nimport nothing_of_this_name\n"})
    sha = project.push_commit()

    assert project.deploy(sha).status == "FAILED"

    failed = conclusion_of(github, sha, "failure")
    annotations = wait_until(lambda: github.annotations(failed["id"]), "the place is shown", seconds=30)
    assert [(one["path"], one["start_line"]) for one in annotations] == [("trigger/broken.py", 2)]


def test_what_happened_while_the_service_was_away_is_made_up_for(
    projects: ProjectFactory, github: SimulatedGitHub, service: RunningService
) -> None:
    project = projects.make("healed")
    project.deploy(project.push_commit())
    kept = branch_off(project, "kept")
    pull = github.open_pull_request(project.repository_id, "kept")
    project.deploy(kept)

    service.stop()
    github.change_pull_request(project.repository_id, pull.number, state="closed")
    project.git("checkout", "--quiet", "main")
    missed = project.push_commit("While it was away")
    opened = branch_off(project, "opened")
    github.open_pull_request(project.repository_id, "opened")
    assert {delivery.status_code for delivery in github.deliveries[-4:]} == {502}
    service.start()

    assert project.deploy(missed).status == "DEPLOYED", project.log(missed)
    assert project.deploy(opened).status == "DEPLOYED", project.log(opened)
    wait_until(
        lambda: [one.preview.key.branch for one in previews(project) if one.preview] == ["opened"],
        "only the open pull request has a preview",
    )
    assert project.current_commit() == missed
