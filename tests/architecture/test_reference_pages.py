"""The reference pages list what the code has: nothing is missing, nothing is stale."""

from collections.abc import Iterator
from typing import cast

import pytest
from pydantic import SecretStr
from pydantic.fields import FieldInfo
from starlette.routing import Route
from typer.core import TyperCommand, TyperGroup, TyperOption
from typer.main import get_command

from api.app import create_app
from api.errors import STATUS_OF_CODE
from api.services import ApiServices
from bootstrap.settings import FILES_VARIABLE, PREFIX, Settings
from cli.app import build_app
from cli.exit_codes import EXIT_CODE_OF_CLASS
from cli.services import Programs
from domain.deployments import DeploymentStatus
from domain.routing import Reason
from tests.architecture.error_codes import read_codes
from tests.architecture.markdown import list_headings, list_rows, list_sections, read_page
from tests.architecture.source_tree import list_product_modules


def list_commands() -> list[tuple[str, TyperCommand]]:
    return list(walk_commands("pushwright", get_command(build_app(cast("Programs", None)))))


def walk_commands(name: str, command: object) -> Iterator[tuple[str, TyperCommand]]:
    if isinstance(command, TyperGroup):
        for child, inner in command.commands.items():
            yield from walk_commands(f"{name} {child}", inner)
    elif isinstance(command, TyperCommand):
        yield name, command


def words_of(command: TyperCommand) -> set[str]:
    """Every option and argument as a person types it."""
    words: set[str] = set()
    for parameter in command.params:
        is_option = isinstance(parameter, TyperOption)
        words |= {*parameter.opts, *parameter.secondary_opts} if is_option else {str(parameter.name).upper()}
    return words - {"--help"}


def shown_default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    value = field.get_default(call_default_factory=True)
    if value is None or value == "":
        return "—"
    return value.get_secret_value() if isinstance(value, SecretStr) else str(value)


def test_every_setting_has_a_row_with_its_default() -> None:
    documented = {row[0]: row[1] for row in list_rows(read_page("docs/reference/settings.md")) if PREFIX in row[0]}
    known = {f"{PREFIX}{name.upper()}": shown_default(field) for name, field in Settings.model_fields.items()}

    assert documented == known | {FILES_VARIABLE: ".pushwright/machine.env:.pushwright/service.env"}


def test_every_error_code_has_a_heading_and_none_is_stale() -> None:
    documented = list_headings(read_page("docs/reference/errors.md"), level=3)
    raised = read_codes(list_product_modules()).places

    missing = {code: places for code, places in raised.items() if code not in documented}
    assert (missing, [code for code in documented if code not in raised]) == ({}, [])


def test_every_error_code_says_what_to_do() -> None:
    sections = list_sections(read_page("docs/reference/errors.md"), level=3)

    assert [code for code, body in sections.items() if len(body.split()) < 8] == []


def test_http_statuses_are_those_of_codes_that_exist() -> None:
    assert set(STATUS_OF_CODE) <= set(read_codes(list_product_modules()).places)


def test_every_command_has_a_section_and_none_is_stale() -> None:
    documented = [
        title for title in list_headings(read_page("docs/reference/cli.md")) if title.startswith("pushwright ")
    ]

    assert sorted(documented) == sorted(name for name, _ in list_commands())


@pytest.mark.parametrize(("name", "command"), list_commands(), ids=[name for name, _ in list_commands()])
def test_every_option_stands_in_the_section_of_its_command(name: str, command: TyperCommand) -> None:
    section = list_sections(read_page("docs/reference/cli.md"), level=3)[name]

    assert [word for word in sorted(words_of(command)) if f"`{word}`" not in section] == []


def test_every_exit_code_has_a_row() -> None:
    rows = [row for row in list_rows(read_page("docs/reference/cli.md")) if row[0].isdigit()]

    assert {int(row[0]) for row in rows} == {0, *(code for _, code in EXIT_CODE_OF_CLASS)}


def test_every_reason_has_a_row_and_none_is_stale() -> None:
    rows = [row[0] for row in list_rows(list_sections(read_page("docs/reference/decisions.md"), level=2)["Reasons"])]

    assert sorted(rows) == sorted(reason.value for reason in Reason)


def test_every_status_is_explained() -> None:
    page = read_page("docs/explanation/deployments.md")

    assert [status.value for status in DeploymentStatus if status.value not in page] == []


def test_every_http_route_has_a_heading_and_none_is_stale() -> None:
    app = create_app(cast("ApiServices", None))
    ours = {f"{method.upper()} {path}" for path, methods in app.openapi()["paths"].items() for method in methods}
    pages = {f"GET {route.path}" for route in app.routes if isinstance(route, Route)}

    assert set(list_headings(read_page("docs/reference/http-api.md"), level=3)) == ours | pages
