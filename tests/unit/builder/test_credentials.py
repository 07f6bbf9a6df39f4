import base64

import pytest

from builder.credentials import list_passwords
from domain.secrets import Secret


def passwords_in(text: str) -> set[str]:
    return {found.reveal() for found in list_passwords([Secret(text)])}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("https://user:p%40ss-word@index.example/simple", {"p%40ss-word", "p@ss-word"}),
        ("https://only-a-token@index.example/simple", {"only-a-token"}),
        (
            "[global]\nindex-url = http://u.test:one-1@a.example/\nextra-index-url = http://u.test:two-2@b.example/\n",
            {"one-1", "two-2"},
        ),
        ('[[index]]\nurl = "https://u.test:word-w@index.example"\n', {"word-w"}),
        ("//npm.example/:_authToken=npm_abc\n", {"npm_abc"}),
        ("//npm.example/:_authToken = ${NPM_TOKEN}\n", {"${NPM_TOKEN}"}),
        ("//npm.example/:_password=" + base64.b64encode(b"word-p").decode(), {"d29yZC1w", "word-p"}),
        ("_auth=" + base64.b64encode(b"me:word-a").decode(), {"bWU6d29yZC1h", "me:word-a", "word-a"}),
        ("_auth=no base64", {"no base64"}),
        ("machine a login b password word-n\nmachine c password word-m", {"word-n", "word-m"}),
        ("https://index.example/simple?user@host", set()),
        ("plain value", set()),
    ],
)
def test_passwords_are_found(text: str, found: set[str]) -> None:
    assert passwords_in(text) == found
