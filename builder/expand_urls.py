"""Runs in a step: puts the variables into the credentials of URLs, as Pipenv reads them.

uv would put them in too, but without escaping them, and not `$NAME` without braces. Standard library only, nothing of
ours: the file is run by itself.
"""

import os
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

_USERINFO = re.compile(r"(?<=://)[^/@\s]+(?=@)")
_VARIABLE = re.compile(r"\$(?:\{(\w+)\}|(\w+))")


def expand_urls(text: str, variables: Mapping[str, str]) -> str:
    """Return the text with `$NAME` and `${NAME}` before the `@` of URLs replaced; unknown ones stay."""

    def fill(match: re.Match[str]) -> str:
        value = variables.get(match[1] or match[2])
        return match[0] if value is None else quote(value, safe="")

    return _USERINFO.sub(lambda userinfo: _VARIABLE.sub(fill, userinfo[0]), text)


if __name__ == "__main__":
    file = Path(sys.argv[1])
    file.write_text(expand_urls(file.read_text(), os.environ))  # noqa: TID251 - a program of the step, not of the service
