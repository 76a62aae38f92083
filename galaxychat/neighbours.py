"""What happens on other nodes of the same site: bells say where to look, and what is found is told to those here."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Protocol

from galaxychat.bells import Bell, Kind
from galaxychat.entering import Entering
from galaxychat.errors import HistoryUnavailable
from galaxychat.messages import IgnoreEvent, Left, TypingEvent, User, UserEvent, encode
from galaxychat.ports import Spawn
from galaxychat.posting import TYPING_PRESENT
from galaxychat.site import Site, has_read

#: As when this node restarts.
_RESTART = 1012
NAMED_AT_MOST = 25


class Shared(Protocol):
    """What nodes share besides the log. Each method raises HistoryUnavailable."""

    async def revs(self, rooms: Collection[int]) -> dict[int, int]:
        """Return the newest rev of each room."""

    async def present(self, rooms: Collection[int]) -> dict[int, list[User]]:
        """Return who is present in each room on other nodes."""


class Neighbours:
    """Follows what other nodes did."""

    def __init__(self, site: Site, entering: Entering, shared: Shared, spawn: Spawn) -> None:
        self._site = site
        self._entering = entering
        self._shared = shared
        self._spawn = spawn

    def heard(self, rung: Sequence[Bell]) -> None:
        """Look where another node rang."""
        present = []
        for bell in rung:
            if bell.kind is Kind.REV:
                self._site.feed.heard(bell.first, bell.second)
            elif bell.kind is Kind.PRESENCE:
                present.append(bell.first)
            elif bell.kind is Kind.TYPING:
                if not self._site.rooms.is_empty(bell.first):
                    self._spawn(self._typing(bell.first, bell.second))
            else:
                self._heard_of_user(bell)
        watched = [room for room in present if not self._site.rooms.is_empty(room)]
        if watched:
            self._spawn(self.look_who_is_present(watched))

    def _heard_of_user(self, bell: Bell) -> None:
        if bell.kind is Kind.NAME:
            self._spawn(self._name(bell.first))
        elif not self._site.connected.of(bell.first):
            return
        elif bell.kind is Kind.STANDING:
            self._spawn(self._standing(bell.first, bell.second))
        elif bell.kind is Kind.PERSON:
            self._spawn(self._person(bell.first, bell.second))

    async def look(self) -> None:
        """Read what is new in every room that somebody here follows, whether or not a bell was heard."""
        rooms = self._site.feed.followed()
        if not rooms:
            return
        told = self._site.feed.places()
        try:
            revs = await self._shared.revs(rooms)
        except HistoryUnavailable:
            return  # the next look finds it
        if any(revs.get(room, 0) < rev for room, rev in told.items()):
            # A copy of an older day, whose epoch nobody changed.
            self.start_over()
            return
        for room, rev in revs.items():
            self._site.feed.heard(room, rev)

    def start_over(self) -> None:
        """Send everybody away, who will come back to a log that is another one than it was."""
        self._site.feed.start_over()
        for session in self._site.connected.everybody():
            session.peer.close(_RESTART, "the chat's log was replaced")

    async def look_who_is_present(self, rooms: Collection[int] | None = None) -> None:
        """Read who is present elsewhere, in these rooms or in all that somebody here follows."""
        asked = self._site.feed.followed() if rooms is None else rooms
        if not asked:
            return
        try:
            found = await self._shared.present(asked)
        except HistoryUnavailable:
            return
        for room, users in found.items():
            self._site.rooms.set_elsewhere(room, users)
            self._site.rooms.announce(room)

    async def _standing(self, user_id: int, room: int) -> None:
        """Tell a user's windows here what another window of theirs did elsewhere: joined, left, read, muted."""
        try:
            state = await self._site.history.room(room, user_id)
            users = self._site.owners([state]) if state else []
        except HistoryUnavailable:
            return
        for session in self._site.connected.of(user_id):
            if state is None or not state.member:
                self._entering.unsubscribe(session, room)
                session.hear(encode(Left(room=room)))
                continue
            if session.absent:
                continue
            session.hear(encode(self._site.listed(state, session.identity, users)))
            session.hear(encode(has_read(state)))

    async def _name(self, user_id: int) -> None:
        """Show a user's name of today in the small rooms in which they are."""
        rooms = [
            room
            for room in self._site.rooms.followed_by(user_id)
            if len(self._site.rooms.present(room)) <= NAMED_AT_MOST
        ]
        if not rooms:
            return
        try:
            people = await self._site.history.people([user_id])
        except HistoryUnavailable:
            return
        for user in people:
            for room in rooms:
                self._site.rooms.tell(room, encode(UserEvent(user=user)))

    async def _person(self, user_id: int, other: int) -> None:
        """Tell a user's windows here that they left the chat or came back elsewhere, or whom they ignore."""
        try:
            own = await self._site.history.own(user_id)
            users = await self._site.history.people([other])
        except HistoryUnavailable:
            return
        if not other:
            self._entering.step_out(user_id, own.absent)
        elif users:
            on = other in {user.id for user in own.ignored}
            self._site.connected.tell(user_id, IgnoreEvent(user=other, on=on, users=users))

    async def _typing(self, room: int, user_id: int) -> None:
        if len(self._site.rooms.present(room)) > TYPING_PRESENT:
            return
        try:
            users = await self._site.history.people([user_id])
        except HistoryUnavailable:
            return
        self._site.rooms.tell(room, encode(TypingEvent(room=room, user=user_id, users=users)))
