"""What the API is asked that cannot be: refused with the name of the field, before anything is looked at."""

import pytest

from tests.fakes.services import Api, UntouchedStore, api_of, services_with

SHA = "a" * 40


@pytest.fixture(scope="module")
def api() -> Api:
    return api_of(services_with(UntouchedStore()))


@pytest.mark.parametrize(
    ("method", "path", "body", "field"),
    [
        ("POST", "/projects", {"slug": "shop", "colour": "blue"}, "colour: there is no such field."),
        ("POST", "/projects", {}, "slug: missing."),
        ("POST", "/projects", {"slug": "shop", "queue": "some"}, "queue: "),
        ("POST", "/projects", {"slug": 5}, "slug: "),
        ("POST", "/projects", [], "The body: "),
        ("PUT", "/projects/shop/repository", {"repo": "acme/shop"}, "repo: there is no such field."),
        ("PATCH", "/projects/shop/tracking", {}, "Give production, staging or both"),
        ("PATCH", "/projects/shop/tracking", {"preview": "x"}, "preview: there is no such field."),
        ("PATCH", "/projects/shop/git-settings", {"previews": "yes"}, "previews: "),
        ("PATCH", "/projects/shop/git-settings", {"fork_policy": "trust"}, "fork_policy: "),
        ("PATCH", "/projects/shop/git-settings", {"ignored_paths": "docs"}, "ignored_paths: "),
        ("GET", "/deliveries?limit=0", None, "limit: "),
        ("GET", "/installations/0/repositories", None, "installation_id: "),
        ("GET", "/installations/3/repositories?search=%00", None, "search: "),
        ("GET", "/explain", None, "repo: missing."),
        ("GET", "/projects/Not%20A%20Slug", None, "slug: "),
        ("GET", "/projects/%00", None, "slug: "),
    ],
)
def test_what_does_not_fit_is_refused_with_the_name_of_the_field(
    api: Api, method: str, path: str, body: object, field: str
) -> None:
    status, code, detail = api.refuse(method, path, body)

    assert (status, code) == (400, "request_invalid")
    assert field in detail


@pytest.mark.parametrize(
    ("method", "path", "body", "code"),
    [
        ("POST", "/projects", {"slug": "Not A Slug"}, "project_slug_invalid"),
        ("PUT", "/projects/shop/repository", {"repository": "../../etc"}, "repository_name_invalid"),
        ("PATCH", "/projects/shop/tracking", {"production": "a..b"}, "branch_name_invalid"),
        ("PUT", "/projects/shop/build-settings", {"install_command": "a\nb"}, "build_setting_invalid"),
        ("PUT", "/projects/shop/build-settings", {"config_file": "a" * 256}, "build_setting_invalid"),
        ("PATCH", "/projects/shop/git-settings", {"ignored_paths": ["a\nb"]}, "git_setting_invalid"),
        ("PATCH", "/projects/shop/git-settings", {"ignored_paths": ["a"] * 201}, "git_setting_invalid"),
    ],
)
def test_a_value_of_the_wrong_form_has_its_own_code(api: Api, method: str, path: str, body: object, code: str) -> None:
    assert api.refuse(method, path, body)[:2] == (400, code)


@pytest.mark.parametrize(
    "question",
    [
        {},
        {"ref": "main"},
        {"sha": SHA},
        {"pull_request": 1, "sha": SHA},
        {"ref": "main", "sha": SHA, "pull_request": 1},
    ],
)
def test_half_a_question_is_refused(api: Api, question: dict[str, object]) -> None:
    assert api.refuse("GET", "/explain", repo="acme/shop", **question)[:2] == (400, "question_invalid")


def test_a_body_that_is_no_json_is_refused(api: Api) -> None:
    answer = api.client.post("/api/v1/projects", content=b"{", headers={"Content-Type": "application/json"})

    assert (answer.status_code, answer.json()["code"]) == (400, "request_invalid")
