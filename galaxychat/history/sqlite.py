"""The log in a SQLite file: one node, one writer thread, two readers beside it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO, Any, TypeVar
from urllib.parse import quote

from twisted.enterprise import adbapi
from twisted.internet.interfaces import IReactorFromThreads
from twisted.internet.threads import deferToThread

from galaxychat.bells import Bell
from galaxychat.errors import HistoryUnavailable, StartError
from galaxychat.history import message_statements, place, room_statements, schema
from galaxychat.history.search_statements import in_sqlite
from galaxychat.history.sql import Statement
from galaxychat.history.sqlhistory import SqlHistory
from galaxychat.history.writer import Writer
from galaxychat.ports import Draft, Posted, RoomDraft

Result = TypeVar("Result")
_READERS = 2
_BUSY_SECONDS = 5.0


class SQLiteHistory(SqlHistory):
    """Implements ports.History over one file that this process alone writes."""

    match = staticmethod(in_sqlite)

    def __init__(self, reactor: IReactorFromThreads, path: Path) -> None:
        self._reactor = reactor
        self._path = path
        self._lock: IO[str] | None = None
        self._epoch = ""

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
        self._readers = adbapi.ConnectionPool(
            "sqlite3",
            f"file:{quote(str(self._path))}?mode=ro",
            uri=True,
            timeout=_BUSY_SECONDS,
            isolation_level=None,
            check_same_thread=False,
            cp_min=1,
            cp_max=_READERS,
            cp_noisy=False,
            cp_reactor=self._reactor,
        )
        self._readers.start()

    async def close(self) -> None:
        """Write what was asked for and let go of the file."""
        # The readers first: the last connection to close writes everything back into the one file.
        self._readers.close()
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
        return await self._writer.run(lambda cursor: run(cursor, statement(*values)))

    async def read(self, statement: Callable[..., Statement[Result]], *values: Any) -> Result:
        """See SqlHistory."""
        if not self._readers.running:
            # Its threads are gone, and an answer would never come.
            raise HistoryUnavailable("the log is closed")
        try:
            result: Result = await self._readers.runInteraction(_snapshot, statement(*values))
        except sqlite3.Error as problem:
            raise HistoryUnavailable(type(problem).__name__) from None
        return result


def run(cursor: Any, statement: Statement[Result]) -> Result:
    """Run a statement's queries over a cursor; the caller has the transaction."""
    try:
        sql, parameters = next(statement)
        while True:
            # One writer has the whole file: there are no rows to lock.
            cursor.execute(sql.replace("FOR UPDATE", ""), parameters)
            sql, parameters = statement.send(cursor.fetchall())
    except StopIteration as done:
        result: Result = done.value
        return result


def _snapshot(cursor: Any, statement: Statement[Result]) -> Result:
    """Run all of a statement's queries on the same state of the log; adbapi commits or rolls back."""
    cursor.execute("BEGIN")
    return run(cursor, statement)


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
