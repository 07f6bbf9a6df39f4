"""The endpoints, asked by the client library the service uses; the fixtures let GitHub's description judge each."""

from collections.abc import Callable
from datetime import UTC, datetime
from urllib.parse import quote

import pytest

from tests.integration.simulator.world import Developer, Hosted, refused


def test_the_app_finds_itself_and_its_installations(hosted: Hosted) -> None:
    apps = hosted.app.rest.apps
    assert apps.get_authenticated().parsed_data.id == 1
    assert [i.id for i in apps.list_installations().parsed_data] == [hosted.installation.id]
    assert apps.get_repo_installation("acme", "shop").parsed_data.id == hosted.installation.id


def test_a_token_is_for_the_repositories_and_permissions_asked_for(hosted: Hosted) -> None:
    wanted = {"repository_ids": [hosted.repository.id], "permissions": {"contents": "read"}}
    apps = hosted.app.rest.apps
    token = apps.create_installation_access_token(hosted.installation.id, data=wanted).parsed_data
    assert [r.full_name for r in token.repositories] == ["acme/shop"]
    assert token.permissions.contents == "read"
    assert datetime.strptime(token.expires_at, "%Y-%m-%dT%H:%M:%S%z") > datetime.now(UTC)
    client = hosted.client(token.token)
    assert refused(client.rest.checks.get, "acme", "shop", 1) == (403, "Resource not accessible by integration")


def test_a_token_for_what_the_installation_does_not_see_is_refused(hosted: Hosted) -> None:
    create = hosted.app.rest.apps.create_installation_access_token
    other = hosted.github.create_repository("other", "shop")
    assert refused(create, hosted.installation.id, data={"repository_ids": [other.id]})[0] == 422
    assert refused(create, hosted.installation.id, data={"permissions": {"secrets": "read"}})[0] == 422
    assert refused(create, 4242) == (404, "Not Found")


def test_a_suspended_installation_gets_no_token_and_its_tokens_stop(
    hosted: Hosted, new_token: Callable[..., str]
) -> None:
    client = hosted.client(new_token())
    hosted.github.simulation.suspend(hosted.installation.id)
    create = hosted.app.rest.apps.create_installation_access_token
    assert refused(create, hosted.installation.id)[0] == 403
    assert refused(client.rest.repos.get, "acme", "shop")[0] == 403


def test_a_revoked_or_expired_token_is_bad(hosted: Hosted, new_token: Callable[..., str]) -> None:
    first, second = hosted.client(new_token()), hosted.client(new_token())
    assert first.rest.apps.revoke_installation_access_token().status_code == 204
    assert refused(first.rest.repos.get, "acme", "shop") == (401, "Bad credentials")
    assert second.rest.repos.get("acme", "shop").status_code == 200
    hosted.github.simulation.tokens.expire_all()
    assert refused(second.rest.repos.get, "acme", "shop") == (401, "Bad credentials")


def test_a_repository_out_of_scope_is_not_found(hosted: Hosted, new_token: Callable[..., str]) -> None:
    other = hosted.github.create_repository("acme", "other")
    client = hosted.client(new_token(repository_ids=[other.id]))
    assert refused(client.rest.repos.get, "acme", "shop") == (404, "Not Found")
    assert client.rest.repos.get("acme", "other").parsed_data.id == other.id


def test_repositories_come_in_pages(hosted: Hosted) -> None:
    for number in range(4):
        hosted.github.create_repository("acme", f"more-{number}")
    listed = hosted.installed.rest.apps.list_repos_accessible_to_installation(per_page=2, page=2)
    assert [r.name for r in listed.parsed_data.repositories] == ["more-1", "more-2"]
    assert listed.parsed_data.total_count == 5
    assert 'rel="next"' in listed.headers["link"]
    assert f"{hosted.github.base_url}installation/repositories?per_page=2&page=3" in listed.headers["link"]


@pytest.mark.parametrize("branch", ["main", "feature/foo", "-x", "ветка", "a#b%41", "$(id)", "a\u2028b"])
def test_a_branch_leads_to_its_commit(
    hosted: Hosted, developer: Developer, new_token: Callable[..., str], branch: str
) -> None:
    sha = developer.commit("a.py", message="Here")
    developer.push(f"HEAD:refs/heads/{branch}")
    # Not `hosted.installed`: githubkit's App strategy unquotes the path and then refuses a `#` in it.
    client = hosted.client(new_token())
    rest = client.rest
    escaped = quote(branch, safe="")
    found = rest.repos.get_branch("acme", "shop", escaped).parsed_data
    assert (found.name, found.commit.sha, found.commit.commit.message) == (branch, sha, "Here")
    assert rest.git.get_ref("acme", "shop", f"heads/{escaped}").parsed_data.object_.sha == sha
    assert rest.repos.get_commit("acme", "shop", escaped).parsed_data.sha == sha
    assert branch in [b.name for b in rest.repos.list_branches("acme", "shop").parsed_data]


@pytest.mark.usefixtures("pushed")
def test_what_is_not_there_is_not_found(hosted: Hosted) -> None:
    rest = hosted.installed.rest
    assert refused(rest.repos.get_branch, "acme", "shop", "none") == (404, "Branch not found")
    assert refused(rest.git.get_ref, "acme", "shop", "heads/mai")[0] == 404
    assert refused(rest.repos.get_commit, "acme", "shop", "main~0")[0] == 422
    assert refused(rest.repos.get_commit, "acme", "shop", "f" * 40)[0] == 422


@pytest.mark.usefixtures("pushed")
def test_a_branch_wins_over_a_tag_of_its_name(hosted: Hosted, developer: Developer) -> None:
    developer.git("tag", "main")
    sha = developer.commit("b.py")
    developer.push("refs/heads/main:refs/heads/main", "refs/tags/main:refs/tags/main")
    assert hosted.installed.rest.repos.get_commit("acme", "shop", "main").parsed_data.sha == sha


def test_a_check_run_goes_from_queued_to_its_conclusion(hosted: Hosted, pushed: str) -> None:
    checks = hosted.installed.rest.checks
    made = checks.create("acme", "shop", data={"name": "pushwright", "head_sha": pushed}).parsed_data
    assert (made.status, made.conclusion) == ("queued", None)
    remark = {"path": "a.py", "start_line": 1, "end_line": 1, "annotation_level": "failure", "message": "No."}
    output = {"title": "Failed", "summary": "See a.py", "annotations": [remark]}
    change = {"status": "completed", "conclusion": "failure", "output": output}
    for _ in range(2):
        checks.update("acme", "shop", made.id, data=change)
    shown = checks.get("acme", "shop", made.id).parsed_data
    assert (shown.conclusion, shown.output.annotations_count, shown.output.title) == ("failure", 2, "Failed")
    assert shown.completed_at is not None


def test_check_runs_of_a_commit_are_found_again(hosted: Hosted, pushed: str) -> None:
    checks = hosted.installed.rest.checks
    for name in ("a", "b", "b"):
        last = checks.create("acme", "shop", data={"name": name, "head_sha": pushed}).parsed_data
    listed = checks.list_for_ref("acme", "shop", "main", check_name="b").parsed_data
    assert [run.id for run in listed.check_runs] == [last.id]
    assert checks.list_for_ref("acme", "shop", pushed, filter_="all").parsed_data.total_count == 3


@pytest.mark.usefixtures("pushed")
def test_a_check_run_on_an_unknown_commit_is_refused(hosted: Hosted) -> None:
    create = hosted.installed.rest.checks.create
    status, message = refused(create, "acme", "shop", data={"name": "x", "head_sha": "f" * 40})
    assert (status, message) == (422, f"No commit found for SHA: {'f' * 40}")


def test_a_status_is_kept(hosted: Hosted, pushed: str) -> None:
    data = {"state": "success", "context": "pushwright/production", "description": "Deployed"}
    hosted.installed.rest.repos.create_commit_status("acme", "shop", pushed, data=data)
    (status,) = hosted.github.statuses
    assert (status["sha"], status["context"], status["state"]) == (pushed, "pushwright/production", "success")


def test_a_deployment_and_its_statuses_are_kept(hosted: Hosted, pushed: str) -> None:
    repos = hosted.installed.rest.repos
    made = repos.create_deployment("acme", "shop", data={"ref": "main", "environment": "staging"}).parsed_data
    assert (made.sha, made.environment) == (pushed, "staging")
    data = {"state": "success", "log_url": "https://example.com/log", "environment_url": "https://example.com"}
    repos.create_deployment_status("acme", "shop", made.id, data=data)
    assert [status["state"] for status in hosted.github.deployment_statuses] == ["success"]


def test_a_deployment_waits_for_checks_unless_told_not_to(hosted: Hosted, pushed: str) -> None:
    rest = hosted.installed.rest
    rest.checks.create("acme", "shop", data={"name": "pushwright", "head_sha": pushed})
    assert refused(rest.repos.create_deployment, "acme", "shop", data={"ref": "main"})[0] == 409
    made = rest.repos.create_deployment("acme", "shop", data={"ref": "main", "required_contexts": []})
    assert made.status_code == 201


def test_comments_are_listed_made_and_changed(hosted: Hosted) -> None:
    issues = hosted.installed.rest.issues
    for number in (7, 7, 8):
        last = issues.create_comment("acme", "shop", number, body=f"On {number}").parsed_data
    issues.update_comment("acme", "shop", last.id, body="Changed")
    assert [c.body for c in issues.list_comments("acme", "shop", 7, per_page=1, page=2).parsed_data] == ["On 7"]
    assert issues.get_comment("acme", "shop", last.id).parsed_data.body == "Changed"


def test_a_renamed_repository_is_found_under_its_old_name(hosted: Hosted, pushed: str) -> None:
    hosted.github.simulation.move_repository(hosted.repository.id, owner="acme", name="store")
    client = hosted.installed
    assert client.rest.repos.get("acme", "shop").parsed_data.full_name == "acme/store"
    assert client.rest.repos.get_branch("acme", "shop", "main").parsed_data.commit.sha == pushed


@pytest.mark.usefixtures("pushed")
def test_who_takes_an_old_name_has_it(hosted: Hosted) -> None:
    new = hosted.github.simulation.recreate_repository(hosted.repository.id)
    found = hosted.installed.rest.repos.get("acme", "shop").parsed_data
    assert found.id == new.id != hosted.repository.id


def test_the_api_is_at_the_root_as_well(hosted: Hosted) -> None:
    answer = hosted.installed.request("GET", f"{hosted.github.page_url}repos/acme/shop")
    assert answer.json()["id"] == hosted.repository.id
