"""The log in memory: rooms with walls, and what users chose for themselves."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from galaxychat.history.memorytables import Member, MemoryTables, Room
from galaxychat.messages import User
from galaxychat.records import Changed, NameTaken, Own, RoomChange, RoomDraft, TooManyRooms, Turnover


class MemoryWalls(MemoryTables):
    """The part of ports.History that walls need."""

    async def direct(self, draft: RoomDraft, other: int, now: str, rooms_per_day: int) -> int:
        """See ports.History."""
        assert draft.owner is not None
        room = self._sole(draft.sole)
        if room is None:
            self._check_pace(draft.owner, now, rooms_per_day)
            room = self._rooms[draft.room] = Room(draft, now)
            room.members = {draft.owner: Member(0), other: Member(0, hidden=0)}
        room.members[draft.owner].hidden = None
        return room.draft.room

    async def change_room(self, room: int, change: RoomChange) -> Changed:
        """See ports.History."""
        found = self._rooms[room]
        wanted = {name: getattr(change, name) for name in change.__slots__}
        draft = replace(found.draft, **{name: value for name, value in wanted.items() if value is not None})
        if draft == found.draft:
            return Changed(found.rev, is_new=False)
        if self._named(change.name_key) not in (None, found):
            raise NameTaken
        found.draft = draft
        found.rev += 1
        return Changed(found.rev, is_new=True)

    async def set_members(self, sole: str, user_ids: Collection[int]) -> Turnover:
        """See ports.History."""
        found = self._sole(sole)
        if found is None:
            return Turnover(0)
        added, removed = sorted(set(user_ids) - set(found.members)), sorted(set(found.members) - set(user_ids))
        found.members.update({user: Member(found.rev) for user in added})
        for user in removed:
            del found.members[user]
        return Turnover(found.draft.room, added, removed)

    async def kept(self, pairs: Collection[tuple[int, int]]) -> set[tuple[int, int]]:
        """See ports.History."""
        return {(room, user) for room, user in pairs if room in self._rooms and user in self._rooms[room].members}

    async def hide(self, room: int, user_id: int) -> None:
        """See ports.History."""
        found = self._rooms[room]
        if user_id in found.members:
            found.members[user_id].hidden = found.rev

    async def own(self, user_id: int) -> Own:
        """See ports.History."""
        if user_id not in self._people:
            return Own(absent=False, ignored=[])
        others = sorted(other for user, other in self._ignored if user == user_id)
        return Own(user_id in self._absent, [self._people.get(other, User(other, None)) for other in others])

    async def set_absent(self, user_id: int, on: bool) -> None:
        """See ports.History."""
        self._absent.discard(user_id)
        if on and user_id in self._people:
            self._absent.add(user_id)

    async def set_ignored(self, user_id: int, other: int, on: bool) -> None:
        """See ports.History."""
        self._ignored.discard((user_id, other))
        if on:
            self._ignored.add((user_id, other))

    async def reachable(self, user_id: int, asker: int) -> User | None:
        """See ports.History."""
        known = user_id in self._people and user_id not in self._absent and (user_id, asker) not in self._ignored
        return self._people[user_id] if known else None

    def _check_pace(self, user: int | None, now: str, rooms_per_day: int) -> None:
        mine = [room for room in self._rooms.values() if user is not None and room.draft.owner == user]
        if sum(room.made_at >= now[:10] for room in mine) >= rooms_per_day:
            raise TooManyRooms
