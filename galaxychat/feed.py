"""What comes next in each room: one rule for what this node posts, what it is told of, and what it missed.

A change whose rev follows the last one is delivered, an older one dropped; anything else shows a gap, and what
lies in it is read from the log.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from galaxychat.errors import HistoryUnavailable
from galaxychat.messages import Event, Message, MessageEvent, RoomEvent, User, encode
from galaxychat.ports import History, Peer, Spawn
from galaxychat.records import RESUME_CHANGES, Changes, RoomState
from galaxychat.rooms import Rooms
from galaxychat.tail import Recent, Tail

#: A gap of more revisions than this is not read: clients start over instead.
PAGED = 5000
_NOBODY = 0


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
    tail: Tail = field(default_factory=lambda: Tail(0))
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
            place.tail = Tail(rev)
        self._rooms.catch_up(room, peer, rev, place.last)
        self.heard(room, rev)

    def recent(self, room: int, after: int) -> tuple[int, Recent] | None:
        """Return a room's rev and what changed after `after`, from memory; None if the log must be asked."""
        place = self._places.get(room)
        if place is None or place.last is None or after > place.last:
            return None
        found = place.tail.after(after)
        return None if found is None else (place.last, found)

    def remember(self, room: int, after: int, changes: Changes) -> None:
        """Keep what the log said changed after `after`: others will ask for the same in a moment."""
        place = self._places.get(room)
        if place is None or place.last != changes.rev or not changes.complete:
            return
        place.tail.extend_back(after, changes.messages, {user.id for user in changes.users})
        place.tail.learn(min((message.seq for message in changes.messages), default=after + 1), changes.more)

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
            self._tell(place, change)
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
        missed = changes.rev - before
        if changes.complete and missed <= RESUME_CHANGES:
            await self._deliver_all(room, place, changes)
        elif changes.complete or missed > PAGED or not await self._fetch_page(room, place):
            # Too much was missed: the rev alone makes clients ask.
            self._deliver(room, place, changes.rev, RoomEvent(room=room, rev=changes.rev))
        return (place.last or 0) > before

    async def _deliver_all(self, room: int, place: _Place, changes: Changes) -> None:
        """Deliver each rev up to that of `changes` as one event.

        One that is no message's latest change was of the room itself, which the first such event then shows as it is
        now, or of a message that changed again.
        """
        messages = {message.rev: message for message in changes.messages}
        revs = range((place.last or 0) + 1, changes.rev + 1)
        shown = None if all(rev in messages for rev in revs) else await self._history.room(room, _NOBODY)
        for rev in revs:
            if rev in messages:
                self._deliver_messages(room, place, [messages[rev]], changes.users)
            elif self._deliver(room, place, rev, _as_it_is(room, rev, shown)):
                shown = None

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

    def _deliver(self, room: int, place: _Place, rev: int, event: Event) -> bool:
        if self._places.get(room) is not place or place.last is None or rev <= place.last:
            return False
        self._tell(place, Change(room, rev, event))
        return True

    def _tell(self, place: _Place, change: Change) -> None:
        if isinstance(change.event, MessageEvent):
            place.tail.add(change.event.message, {user.id for user in change.event.users})
        elif not _is_of_the_room(change.event) or place.last is None or change.rev != place.last + 1:
            # What became of a message is not in it, or messages are gone, or not all was told.
            place.tail = Tail(change.rev)
        place.last = change.rev
        self._rooms.deliver(change.room, change.rev, encode(change.event))


def _is_of_the_room(event: Event) -> bool:
    """Whether an event says that no message is any other than it was."""
    return isinstance(event, RoomEvent) and event.floor is None and not event.reset


def _as_it_is(room: int, rev: int, state: RoomState | None) -> RoomEvent:
    if state is None:
        return RoomEvent(room=room, rev=rev)
    return RoomEvent(
        room=room,
        rev=rev,
        name=state.name,
        topic=state.topic,
        owner=state.owner,
        closed=state.closed,
        archived=state.archived,
        floor=state.floor,
    )
