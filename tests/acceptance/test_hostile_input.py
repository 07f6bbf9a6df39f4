"""Names and repositories that want to do harm: each ends in an image of exactly the pushed commit, or in a sentence."""

import pytest

from tests.acceptance.project import ProjectFactory
from tests.acceptance.service import RunningService, wait_until

pytestmark = [pytest.mark.postgres, pytest.mark.engine]

HOSTILE_BRANCHES = ("--upload-pack=touch-x", "-x", "$(id)", "a;id", "x" * 200, "日本語/枝", "a'b\"c`id`")


def test_branches_with_hostile_names_deploy_like_any_other(projects: ProjectFactory, service: RunningService) -> None:
    project = projects.make("hostile-branches")
    project.deploy(project.push_commit())

    for branch in HOSTILE_BRANCHES:
        sha = project.commit(f"On {branch}")
        project.push(f"HEAD:refs/heads/{branch}")
        service.succeed("project", "track", "hostile-branches", f"--production={branch}")
        project.push(f":refs/heads/{branch}")
        project.push(f"HEAD:refs/heads/{branch}")

        assert project.deploy(sha).status == "DEPLOYED", (branch, project.log(sha))
        assert project.current_commit() == sha


def test_a_branch_name_git_refuses_cannot_be_tracked(projects: ProjectFactory, service: RunningService) -> None:
    projects.make("refused-branch")

    refused = service.command("project", "track", "refused-branch", "--production=--upload-pack=touch x")

    assert refused.returncode == 2
    assert "branch_name_invalid" in refused.stderr


def test_a_tag_named_like_the_branch_is_not_taken_for_it(projects: ProjectFactory) -> None:
    project = projects.make("same-name-tag")
    tagged = project.commit("Tagged, not pushed to the branch")
    project.push("HEAD:refs/tags/main")
    sha = project.push_commit("On the branch")

    assert project.deploy(sha).status == "DEPLOYED", project.log(sha)
    assert [deployment.commit.sha for deployment in project.deployments()] == [sha]
    assert tagged != sha


@pytest.mark.parametrize(
    ("name", "files", "options", "code"),
    [
        ("config-missing", {"trigger.config.py": None}, (), "config_missing"),
        ("config-raises", {"trigger.config.py": "raise RuntimeError('no')\n"}, (), "config_raised"),
        ("task-import", {"trigger/broken.py": "import nowhere_to_be_found\n"}, (), "task_import_failed"),
        ("install-fails", {}, ("--install-command", "echo unlucky; exit 3"), "install_failed"),
        ("pre-build-fails", {}, ("--pre-build-command", "exit 4"), "pre_build_failed"),
        ("config-escapes", {}, ("--config", "../outside.py"), "config_path_invalid"),
    ],
)
def test_a_repository_that_cannot_be_built_fails_with_its_code(
    projects: ProjectFactory, name: str, files: dict[str, str | None], options: tuple[str, ...], code: str
) -> None:
    project = projects.make(name)
    for path, text in files.items():
        if text is None:
            (project.clone / path).unlink()
        else:
            project.write({path: text})
    if options:
        project.change_settings(*options)

    sha = project.push_commit()

    deployment = project.deploy(sha)
    assert deployment.status == "FAILED"
    assert deployment.failure is not None
    assert deployment.failure.code == code
    assert deployment.failure.sentence in project.log(sha)
    assert project.current_commit() is None


def test_github_hears_of_a_failure_with_its_sentence(projects: ProjectFactory) -> None:
    project = projects.make("failure-told")
    project.change_settings("--install-command", "echo unlucky; exit 3")
    sha = project.push_commit()
    failure = project.deploy(sha).failure

    check = wait_until(
        lambda: next((c for c in project.github.check_runs if c["head_sha"] == sha and c["conclusion"]), None),
        "the check run is completed",
        seconds=30,
    )

    assert check is not None
    assert failure is not None
    assert check["conclusion"] == "failure"
    assert failure.sentence.splitlines()[0] in check["output"]["summary"]
