"""Writes to a PostgreSQL log over one connection: what arrives while a transaction runs shares the next one."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from twisted.internet.defer import Deferred
from twisted.logger import Logger
from twisted.python.failure import Failure

from galaxychat import bells
from galaxychat.bells import Bell, Kind
from galaxychat.errors import HistoryUnavailable
from galaxychat.history import message_statements
from galaxychat.history.message_statements import Outcome
from galaxychat.history.sql import Statement
from galaxychat.history.trouble import Trouble
from galaxychat.pglink import Ask, LinkDown, LinkError, PgLink, QueryRefused
from galaxychat.records import Draft, Posted

Result = TypeVar("Result")

_BATCH = 256
# A batch must be written within the deadline of one question, whatever is in it and however far the server is.
# Messages share their queries; each other statement takes some of its own, one after the other.
_BATCH_BYTES = 4 * 1024 * 1024
_BATCH_STATEMENTS = 32
_TRIES = 5
#: The `order` of what is done at the end of a transaction: it comes after every number of a row.
LAST = "~"
#: Another node was quicker: serialization_failure, deadlock_detected, unique_violation (a nonce raced).
_AGAIN = frozenset({"40001", "40P01", "23505"})


@dataclass(frozen=True, slots=True)
class _Job:
    """A draft to post, or a statement to run and the bells to ring with it."""

    answer: Deferred[Any]
    draft: Draft | None = None
    statement: Callable[[], Statement[Any]] | None = None
    bells: Sequence[Bell] = ()
    order: str = ""

    @property
    def size(self) -> int:
        """About how many bytes it sends."""
        return len(self.draft.text) + len(self.draft.body) if self.draft is not None else 0


async def drive(ask: Ask, statement: Statement[Result]) -> Result:
    """Run a statement's queries inside a transaction."""
    try:
        sql, parameters = next(statement)
        while True:
            # The weaker lock lets new members, who refer to the room's row, pass: each node admits while others post.
            query = sql.replace("FOR UPDATE", "FOR NO KEY UPDATE").replace("?", "%s")
            rows = await ask(query, tuple(parameters))
            sql, parameters = statement.send(rows)
    except StopIteration as done:
        result: Result = done.value
        return result


class PgWriter:
    """Posts messages and runs statements, durable when their Deferreds fire."""

    log = Logger()

    def __init__(self, link: PgLink, node: str, begins: Callable[[], None] = lambda: None) -> None:
        """`begins` is called before each transaction; what it asks for goes along, if there is room."""
        self._link = link
        self._node = node
        self._begins = begins
        self._jobs: deque[_Job] = deque()
        self._working: Deferred[None] | None = None
        self._trouble = Trouble()

    def post(self, draft: Draft) -> Deferred[Outcome]:
        """Post a message."""
        answer: Deferred[Outcome] = Deferred()
        self._add(_Job(answer, draft=draft))
        return answer

    def run(
        self, statement: Callable[[], Statement[Result]], ring: Sequence[Bell] = (), order: str = ""
    ) -> Deferred[Result]:
        """Run a statement; fails with what it raises, or HistoryUnavailable.

        Statements of one batch that lock the same kind of rows do so by `order`, so that two nodes do not cross.
        """
        answer: Deferred[Result] = Deferred()
        self._add(_Job(answer, statement=statement, bells=ring, order=order))
        return answer

    async def finish(self) -> None:
        """Wait until everything asked for is written, or has failed."""
        if self._working is not None:
            await self._working

    def _add(self, job: _Job) -> None:
        self._jobs.append(job)
        if self._working is None:
            self._working = Deferred()
            Deferred.fromCoroutine(self._work()).addErrback(lambda failure: self.log.failure("Unexpected", failure))

    async def _work(self) -> None:
        while self._jobs:
            self._begins()
            batch = self._batch()
            for job, result in zip(batch, await self._written(batch), strict=True):
                if not job.answer.called:
                    job.answer.callback(result)
        working, self._working = self._working, None
        if working is not None:
            working.callback(None)

    def _batch(self) -> list[_Job]:
        """Take the next jobs, one at least."""
        batch: list[_Job] = []
        size = statements = 0
        while self._jobs and len(batch) < _BATCH:
            job = self._jobs[0]
            size += job.size
            statements += job.draft is None
            if batch and (size > _BATCH_BYTES or statements > _BATCH_STATEMENTS):
                break
            batch.append(self._jobs.popleft())
        return batch

    async def _written(self, batch: Sequence[_Job]) -> list[Any]:
        """What became of each job: its result or a Failure."""
        try:
            results = await self._tried(batch)
        except LinkDown:
            # Each may be in the log all the same: its sender asks again, by its nonce.
            return [Failure(HistoryUnavailable("PostgreSQL")) for _ in batch]
        except Exception as problem:
            if len(batch) > 1:
                # One of them may be to blame: the others shall not fail with it.
                return [result for job in batch for result in await self._written([job])]
            if not isinstance(problem, QueryRefused):
                return [Failure()]
            self._trouble.met(f"SQLSTATE {problem.pgcode}")
            return [Failure(HistoryUnavailable("PostgreSQL"))]
        self._trouble.over()
        return results

    async def _tried(self, batch: Sequence[_Job]) -> list[Any]:
        """Write a batch in one transaction, again where another node was quicker."""
        for _ in range(_TRIES - 1):
            try:
                return await self._link.transaction(lambda ask: self._together(ask, batch))
            except QueryRefused as refused:
                if refused.pgcode not in _AGAIN:
                    raise
        return await self._link.transaction(lambda ask: self._together(ask, batch))

    async def _together(self, ask: Ask, batch: Sequence[_Job]) -> list[Any]:
        results: dict[int, Any] = {}
        posts = [(index, job.draft) for index, job in enumerate(batch) if job.draft is not None]
        # Messages first: they lock their rooms in order, before anything else is locked.
        outcomes = await drive(ask, message_statements.append([draft for _, draft in posts])) if posts else []
        results.update(zip((index for index, _ in posts), map(_result, outcomes), strict=True))
        ring = _revs(outcomes)
        for index, job in sorted(enumerate(batch), key=lambda each: each[1].order):
            if job.statement is not None:
                results[index] = await _apart(ask, job.statement)
                ring.extend(job.bells)
        for payload in bells.payloads(self._node, ring):
            await ask(f"SELECT pg_notify({bells.CHANNEL}, %s)", (payload,))  # ours
        return [results[index] for index in range(len(batch))]


async def _apart(ask: Ask, statement: Callable[[], Statement[Any]]) -> Any:
    """Run one of a batch so that its own refusal undoes nothing of the others."""
    await ask("SAVEPOINT work")
    try:
        result = await drive(ask, statement())
    except LinkError:
        raise
    except Exception:
        result = Failure()
        await ask("ROLLBACK TO SAVEPOINT work")
    await ask("RELEASE SAVEPOINT work")
    return result


def _result(outcome: Outcome) -> Any:
    return outcome if isinstance(outcome, Posted) else Failure(outcome)


def _revs(outcomes: Iterable[Outcome]) -> list[Bell]:
    """The newest rev of each room that got messages."""
    newest: dict[int, int] = {}
    for outcome in outcomes:
        if isinstance(outcome, Posted) and not outcome.repeated:
            newest[outcome.room] = max(outcome.seq, newest.get(outcome.room, 0))
    return [Bell(Kind.REV, room, rev) for room, rev in newest.items()]
