import subprocess
import sys
from pathlib import Path

import pytest

from builder import expand_urls
from builder.expand_urls import expand_urls as expand

VARIABLES = {"USER_NAME": "reader", "PASSWORD": "p@ss/w:rd$1", "empty": ""}


@pytest.mark.parametrize(
    ("text", "expanded"),
    [
        ("-i https://$USER_NAME:${PASSWORD}@index.example/", "-i https://reader:p%40ss%2Fw%3Ard%241@index.example/"),
        (
            "-i https://$empty:x@a/ -i https://$UNKNOWN:${UNKNOWN}@a/",
            "-i https://:x@a/ -i https://$UNKNOWN:${UNKNOWN}@a/",
        ),
        ("-i https://index.example/$USER_NAME", "-i https://index.example/$USER_NAME"),
        ("six==1.17.0 ; extra == '$PASSWORD'", "six==1.17.0 ; extra == '$PASSWORD'"),
    ],
)
def test_variables_in_credentials_are_filled_in(text: str, expanded: str) -> None:
    assert expand(text, VARIABLES) == expanded


def test_it_runs_by_itself_and_changes_the_file(tmp_path: Path) -> None:
    file = tmp_path / "locked.txt"
    file.write_text("-i https://$USER_NAME@a/\nsix\n")
    argv = [sys.executable, "-I", str(expand_urls.__file__), str(file)]
    subprocess.run(argv, env={"USER_NAME": "me"}, check=True)
    assert file.read_text() == "-i https://me@a/\nsix\n"
