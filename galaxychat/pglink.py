"""One supervised connection to PostgreSQL: it comes back by itself, and no question to it waits for ever.

Why not txpostgres' own pool: it never reconnects. Why no cancelling: psycopg2's cancel waits for the server,
and the whole reactor with it. So each question has a deadline of ours, and a connection that misses one is
closed, which frees whoever waits on it.
"""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any, Protocol, TypeVar

import psycopg2
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.task import deferLater
from twisted.logger import Logger
from twisted.python.failure import Failure

from galaxychat.dburl import PostgresUrl
from galaxychat.errors import StartError
from galaxychat.pgconnection import (
    Supervised,
    check_parameters,
    first_line,
    libpq_parameters,
    server_limits,
    with_addresses,
)

T = TypeVar("T")

_FIRST_PAUSE = 0.2
_LONGEST_PAUSE = 2.0
#: SQLSTATE classes after which the connection is of no more use: lost, or ended by the server.
_LOST_CLASSES = ("08", "57")
_LOCK_NOT_AVAILABLE = "55P03"


class LinkError(Exception):
    """A question got no answer; the text may be logged."""


class LinkDown(LinkError):
    """There is no connection, or it was lost: whether a statement took effect is not known."""


class LinkDeadline(LinkDown):
    """The server did not answer in time."""


class QueryRefused(LinkError):
    """The server answered with an error; `pgcode` is its SQLSTATE."""

    def __init__(self, pgcode: str) -> None:
        super().__init__(f"PostgreSQL refused a statement with SQLSTATE {pgcode}")
        self.pgcode = pgcode


class Ask(Protocol):
    """Runs one statement inside a transaction."""

    async def __call__(self, sql: str, params: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """The rows, none for a statement that returns none."""


class PgLink:
    """A connection that is opened again, with growing pauses of up to 2 s, whenever it is lost.

    `on_connected` runs on each new connection; if it raises, the connection is given up. `settings` are the
    server's, for this session. `deadline`, in seconds, bounds each question and each attempt to connect.
    `on_notify` gets the payload of each notification, once something was executed to LISTEN.
    """

    log = Logger()

    def __init__(
        self,
        url: PostgresUrl,
        reactor: Any,
        on_connected: Callable[[], Awaitable[None]] | None = None,
        settings: Mapping[str, str] | None = None,
        deadline: float = 5.0,
        on_notify: Callable[[str], None] | None = None,
    ) -> None:
        """Raise StartError if libpq does not know a parameter of the URL."""
        self._on_notify = on_notify
        self._url = url
        self._reactor = reactor
        self._on_connected = on_connected
        self._deadline = deadline
        self._settings = server_limits(deadline) | dict(settings or {})
        self._connection: Supervised | None = None
        self._opening: Supervised | None = None
        self._lost: Deferred[None] = Deferred()
        self._resting: Deferred[None] | None = None
        self._keeper: Deferred[None] | None = None
        self._running = False
        self._tried = False
        self._answered = 0.0
        self._reason = ""
        check_parameters(libpq_parameters(url, self._settings), url)

    @property
    def connected(self) -> bool:
        """Whether there is a connection, as far as is known."""
        return self._connection is not None

    async def start(self) -> None:
        """Begin; return after the first attempt, whether it succeeded or not."""
        self._running = True
        first: Deferred[None] = Deferred()
        self._keeper = Deferred.fromCoroutine(self._keep(first))
        await first

    async def stop(self) -> None:
        """Close the connection and come back no more; what waits on it fails with LinkDown."""
        self._running = False
        for connection in (self._connection, self._opening):
            if connection is not None:
                self._drop(connection, "")
        if self._resting is not None:
            self._resting.cancel()
        if self._keeper is not None:
            keeper, self._keeper = self._keeper, None
            await keeper

    async def query(self, sql: str, params: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """The rows of one statement, which is a transaction of its own.

        Raises LinkDown (also at once when there is no connection), LinkDeadline, QueryRefused.
        """
        return await self._locked(lambda ask: ask(sql, params))

    async def transaction(self, work: Callable[[Ask], Awaitable[T]]) -> T:
        """What `work` gives, which asks its questions in one transaction; it commits unless `work` raises.

        The deadline holds for the whole. Raises as `query` does, and what `work` raises.
        """

        async def whole(ask: Ask) -> T:
            await ask("BEGIN")
            result = await work(ask)
            await ask("COMMIT")
            return result

        return await self._locked(whole, in_transaction=True)

    async def _locked(self, work: Callable[[Ask], Awaitable[T]], in_transaction: bool = False) -> T:
        """What `work` gives, which has the connection for itself meanwhile."""
        connection = self._connection
        if connection is None:
            raise LinkDown("no connection to PostgreSQL")

        async def ask(sql: str, params: Sequence[object] = ()) -> list[tuple[Any, ...]]:
            return await self._typed(connection, connection.ask(sql, params))

        async def whole() -> T:
            try:
                return await work(ask)
            except Exception:
                # Not by txpostgres' own runInteraction: it tries it on a dead connection, and logs a traceback.
                if in_transaction and not connection.ended:
                    await ask("ROLLBACK")
                raise

        locked: Deferred[T] = connection.lock.run(lambda: Deferred.fromCoroutine(whole()))
        return await self._bounded(connection, locked)

    async def _keep(self, first: Deferred[None]) -> None:
        pause = _FIRST_PAUSE
        while self._running:
            opened = await self._open()
            self._tried = True
            if not first.called:
                first.callback(None)
            if opened:
                pause = _FIRST_PAUSE
                await self._lost
            if self._running:
                # Many nodes lose the same server at once and should not come back at once.
                await self._rest(pause * random.uniform(0.5, 1))  # noqa: S311
                pause = min(2 * pause, _LONGEST_PAUSE)

    async def _open(self) -> bool:
        """Try once; whether there is a connection for which `on_connected` did its work."""
        connection = self._opening = Supervised(self._reactor, self._drop)
        try:
            await self._connect(connection)
            if self._on_connected is not None:
                await self._on_connected()
        except Exception as error:
            # What keeps the service from starting is told by whoever starts it.
            if self._tried or not isinstance(error, StartError):
                self._tell(first_line(error))
            self._do_without_settings(error)
            self._drop(connection, "")
        if self._connection is not connection:
            return False
        if self._reason:
            self.log.info("{database}: connected again", database=self._url.shown)
            self._reason = ""
        return True

    async def _connect(self, connection: Supervised) -> None:
        parameters = libpq_parameters(self._url, self._settings)
        parameters = await self._attempt(connection, lambda: with_addresses(parameters, self._reactor))
        if not self._running:
            raise LinkDown("stopped")
        await self._attempt(connection, lambda: connection.connect(**parameters))
        if self._on_notify is not None:
            notify = self._on_notify
            connection.addNotifyObserver(lambda notification: notify(notification.payload))
        self._connection, self._lost = connection, Deferred()

    async def _attempt(self, connection: Supervised, step: Callable[[], Awaitable[T]]) -> T:
        typed = Deferred.fromCoroutine(self._typed(connection, step()))
        return await self._bounded(connection, typed)

    async def _typed(self, connection: Supervised, step: Awaitable[T]) -> T:
        """What a step over the connection gives, its error as one of ours."""
        try:
            return await step
        except Exception as error:
            raise self._translated(connection, error) from None

    def _bounded(self, connection: Supervised, inner: Deferred[T]) -> Deferred[T]:
        """What `inner` gives, in time.

        Cancelling the result does not reach `inner`: txpostgres would cancel the query, and wait.
        """
        outer: Deferred[T] = Deferred()
        timer = self._reactor.callLater(self._deadline, self._expire, connection, outer)

        def done(result: T | Failure) -> None:
            if timer.active():
                timer.cancel()
            if not isinstance(result, Failure):
                self._answered = self._reactor.seconds()
            if not outer.called:
                outer.callback(result)  # a Failure too

        inner.addBoth(done)
        return outer

    def _expire(self, connection: Supervised, outer: Deferred[Any]) -> None:
        """Give a question up; the connection too, unless others were answered while this one stood in line."""
        if not outer.called:
            outer.errback(self._late())
        idle = self._reactor.seconds() - self._answered
        if connection is not self._connection or idle >= self._deadline:
            self._drop(connection, str(self._late()))

    def _late(self) -> LinkDeadline:
        return LinkDeadline(f"PostgreSQL did not answer within {self._deadline:g} s")

    def _translated(self, connection: Supervised, error: BaseException) -> BaseException:
        """The error as one of ours; a mistake of the caller's stays what it is."""
        pgcode = getattr(error, "pgcode", None) or ""
        if isinstance(error, CancelledError) or pgcode == _LOCK_NOT_AVAILABLE:
            # txpostgres makes CancelledError of the server's own statement_timeout.
            return self._late()
        if pgcode and not pgcode.startswith(_LOST_CLASSES):
            return QueryRefused(pgcode)
        if isinstance(error, psycopg2.ProgrammingError | psycopg2.DataError | ValueError | TypeError):
            return error
        self._drop(connection, first_line(error))
        return LinkDown(first_line(error))

    def _drop(self, connection: Supervised, reason: str) -> None:
        """Close a connection; if it is the one in use, the keeper will open another."""
        in_use = connection is self._connection
        if in_use:
            self._connection = None
        connection.close()
        if in_use:
            if reason:
                self._tell(reason)
            self._lost.callback(None)

    def _do_without_settings(self, error: Exception) -> None:
        """A pooler such as PgBouncer lets no `options` through; our own deadline holds without them."""
        if "unsupported startup parameter" in str(error) and self._settings:
            self.log.warn("{database}: the pooler refuses options, going on without", database=self._url.shown)
            self._settings = {}

    def _tell(self, reason: str) -> None:
        """Log why there is no connection, once for each reason."""
        if self._running and reason != self._reason:
            name = self._url.shown
            self.log.warn("{database}: {reason}; trying again", database=name, reason=reason)
            self._reason = reason

    async def _rest(self, seconds: float) -> None:
        self._resting = deferLater(self._reactor, seconds)
        with suppress(CancelledError):
            await self._resting
