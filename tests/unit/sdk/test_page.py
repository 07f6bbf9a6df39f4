"""The code on the page of the SDK runs."""

import re
from pathlib import Path
from typing import Any

from pushwright import Config, Task

PAGE = Path(__file__).resolve().parents[3] / "docs" / "reference" / "sdk.md"


def test_every_code_block_runs() -> None:
    names: dict[str, Any] = {"__name__": "page"}
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    for block in blocks:
        exec(block, names)  # noqa: S102 - our own page
    assert len(blocks) == 5
    assert isinstance(names["greet"], Task)
    assert isinstance(names["config"], Config)
