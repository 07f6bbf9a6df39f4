"""Database URLs: every usual spelling, one driver."""

import pytest

from domain.errors import OperatorError
from store.engine import create_engine, libpq_url

PLAIN = "postgresql://ada:p%40ss@db:5432/pushwright?sslmode=require"


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg", "postgresql+asyncpg"])
def test_every_spelling_is_understood(scheme: str) -> None:
    url = PLAIN.replace("postgresql", scheme, 1)
    assert create_engine(url).url.drivername == "postgresql+psycopg"
    assert libpq_url(url) == PLAIN


@pytest.mark.parametrize("url", ["", "sqlite://", "mysql://db/name", "localhost:5432"])
def test_another_database_is_refused_without_showing_the_url(url: str) -> None:
    with pytest.raises(OperatorError) as caught:
        create_engine(url)
    assert caught.value.code == "database_url_invalid"


def test_an_engine_does_not_show_the_password() -> None:
    assert "p@ss" not in f"{create_engine(PLAIN)!r}"
