"""What comes next in each room: one rule for what this node posts, what it is told of, and what it missed.

A change whose rev follows the last one is delivered, an older one dropped; anything else shows a gap, and what
lies in it is read from the log.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from galaxychat.errors import HistoryUnavailable
from galaxychat.messages import Event, Message, MessageEvent, RoomEvent, User, encode
from galaxychat.ports import RESUME_CHANGES, History, Peer, Spawn
from galaxychat.rooms import Rooms

#: A gap of more revisions than this is not read: clients start over instead.
PAGED = 5000


@dataclass(frozen=True, slots=True)
class Change:
    """One revision of one room, and the event that tells of it."""

    room: int
    rev: int
    event: Event


@dataclass(slots=True)
class _Place:
    """How far a room was delivered, and since when (None before its first page was read); the newest rev heard of."""

    first: int | None = None
    last: int | None = None
    heard: int = 0
    fetching: bool = False


class Feed:
    """The next change of every room in which somebody is present."""

    def __init__(self, history: History, rooms: Rooms, spawn: Spawn) -> None:
        self._history = history
        self._rooms = rooms
        self._spawn = spawn
        self._places: dict[int, _Place] = {}

    def subscribe(self, room: int, peer: Peer) -> None:
        """Begin to hold back a room's changes for a peer that is about to be sent a page."""
        self._places.setdefault(room, _Place())
        self._rooms.subscribe(room, peer)

    def followed(self) -> list[int]:
        """Return the rooms that somebody here follows."""
        return list(self._places)

    def places(self) -> dict[int, int]:
        """Return how far each room that somebody here follows was delivered; not those whose page is still read."""
        return {room: place.last for room, place in self._places.items() if place.last is not None}

    def start_over(self) -> None:
        """Forget how far rooms were delivered: the log is another one."""
        self._places = {room: _Place() for room in self._places}

    def reaches(self, room: int, rev: int) -> bool:
        """Whether everything after `rev` has been or will be delivered; a page that is older must be read again."""
        place = self._places.get(room)
        return place is None or place.first is None or rev >= place.first

    def catch_up(self, room: int, peer: Peer, rev: int) -> None:
        """Go on from the page of revision `rev` that the peer was sent."""
        place = self._places.get(room)
        if place is None:
            return
        if place.last is None:
            place.first = place.last = rev
        self._rooms.catch_up(room, peer, rev, place.last)
        self.heard(room, rev)

    def hold(self, room: int, peer: Peer) -> None:
        """Hold back what a peer follows while what it posts there is written: the answer comes before the event."""
        place = self._places.get(room)
        if place is not None and place.last is not None:
            self._rooms.hold(room, peer, place.last)

    def release(self, room: int, peer: Peer) -> None:
        """Go on after `hold`."""
        place = self._places.get(room)
        if place is not None and place.last is not None:
            self._rooms.release(room, peer, place.last)

    def unsubscribe(self, room: int, peer: Peer) -> None:
        """Stop telling a peer of a room."""
        self._rooms.unsubscribe(room, peer)
        if self._rooms.is_empty(room):
            self._places.pop(room, None)

    def offer(self, change: Change) -> None:
        """Deliver a change in its turn; a gap before it is filled from the log first."""
        place = self._places.get(change.room)
        if place is None:
            return
        if place.last is not None and change.rev == place.last + 1:
            place.last = change.rev
            self._rooms.deliver(change.room, change.rev, encode(change.event))
        else:
            self.heard(change.room, change.rev)

    def heard(self, room: int, rev: int) -> None:
        """Make sure that everything up to `rev` is delivered."""
        place = self._places.get(room)
        if place is None:
            return
        place.heard = max(place.heard, rev)
        if place.last is not None and place.heard > place.last and not place.fetching:
            place.fetching = True
            self._spawn(self._fill(room, place))

    async def _fill(self, room: int, place: _Place) -> None:
        try:
            while place.last is not None and place.heard > place.last and self._places.get(room) is place:
                if not await self._fetch(room, place):
                    return
        except HistoryUnavailable:
            return  # the next change, or the next look at the log, finds the gap again
        finally:
            place.fetching = False

    async def _fetch(self, room: int, place: _Place) -> bool:
        """Deliver what the log has beyond the last rev; False when that was nothing."""
        before = place.last or 0
        changes = await self._history.changes(room, before)
        if self._places.get(room) is not place:
            return False  # everybody left; who came since then has had a page of their own
        self._deliver_messages(room, place, changes.messages, changes.users)
        if not changes.complete and changes.rev - before <= PAGED and await self._fetch_page(room, place):
            return True
        if changes.rev > (place.last or 0):
            # Not everything that was missed is a message, or it was too much: the rev alone makes clients ask.
            self._deliver(room, place, changes.rev, RoomEvent(room=room, rev=changes.rev))
        return (place.last or 0) > before

    async def _fetch_page(self, room: int, place: _Place) -> bool:
        """Deliver what follows without a gap of a gap too wide for one fetch; False if it begins with older messages.

        A node that another one runs ahead of reads page by page: clients need not start over.
        """
        before = place.last or 0
        page = await self._history.page(room, RESUME_CHANGES, after=before)
        if self._places.get(room) is not place:
            return False
        dense = [message for rev, message in enumerate(page.messages, before + 1) if message.rev == message.seq == rev]
        self._deliver_messages(room, place, dense, page.users)
        return (place.last or 0) > before

    def _deliver_messages(self, room: int, place: _Place, found: Sequence[Message], users: Sequence[User]) -> None:
        for message in found:
            event = MessageEvent(room=room, rev=message.rev, message=message, users=list(users))
            self._deliver(room, place, message.rev, event)

    def _deliver(self, room: int, place: _Place, rev: int, event: Event) -> None:
        if place.last is not None and rev > place.last:
            place.last = rev
            self._rooms.deliver(room, rev, encode(event))
