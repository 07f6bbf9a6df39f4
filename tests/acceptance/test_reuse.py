"""A commit whose files are those of an earlier one gets its image: pushed, received, deployed, and nothing built."""

import pytest

from github_app.simulator.server import SimulatedGitHub
from tests.acceptance.project import ProjectFactory
from tests.acceptance.service import wait_until

pytestmark = [pytest.mark.postgres, pytest.mark.engine]


def test_the_same_files_are_not_built_again_until_a_setting_changes(
    projects: ProjectFactory, github: SimulatedGitHub
) -> None:
    project = projects.make("reused")
    first = project.deploy(project.push_commit())
    assert first.status == "DEPLOYED", project.log(first.commit.sha)

    second = project.deploy(project.push_commit("Nothing but a message"))
    assert (second.status, second.image, second.image_of) == ("DEPLOYED", first.image, first.version)
    assert project.current_commit() == second.commit.sha
    assert project.tasks(second) == project.tasks(first)
    said = f"Image of version {first.version} is used again, because nothing that goes into it has changed."
    assert said in project.log(second.commit.sha)
    assert "uv sync" not in project.log(second.commit.sha)
    wait_until(
        lambda: any(check["head_sha"] == second.commit.sha and _says(check, said) for check in github.check_runs),
        "the check run says so",
        seconds=60,
    )

    project.change_settings("--pre-build-command", "true")
    third = project.deploy(project.push_commit("With other settings"))
    assert (third.status, third.image_of) == ("DEPLOYED", None), project.log(third.commit.sha)


def _says(check: object, sentence: str) -> bool:
    return isinstance(check, dict) and sentence in str((check.get("output") or {}).get("summary"))
