"""One way to drive every back end of the log, and to do to it what later commands will."""

from __future__ import annotations

import json
import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import psycopg2
from twisted.internet.defer import Deferred, gatherResults

from galaxychat.dburl import PostgresUrl, parse_database_url
from galaxychat.history.memory import MemoryHistory
from galaxychat.history.postgres import PostgresHistory
from galaxychat.history.sqlite import SQLiteHistory
from galaxychat.messages import Message, User
from galaxychat.ports import History
from galaxychat.records import Draft, Posted, Revision, RoomDraft, RoomState
from tests.support.core import ANNA, BELA, CLEO, LOBBY_ID, NOW, SITE_ROOMS, draft, finish
from tests.support.reactor import reactor, run

T = TypeVar("T")
PEOPLE = (ANNA, BELA, CLEO)


def revision(message: Message, text: str, mentions: tuple[int, ...] = ()) -> Revision:
    """Return what a message's author makes of it."""
    body = json.dumps([["p", ["text", text]]]).encode()
    return Revision(message.room, message.seq, message.user, text, body, mentions)


class Log(ABC):
    """A log, asked from plain tests."""

    history: History
    _posted = 0

    @abstractmethod
    def do(self, work: Awaitable[T]) -> T:
        """Return what comes of an awaitable."""

    @abstractmethod
    def together(self, works: Sequence[Callable[[], Awaitable[Any]]]) -> list[Any]:
        """Start all at once, and return what comes of each: its result, or what it raised."""

    @abstractmethod
    def settle(self, rooms: Sequence[RoomDraft], now: str = NOW) -> None:
        """Start again with other rooms of the admin's."""

    @abstractmethod
    def set_floor(self, room: int, floor: int) -> None:
        """Raise a room's floor, as retention will."""

    @abstractmethod
    def close(self) -> None:
        """Let go of it."""

    def drop(self) -> None:
        """Let go of it for ever."""
        self.close()

    # ---- shorthand

    def admit(self, *users: User) -> None:
        """Let people come."""
        for user in users or PEOPLE:
            self.do(self.history.admit(user))

    def post(self, text: str = "hello", room: int = LOBBY_ID, user: User = ANNA, **fields: Any) -> Posted:
        """Post a message under a fresh nonce."""
        return self.do(self.history.append(self.draft(text, room, user, **fields)))

    def draft(self, text: str = "hello", room: int = LOBBY_ID, user: User = ANNA, **fields: Any) -> Draft:
        """Return a message under a fresh nonce."""
        self._posted += 1
        return draft(room, user.id, fields.pop("nonce", f"n{self._posted}"), text, **fields)

    def message(self, room: int, seq: int) -> Message:
        """Return a message."""
        page = self.do(self.history.page(room, 1, around=seq))
        return next(one for one in page.messages if one.seq == seq)

    def change(self, room: int, seq: int, deleted: bool = False) -> None:
        """Have somebody who may take back or edit a message do it."""
        if deleted:
            self.do(self.history.delete(room, seq, None))
        else:
            before = self.message(room, seq)
            self.do(self.history.edit(revision(before, before.text + "!")))

    def state(self, user: User = ANNA, room: int = LOBBY_ID) -> RoomState:
        """Return a room as somebody sees it."""
        state = self.do(self.history.room(room, user.id))
        assert state is not None
        return state


class MemoryLog(Log):
    """The model."""

    def __init__(self) -> None:
        self.memory = MemoryHistory(SITE_ROOMS, NOW)
        self.history = self.memory

    def do(self, work: Awaitable[T]) -> T:
        """Run at once."""
        return finish(work)

    def together(self, works: Sequence[Callable[[], Awaitable[Any]]]) -> list[Any]:
        """Run one after the other."""
        return [self._outcome(work) for work in works]

    def _outcome(self, work: Callable[[], Awaitable[Any]]) -> Any:
        try:
            return finish(work())
        except Exception as problem:
            return problem

    def settle(self, rooms: Sequence[RoomDraft], now: str = NOW) -> None:
        """Settle."""
        self.memory.settle(rooms, now)

    def set_floor(self, room: int, floor: int) -> None:
        """Set it."""
        self.memory._rooms[room].floor = floor

    def close(self) -> None:
        """Nothing holds it."""


class ReactorLog(Log):
    """What real back ends share: they work in the reactor's thread, and keep rooms and messages in tables."""

    def do(self, work: Awaitable[T]) -> T:
        """Run in the reactor's thread."""

        async def whole() -> T:
            return await work

        return run(whole())

    def together(self, works: Sequence[Callable[[], Awaitable[Any]]]) -> list[Any]:
        """Start all before waiting for any."""

        async def outcome(work: Callable[[], Awaitable[Any]]) -> Any:
            try:
                return await work()
            except Exception as problem:
                return problem

        async def whole() -> list[Any]:
            results: list[Any] = await gatherResults([Deferred.fromCoroutine(outcome(work)) for work in works])
            return results

        return run(whole())

    def set_floor(self, room: int, floor: int) -> None:
        """Set it."""
        self.execute("UPDATE room SET floor = ? WHERE id = ?", floor, room)

    @abstractmethod
    def execute(self, sql: str, *values: Any) -> list[Any]:
        """Run a statement beside the server; `?` marks a parameter."""


class SQLiteLog(ReactorLog):
    """A file."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "log.sqlite"
        self._open(SITE_ROOMS, NOW)

    def _open(self, rooms: Sequence[RoomDraft], now: str) -> None:
        self.sqlite = SQLiteHistory(reactor, self.path)
        self.sqlite.open(rooms, now)
        self.history = self.sqlite

    def settle(self, rooms: Sequence[RoomDraft], now: str = NOW) -> None:
        """Start again."""
        self.close()
        self._open(rooms, now)

    def execute(self, sql: str, *values: Any) -> list[Any]:
        """Run a statement beside the server."""
        connection = sqlite3.connect(self.path, isolation_level=None)
        try:
            return connection.execute(sql, values).fetchall()
        finally:
            connection.close()

    def close(self) -> None:
        """Close the file."""
        self.do(self.sqlite.close())


class PostgresLog(ReactorLog):
    """A database of a test's own."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._open(SITE_ROOMS, NOW)

    def _open(self, rooms: Sequence[RoomDraft], now: str) -> None:
        named = parse_database_url(self.url)
        assert isinstance(named, PostgresUrl)

        async def opened() -> PostgresHistory:
            postgres = PostgresHistory(reactor, named)
            await postgres.open(rooms, now)
            return postgres

        self.postgres = run(opened)
        self.history = self.postgres

    def settle(self, rooms: Sequence[RoomDraft], now: str = NOW) -> None:
        """Start again."""
        self.close()
        self._open(rooms, now)

    def execute(self, sql: str, *values: Any) -> list[Any]:
        """Run a statement beside the server."""
        connection = psycopg2.connect(self.url)
        try:
            with connection, connection.cursor() as cursor:
                cursor.execute(sql.replace("?", "%s"), values)
                return cursor.fetchall() if cursor.description else []
        finally:
            connection.close()

    def close(self) -> None:
        """Close the connections."""
        self.do(self.postgres.close())

    def drop(self) -> None:
        """Close, and drop all that there was."""
        self.close()
        self.execute("DO $$ BEGIN EXECUTE 'DROP SCHEMA ' || quote_ident(current_schema()) || ' CASCADE'; END $$")
