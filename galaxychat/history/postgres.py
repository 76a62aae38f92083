"""The log in PostgreSQL, for several nodes that serve one site: a connection that writes, some that read."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection, Sequence
from functools import partial
from itertools import cycle
from typing import Any, TypeVar

from twisted.logger import Logger

from galaxychat.bells import Bell
from galaxychat.dburl import PostgresUrl
from galaxychat.errors import HistoryUnavailable, StartError
from galaxychat.history import presence_statements, read_statements, room_statements, schema
from galaxychat.history.pgschema import check_server, lock, migrate
from galaxychat.history.pgwriter import LAST, PgWriter, drive
from galaxychat.history.positions import Positions
from galaxychat.history.read_statements import Mark
from galaxychat.history.search_statements import in_postgres
from galaxychat.history.sql import Statement
from galaxychat.history.sqlhistory import SqlHistory, moved
from galaxychat.messages import User
from galaxychat.pglink import Ask, LinkError, PgLink, QueryRefused
from galaxychat.records import Draft, Posted, Reacted, Revision, RoomDraft

Result = TypeVar("Result")
_READERS = 2
_READ_ONLY = {"default_transaction_read_only": "on"}


class PostgresHistory(SqlHistory):
    """Implements ports.History over a database, or a schema of one, that nodes share."""

    log = Logger()
    match = staticmethod(in_postgres)

    def __init__(self, reactor: Any, url: PostgresUrl, node: str | None = None) -> None:
        """`node` names this process among those that share the log; raises StartError for a URL libpq refuses."""
        self.url = url
        self._reactor = reactor
        self.node = node or secrets.token_hex(4)
        self._fatal: StartError | None = None
        self._epoch = ""
        self._rooms: Sequence[RoomDraft] = ()
        self._now = ""
        self._connected: Callable[[], None] = _quiet
        self._replaced: Callable[[], None] = _quiet
        self._write_link = PgLink(url, reactor, self._prepare)
        self._readers = [PgLink(url, reactor, settings=_READ_ONLY) for _ in range(_READERS)]
        self._turns = cycle(self._readers)
        self.positions = Positions(reactor, self.advance)
        self._writer = PgWriter(self._write_link, self.node, self.positions.go_along)

    @property
    def epoch(self) -> str:
        """The log's random name, "" until it was reached."""
        return self._epoch

    async def open(self, rooms: Sequence[RoomDraft], now: str) -> None:
        """Bring the schema up to date and have the admin's `rooms` in it; returns after one attempt.

        A server that cannot be reached is waited for: until then everything is refused with HistoryUnavailable.
        Raises StartError for a log that this code cannot use.
        """
        self._rooms, self._now = rooms, now
        await self._write_link.start()
        for reader in self._readers:
            await reader.start()
        if self._fatal is not None:
            await self.close()
            raise self._fatal

    async def close(self) -> None:
        """Write what was asked for, then close the connections."""
        await self.positions.finish()
        await self._writer.finish()
        for link in (self._write_link, *self._readers):
            await link.stop()

    async def described(self) -> str:
        """Say what there is, changing nothing; raises HistoryUnavailable, and StartError for a newer log."""
        reader = self._readers[0]
        await reader.start()
        try:
            await check_server(reader.query)
            ((there,),) = await reader.query("SELECT to_regclass('schema_change') IS NOT NULL")
            if not there:
                return "The log's database answers; its tables are made at the first start."
            rows = await reader.query("SELECT number FROM schema_change")
            schema.missing(schema.files("postgres"), {number for (number,) in rows})
            return "The log's database answers, and holds a log."
        except LinkError:
            raise HistoryUnavailable("PostgreSQL") from None
        finally:
            await reader.stop()

    def when_connected(self, call: Callable[[], None]) -> None:
        """Call this each time the connection that writes was made again."""
        self._connected = call

    def when_replaced(self, call: Callable[[], None]) -> None:
        """Call this when the log turns out to be another one than it was."""
        self._replaced = call

    def found_epoch(self, epoch: str) -> None:
        """Take over the name that the log has now."""
        before, self._epoch = self._epoch, epoch
        if before and before != epoch:
            self.positions.forget()
            self.log.warn("The chat's log has another epoch: every client starts over")
            self._replaced()

    async def renew_epoch(self) -> None:
        """Give the log another name; nodes that run find it. Raises HistoryUnavailable, StartError without a log."""
        link = PgLink(self.url, self._reactor)
        await link.start()
        try:
            await link.query("UPDATE log SET value = %s WHERE key = 'epoch'", (schema.new_epoch(),))
        except QueryRefused as refused:
            raise StartError(f"The log cannot be written: SQLSTATE {refused.pgcode}; is it there?") from None
        except LinkError:
            raise HistoryUnavailable("PostgreSQL") from None
        finally:
            await link.stop()

    async def _prepare(self) -> None:
        """Look at the log behind each new connection: it may have been restored meanwhile."""

        async def prepare(ask: Ask) -> str:
            await check_server(ask)
            await migrate(ask)
            ((epoch,),) = await ask("SELECT value FROM log WHERE key = 'epoch'")
            if epoch != self._epoch:
                await lock(ask)
                await drive(ask, room_statements.settle(self._rooms, self._now))
            return str(epoch)

        try:
            self.found_epoch(await self._write_link.transaction(prepare))
        except StartError as error:
            self._fatal = error
            raise
        self._connected()

    async def append(self, draft: Draft) -> Posted:
        """See ports.History."""
        return await self._writer.post(draft)  # type: ignore[return-value]  # a refusal comes as a failure

    async def advance(self, marks: Sequence[Mark]) -> Sequence[Mark]:
        """See SqlHistory; waits for no other transaction, and comes last, so that it keeps none waiting for long."""
        statement = partial(read_statements.advance, marks, "SKIP LOCKED")
        return await self._writer.run(statement, moved(marks), LAST)

    async def revs(self, rooms: Collection[int]) -> dict[int, int]:
        """Return the newest rev of each room."""
        return await self.read(room_statements.revs, rooms)

    async def present(self, rooms: Collection[int]) -> dict[int, list[User]]:
        """Return who is present in each room on other nodes."""
        return await self.read(presence_statements.elsewhere, self.node, rooms)

    def ring(self, bells: Sequence[Bell]) -> None:
        """Tell the other nodes of what is not in the log; they may miss it."""
        self._writer.run(_nothing, bells).addErrback(lambda failure: failure.trap(HistoryUnavailable))

    async def write(
        self, statement: Callable[..., Statement[Result]], *values: Any, ring: Sequence[Bell] = ()
    ) -> Result:
        """Run a statement in the next transaction, and ring with it; raises HistoryUnavailable."""
        # The first values say which rows are locked: a room, a user.
        order = " ".join(map(_row, values[:2]))
        return await self._writer.run(lambda: statement(*values), ring, order)

    async def read(self, statement: Callable[..., Statement[Result]], *values: Any) -> Result:
        """See SqlHistory; refused until the log was reached once."""
        # Not while the schema may still be another one's.
        if not self._epoch:
            raise HistoryUnavailable("PostgreSQL was not reached yet")
        try:
            return await drive(self._reader().query, statement(*values))
        except LinkError as error:
            raise HistoryUnavailable(type(error).__name__) from None

    def _reader(self) -> PgLink:
        """The next connection in turn that there is."""
        turn = next(self._turns)
        return turn if turn.connected else next((each for each in self._readers if each.connected), turn)


def _row(value: object) -> str:
    """Name what a statement locks: a room, a user, or the room in which something is changed."""
    if isinstance(value, Revision | Reacted):
        return str(value.room)
    return str(value) if isinstance(value, int | User) else ""


def _quiet() -> None:
    """Nobody wants to know."""


def _nothing() -> Statement[None]:
    yield "SELECT 1", ()
