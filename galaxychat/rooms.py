"""Who is present in which room, and delivery to them.

A peer that is catching up gets nothing until its page has been sent; then exactly what came after that page.
So does one whose own message is being written: its answer comes first. Those who are up to date stand in a set of
their own, so that delivery need not ask each of them anything.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from galaxychat.attendance import Attendance
from galaxychat.burst import Burst, Tempo
from galaxychat.messages import Presence, User, encode
from galaxychat.ports import Fanout, Peer

PRESENCE_AT_ONCE = 25
PRESENCE_BY_NAME = 200

#: A room and a user in it.
Pair = tuple[int, int]


@dataclass(slots=True)
class _CatchingUp:
    """A peer to whom something else is said first; `rev` is what it has, None while its page is on the way."""

    rev: int | None = None
    holding: bool = True
    held: list[tuple[int, bytes]] = field(default_factory=list)


@dataclass(slots=True)
class _Room:
    burst: Burst
    live: set[Peer] = field(default_factory=set)
    catching_up: dict[Peer, _CatchingUp] = field(default_factory=dict)
    attendance: Attendance = field(default_factory=Attendance)


class Rooms:
    """The rooms in which somebody is present on this node."""

    def __init__(self, fanout: Fanout, tempo: Tempo | None = None) -> None:
        """Without a `tempo` nobody waits for anybody: each event is written to each peer by itself."""
        self._fanout = fanout
        self._tempo = tempo
        self._rooms: dict[int, _Room] = {}
        self._untold: set[int] = set()
        self._changed: set[Pair] | None = None

    def subscribe(self, room_id: int, peer: Peer) -> None:
        """Count a peer as present and hold its events back until `catch_up`."""
        room = self._rooms.setdefault(room_id, _Room(Burst(self._fanout, self._tempo)))
        if peer not in room.live and peer not in room.catching_up and room.attendance.arrive(peer.user):
            self._note(room_id, peer.user.id)
        # What is waiting for it is in the page that it is about to be sent.
        room.burst.left(peer)
        room.live.discard(peer)
        room.catching_up[peer] = _CatchingUp()

    def catch_up(self, room_id: int, peer: Peer, rev: int, last: int) -> None:
        """Give a peer, whose page of revision `rev` was just sent, what came since; `last` was delivered last."""
        room = self._rooms.get(room_id)
        waiting = room.catching_up.get(peer) if room else None
        if room is None or waiting is None:
            return
        for held_rev, payload in waiting.held:
            if held_rev > rev:
                peer.send(payload)
        waiting.held.clear()
        waiting.rev = rev
        waiting.holding = False
        if last >= rev:
            self._go_live(room, peer)

    def hold(self, room_id: int, peer: Peer, last: int) -> None:
        """Hold a peer's events back until `release`; `last` was delivered last."""
        room = self._rooms.get(room_id)
        if room is None:
            return
        if peer in room.live:
            room.burst.settle(peer)
            room.live.discard(peer)
            room.catching_up[peer] = _CatchingUp(last)
        elif peer in room.catching_up:
            room.catching_up[peer].holding = True

    def release(self, room_id: int, peer: Peer, last: int) -> None:
        """Give a peer what was held back since `hold`; `last` was delivered last."""
        room = self._rooms.get(room_id)
        waiting = room.catching_up.get(peer) if room else None
        if waiting is not None and waiting.rev is not None:
            self.catch_up(room_id, peer, waiting.rev, last)

    def unsubscribe(self, room_id: int, peer: Peer) -> None:
        """Count a peer as gone from one room."""
        room = self._rooms.get(room_id)
        if room is None or (peer not in room.live and peer not in room.catching_up):
            return
        room.burst.left(peer)
        room.live.discard(peer)
        room.catching_up.pop(peer, None)
        if room.attendance.depart(peer.user):
            self._note(room_id, peer.user.id)
        if not room.attendance.here:
            del self._rooms[room_id]
            self._untold.discard(room_id)

    def deliver(self, room_id: int, rev: int, payload: bytes) -> None:
        """Send the event of one revision to everybody in the room who has not had it."""
        room = self._rooms.get(room_id)
        if room is None:
            return
        if room.live:
            room.burst.add(payload, room.live)
        for peer, waiting in tuple(room.catching_up.items()):
            if waiting.rev is None or waiting.holding:
                waiting.held.append((rev, payload))
            elif rev >= waiting.rev:
                if rev > waiting.rev:
                    peer.send(payload)
                self._go_live(room, peer)

    def tell(self, room_id: int, payload: bytes) -> None:
        """Send an event that is no revision to everybody in the room who has had a page of it."""
        room = self._rooms.get(room_id)
        if room is None:
            return
        entered = [peer for peer, waiting in room.catching_up.items() if waiting.rev is not None]
        if room.live or entered:
            self._fanout((payload,), room.live.union(entered) if entered else room.live)

    def is_empty(self, room_id: int) -> bool:
        """Whether nobody is present on this node."""
        return room_id not in self._rooms

    def present(self, room_id: int) -> Collection[int]:
        """Return the ids of the users present, on whatever node."""
        room = self._rooms.get(room_id)
        return room.attendance.ids() if room else ()

    def followed_by(self, user_id: int) -> list[int]:
        """Return the rooms of this node in which a user is present, on whatever node."""
        return [room_id for room_id, room in self._rooms.items() if user_id in room.attendance.ids()]

    def set_elsewhere(self, room_id: int, users: Iterable[User]) -> None:
        """Take over who is present on other nodes; matters while somebody is present here."""
        room = self._rooms.get(room_id)
        if room is not None:
            room.attendance.set_elsewhere(users)

    def pairs(self) -> list[Pair]:
        """Return everybody present here."""
        return [(room_id, user) for room_id, room in self._rooms.items() for user in room.attendance.here]

    def take_changes(self) -> tuple[list[Pair], list[Pair]]:
        """Return who came here and who went since the last call; from the first call on this is noted."""
        changed, self._changed = self._changed or set(), set()
        arrived = {pair for pair in changed if self._is_here(*pair)}
        return list(arrived), list(changed - arrived)

    def announce(self, room_id: int) -> None:
        """Tell a small room at once who came and went; a larger one is told by `announce_waiting`."""
        room = self._rooms.get(room_id)
        if room is None:
            return
        if len(room.attendance.ids()) > PRESENCE_AT_ONCE:
            self._untold.add(room_id)
        else:
            self._announce(room_id, room)

    def announce_waiting(self) -> None:
        """Tell the larger rooms who came and went; called once a second."""
        for room_id in tuple(self._untold):
            self._announce(room_id, self._rooms[room_id])
        self._untold.clear()

    def _announce(self, room_id: int, room: _Room) -> None:
        joined, left = room.attendance.take_untold()
        if not (joined or left):
            return
        present = len(room.attendance.ids())
        if present > PRESENCE_BY_NAME:
            joined, left = [], []
        event = Presence(
            room=room_id,
            joined=[user.id for user in joined],
            left=[user.id for user in left],
            present=present,
            users=[*joined, *left],
        )
        self.tell(room_id, encode(event))

    def _note(self, room_id: int, user_id: int) -> None:
        if self._changed is not None:
            self._changed.add((room_id, user_id))

    def _is_here(self, room_id: int, user_id: int) -> bool:
        room = self._rooms.get(room_id)
        return room is not None and user_id in room.attendance.here

    @staticmethod
    def _go_live(room: _Room, peer: Peer) -> None:
        # Unless it ended while it was written to.
        if room.catching_up.pop(peer, None) is not None:
            room.live.add(peer)
            room.burst.entered(peer)
