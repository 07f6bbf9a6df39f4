"""Markdown as far as these tests need it: headings, links and the first cells of tables."""

import re
from functools import cache
from pathlib import Path
from typing import Final

from tests.architecture.source_tree import ROOT, list_files

_FENCE: Final = re.compile(r"^(```|~~~).*?^\1\s*$", re.MULTILINE | re.DOTALL)
_HEADING: Final = re.compile(r"^(#{1,6}) (.+?)\s*#*$", re.MULTILINE)
_LINK: Final = re.compile(r"\[[^\]]*\]\(<?([^)\s>]+)>?(?: \"[^\"]*\")?\)")
_ROW: Final = re.compile(r"^\|(.+)\|\s*$", re.MULTILINE)


@cache
def read_page(path: str) -> str:
    """Return the page's text, or a failure that names the page that is missing."""
    page = ROOT / path
    assert page.is_file(), f"{path} is missing"
    return page.read_text(encoding="utf-8")


def without_code(text: str) -> str:
    """Return the text without its fenced blocks."""
    return _FENCE.sub("", text)


def list_headings(text: str, level: int | None = None) -> list[str]:
    """Return the headings of this level, of every level for None, without backticks."""
    found = _HEADING.findall(without_code(text))
    return [title.replace("`", "") for hashes, title in found if level is None or len(hashes) == level]


def list_sections(text: str, level: int) -> dict[str, str]:
    """Return what stands under each heading of this level, up to the next heading of the same or a higher one."""
    parts = re.split(rf"^(#{{1,{level}}}) (.+?)$", text, flags=re.MULTILINE)
    triples = zip(parts[1::3], parts[2::3], parts[3::3], strict=True)
    return {title.replace("`", ""): body for hashes, title, body in triples if len(hashes) == level}


def list_rows(text: str) -> list[tuple[str, ...]]:
    """Return the rows of every table, without head and rule, cells without backticks."""
    rows = [tuple(cell.strip().replace("`", "") for cell in row.split("|")) for row in _ROW.findall(without_code(text))]
    rules = {number for number, row in enumerate(rows) if all(set(cell) <= set(":- ") for cell in row)}
    return [row for number, row in enumerate(rows) if number not in rules and number + 1 not in rules]


def list_links(text: str) -> list[str]:
    """Return the targets of all links that stay in the checkout."""
    targets = _LINK.findall(without_code(text))
    return [target for target in targets if not re.match(r"[a-z][a-z0-9+.-]*:", target)]


def list_pages() -> list[str]:
    """Return every page of the documentation, relative to the checkout."""
    return [path for path in list_files() if path.startswith("docs/") and path.endswith(".md")]


def resolve_link(page: str, target: str) -> tuple[str, str]:
    """Return the file a link names, relative to the checkout, and its anchor."""
    file, _, anchor = target.partition("#")
    path = (ROOT / page).parent / file if file else ROOT / page
    resolved = Path(path).resolve()
    return (resolved.relative_to(ROOT).as_posix() if resolved.is_relative_to(ROOT) else str(resolved)), anchor


def anchors_of(text: str) -> set[str]:
    """Return the anchors GitHub gives to the page's headings."""
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in list_headings(text)}
