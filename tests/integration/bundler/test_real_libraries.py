"""Real libraries, imported in a clean interpreter without what is left out for a task that uses nothing else."""

import json
import subprocess
import sys
import sysconfig
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import pytest

from images.bundler.installed import Distribution, list_distributions
from images.bundler.reach import Place, Reach
from images.bundler.selection import find_modules_of_nobody, select_distributions

SITE_PACKAGES: Final = Path(sysconfig.get_path("purelib"))
INSIDE: Final = Path(__file__).parents[3] / "images" / "inside"
PROGRAM: Final = """
import importlib, json, sys
sys.path.append(sys.argv[1])
from absence import pretend_absence
from pathlib import Path
pretend_absence(Path(sys.argv[2]))
for name in sys.argv[3:]:
    importlib.import_module(name)
"""
USES: Final = {
    "alembic": ["alembic", "alembic.command"],
    "anyio": ["anyio", "anyio._backends._asyncio"],
    "attrs": ["attr", "attrs"],
    "cffi": ["cffi"],
    "croniter": ["croniter"],
    "cryptography": ["cryptography.fernet", "cryptography.hazmat.primitives.asymmetric.rsa"],
    "fastapi": ["fastapi", "fastapi.testclient"],
    "githubkit": ["githubkit"],
    "graphql-core": ["graphql"],
    "httpx": ["httpx"],
    "jinja2": ["jinja2"],
    "jsonschema": ["jsonschema"],
    "mako": ["mako.template"],
    "markdown-it-py": ["markdown_it"],
    "openapi-core": ["openapi_core"],
    "packaging": ["packaging.requirements"],
    "procrastinate": ["procrastinate"],
    "psycopg": ["psycopg", "psycopg_pool"],
    "pydantic": ["pydantic", "pydantic.v1.types"],
    "pydantic-settings": ["pydantic_settings"],
    "pygments": ["pygments.lexers", "pygments.formatters"],
    "pyjwt": ["jwt"],
    "python-dateutil": ["dateutil.parser", "dateutil.tz"],
    "pyyaml": ["yaml"],
    "rich": ["rich.console", "rich.markdown"],
    "sqlalchemy": ["sqlalchemy", "sqlalchemy.orm", "sqlalchemy.dialects.postgresql.psycopg"],
    "structlog": ["structlog"],
    "typer": ["typer"],
    "uvicorn": ["uvicorn", "uvicorn.loops.auto", "uvicorn.protocols.http.auto"],
    "watchfiles": ["watchfiles"],
    "websockets": ["websockets.asyncio.client"],
}


@pytest.fixture(scope="module")
def installed() -> tuple[Distribution, ...]:
    return list_distributions(SITE_PACKAGES)


@pytest.fixture(scope="module")
def facts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("facts")


@pytest.mark.parametrize(("name", "modules"), USES.items(), ids=USES)
def test_a_library_works_without_what_is_left_out(
    installed: tuple[Distribution, ...], facts: Path, tmp_path: Path, name: str, modules: Sequence[str]
) -> None:
    reach = Reach(imports=dict.fromkeys(modules, Place("trigger/t.py", 1)))
    chosen = select_distributions(installed, reach, (), facts)
    assert name in chosen.kept
    assert {"ruff", "mypy", "codespell"} <= set(chosen.dropped)
    absent = tmp_path / "absent.json"
    gone = find_modules_of_nobody(installed, chosen.dropped)
    absent.write_text(json.dumps({"modules": gone, "distributions": list(chosen.dropped)}))
    words = [sys.executable, "-I", "-c", PROGRAM, str(INSIDE), str(absent), *modules]
    ended = subprocess.run(words, capture_output=True, text=True, timeout=120, check=False)
    assert ended.returncode == 0, ended.stderr
