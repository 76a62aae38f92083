"""What the log in memory keeps, and how a user sees a room of it."""

from __future__ import annotations

from dataclasses import dataclass, field

from galaxychat.history.room_statements import COUNTED
from galaxychat.messages import Message, User
from galaxychat.model import RoomKind
from galaxychat.records import RoomDraft, RoomState


@dataclass
class Member:
    """One membership; `hidden` is the seq after which a message brings the room back."""

    read: int
    muted: bool = False
    hidden: int | None = None


@dataclass
class Room:
    """One room and all that was said in it."""

    draft: RoomDraft
    made_at: str
    rev: int = 0
    floor: int = 0
    archived: bool = False
    members: dict[int, Member] = field(default_factory=dict)
    messages: dict[int, Message] = field(default_factory=dict)
    mentions: dict[int, tuple[int, ...]] = field(default_factory=dict)


class MemoryTables:
    """Rooms and people."""

    def __init__(self) -> None:
        self._rooms: dict[int, Room] = {}
        self._people: dict[int, User] = {}
        self._absent: set[int] = set()
        self._ignored: set[tuple[int, int]] = set()

    def _named(self, key: str | None) -> Room | None:
        return next((room for room in self._rooms.values() if key is not None and room.draft.name_key == key), None)

    def _sole(self, sole: str | None) -> Room | None:
        return next((room for room in self._rooms.values() if sole is not None and room.draft.sole == sole), None)

    def _state(self, room: Room, user: int) -> RoomState:
        member = room.members.get(user)
        unread = self._heard(room, user, member.read) if member else []
        draft, direct = room.draft, room.draft.kind is RoomKind.DIRECT
        return RoomState(
            room=draft.room,
            name=draft.name,
            kind=draft.kind,
            topic=draft.topic,
            rev=room.rev,
            floor=room.floor,
            owner=None if direct else draft.owner,
            closed=False,
            archived=room.archived,
            member=member is not None,
            muted=member.muted if member else False,
            read=member.read if member else 0,
            unread=min(COUNTED, sum(one.user != user and not one.deleted for one in unread)),
            mentions=min(
                COUNTED,
                sum(one.user != user and not one.deleted and user in room.mentions[one.seq] for one in unread),
            ),
            hidden=member is not None and member.hidden is not None and not self._heard(room, user, member.hidden),
            other=self._other(room, user) if direct and member else None,
            owner_name=None if direct else self._name(draft.owner),
        )

    def _name(self, user: int | None) -> str | None:
        known = self._people.get(user) if user is not None else None
        return known.name if known else None

    def _heard(self, room: Room, user: int, after: int) -> list[Message]:
        """Return the messages after a seq, but for those of people whom the user ignores."""
        return [one for one in room.messages.values() if one.seq > after and (user, one.user) not in self._ignored]

    def _other(self, room: Room, user: int) -> User | None:
        other = next((each for each in room.members if each != user), None)
        return None if other is None else self._people.get(other, User(other, None))
