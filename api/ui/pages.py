"""Rendering pages: autoescaped templates, and headers that let a page do no more than it must."""

from functools import cache
from pathlib import Path
from typing import Final

from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from api.browser import PRIVATE_HEADERS

_TEMPLATES: Final = Path(__file__).parent / "templates"
_POLICY: Final = "default-src 'none'; form-action 'self'{more}; base-uri 'none'; frame-ancestors 'none'"


def render(template: str, *, status: int = 200, posts_to: str = "", **values: object) -> HTMLResponse:
    """Return a page.

    Args:
        template: its file name.
        status: the HTTP status.
        posts_to: another origin its forms may post to.
        values: what the template uses.
    """
    policy = _POLICY.format(more=f" {posts_to}" if posts_to else "")
    return HTMLResponse(
        _templates().get_template(template).render(values),
        status_code=status,
        headers={
            **PRIVATE_HEADERS,
            "Content-Security-Policy": policy,
            "X-Content-Type-Options": "nosniff",
            "X-Frame-Options": "DENY",
        },
    )


@cache
def _templates() -> Environment:
    return Environment(
        loader=FileSystemLoader(_TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
