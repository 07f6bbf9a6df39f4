"""Showing values: tables for people, JSON for programs."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]

Value = str | int | bool | Sequence[str] | Sequence[Mapping[str, str | None]] | None
Row = Mapping[str, Value]

_MINUTE = 60
_HOUR = 60 * _MINUTE
_DAY = 24 * _HOUR


def show_rows(rows: Sequence[Row], columns: Sequence[str], *, as_json: bool, empty: str) -> None:
    """Print rows as a table of `columns`, or all of them as a JSON array; `empty` is said when there are none."""
    if as_json:
        print(json.dumps(list(rows), ensure_ascii=False, indent=2))
        return
    if not rows:
        print(empty)
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column.replace("_", " "), overflow="fold")
    for row in rows:
        table.add_row(*(as_text(row.get(column)) for column in columns))
    Console().print(table)


def show_fields(row: Row, *, as_json: bool) -> None:
    """Print one value, a line per field, or as a JSON object."""
    if as_json:
        print(json.dumps(row, ensure_ascii=False, indent=2))
        return
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in row.items():
        table.add_row(Text(name.replace("_", " "), style="bold"), as_text(value))
    Console().print(table)


def as_text(value: object) -> Text:
    """Return a cell for untrusted text: no markup, no control characters but line ends."""
    match value:
        case None:
            return Text("-")
        case bool():
            return Text("yes" if value else "no")
        case str() | int():
            return Text(printable(str(value)))
        case _:
            return Text(printable(", ".join(str(item) for item in value)) if isinstance(value, Sequence) else "")


class StepPrinter:
    """Prints the lines of a build log, each step's name once above its lines."""

    def __init__(self) -> None:
        self._shown_step = ""

    def print(self, line: tuple[str, str, str]) -> None:
        """Print a line of a log, `(phase, step, text)`."""
        phase, step, text = line
        if step and step != self._shown_step:
            print(f"{phase:8} ▸ {printable(step.removeprefix(f'{phase}: '))}", flush=True)
        self._shown_step = step
        print(f"{phase:8} {'  ' if step else ''}{printable(text)}", flush=True)


def printable(text: str) -> str:
    """Return `text` with control characters made visible, so that a log or name cannot move the cursor."""
    return "".join(
        character if character.isprintable() or character in "\n\t" else f"\\x{ord(character):02x}"
        for character in text
    )


def age(moment: datetime) -> str:
    """Return how long ago `moment` was: `12 s`, `5 min`, `3 h`, `2 d`."""
    seconds = int((datetime.now(UTC) - moment).total_seconds())
    for size, unit in ((_DAY, "d"), (_HOUR, "h"), (_MINUTE, "min")):
        if seconds >= size:
            return f"{seconds // size} {unit}"
    return f"{max(seconds, 0)} s"
