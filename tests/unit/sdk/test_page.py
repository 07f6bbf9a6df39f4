"""The code on the page of the SDK runs."""

import re
from pathlib import Path
from typing import Any

from pushwright import Config, Task

DOCS = Path(__file__).resolve().parents[3] / "docs"
PAGE = DOCS / "reference" / "sdk.md"
EXTENSIONS = DOCS / "how-to" / "build-extensions.md"


def test_every_code_block_runs() -> None:
    names: dict[str, Any] = {"__name__": "page"}
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    for block in blocks:
        exec(block, names)  # noqa: S102 - our own page
    assert len(blocks) == 5
    assert isinstance(names["greet"], Task)
    assert isinstance(names["config"], Config)


def test_every_config_file_on_the_page_of_extensions_is_one() -> None:
    blocks = re.findall(r"```python\n(.*?)```", EXTENSIONS.read_text(), re.DOTALL)
    for block in blocks:
        names: dict[str, Any] = {"__name__": "page"}
        exec(block, names)  # noqa: S102 - our own page
        assert names["config"].extensions
    assert len(blocks) == 2
