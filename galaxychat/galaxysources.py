"""How Galaxy's database is asked: SQLite in a few threads, PostgreSQL over one supervised connection."""

from __future__ import annotations

import sqlite3
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any, Protocol, TypeVar
from urllib.parse import quote

from twisted.enterprise import adbapi
from twisted.internet.defer import Deferred
from twisted.logger import Logger
from twisted.python.failure import Failure

from galaxychat.dburl import PostgresUrl
from galaxychat.errors import GalaxyUnavailable, StartError
from galaxychat.galaxytables import TABLES, Columns
from galaxychat.pglink import LinkError, PgLink

T = TypeVar("T")
Row = tuple[Any, ...]
Ready = Callable[[], Awaitable[None]]

_COLUMNS = """
SELECT t.name, a.attname, has_column_privilege(a.attrelid, a.attnum, 'SELECT')
FROM unnest(%s::text[]) AS t (name) JOIN pg_attribute a ON a.attrelid = to_regclass(t.name)
WHERE a.attnum > 0 AND NOT a.attisdropped
"""


class Source(Protocol):
    """How one kind of database is asked."""

    def among(self, values: Sequence[object]) -> tuple[str, Sequence[object]]:
        """The condition that a column is one of `values`, and the parameters for it."""

    async def start(self, ready: Ready) -> None:
        """Open, and run `ready` whenever there is a new connection; raises StartError."""

    async def stop(self) -> None:
        """Close."""

    async def rows(self, sql: str, params: Sequence[object] = ()) -> list[Row]:
        """The rows of a SELECT; raises GalaxyUnavailable."""

    async def columns(self) -> Columns:
        """The columns of the tables that we know of."""


class SqliteSource:
    """A file beside a running Galaxy, opened read-only: we could not lock it for writing if we tried."""

    log = Logger()

    def __init__(self, path: Path, reactor: Any, deadline: float = 5.0) -> None:
        self._path = path
        self._reactor = reactor
        self._deadline = deadline
        self._pool: Any = None

    async def start(self, ready: Ready) -> None:
        """Open the file; raise StartError if it is missing, locked or no database."""
        if not self._path.is_file():
            raise StartError(f"Galaxy's database {self._path} is not there; is database_connection or data_dir right?")
        self._pool = adbapi.ConnectionPool(
            "sqlite3",
            f"file:{quote(str(self._path))}?mode=ro",
            uri=True,
            # A little less than our deadline, so that a locked file leaves no thread behind.
            timeout=self._deadline * 0.8,
            # The pool closes from the reactor's thread what its threads have opened.
            check_same_thread=False,
            cp_min=1,
            cp_max=3,
            cp_reactor=self._reactor,
        )
        try:
            await ready()
        except GalaxyUnavailable as error:
            await self.stop()
            raise StartError(f"Galaxy's database {self._path} cannot be read: {error}") from None
        except StartError:
            await self.stop()
            raise

    async def stop(self) -> None:
        """Close it; waits for a thread that is held up by a lock, at most 4 s."""
        if self._pool is not None:
            pool, self._pool = self._pool, None
            pool.close()

    def among(self, values: Sequence[object]) -> tuple[str, Sequence[object]]:
        """One placeholder for each."""
        return f"IN ({','.join('?' * len(values))})", values

    async def rows(self, sql: str, params: Sequence[object] = ()) -> list[Row]:
        """Ask in a thread."""
        if self._pool is None:
            raise GalaxyUnavailable("closed")
        try:
            return await _bounded(self._pool.runQuery(sql, params), self._deadline, self._reactor)
        except sqlite3.Error as error:
            self.log.warn("Galaxy's database {path}: {error}", path=str(self._path), error=str(error))
            raise GalaxyUnavailable(str(error)) from None

    async def columns(self) -> Columns:
        """Look at each table."""
        found = {}
        for table in TABLES:
            for row in await self.rows("SELECT name FROM pragma_table_info(?)", (table,)):
                found[table, str(row[0])] = True
        return found


class PostgresSource:
    """A server that may be away at any time, also at start."""

    def __init__(self, url: PostgresUrl, reactor: Any) -> None:
        # Belt and braces: nothing here writes, and the server is told so.
        self._link = PgLink(url, reactor, self._probe, {"default_transaction_read_only": "on"})
        self._ready: Ready | None = None
        self._refusal: StartError | None = None

    async def start(self, ready: Ready) -> None:
        """Try to connect once, and go on trying; raise StartError if Galaxy's tables are not there."""
        self._ready = ready
        await self._link.start()
        if self._refusal is not None:
            await self._link.stop()
            raise self._refusal

    async def stop(self) -> None:
        """Close the connection and let it be."""
        await self._link.stop()

    def among(self, values: Sequence[object]) -> tuple[str, Sequence[object]]:
        """One array."""
        return "= ANY (%s)", (list(values),)

    async def rows(self, sql: str, params: Sequence[object] = ()) -> list[Row]:
        """Ask over the one connection; raises GalaxyUnavailable at once while there is none."""
        try:
            return await self._link.query(sql, params)
        except LinkError as error:
            raise GalaxyUnavailable(str(error)) from None

    async def columns(self) -> Columns:
        """Ask the catalogue, which also knows what we may read."""
        rows = await self.rows(_COLUMNS, (list(TABLES),))
        return {(table, column): readable for table, column, readable in rows}

    async def _probe(self) -> None:
        """Look again on each connection: grants and schema may have changed, or the server been replaced."""
        assert self._ready is not None
        self._refusal = None
        try:
            await self._ready()
        except StartError as error:
            self._refusal = error
            raise


def _bounded(inner: Deferred[T], seconds: float, reactor: Any) -> Deferred[T]:
    """What `inner` gives, or GalaxyUnavailable after so many seconds; cancelling does not reach `inner`."""
    outer: Deferred[T] = Deferred()

    def late() -> None:
        if not outer.called:
            outer.errback(GalaxyUnavailable(f"no answer within {seconds:g} s"))

    timer = reactor.callLater(seconds, late)

    def done(result: T | Failure) -> None:
        if timer.active():
            timer.cancel()
        if not outer.called:
            outer.callback(result)

    inner.addBoth(done)
    return outer
