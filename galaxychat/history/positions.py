"""How far people have read, until it is written: the furthest of each in each room, written together.

A room of a thousand who look on reports some hundred positions a second, each of them worth little: a commit for
each would cost more than what is said there.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger

from galaxychat.errors import HistoryUnavailable
from galaxychat.history.read_statements import Mark

# Seconds. What waits goes by itself after the longer time: two commits a second are nothing to a disk, and a window
# of the same user on another node still follows at once, to the eye. With another write it goes after the shorter,
# in which enough come together that a busy log does not write each by itself.
_ALONE_AFTER = 0.5
_ALONG_AFTER = 0.1
#: How many are written by one statement.
AT_ONCE = 500
# What a log that cannot be written lets wait, some 10 MB.
_MOST = 50_000
_LAST_TRIES = 2

_Places = dict[int, dict[int, int]]
_NOWHERE: Mapping[int, int] = {}


class Positions:
    """Read positions that were answered and are not durable yet. Whoever shows one takes what is here into account."""

    log = Logger()

    def __init__(self, clock: IReactorTime, write: Callable[[Sequence[Mark]], Awaitable[Sequence[Mark]]]) -> None:
        """`write` makes positions durable and returns those for another time; it raises HistoryUnavailable."""
        self._clock = clock
        self._write = write
        self._waiting: _Places = {}
        self._count = 0
        #: What is being written: it counts until that is done.
        self._going: _Places = {}
        self._done: Deferred[None] | None = None
        self._since = 0.0
        self._timer: IDelayedCall | None = None
        self._closed = False

    def of(self, user: int) -> Mapping[int, int]:
        """Return how far somebody has read, by room."""
        waiting, going = self._waiting.get(user, _NOWHERE), self._going.get(user, _NOWHERE)
        # What waits is further than what is being written.
        return {**going, **waiting} if waiting or going else _NOWHERE

    def note(self, user: int, room: int, seq: int) -> int:
        """Have a position written soon; return the furthest there is. Raises HistoryUnavailable if too many wait."""
        known = self.of(user).get(room, 0)
        if seq <= known:
            return known
        if self._closed or self._count >= _MOST:
            raise HistoryUnavailable("no position can wait")
        self._put(Mark(user, room, seq))
        self._rest(_ALONE_AFTER)
        return seq

    def go_along(self) -> None:
        """Have what waits written now, beside something else that is."""
        if self._count and self._clock.seconds() - self._since >= _ALONG_AFTER:
            self._go()

    def forget(self) -> None:
        """Drop what waits: it was read in another log."""
        self._waiting.clear()
        self._count = 0

    async def finish(self) -> None:
        """Write what waits, as far as it can be written, and take no more."""
        self._closed = True
        tries = _LAST_TRIES
        while tries and (self._count or self._done):
            before = self._count
            self._go()
            if self._done is not None:
                await self._done
            tries -= self._count >= before > 0
        self._quiet()

    def _put(self, mark: Mark) -> None:
        rooms = self._waiting.setdefault(mark.user, {})
        self._count += mark.room not in rooms
        rooms[mark.room] = max(mark.seq, rooms.get(mark.room, 0))

    def _take(self) -> list[Mark]:
        """Take those who wait longest, about as many as one statement writes; all rooms of each."""
        taken: list[Mark] = []
        while self._waiting and len(taken) < AT_ONCE:
            user = next(iter(self._waiting))
            self._going[user] = self._waiting.pop(user)
            taken += [Mark(user, room, seq) for room, seq in self._going[user].items()]
        self._count -= len(taken)
        return taken

    def _rest(self, seconds: float) -> None:
        """Go after so many seconds, unless that is arranged already."""
        if self._timer is None and self._done is None and not self._closed:
            self._since = self._clock.seconds()
            self._timer = self._clock.callLater(seconds, self._go)

    def _quiet(self) -> None:
        timer, self._timer = self._timer, None
        if timer is not None and timer.active():
            timer.cancel()

    def _go(self) -> None:
        """Write what waits, unless something is being written: what has come since then goes next."""
        if self._done is not None or not self._count:
            return
        self._quiet()
        self._done = Deferred()
        Deferred.fromCoroutine(self._written(self._take()))

    async def _written(self, marks: Sequence[Mark]) -> None:
        again: Sequence[Mark] = ()
        try:
            again = await self._write(marks)
        except HistoryUnavailable:
            again = marks
        except Exception:
            # Nobody is told to ask again: what is lost shows as unread.
            self.log.failure("Unexpected")
        self._going.clear()
        for mark in again:
            self._put(mark)
        done, self._done = self._done, None
        if self._count:
            self._rest(_ALONE_AFTER if self._count < AT_ONCE or again else 0.0)
        if done is not None:
            done.callback(None)
