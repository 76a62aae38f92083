"""A thread that reads a SQLite log: what is asked for while it is at work shares its next turn.

To hand a question to a thread and its answer back costs several times what most of the questions do, and when
everybody comes back at once there are tens of thousands of them.
"""

from __future__ import annotations

import sqlite3
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

from twisted.enterprise import adbapi
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorFromThreads
from twisted.python.failure import Failure

from galaxychat.errors import HistoryUnavailable
from galaxychat.history.sql import Statement

Result = TypeVar("Result")
_Asked = tuple[Statement[Any], "Deferred[Any]"]

#: Bounds how long the first of a turn waits for the last.
_TURN = 64
_BUSY_SECONDS = 5.0


class Reader:
    """Runs statements that change nothing; each sees one state of the log."""

    def __init__(self, reactor: IReactorFromThreads, path: Path) -> None:
        self._waiting: deque[_Asked] = deque()
        self._at_work = False
        # One thread for turns, since two fight over the interpreter: measured, a seventh of what a storm costs. The
        # other is for statements that may take long.
        self._pool = adbapi.ConnectionPool(
            "sqlite3",
            f"file:{quote(str(path))}?mode=ro",
            uri=True,
            timeout=_BUSY_SECONDS,
            isolation_level=None,
            check_same_thread=False,
            cp_min=1,
            cp_max=2,
            cp_noisy=False,
            cp_reactor=reactor,
        )
        self._pool.start()

    def close(self) -> None:
        """Finish what was begun, and let go of the file; blocks until that is done."""
        self._pool.close()

    def run(self, statement: Statement[Result]) -> Deferred[Result]:
        """Run a statement, together with others; fails with what it raises, and with HistoryUnavailable."""
        answer: Deferred[Result] = Deferred()
        self._waiting.append((statement, answer))
        if not self._at_work:
            self._at_work = True
            Deferred.fromCoroutine(self._take_turns())
        return answer

    async def run_apart(self, statement: Statement[Result]) -> Result:
        """Run a statement that may take long; raises what it raises, and HistoryUnavailable."""
        (outcome,) = await self._turn([statement])
        if isinstance(outcome, Failure):
            outcome.raiseException()
        result: Result = outcome
        return result

    async def _take_turns(self) -> None:
        while self._waiting:
            asked = [self._waiting.popleft() for _ in range(min(_TURN, len(self._waiting)))]
            outcomes = await self._turn([statement for statement, _ in asked])
            for (_, answer), outcome in zip(asked, outcomes, strict=True):
                answer.callback(outcome)
        self._at_work = False

    async def _turn(self, statements: Sequence[Statement[Any]]) -> list[Any]:
        """Return what each statement came to, a Failure where it failed."""
        if not self._pool.running:
            # Its threads are gone, and an answer would never come.
            return [Failure(HistoryUnavailable("the log is closed"))] * len(statements)
        try:
            outcomes: list[Any] = await self._pool.runInteraction(_snapshot, statements)
        except sqlite3.Error as problem:
            return [_unavailable(problem)] * len(statements)
        except Exception:
            # For whoever asked: kept here, it would end the turns of all who ask after them.
            return [Failure()] * len(statements)
        return outcomes


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


def _snapshot(cursor: Any, statements: Sequence[Statement[Any]]) -> list[Any]:
    """Run statements on the same state of the log; adbapi commits or rolls back."""
    cursor.execute("BEGIN")
    return [_outcome(cursor, statement) for statement in statements]


def _outcome(cursor: Any, statement: Statement[Any]) -> Any:
    try:
        return run(cursor, statement)
    except sqlite3.Error as problem:
        return _unavailable(problem)
    except Exception:
        return Failure()


def _unavailable(problem: sqlite3.Error) -> Failure:
    # By its kind alone: SQLite's message could hold what was asked for.
    return Failure(HistoryUnavailable(type(problem).__name__))
