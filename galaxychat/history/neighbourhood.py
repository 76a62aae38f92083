"""A node among others: hears their bells, shows them who is present here, and looks from time to time anyway."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Protocol

from twisted.internet.defer import Deferred
from twisted.internet.task import LoopingCall
from twisted.logger import Logger

from galaxychat.bells import Bell, Kind
from galaxychat.errors import HistoryUnavailable
from galaxychat.history import presence_statements
from galaxychat.history.listen import Listener
from galaxychat.history.postgres import PostgresHistory
from galaxychat.history.presence_statements import Pair

# Seconds. A bell that was lost costs at most this much.
_LOOK_EVERY = 2.0
_PRESENCE_EVERY = 5.0
_WRITE_EVERY = 0.5
_SEEN_EVERY = 2.0
_SWEEP_EVERY = 60.0


class Here(Protocol):
    """Who is present on this node."""

    def take_changes(self) -> tuple[list[Pair], list[Pair]]:
        """Return who came and who went since the last call, as room and user."""

    def pairs(self) -> list[Pair]:
        """Return everybody present, as room and user."""


class Follows(Protocol):
    """What is done with what other nodes say; core code does it."""

    def heard(self, rung: list[Bell]) -> None:
        """Look where another node rang."""

    async def look(self) -> None:
        """Look everywhere."""

    async def look_who_is_present(self) -> None:
        """Look who is present elsewhere."""

    def start_over(self) -> None:
        """Send everybody away: the log is another one."""


class Neighbourhood:
    """Keeps a node's presence in the shared log up to date, and follows the others'."""

    log = Logger()

    def __init__(self, reactor: Any, history: PostgresHistory, here: Here, follows: Follows) -> None:
        self._history = history
        self._here = here
        self._follows = follows
        self._stale = True
        self._others: frozenset[str] = frozenset()
        self._listener = Listener(
            reactor,
            history.url,
            history.node,
            heard=lambda rung: follows.heard(list(rung)),
            missed=self._missed,
        )
        # What was committed when the connection was lost may be in the log, and nobody here was told.
        history.when_connected(self._missed)
        history.when_replaced(follows.start_over)
        self._calls = [
            (self._every(reactor, follows.look), _LOOK_EVERY),
            (self._every(reactor, follows.look_who_is_present), _PRESENCE_EVERY),
            (self._every(reactor, self._write), _WRITE_EVERY),
            (self._every(reactor, self._seen), _SEEN_EVERY),
            (self._every(reactor, self._sweep), _SWEEP_EVERY),
        ]

    async def start(self) -> None:
        """Begin; returns after the first attempt to listen."""
        await self._listener.start()
        for call, seconds in self._calls:
            call.start(seconds, now=True)

    async def stop(self) -> None:
        """Stop, and take this node's presence away."""
        for call, _ in self._calls:
            if call.running:
                call.stop()
        await self._listener.stop()
        # Those who were sent away a moment ago are told of here, with those who are left.
        arrived, departed = self._here.take_changes()
        ring = _presence([*self._here.pairs(), *arrived, *departed])
        try:
            await self._history.write(presence_statements.forget, self._history.node, ring=ring)
        except HistoryUnavailable:
            return  # the others see within seconds that this node is gone

    def _missed(self) -> None:
        for look in (self._follows.look, self._follows.look_who_is_present):
            Deferred.fromCoroutine(look()).addErrback(lambda failure: self.log.failure("Unexpected", failure))

    async def _write(self) -> None:
        """Write who came and went; everything, after a failure or when the server has lost it."""
        arrived, departed = self._here.take_changes()
        if not (arrived or departed or self._stale):
            return
        # Before the write: what is found meanwhile (see _seen) must not be forgotten after it.
        stale, self._stale = self._stale, False
        node, here = self._history.node, self._here.pairs() if stale else arrived
        ring = _presence([*here, *departed])
        try:
            if stale:
                await self._history.write(presence_statements.rewrite, node, here, ring=ring)
            else:
                await self._history.write(presence_statements.change, node, arrived, departed, ring=ring)
        except HistoryUnavailable:
            self._stale = True

    async def _seen(self) -> None:
        try:
            found = await self._history.write(presence_statements.seen, self._history.node)
        except HistoryUnavailable:
            return
        self._stale = self._stale or found.lost
        self._history.found_epoch(found.epoch)
        if found.others != self._others:
            # One came, or died without a word.
            self._others = found.others
            await self._follows.look_who_is_present()

    async def _sweep(self) -> None:
        try:
            await self._history.write(presence_statements.sweep)
        except HistoryUnavailable:
            return

    def _every(self, reactor: Any, work: Callable[[], Awaitable[None]]) -> LoopingCall:
        async def once() -> None:
            try:
                await work()
            except Exception:
                # A loop that fails once would stop for ever.
                self.log.failure("Unexpected")

        call = LoopingCall(lambda: Deferred.fromCoroutine(once()))
        call.clock = reactor
        return call


def _presence(pairs: list[Pair]) -> list[Bell]:
    return [Bell(Kind.PRESENCE, room, 0) for room in {room for room, _ in pairs}]
