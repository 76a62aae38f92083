"""Database URLs are read as SQLAlchemy reads them, and never shown with their passwords."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from galaxychat.dburl import PostgresUrl, SqliteUrl, parse_database_url


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("sqlite:///rel/universe.sqlite", "rel/universe.sqlite"),
        ("sqlite:////abs/universe.sqlite?isolation_level=IMMEDIATE", "/abs/universe.sqlite"),
        ("sqlite:///./database/u.sqlite", "./database/u.sqlite"),
        ("sqlite+pysqlite:////abs/u%20.sqlite", "/abs/u%20.sqlite"),
        ("sqlite:////with:colon@and#hash/u.sqlite", "/with:colon@and#hash/u.sqlite"),
    ],
)
def test_sqlite(url: str, path: str) -> None:
    """Three slashes are relative, four absolute; options after ? are SQLAlchemy's own."""
    assert parse_database_url(url) == SqliteUrl(path)


def test_a_relative_path_is_taken_from_a_directory() -> None:
    """An absolute one stays what it is."""
    assert SqliteUrl("a/b").within(Path("/x")).path == "/x/a/b"
    assert SqliteUrl("/a/b").within(Path("/x")).shown == "sqlite:////a/b"


@pytest.mark.parametrize(
    ("url", "params"),
    [
        (
            "postgresql://u:p@h:5433/d",
            {"user": "u", "password": "p", "host": "h", "port": "5433", "dbname": "d"},
        ),
        ("postgres://h/d", {"host": "h", "dbname": "d"}),
        ("postgresql+psycopg2://u@h/d", {"user": "u", "host": "h", "dbname": "d"}),
        ("postgresql:///d?host=/var/run/postgresql", {"host": "/var/run/postgresql", "dbname": "d"}),
        (
            "postgresql://u@/d?host=/var/run/postgresql&port=5433",
            {"user": "u", "host": "/var/run/postgresql", "port": "5433", "dbname": "d"},
        ),
        ("postgresql:///d?host=a:1&host=b:2", {"host": "a,b", "port": "1,2", "dbname": "d"}),
        ("postgresql://[::1]:5432/d", {"host": "::1", "port": "5432", "dbname": "d"}),
        (
            "postgresql://u%40x:p%2F%3A%40%25w@h/d",
            {"user": "u@x", "password": "p/:@%w", "host": "h", "dbname": "d"},
        ),
        ("postgresql://u:p/w:x@h/d", {"user": "u", "password": "p/w:x", "host": "h", "dbname": "d"}),
        ("postgresql://h/d?sslmode=require", {"host": "h", "dbname": "d", "sslmode": "require"}),
        ("postgresql://h/d%20x", {"host": "h", "dbname": "d%20x"}),
        ("postgresql://", {}),
    ],
)
def test_postgresql(url: str, params: dict[str, str]) -> None:
    """Sockets, several hosts, IPv6 and percent signs come out as libpq wants them."""
    parsed = parse_database_url(url)
    assert isinstance(parsed, PostgresUrl)
    assert parsed.params == params


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("", "a URL such as"),
        ("hushhush", "a URL such as"),
        ("mysql://u:hushhush@h/d", "not mysql"),
        ("postgresql://u:hushhush@h:port/d", "a port from 1"),
        ("postgresql://u:hush:hush@h:0/d", "a port from 1"),
        ("postgresql://h:65536/d", "a port from 1"),
        ("postgresql://u:hush%00hush@h/d", "NUL"),
        ("sqlite://", "path of a file"),
        ("sqlite:///:memory:", "path of a file"),
        ("sqlite://hushhush/x", "three slashes"),
    ],
)
def test_what_is_no_usable_url_is_told_without_quoting_it(url: str, told: str) -> None:
    """The text of the error may be shown to anybody."""
    with pytest.raises(ValueError, match=told) as caught:
        parse_database_url(url)
    assert "hush" not in str(caught.value)


def test_passwords_are_never_shown() -> None:
    """Neither for people nor in a repr."""
    parsed = parse_database_url("postgresql://u:hushhush@h:5433/d")
    assert parsed.shown == "postgresql://u@h:5433/d"
    assert "hush" not in repr(parsed)


@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1))
def test_any_password_survives_being_percent_encoded(password: str) -> None:
    """Whatever the password, its encoded form is read back."""
    parsed = parse_database_url(f"postgresql://u:{quote(password, safe='')}@h/d")
    assert isinstance(parsed, PostgresUrl)
    assert parsed.params["password"] == password
    assert parsed.params["host"] == "h"


@given(st.text() | st.text(":/@?[]%=&,0", max_size=20).map(lambda rest: f"postgresql://{rest}"))
def test_nothing_but_value_error_is_raised(url: str) -> None:
    """A configuration can hold any text."""
    with suppress(ValueError):
        assert parse_database_url(url).shown
