"""Who is present in which room, and delivery to them.

A peer that is catching up gets nothing until its page has been sent; then exactly what came after that page.
So does one whose own message is being written: its answer comes first. Those who are up to date stand in a set of
their own, so that delivery need not ask each of them anything.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from galaxychat.messages import Presence, User, encode
from galaxychat.ports import Fanout, Peer

PRESENCE_AT_ONCE = 25
PRESENCE_BY_NAME = 200


@dataclass(slots=True)
class _CatchingUp:
    """A peer to whom something else is said first; `rev` is what it has, None while its page is on the way."""

    rev: int | None = None
    holding: bool = True
    held: list[tuple[int, bytes]] = field(default_factory=list)


@dataclass(slots=True)
class _Room:
    live: set[Peer] = field(default_factory=set)
    catching_up: dict[Peer, _CatchingUp] = field(default_factory=dict)
    connections: dict[int, int] = field(default_factory=dict)
    joined: dict[int, User] = field(default_factory=dict)
    left: dict[int, User] = field(default_factory=dict)


class Rooms:
    """The rooms in which somebody is present on this node."""

    def __init__(self, fanout: Fanout) -> None:
        self._fanout = fanout
        self._rooms: dict[int, _Room] = {}
        self._untold: set[int] = set()

    def subscribe(self, room_id: int, peer: Peer) -> None:
        """Count a peer as present and hold its events back until `catch_up`."""
        room = self._rooms.setdefault(room_id, _Room())
        if peer not in room.live and peer not in room.catching_up:
            self._arrive(room, peer.user)
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
        room.live.discard(peer)
        room.catching_up.pop(peer, None)
        self._depart(room, peer.user)
        if not room.connections:
            del self._rooms[room_id]
            self._untold.discard(room_id)

    def deliver(self, room_id: int, rev: int, payload: bytes) -> None:
        """Send the event of one revision to everybody in the room who has not had it."""
        room = self._rooms.get(room_id)
        if room is None:
            return
        if room.live:
            self._fanout(payload, room.live)
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
            self._fanout(payload, room.live.union(entered) if entered else room.live)

    def is_empty(self, room_id: int) -> bool:
        """Whether nobody is present."""
        return room_id not in self._rooms

    def present(self, room_id: int) -> Collection[int]:
        """Return the ids of the users present."""
        room = self._rooms.get(room_id)
        return room.connections.keys() if room else ()

    def announce(self, room_id: int) -> None:
        """Tell a small room at once who came and went; a larger one is told by `announce_waiting`."""
        room = self._rooms.get(room_id)
        if room is None:
            return
        if len(room.connections) > PRESENCE_AT_ONCE:
            self._untold.add(room_id)
        else:
            self._announce(room_id, room)

    def announce_waiting(self) -> None:
        """Tell the larger rooms who came and went; called once a second."""
        for room_id in tuple(self._untold):
            self._announce(room_id, self._rooms[room_id])
        self._untold.clear()

    def _announce(self, room_id: int, room: _Room) -> None:
        if not (room.joined or room.left):
            return
        named = len(room.connections) <= PRESENCE_BY_NAME
        joined: Iterable[User] = room.joined.values() if named else ()
        left: Iterable[User] = room.left.values() if named else ()
        event = Presence(
            room=room_id,
            joined=[user.id for user in joined],
            left=[user.id for user in left],
            present=len(room.connections),
            users=[*joined, *left],
        )
        room.joined.clear()
        room.left.clear()
        self.tell(room_id, encode(event))

    @staticmethod
    def _go_live(room: _Room, peer: Peer) -> None:
        # Unless it ended while it was written to.
        if room.catching_up.pop(peer, None) is not None:
            room.live.add(peer)

    @staticmethod
    def _arrive(room: _Room, user: User) -> None:
        room.connections[user.id] = room.connections.get(user.id, 0) + 1
        if room.connections[user.id] == 1 and room.left.pop(user.id, None) is None:
            room.joined[user.id] = user

    @staticmethod
    def _depart(room: _Room, user: User) -> None:
        room.connections[user.id] -= 1
        if room.connections[user.id]:
            return
        del room.connections[user.id]
        if room.joined.pop(user.id, None) is None:
            room.left[user.id] = user
