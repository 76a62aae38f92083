"""One thread that writes to a SQLite log: what arrives while a commit runs shares the next one."""

from __future__ import annotations

import queue
import sqlite3
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorFromThreads
from twisted.python.failure import Failure

from galaxychat.errors import HistoryUnavailable
from galaxychat.history.trouble import Trouble

Result = TypeVar("Result")
_Job = tuple[Callable[[sqlite3.Cursor], Any], "Deferred[Any]"]

# Bounds how long the first of a batch waits for the last.
_BATCH = 256


class Writer:
    """Runs functions over a cursor, each durable when its Deferred fires, in the order in which they came."""

    def __init__(self, reactor: IReactorFromThreads, connection: sqlite3.Connection) -> None:
        self._reactor = reactor
        self._connection = connection
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._closed = False
        self._trouble = Trouble()
        self._thread = threading.Thread(target=self._run, name="galaxychat-log", daemon=True)

    def start(self) -> None:
        """Begin to work."""
        self._thread.start()

    def stop(self) -> None:
        """Finish what was asked for, then close the connection; blocks until that is done."""
        self._closed = True
        self._jobs.put(None)
        self._thread.join()

    def run(self, work: Callable[[sqlite3.Cursor], Result]) -> Deferred[Result]:
        """Run `work` in a transaction; fails with what it raises, or HistoryUnavailable for trouble with the file."""
        answer: Deferred[Result] = Deferred()
        if self._closed:
            answer.errback(Failure(HistoryUnavailable("the log is closed")))
        else:
            self._jobs.put((work, answer))
        return answer

    def _run(self) -> None:
        while (batch := self._batch()) is not None:
            results = self._commit([work for work, _ in batch])
            answers = [answer for _, answer in batch]
            self._reactor.callFromThread(_settle, list(zip(answers, results, strict=True)))
        self._connection.close()

    def _batch(self) -> list[_Job] | None:
        job = self._jobs.get()
        if job is None:
            return None
        batch = [job]
        while len(batch) < _BATCH:
            try:
                job = self._jobs.get_nowait()
            except queue.Empty:
                break
            if job is None:
                self._jobs.put(None)
                break
            batch.append(job)
        return batch

    def _commit(self, works: list[Callable[[sqlite3.Cursor], Any]]) -> list[Any]:
        try:
            results = self._together(works)
        except sqlite3.Error as problem:
            self._roll_back()
            if len(works) > 1:
                # One of them may be to blame: the others shall not fail with it.
                return [result for work in works for result in self._commit([work])]
            self._trouble.met(_words(problem))
            return [Failure(HistoryUnavailable(_words(problem)))]
        self._trouble.over()
        return results

    def _together(self, works: list[Callable[[sqlite3.Cursor], Any]]) -> list[Any]:
        cursor = self._connection.cursor()
        cursor.execute("BEGIN IMMEDIATE")
        results = [_apart(cursor, work) for work in works] if len(works) > 1 else [_alone(cursor, works[0])]
        cursor.execute("COMMIT")
        return results

    def _roll_back(self) -> None:
        # Some errors (a full disk) have rolled back already.
        if self._connection.in_transaction:
            # A disk that fails here too must not end the thread: every later write would wait for ever.
            with suppress(sqlite3.Error):
                self._connection.execute("ROLLBACK")


def _alone(cursor: sqlite3.Cursor, work: Callable[[sqlite3.Cursor], Any]) -> Any:
    """Run the only one of a batch; its refusal undoes the transaction, and another is there to be ended."""
    try:
        return work(cursor)
    except sqlite3.Error:
        raise
    except Exception:
        cursor.execute("ROLLBACK")
        cursor.execute("BEGIN")
        return Failure()


def _apart(cursor: sqlite3.Cursor, work: Callable[[sqlite3.Cursor], Any]) -> Any:
    """Run one of a batch so that its own refusal undoes nothing of the others."""
    cursor.execute("SAVEPOINT work")
    try:
        result = work(cursor)
    except sqlite3.Error:
        raise
    except Exception:
        result = Failure()
        cursor.execute("ROLLBACK TO work")
    cursor.execute("RELEASE work")
    return result


def _settle(settled: list[tuple[Deferred[Any], Any]]) -> None:
    for answer, result in settled:
        answer.callback(result)


def _words(problem: sqlite3.Error) -> str:
    """Name an error by its code: SQLite's message could hold what was written."""
    return getattr(problem, "sqlite_errorname", None) or type(problem).__name__
