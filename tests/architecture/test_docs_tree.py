"""The documentation hangs together: links resolve, every page can be reached, every word is defined."""

import pytest

from tests.architecture.markdown import (
    anchors_of,
    list_headings,
    list_links,
    list_pages,
    list_sections,
    read_page,
    resolve_link,
)
from tests.architecture.source_tree import ROOT, SERVICE_ROOMS

ENTRY = "docs/index.md"
LOOSE_PAGES = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")
WORDS = (
    "Installation",
    "Repository",
    "Delivery",
    "Event",
    "Branch tracking",
    "Environment",
    "Preview branch",
    "Deployment",
    "Build",
    "Build plan",
    "Step",
    "Bundle",
    "Task manifest",
    "Image reference",
    "Tag",
    "Digest",
    "Registry",
    "Check run",
    "Deployment status",
    "Promotion",
    "Job",
    "Lock",
    "Queue",
    "Task",
)


def broken_links(page: str) -> list[str]:
    found = []
    for target in list_links(read_page(page)):
        path, anchor = resolve_link(page, target)
        if not (ROOT / path).exists():
            found.append(f"{page}: {target} does not exist")
        elif anchor and path.endswith(".md") and anchor not in anchors_of(read_page(path)):
            found.append(f"{page}: {target} names no heading")
    return found


def reachable_from(entry: str) -> set[str]:
    seen: set[str] = set()
    waiting = [entry]
    while waiting:
        page = waiting.pop()
        if page not in seen and page.endswith(".md") and (ROOT / page).is_file():
            seen.add(page)
            waiting += [resolve_link(page, target)[0] for target in list_links(read_page(page))]
    return seen


def list_decisions() -> list[str]:
    return [page for page in list_pages() if page.startswith("docs/decisions/0")]


def test_every_link_resolves() -> None:
    broken = [sentence for page in (*LOOSE_PAGES, *list_pages()) for sentence in broken_links(page)]

    assert not broken, "\n".join(broken)


def test_every_page_can_be_reached() -> None:
    assert sorted(set(list_pages()) - reachable_from(ENTRY)) == []


def test_every_page_has_one_title() -> None:
    assert [page for page in list_pages() if len(list_headings(read_page(page), level=1)) != 1] == []


@pytest.mark.parametrize("word", WORDS)
def test_word_is_in_the_glossary(word: str) -> None:
    definition = list_sections(read_page("docs/glossary.md"), level=3).get(word, "")

    assert len(definition.split()) >= 5


def test_decision_records_have_numbers_of_their_own() -> None:
    numbers = [int(page.removeprefix("docs/decisions/")[:4]) for page in list_decisions()]

    assert len(set(numbers)) == len(numbers)


def test_decision_records_have_their_four_parts() -> None:
    parts = ["Context", "Options", "Decision", "Consequences"]

    assert [page for page in list_decisions() if list_headings(read_page(page), level=2) != parts] == []


@pytest.mark.parametrize("room", [*SERVICE_ROOMS, "sdk"])
def test_room_has_an_architecture_page(room: str) -> None:
    pages = [page for page in list_pages() if page.startswith("docs/architecture/0")]

    assert [page for page in pages if f"`{room}/`" in read_page(page).splitlines()[0]] != []
