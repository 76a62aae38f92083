"""Events of a busy room that go to each peer together: a write for each of them is most of what delivery costs.

A room that was quiet is told at once. One that was told a moment ago waits for the rest of a short window, and
everything that comes meanwhile is one write.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from galaxychat.ports import Fanout, Peer

#: In seconds: what a busy room's events may be late by.
WINDOW = 0.010


@dataclass(frozen=True, slots=True)
class Tempo:
    """A clock in seconds that never runs backwards, and a way to be called after so many."""

    steady: Callable[[], float]
    later: Callable[[float, Callable[[], None]], object]


@dataclass(slots=True)
class Burst:
    """What one room's live peers are to be sent. `had`: who has had the first so many of `events` already."""

    fanout: Fanout
    tempo: Tempo | None
    events: list[bytes] = field(default_factory=list)
    had: dict[Peer, int] = field(default_factory=dict)
    told_at: float = float("-inf")

    def add(self, payload: bytes, live: set[Peer]) -> None:
        """Send an event to everybody in `live`, now or with what follows within the window."""
        if self.tempo is None:
            self.fanout((payload,), live)
            return
        self.events.append(payload)
        if len(self.events) > 1:
            return  # the call that will send it is under way
        wait = self.told_at + WINDOW - self.tempo.steady()
        if wait > 0:
            self.tempo.later(wait, lambda: self.flush(live))
        else:
            self.flush(live)

    def flush(self, live: set[Peer]) -> None:
        """Send what is waiting."""
        events, self.events = self.events, []
        had, self.had = self.had, {}
        if events and live:
            self.fanout(events, live - had.keys() if had else live)
        for peer, count in had.items():
            if peer in live and count < len(events):
                self.fanout(events[count:], (peer,))
        if self.tempo is not None:
            # From the end: where a room is so full that it takes the window to tell it, it would never be waited.
            self.told_at = self.tempo.steady()

    def entered(self, peer: Peer) -> None:
        """Note that a peer, which is live from now on, has had all that is waiting."""
        if self.events:
            self.had[peer] = len(self.events)

    def settle(self, peer: Peer) -> None:
        """Send a peer that was live, and will be told apart, what is waiting for it."""
        waiting = self.events[self.had.pop(peer, 0) :]
        if waiting:
            self.fanout(waiting, (peer,))

    def left(self, peer: Peer) -> None:
        """Forget a peer that is live no more and wants nothing of what is waiting."""
        self.had.pop(peer, None)
