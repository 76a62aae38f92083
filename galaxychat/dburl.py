"""Database URLs as SQLAlchemy writes them, because that is what Galaxy's configuration holds.

SQLAlchemy itself is no dependency: of its 10 MB this project would use one regular expression.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qsl, unquote

_URL = re.compile(
    r"(?P<scheme>[A-Za-z][\w+]*)://"
    r"(?:(?P<user>[^:/?@]*)(?::(?P<password>[^@]*))?@)?"
    r"(?:\[(?P<host6>[^\]/?]+)\]|(?P<host>[^/:?\[\]]+))?(?::(?P<port>[^/?]*))?"
    r"(?:/(?P<database>[^?]*))?(?:\?(?P<query>.*))?",
    re.DOTALL,
)
_HOST_AND_PORT = re.compile(r"(?P<host>.*):(?P<port>\d+)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class SqliteUrl:
    """A database file; `path` may be relative still (`sqlite:///rel` against `sqlite:////abs`)."""

    path: str

    @property
    def shown(self) -> str:
        """The URL in words that may be logged."""
        return f"sqlite:///{self.path}"

    def within(self, directory: Path) -> SqliteUrl:
        """The same file, a relative path taken from `directory`."""
        return SqliteUrl(str(directory / self.path))


@dataclass(frozen=True, slots=True)
class PostgresUrl:
    """A PostgreSQL database; `params` are libpq's keywords, the password among them."""

    params: Mapping[str, str] = field(repr=False)

    @property
    def shown(self) -> str:
        """The URL without its password, in words that may be logged."""
        get = self.params.get
        user = f"{get('user')}@" if get("user") else ""
        port = f":{get('port')}" if get("port") else ""
        return f"postgresql://{user}{get('host', 'local socket')}{port}/{get('dbname', '')}"


DatabaseUrl = SqliteUrl | PostgresUrl


def parse_database_url(url: str) -> DatabaseUrl:
    """What a SQLAlchemy database URL names.

    Raises ValueError with what would be right; its text never holds any part of the URL but the scheme.
    """
    found = _URL.fullmatch(url.strip())
    if found is None:
        raise ValueError("a URL such as postgresql://user:password@host/database or sqlite:////path/to/file")
    backend = found["scheme"].lower().partition("+")[0]
    if backend == "sqlite":
        return _sqlite(found)
    if backend in ("postgresql", "postgres"):
        return PostgresUrl(_libpq(found))
    raise ValueError(f"a URL of PostgreSQL (postgresql://) or SQLite (sqlite:///), not {backend}")


def _sqlite(found: re.Match[str]) -> SqliteUrl:
    if found["host"] or found["host6"] or found["user"]:
        raise ValueError("sqlite: with three slashes before a relative path, four before an absolute one")
    path = found["database"]
    if not path or path == ":memory:":
        raise ValueError("sqlite:/// with the path of a file; a database in memory has no other readers")
    return SqliteUrl(path)


def _libpq(found: re.Match[str]) -> dict[str, str]:
    """User and password are percent-encoded, the database's name is not: so does SQLAlchemy."""
    params: dict[str, str] = {}
    _put(params, "host", unquote(found["host6"] or found["host"] or ""))
    _put(params, "port", _port(found["port"] or ""))
    _put(params, "user", unquote(found["user"] or ""))
    _put(params, "password", unquote(found["password"] or ""))
    _put(params, "dbname", found["database"] or "")
    _add_query(params, found["query"] or "")
    return params


def _put(params: dict[str, str], key: str, value: str) -> None:
    if "\0" in value:
        raise ValueError("a URL without NUL characters")
    if value:
        params[key] = value


def _port(text: str) -> str:
    if text and not (text.isascii() and text.isdigit() and 0 < int(text) < 65536):
        raise ValueError("a port from 1 to 65535 (in a password write %3A for ':', %2F for '/', %40 for '@')")
    return text


def _add_query(params: dict[str, str], query: str) -> None:
    """`?sslmode=require` and the like go to libpq as they are; `host` may come several times, with ports."""
    hosts: list[tuple[str, str]] = []
    for key, value in parse_qsl(query, keep_blank_values=True):
        if key == "host":
            split = _HOST_AND_PORT.fullmatch(value)
            hosts.append((split["host"], split["port"]) if split else (value, ""))
        else:
            _put(params, key, value)
    if hosts:
        _put(params, "host", ",".join(host for host, _ in hosts))
    if any(port for _, port in hosts):
        _put(params, "port", ",".join(port for _, port in hosts))
