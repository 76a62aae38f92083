"""What the use cases share: the site's rooms and people, the log, and the ways to speak of them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from galaxychat import access
from galaxychat.bells import Bell
from galaxychat.connected import Connected
from galaxychat.errors import HistoryUnavailable, Refusal
from galaxychat.feed import Feed
from galaxychat.messages import Listed, ReadEvent, Room, User, encode
from galaxychat.model import Identity
from galaxychat.ports import Colouring, Directory, History
from galaxychat.records import RoomState
from galaxychat.rooms import Rooms
from galaxychat.session import Session


@dataclass(frozen=True, slots=True)
class Rules:
    """The limits that use cases need, as configured."""

    message_chars: int
    frame_bytes: int
    rooms_per_user: int
    rooms_per_day: int


@dataclass(frozen=True, slots=True)
class World:
    """What is asked of the world besides the ports.

    `steady` are seconds that never run backwards, `utc` the time of day, `room_id` a new random id below 2**48,
    `report` writes the exception in hand to the server's log, `audit` a line about who did what, by ids. `ring`
    tells other nodes of what is not in the log.
    """

    steady: Callable[[], float]
    utc: Callable[[], datetime]
    room_id: Callable[[], int]
    report: Callable[[str], None]
    ring: Callable[[Sequence[Bell]], None] = lambda _bells: None
    audit: Callable[[str], None] = lambda _line: None


async def no_colours(_language: str, _code: str) -> list[tuple[str, int]] | None:
    """Knows no language."""
    return None


@dataclass(frozen=True, slots=True)
class Site:
    """One Galaxy site's chat on this node."""

    history: History
    directory: Directory
    feed: Feed
    rooms: Rooms
    connected: Connected
    rules: Rules
    world: World
    colouring: Colouring = no_colours

    def now(self) -> str:
        """Return the time of day as the wire writes it."""
        return self.world.utc().replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"

    async def room(self, session: Session, room: int, action: access.Action) -> RoomState:
        """Return a room of the log if this session may do that in it; raises Refusal."""
        state = await self.history.room(room, session.user.id)
        return access.check(action, state, session.identity)

    def may(self, action: access.Action, state: RoomState, session: Session) -> bool:
        """Whether this session may do that in a room as well."""
        try:
            access.check(action, state, session.identity)
        except Refusal:
            return False
        return True

    def shown(self, state: RoomState, who: Identity, counted: int | None = None) -> Room:
        """Return a room as the wire shows it to one user; `counted` is up to where, if not to its rev."""
        return Room(
            room=state.room,
            name=state.name,
            kind=state.kind,
            topic=state.topic,
            rev=state.rev,
            floor=state.floor,
            read=state.read,
            unread=state.unread,
            mentions=state.mentions,
            member=state.member,
            muted=state.muted,
            present=len(self.rooms.present(state.room)),
            can=access.can(state, who),
            with_=state.other,
            owner=state.owner,
            closed=state.closed,
            archived=state.archived,
            hidden=state.hidden,
            counted=None if counted == state.rev else counted,
        )

    @staticmethod
    def owners(states: Iterable[RoomState]) -> list[User]:
        """Return the people who own any of these rooms, or share them with one other."""
        people: dict[int, User] = {}
        for state in states:
            if state.other is not None:
                people[state.other.id] = state.other
            if state.owner is not None and state.owner_name is not None:
                people[state.owner] = User(state.owner, state.owner_name)
        return list(people.values())

    async def people(self, user_ids: Collection[int]) -> list[User]:
        """Return persons by id, as Galaxy names those who are connected and the log the others."""
        here = [sessions[0].user for user_id in user_ids if (sessions := self.connected.of(user_id))]
        others = set(user_ids) - {user.id for user in here}
        return [*here, *(await self.history.people(others) if others else [])]

    async def tell_listed(self, user_id: int, room: int) -> None:
        """Tell all of a user's sessions how a room of theirs stands now; what that follows on was done already."""
        if not self.connected.of(user_id):
            return
        try:
            state = await self.history.room(room, user_id)
            await self._tell_states(user_id, [state] if state is not None and state.member else [])
        except HistoryUnavailable:
            return

    async def tell_all_listed(self, user_id: int) -> None:
        """Tell all of a user's sessions how each of their rooms stands now, as when they may do more than before."""
        if not self.connected.of(user_id):
            return
        try:
            await self._tell_states(user_id, await self.history.rooms_of(user_id))
        except HistoryUnavailable:
            return

    async def _tell_states(self, user_id: int, states: Sequence[RoomState]) -> None:
        if not states:
            return
        users = self.owners(states)
        # One who left the chat has no rooms until they are back.
        for each in (session for session in self.connected.of(user_id) if not session.absent):
            for state in states:
                # An admin may look through the same user's eyes, and may do less.
                each.hear(encode(self.listed(state, each.identity, users)))

    def listed(self, state: RoomState, who: Identity, users: list[User]) -> Listed:
        """Return the event that says how a room of theirs stands for one user."""
        return Listed(room=self.shown(state, who), users=users)


def has_read(state: RoomState) -> ReadEvent:
    """Return the event that says how far a member has read."""
    return ReadEvent(room=state.room, seq=state.read, unread=state.unread, mentions=state.mentions, counted=state.rev)


def too_many_rooms() -> Refusal:
    """The answer to one who is in as many rooms as they may, or made as many today."""
    return Refusal("too_many", "You have as many rooms as you may; leave one, or come back tomorrow.")
