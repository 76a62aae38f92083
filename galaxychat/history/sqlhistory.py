"""What the back ends over SQL share: each method of the log is a statement to read or to write, and whom to tell."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Sequence
from typing import Any, TypeVar

from galaxychat.bells import Bell, Kind
from galaxychat.history import (
    amending_statements,
    member_statements,
    message_statements,
    own_statements,
    read_statements,
    room_statements,
    search_statements,
    walled_statements,
)
from galaxychat.history.positions import Positions
from galaxychat.history.read_statements import Mark
from galaxychat.history.search_statements import Match
from galaxychat.history.sql import Statement
from galaxychat.messages import User
from galaxychat.records import (
    Amended,
    Changed,
    Changes,
    Finds,
    Greeting,
    Own,
    Page,
    Posted,
    Reacted,
    Revision,
    RoomChange,
    RoomDraft,
    RoomState,
    Search,
    Turnover,
)

Result = TypeVar("Result")
Renumbered = TypeVar("Renumbered", Amended, Changed)


class SqlHistory(ABC):
    """All of ports.History but `append` and `epoch`; a back end says how a statement is run."""

    #: What was read and is not written yet. A back end has it go along with what it writes, and finishes it.
    positions: Positions

    @staticmethod
    @abstractmethod
    def match(terms: Sequence[str]) -> Match:
        """Say how this database is asked for words and phrases."""

    @abstractmethod
    async def read(self, statement: Callable[..., Statement[Result]], *values: Any) -> Result:
        """Run a statement that changes nothing; raises HistoryUnavailable."""

    @abstractmethod
    async def write(
        self, statement: Callable[..., Statement[Result]], *values: Any, ring: Sequence[Bell] = ()
    ) -> Result:
        """Run a statement in a transaction that is durable on return, and ring with it; raises HistoryUnavailable."""

    @abstractmethod
    def ring(self, bells: Sequence[Bell]) -> None:
        """Tell other nodes, where there are any, of what is not in the log; they may miss it."""

    async def admit(self, user: User) -> None:
        """See ports.History; writes only where there is something to write."""
        if not await self.read(member_statements.is_admitted, user):
            await self.write(member_statements.admit, user, ring=[Bell(Kind.NAME, user.id, 0)])

    async def greeting(self, user: User) -> Greeting:
        """See ports.History."""
        return await self.read(own_statements.greeting, user, self.positions.of(user.id))

    async def rooms_of(self, user_id: int) -> list[RoomState]:
        """See ports.History."""
        return await self.read(room_statements.states, user_id, self.positions.of(user_id))

    async def room(self, room: int, user_id: int) -> RoomState | None:
        """See ports.History."""
        return await self.read(room_statements.state, room, user_id, self.positions.of(user_id).get(room, 0))

    async def room_named(self, name_key: str, user_id: int) -> RoomState | None:
        """See ports.History."""
        return await self.read(room_statements.state_named, name_key, user_id, self.positions.of(user_id))

    async def create(self, draft: RoomDraft, now: str, rooms_per_user: int, rooms_per_day: int) -> None:
        """See ports.History."""
        ring = _standing(draft.owner, draft.room) if draft.owner is not None else ()
        await self.write(room_statements.create, draft, now, rooms_per_user, rooms_per_day, ring=ring)

    async def direct(self, draft: RoomDraft, other: int, now: str, rooms_per_day: int) -> int:
        """See ports.History."""
        room = await self.write(walled_statements.direct, draft, other, now, rooms_per_day)
        if draft.owner is not None:
            self.ring(_standing(draft.owner, room))
        return room

    async def change_room(self, room: int, change: RoomChange) -> Changed:
        """See ports.History."""
        return await self._renumber(room, walled_statements.change_room, room, change)

    async def add_member(self, room: int, user_id: int, rooms_per_user: int) -> None:
        """See ports.History."""
        await self.write(member_statements.add_member, room, user_id, rooms_per_user, ring=_standing(user_id, room))

    async def remove_member(self, room: int, user_id: int) -> None:
        """See ports.History."""
        await self.write(member_statements.remove_member, room, user_id, ring=_standing(user_id, room))

    async def set_members(self, sole: str, user_ids: Collection[int]) -> Turnover:
        """See ports.History; writes only where there is something to write."""
        same = await self.read(walled_statements.unchanged, sole, user_ids)
        if same is not None:
            return same
        turnover = await self.write(walled_statements.set_members, sole, user_ids)
        self.ring([Bell(Kind.STANDING, user, turnover.room) for user in (*turnover.added, *turnover.removed)])
        return turnover

    async def kept(self, pairs: Collection[tuple[int, int]]) -> set[tuple[int, int]]:
        """See ports.History."""
        return await self.read(walled_statements.kept, pairs)

    async def edit(self, revision: Revision) -> Amended:
        """See ports.History."""
        return await self._renumber(revision.room, amending_statements.edit, revision)

    async def delete(self, room: int, seq: int, author: int | None) -> Amended:
        """See ports.History."""
        return await self._renumber(room, amending_statements.delete, room, seq, author)

    async def pin(self, room: int, seq: int, on: bool) -> Amended:
        """See ports.History."""
        return await self._renumber(room, amending_statements.pin, room, seq, on)

    async def react(self, reacted: Reacted) -> Changed:
        """See ports.History."""
        return await self._renumber(reacted.room, amending_statements.react, reacted)

    async def pinned(self, room: int) -> Finds:
        """See ports.History."""
        return await self.read(search_statements.pinned, room)

    async def search(self, search: Search, limit: int) -> Finds:
        """See ports.History."""
        return await self.read(search_statements.search, self.match(search.terms), search, limit)

    async def answered(self, user_id: int, nonce: str, digest: bytes) -> Posted | None:
        """See ports.History."""
        return await self.read(message_statements.answered, user_id, nonce, digest)

    async def changes(self, room: int, after: int) -> Changes:
        """See ports.History."""
        return await self.read(message_statements.changes, room, after)

    async def page(
        self,
        room: int,
        limit: int,
        before: int | None = None,
        after: int | None = None,
        around: int | None = None,
    ) -> Page:
        """See ports.History."""
        return await self.read(message_statements.page, room, limit, before, after, around)

    async def set_read(self, room: int, user_id: int, seq: int) -> RoomState | None:
        """See ports.History; what is written does not lie behind what was answered."""
        furthest = max(seq, self.positions.of(user_id).get(room, 0))
        while True:
            state, written = await self.read(room_statements.state_if_read, room, user_id, furthest)
            if state is None or not state.member:
                return state
            if state.read > written:
                self.positions.note(user_id, room, state.read)
            # Another window of the same user may have gone on meanwhile, and was told so.
            furthest = self.positions.of(user_id).get(room, 0)
            if furthest <= state.read:
                return state

    async def advance(self, marks: Sequence[Mark]) -> Sequence[Mark]:
        """Make read positions durable; return those for another time. Raises HistoryUnavailable."""
        return await self.write(read_statements.advance, marks, ring=moved(marks))

    async def set_muted(self, room: int, user_id: int, on: bool) -> None:
        """See ports.History."""
        await self.write(room_statements.set_muted, room, user_id, on, ring=_standing(user_id, room))

    async def hide(self, room: int, user_id: int) -> None:
        """See ports.History."""
        await self.write(walled_statements.hide, room, user_id, ring=_standing(user_id, room))

    async def own(self, user_id: int) -> Own:
        """See ports.History."""
        return await self.read(own_statements.own, user_id)

    async def set_absent(self, user_id: int, on: bool) -> None:
        """See ports.History."""
        await self.write(own_statements.set_absent, user_id, on, ring=_person(user_id))

    async def set_ignored(self, user_id: int, other: int, on: bool) -> None:
        """See ports.History."""
        await self.write(own_statements.set_ignored, user_id, other, on, ring=_person(user_id, other))

    async def reachable(self, user_id: int, asker: int) -> User | None:
        """See ports.History."""
        return await self.read(own_statements.reachable, user_id, asker)

    async def members(self, room: int, after_name: str | None, limit: int) -> list[User]:
        """See ports.History."""
        return await self.read(member_statements.members, room, after_name, limit)

    async def members_named(self, room: int, names: Sequence[str]) -> dict[str, int]:
        """See ports.History."""
        return await self.read(member_statements.members_named, room, names)

    async def people(self, user_ids: Collection[int]) -> list[User]:
        """See ports.History."""
        return await self.read(member_statements.people, user_ids)

    async def people_like(self, prefix: str, limit: int) -> list[User]:
        """See ports.History."""
        return await self.read(member_statements.people_like, prefix, limit)

    async def _renumber(self, room: int, statement: Callable[..., Statement[Renumbered]], *values: Any) -> Renumbered:
        """Run a statement that may take the room's next rev, and tell other nodes which it is."""
        made = await self.write(statement, *values)
        self.ring([Bell(Kind.REV, room, made.rev)])
        return made


def _standing(user: int, room: int) -> tuple[Bell]:
    return (Bell(Kind.STANDING, user, room),)


def moved(marks: Sequence[Mark]) -> list[Bell]:
    """Return the bells for positions that were moved: one for each room of each user."""
    return [Bell(Kind.STANDING, mark.user, mark.room) for mark in marks]


def _person(user: int, other: int = 0) -> tuple[Bell]:
    return (Bell(Kind.PERSON, user, other),)
