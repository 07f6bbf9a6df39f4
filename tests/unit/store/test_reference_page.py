"""The page about the database names what is there."""

from pathlib import Path

import pytest

from store.tables import metadata

PAGE = (Path(__file__).parents[3] / "docs" / "reference" / "database.md").read_text()


@pytest.mark.parametrize("table", sorted(metadata.tables))
def test_every_table_and_column_is_described(table: str) -> None:
    section = PAGE.partition(f"### `{table}`")[2].partition("\n## ")[0].partition("\n### ")[0]
    assert [column.name for column in metadata.tables[table].c if f"`{column.name}`" not in section] == []
