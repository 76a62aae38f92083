"""The log in a SQLite file: one node, one writer thread, readers beside it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO, Any, TypeVar

from twisted.internet.threads import deferToThread

from galaxychat.bells import Bell
from galaxychat.errors import StartError
from galaxychat.history import message_statements, place, room_statements, schema, search_statements
from galaxychat.history.positions import Positions
from galaxychat.history.reader import Reader, run
from galaxychat.history.search_statements import in_sqlite
from galaxychat.history.sql import Statement
from galaxychat.history.sqlhistory import SqlHistory
from galaxychat.history.writer import Writer
from galaxychat.records import Draft, Finds, Posted, RoomDraft, Search

Result = TypeVar("Result")
_BUSY_SECONDS = 5.0


class SQLiteHistory(SqlHistory):
    """Implements ports.History over one file that this process alone writes."""

    match = staticmethod(in_sqlite)

    def __init__(self, reactor: Any, path: Path) -> None:
        self._reactor = reactor
        self._path = path
        self._lock: IO[str] | None = None
        self._epoch = ""
        self.positions = Positions(reactor, self.advance)

    @property
    def epoch(self) -> str:
        """The log's random name."""
        return self._epoch

    def open(self, rooms: Sequence[RoomDraft], now: str) -> None:
        """Claim the file, bring its schema up to date, have the admin's `rooms` in it; raises StartError.

        Blocks for some milliseconds, before anybody is connected.
        """
        self._lock = place.claim(self._path)
        try:
            connection = _prepared(self._path)
            self._epoch = _settled(connection, rooms, now)
        except sqlite3.Error as problem:
            self._lock.close()
            raise place.unopened(self._path, problem) from None
        except StartError:
            self._lock.close()
            raise
        self._writer = Writer(self._reactor, connection)
        self._writer.start()
        self._reader = Reader(self._reactor, self._path)

    async def close(self) -> None:
        """Write what was asked for and let go of the file."""
        await self.positions.finish()
        # The reader first: the last connection to close writes everything back into the one file.
        self._reader.close()
        await deferToThread(self._writer.stop)
        if self._lock is not None:
            self._lock.close()

    async def append(self, draft: Draft) -> Posted:
        """See ports.History."""
        (outcome,) = await self.write(message_statements.append, [draft])
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    def ring(self, bells: Sequence[Bell]) -> None:
        """Tell nobody: no other node serves this log."""

    async def write(
        self,
        statement: Callable[..., Statement[Result]],
        *values: Any,
        ring: Sequence[Bell] = (),  # noqa: ARG002  # nobody hears it
    ) -> Result:
        """See SqlHistory; shares a commit with what else was asked for meanwhile."""
        written = self._writer.run(lambda cursor: run(cursor, statement(*values)))
        self.positions.go_along()
        return await written

    async def read(self, statement: Callable[..., Statement[Result]], *values: Any) -> Result:
        """See SqlHistory; shares a turn with what else was asked for meanwhile."""
        return await self._reader.run(statement(*values))

    async def search(self, search: Search, limit: int) -> Finds:
        """See ports.History."""
        return await self._reader.run_apart(search_statements.search(self.match(search.terms), search, limit))


def connect(path: Path) -> sqlite3.Connection:
    """Open a log for writing: WAL, and synchronous FULL so that a commit survives the loss of power."""
    connection = sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")
    return connection


def _prepared(path: Path) -> sqlite3.Connection:
    connection = connect(path)
    try:
        schema.migrate(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def _settled(connection: sqlite3.Connection, rooms: Sequence[RoomDraft], now: str) -> str:
    cursor = connection.cursor()
    cursor.execute("BEGIN IMMEDIATE")
    run(cursor, room_statements.settle(rooms, now))
    cursor.execute("COMMIT")
    cursor.execute("SELECT value FROM log WHERE key = 'epoch'")
    (epoch,) = cursor.fetchone()
    return str(epoch)
