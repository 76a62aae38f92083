"""The log in memory: what every other back end must do, said as plainly as Python can. For tests."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

import msgspec

from galaxychat.history.member_statements import meant
from galaxychat.history.memoryamending import MemoryAmending
from galaxychat.history.memorytables import Member, Room
from galaxychat.history.message_statements import no_such_room
from galaxychat.history.paging import fitting
from galaxychat.history.room_statements import in_order
from galaxychat.limits import name_key
from galaxychat.messages import Message, User
from galaxychat.model import EVERYBODYS, RoomKind
from galaxychat.records import (
    RESUME_CHANGES,
    Changes,
    Draft,
    Greeting,
    NameTaken,
    NonceReused,
    NoSuchMessage,
    Page,
    Posted,
    RoomDraft,
    RoomState,
    TooManyRooms,
)


class MemoryHistory(MemoryAmending):
    """Implements ports.History for as long as the process lives."""

    epoch = "memory"

    def __init__(self, rooms: Sequence[RoomDraft] = (), now: str = "2026-01-01T00:00:00.000Z") -> None:
        super().__init__()
        self._answers: dict[tuple[int, str], tuple[bytes, Posted]] = {}
        self.settle(rooms, now)

    def settle(self, drafts: Sequence[RoomDraft], now: str) -> None:
        """Have exactly these rooms of the admin's."""
        for draft in drafts:
            room = self._sole(draft.sole) or self._named(draft.name_key)
            if room is None:
                self._rooms[draft.room] = Room(draft, now)
            elif draft.sole is not None:
                room.rev += room.archived
                room.archived = False
            elif (room.draft.kind, room.draft.name, room.archived) != (draft.kind, draft.name, False):
                room.draft = replace(room.draft, kind=draft.kind, name=draft.name, owner=None)
                room.archived = False
                room.rev += 1
        keys = {draft.name_key for draft in drafts}
        self._close_groups({draft.sole for draft in drafts})
        for room in self._rooms.values():
            listed = room.draft.kind is not RoomKind.PERSISTENT or room.draft.name_key in keys
            if not listed and not room.archived:
                room.archived = True
                room.rev += 1
                authors = {message.user for message in room.messages.values()}
                room.members = {user: one for user, one in room.members.items() if user in authors}

    def _close_groups(self, kept: set[str | None]) -> None:
        for room in self._rooms.values():
            if room.draft.kind is RoomKind.GROUP and room.draft.sole not in kept and not room.archived:
                room.archived = True
                room.rev += 1
                room.members.clear()

    async def admit(self, user: User) -> None:
        """See ports.History."""
        self._people[user.id] = user
        for room in self._rooms.values():
            if room.draft.kind in EVERYBODYS and not room.archived:
                room.members.setdefault(user.id, Member(room.rev))

    async def greeting(self, user: User) -> Greeting:
        """See ports.History."""
        everybodys = [one for one in self._rooms.values() if one.draft.kind in EVERYBODYS and not one.archived]
        known = self._people.get(user.id) == user and all(user.id in one.members for one in everybodys)
        own = await self.own(user.id)
        return Greeting(own, [] if own.absent else await self.rooms_of(user.id), known)

    async def rooms_of(self, user_id: int) -> list[RoomState]:
        """See ports.History."""
        states = [self._state(room, user_id) for room in self._rooms.values() if user_id in room.members]
        return in_order(one for one in states if not (one.hidden and one.rev == 0))

    async def room(self, room: int, user_id: int) -> RoomState | None:
        """See ports.History."""
        found = self._rooms.get(room)
        return self._state(found, user_id) if found else None

    async def room_named(self, name_key: str, user_id: int) -> RoomState | None:
        """See ports.History."""
        found = self._named(name_key)
        return self._state(found, user_id) if found else None

    async def create(self, draft: RoomDraft, now: str, rooms_per_user: int, rooms_per_day: int) -> None:
        """See ports.History."""
        self._check_pace(draft.owner, now, rooms_per_day)
        if draft.name_key is not None and self._named(draft.name_key):
            raise NameTaken
        self._rooms[draft.room] = Room(draft, now)
        if draft.owner is not None:
            try:
                await self.add_member(draft.room, draft.owner, rooms_per_user)
            except TooManyRooms:
                del self._rooms[draft.room]
                raise

    async def add_member(self, room: int, user_id: int, rooms_per_user: int) -> None:
        """See ports.History."""
        found = self._rooms[room]
        if user_id in found.members:
            return
        mine = [each for each in self._rooms.values() if user_id in each.members]
        if sum(each.draft.kind is not RoomKind.DIRECT for each in mine) >= rooms_per_user:
            raise TooManyRooms
        found.members[user_id] = Member(found.rev)

    async def remove_member(self, room: int, user_id: int) -> None:
        """See ports.History."""
        self._rooms[room].members.pop(user_id, None)

    async def append(self, draft: Draft) -> Posted:
        """See ports.History."""
        known = await self.answered(draft.user, draft.nonce, draft.digest)
        if known is not None:
            return known
        if draft.room not in self._rooms:
            raise no_such_room()
        room = self._rooms[draft.room]
        target = room.messages.get(draft.reply_to) if draft.reply_to is not None else None
        if draft.reply_to is not None and (target is None or target.deleted):
            raise NoSuchMessage
        room.rev += 1
        posted = Posted(draft.room, room.rev, draft.at)
        room.messages[room.rev] = _message(draft, room.rev)
        room.mentions[room.rev] = draft.mentions
        self._order.append((draft.room, room.rev))
        self._answers[draft.user, draft.nonce] = (draft.digest, posted)
        return posted

    async def answered(self, user_id: int, nonce: str, digest: bytes) -> Posted | None:
        """See ports.History."""
        known = self._answers.get((user_id, nonce))
        if known is None:
            return None
        if known[0] != digest:
            raise NonceReused
        return replace(known[1], repeated=True)

    async def changes(self, room: int, after: int) -> Changes:
        """See ports.History."""
        found = self._rooms[room]
        changed = sorted((one for one in found.messages.values() if one.rev > after), key=lambda one: one.rev)
        fits = len(changed) <= RESUME_CHANGES and len(fitting(changed)) == len(changed)
        if not (found.floor <= after <= found.rev and fits):
            return Changes(found.rev, (), (), more=False, complete=False)
        first = min((one.seq for one in changed), default=after + 1)
        more = any(seq < first for seq in found.messages)
        return Changes(found.rev, changed, self._named_in(changed), more, complete=True)

    async def page(
        self,
        room: int,
        limit: int,
        before: int | None = None,
        after: int | None = None,
        around: int | None = None,
    ) -> Page:
        """See ports.History."""
        found = self._rooms[room]
        everything = [found.messages[seq] for seq in sorted(found.messages)]
        run = _run(everything, limit, before, after, around)
        more_before = bool(run) and everything[0].seq < run[0].seq
        more_after = bool(run) and everything[-1].seq > run[-1].seq
        return Page(found.rev, run, self._named_in(run), more_before, more_after)

    async def set_read(self, room: int, user_id: int, seq: int) -> RoomState | None:
        """See ports.History."""
        found = self._rooms.get(room)
        if found is None:
            return None
        member = found.members.get(user_id)
        if member is not None:
            member.read = max(member.read, min(seq, found.rev))
        return self._state(found, user_id)

    async def set_muted(self, room: int, user_id: int, on: bool) -> None:
        """See ports.History."""
        member = self._rooms[room].members.get(user_id)
        if member is not None:
            member.muted = on

    async def members(self, room: int, after_name: str | None, limit: int) -> list[User]:
        """See ports.History."""
        members = self._rooms[room].members.keys() - self._absent
        people = [self._people[user] for user in members if user in self._people]
        later = [user for user in people if (user.name or "") > (after_name or "")]
        return sorted(later, key=lambda user: (user.name or "", user.id))[:limit]

    async def members_named(self, room: int, names: Sequence[str]) -> dict[str, int]:
        """See ports.History."""
        members = await self.members(room, None, len(self._people))
        rows = [(user.id, user.name or "", name_key(user.name or "")) for user in members]
        return meant({name: name_key(name) for name in names}, rows)

    async def people(self, user_ids: Collection[int]) -> list[User]:
        """See ports.History."""
        return [self._people[user] for user in sorted(user_ids) if user in self._people]

    async def people_like(self, prefix: str, limit: int) -> list[User]:
        """See ports.History."""
        people = [user for user in self._people.values() if user.id not in self._absent]
        keyed = sorted((name_key(user.name or ""), user.id, user) for user in people)
        return [user for key, _, user in keyed if key.startswith(name_key(prefix))][:limit]


def _run(
    everything: list[Message], limit: int, before: int | None, after: int | None, around: int | None
) -> list[Message]:
    if after is not None:
        return fitting([one for one in everything if one.seq > after][:limit])
    if around is None:
        older = [one for one in everything if before is None or one.seq < before]
        return fitting(older[::-1][:limit])[::-1]
    half = max(1, limit // 2)
    older = [one for one in everything if one.seq <= around][::-1][:half]
    newer = [one for one in everything if one.seq > around][: limit - half]
    return [*fitting(older, share=2)[::-1], *(fitting(newer, share=2) if newer else [])]


def _message(draft: Draft, seq: int) -> Message:
    return Message(
        room=draft.room,
        seq=seq,
        rev=seq,
        user=draft.user,
        at=draft.at,
        text=draft.text,
        body=msgspec.Raw(draft.body),
        reply_to=draft.reply_to,
    )
