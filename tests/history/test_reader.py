"""Reads of a SQLite log share turns, and nothing else."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from twisted.enterprise import adbapi
from twisted.internet.defer import Deferred, fail

from galaxychat.errors import HistoryUnavailable
from galaxychat.history.reader import Reader
from galaxychat.history.sql import Statement
from tests.support.reactor import call, reactor, run

_PATIENCE = 10


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file with a table of ten numbers."""
    path = tmp_path / "numbers.sqlite"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE number (it)")
        connection.executemany("INSERT INTO number VALUES (?)", [(it,) for it in range(10)])
    return path


@pytest.fixture
def reader(path: Path) -> Iterator[Reader]:
    """One that reads the file."""
    made = call(Reader, reactor, path)
    yield made
    call(made.close)


def _number(it: int) -> Statement[int]:
    rows = yield "SELECT it FROM number WHERE it = ?", (it,)
    return int(rows[0][0])


def _wrong() -> Statement[int]:
    yield "SELECT it FROM nothing", ()
    return 0


def _waits(event: threading.Event) -> Statement[int]:
    yield "SELECT 1", ()
    return int(event.wait(_PATIENCE))


async def _all(asked: list[Deferred[int]]) -> list[int]:
    return [await each for each in asked]


def test_many_share_few_turns(reader: Reader) -> None:
    """What is asked for at once costs a turn for many, and each gets its own answer."""
    real, turns = adbapi.ConnectionPool.runInteraction, []

    def counted(*args: Any) -> Any:
        turns.append(args)
        return real(*args)

    async def ask() -> list[int]:
        return await _all([reader.run(_number(it % 10)) for it in range(100)])

    with patch.object(adbapi.ConnectionPool, "runInteraction", counted):
        assert run(ask()) == [it % 10 for it in range(100)]
    assert len(turns) <= 5


def test_a_failure_is_its_own(reader: Reader) -> None:
    """One that fails, or names a number that is not there, spoils nothing for those beside it."""

    async def ask() -> None:
        busy = reader.run(_number(1))
        wrong, missing, right = reader.run(_wrong()), reader.run(_number(99)), reader.run(_number(3))
        with pytest.raises(HistoryUnavailable, match="OperationalError"):
            await wrong
        with pytest.raises(IndexError):
            await missing
        assert await right == 3
        assert await busy == 1

    run(ask())


def test_a_turn_that_breaks_is_not_the_last(reader: Reader) -> None:
    """Whatever goes wrong around the statements, who asked hears of it, and others are answered."""

    async def ask() -> None:
        with patch.object(adbapi.ConnectionPool, "runInteraction", return_value=fail(RuntimeError("broken"))):
            first = reader.run(_number(1))
            with pytest.raises(RuntimeError):
                await first
        assert await reader.run(_number(2)) == 2

    run(ask())


def test_what_takes_long_keeps_nobody_waiting(reader: Reader) -> None:
    """Beside one that runs apart, others have their turns."""
    event = threading.Event()

    async def ask() -> None:
        slow = Deferred.fromCoroutine(reader.run_apart(_waits(event)))
        assert await _all([reader.run(_number(it)) for it in range(10)]) == list(range(10))
        assert not slow.called
        event.set()
        assert await slow == 1

    run(ask())


def test_what_was_asked_before_the_end_is_answered(path: Path) -> None:
    """Nothing waits for ever for a reader that is closed."""
    event = threading.Event()

    async def ask() -> None:
        reader = Reader(reactor, path)
        slow = reader.run(_waits(event))
        late = reader.run(_number(1))
        event.set()
        reader.close()
        assert await slow == 1
        for each in (late, reader.run(_number(1))):
            with pytest.raises(HistoryUnavailable):
                await each

    run(ask())
