"""The log in a SQLite file: one node, one writer thread, two readers beside it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import IO, Any, TypeVar
from urllib.parse import quote

from twisted.enterprise import adbapi
from twisted.internet.interfaces import IReactorFromThreads
from twisted.internet.threads import deferToThread

from galaxychat.errors import HistoryUnavailable, StartError
from galaxychat.history import message_statements, own_statements, place, room_statements, schema, walled_statements
from galaxychat.history.sql import Statement
from galaxychat.history.writer import Writer
from galaxychat.messages import User
from galaxychat.ports import (
    Changed,
    Changes,
    Draft,
    Own,
    Page,
    Posted,
    ReadMark,
    RoomChange,
    RoomDraft,
    RoomState,
    Turnover,
)

Result = TypeVar("Result")
_READERS = 2
_BUSY_SECONDS = 5.0


class SQLiteHistory:
    """Implements ports.History over one file that this process alone writes."""

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
            raise StartError(f"The log {self._path} cannot be opened: {problem}.") from None
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

    async def admit(self, user: User) -> None:
        """See ports.History; writes only where there is something to write."""
        if not await self._read(room_statements.is_admitted, user):
            await self._write(room_statements.admit, user)

    async def rooms_of(self, user_id: int) -> list[RoomState]:
        """See ports.History."""
        return await self._read(room_statements.states, user_id)

    async def room(self, room: int, user_id: int) -> RoomState | None:
        """See ports.History."""
        return await self._read(room_statements.state, room, user_id)

    async def room_named(self, name_key: str, user_id: int) -> RoomState | None:
        """See ports.History."""
        return await self._read(room_statements.state_named, name_key, user_id)

    async def create(self, draft: RoomDraft, now: str, rooms_per_user: int, rooms_per_day: int) -> None:
        """See ports.History."""
        await self._write(room_statements.create, draft, now, rooms_per_user, rooms_per_day)

    async def direct(self, draft: RoomDraft, other: int, now: str, rooms_per_day: int) -> int:
        """See ports.History."""
        return await self._write(walled_statements.direct, draft, other, now, rooms_per_day)

    async def change_room(self, room: int, change: RoomChange) -> Changed:
        """See ports.History."""
        return await self._write(walled_statements.change_room, room, change)

    async def add_member(self, room: int, user_id: int, rooms_per_user: int) -> None:
        """See ports.History."""
        await self._write(room_statements.add_member, room, user_id, rooms_per_user)

    async def remove_member(self, room: int, user_id: int) -> None:
        """See ports.History."""
        await self._write(room_statements.remove_member, room, user_id)

    async def set_members(self, sole: str, user_ids: Collection[int]) -> Turnover:
        """See ports.History; writes only where there is something to write."""
        same = await self._read(walled_statements.unchanged, sole, user_ids)
        if same is not None:
            return same
        return await self._write(walled_statements.set_members, sole, user_ids)

    async def kept(self, pairs: Collection[tuple[int, int]]) -> set[tuple[int, int]]:
        """See ports.History."""
        return await self._read(walled_statements.kept, pairs)

    async def append(self, draft: Draft) -> Posted:
        """See ports.History."""
        (outcome,) = await self._write(message_statements.append, [draft])
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    async def answered(self, user_id: int, nonce: str, digest: bytes) -> Posted | None:
        """See ports.History."""
        return await self._read(message_statements.answered, user_id, nonce, digest)

    async def changes(self, room: int, after: int) -> Changes:
        """See ports.History."""
        return await self._read(message_statements.changes, room, after)

    async def page(
        self,
        room: int,
        limit: int,
        before: int | None = None,
        after: int | None = None,
        around: int | None = None,
    ) -> Page:
        """See ports.History."""
        return await self._read(message_statements.page, room, limit, before, after, around)

    async def set_read(self, room: int, user_id: int, seq: int) -> ReadMark:
        """See ports.History."""
        return await self._write(room_statements.mark_read, room, user_id, seq)

    async def set_muted(self, room: int, user_id: int, on: bool) -> None:
        """See ports.History."""
        await self._write(room_statements.set_muted, room, user_id, on)

    async def hide(self, room: int, user_id: int) -> None:
        """See ports.History."""
        await self._write(walled_statements.hide, room, user_id)

    async def own(self, user_id: int) -> Own:
        """See ports.History."""
        return await self._read(own_statements.own, user_id)

    async def set_absent(self, user_id: int, on: bool) -> None:
        """See ports.History."""
        await self._write(own_statements.set_absent, user_id, on)

    async def set_ignored(self, user_id: int, other: int, on: bool) -> None:
        """See ports.History."""
        await self._write(own_statements.set_ignored, user_id, other, on)

    async def reachable(self, user_id: int, asker: int) -> User | None:
        """See ports.History."""
        return await self._read(own_statements.reachable, user_id, asker)

    async def members(self, room: int, after_name: str | None, limit: int) -> list[User]:
        """See ports.History."""
        return await self._read(room_statements.members, room, after_name, limit)

    async def members_named(self, room: int, names: Sequence[str]) -> dict[str, int]:
        """See ports.History."""
        return await self._read(room_statements.members_named, room, names)

    async def people(self, user_ids: Collection[int]) -> list[User]:
        """See ports.History."""
        return await self._read(room_statements.people, user_ids)

    async def people_like(self, prefix: str, limit: int) -> list[User]:
        """See ports.History."""
        return await self._read(room_statements.people_like, prefix, limit)

    async def _write(self, statement: Callable[..., Statement[Result]], *values: Any) -> Result:
        return await self._writer.run(lambda cursor: run(cursor, statement(*values)))

    async def _read(self, statement: Callable[..., Statement[Result]], *values: Any) -> Result:
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
