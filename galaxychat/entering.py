"""Coming into a room and going out of it: join, create, leave."""

from __future__ import annotations

from dataclasses import replace

from galaxychat import access, limits, messages
from galaxychat.access import Action
from galaxychat.errors import Refusal
from galaxychat.messages import AbsentEvent, Joined, Left, Ok
from galaxychat.model import WALLED, RoomKind
from galaxychat.records import Changes, NameTaken, Page, RoomDraft, RoomState, TooManyRooms
from galaxychat.session import Session
from galaxychat.site import Site, too_many_rooms

LAST_PAGE = 50


class Entering:
    """Memberships and subscriptions, as their user asks for them."""

    def __init__(self, site: Site) -> None:
        self._site = site

    async def join(self, session: Session, command: messages.Join) -> None:
        """Make the user a member where that is allowed, and let this connection follow the room."""
        state = access.check(Action.JOIN, await self._meant(session, command), session.identity)
        if state.member:
            await self._enter(session, state.room, command)
            return
        await self._become_member(session, state.room)
        await self.enter_new(session, state.room, command)

    async def create(self, session: Session, command: messages.Create) -> None:
        """Make a room with this user as its owner, and enter it."""
        name, kind = limits.room_name(command.name), RoomKind(command.kind)
        draft = RoomDraft(
            room=self._site.world.room_id(),
            kind=kind,
            name=name,
            # A private room is found by nobody, and its name says nothing about another's.
            name_key=None if kind in WALLED else limits.name_key(name),
            topic=limits.topic(command.topic),
            owner=session.user.id,
        )
        rules = self._site.rules
        try:
            await self._site.history.create(draft, self._site.now(), rules.rooms_per_user, rules.rooms_per_day)
        except NameTaken:
            raise Refusal("name_taken", "There is a room of that name already; join it.") from None
        except TooManyRooms:
            raise too_many_rooms() from None
        await self.enter_new(session, draft.room, None)

    async def leave(self, session: Session, command: messages.Leave) -> None:
        """End the membership, on every connection of the user."""
        state = await self._site.room(session, command.room, Action.LEAVE)
        if state.kind is RoomKind.PRIVATE and state.owner == session.user.id:
            await self._check_nobody_stays(command.room)
        await self._site.history.remove_member(command.room, session.user.id)
        session.reply(Ok())
        self.put_out(session.user.id, command.room)

    def put_out(self, user_id: int, room: int) -> None:
        """End all that one who is no member any more follows of a room here, and say so."""
        for each in self._site.connected.of(user_id):
            self.unsubscribe(each, room)
        self._site.connected.tell(user_id, Left(room=room))

    def step_out(self, user_id: int, on: bool) -> None:
        """Take all of a user's windows here out of every room because they left the chat, or say that they are back."""
        for each in self._site.connected.of(user_id):
            each.absent = on
            for room in tuple(each.rooms) if on else ():
                self.unsubscribe(each, room)
        self._site.connected.tell(user_id, AbsentEvent(on=on))

    def unsubscribe(self, session: Session, room: int) -> None:
        """Stop this connection's following of a room, and tell those who stay."""
        session.forget_room(room)
        self._site.feed.unsubscribe(room, session.peer)
        self._site.rooms.announce(room)

    async def _meant(self, session: Session, command: messages.Join) -> RoomState | None:
        if command.room is not None:
            return await self._site.history.room(command.room, session.user.id)
        key = limits.name_key(limits.room_name(command.name or ""))
        return await self._site.history.room_named(key, session.user.id)

    async def _check_nobody_stays(self, room: int) -> None:
        if len(await self._site.history.members(room, None, 2)) > 1:
            raise Refusal("forbidden", "Make another member the owner of this room before you leave it.")

    async def _become_member(self, session: Session, room: int) -> None:
        try:
            await self._site.history.add_member(room, session.user.id, self._site.rules.rooms_per_user)
        except TooManyRooms:
            raise too_many_rooms() from None

    async def enter_new(self, session: Session, room: int, resume: messages.Join | None) -> None:
        """Enter a room of which the user is now a member, whether or not this connection comes to see it."""
        try:
            await self._enter(session, room, resume)
        except Exception:
            await self._site.tell_listed(session.user.id, room)
            raise
        await self._site.tell_listed(session.user.id, room)

    async def _enter(self, session: Session, room: int, resume: messages.Join | None) -> None:
        """Follow the room: what happens while the page is read is held back until the page is out."""
        if session.ended:
            raise access.no_such_room()
        session.rooms.setdefault(room, None)
        self._site.feed.subscribe(room, session.peer)
        try:
            state = await self._site.room(session, room, Action.LOOK)
            page, reset = await self._page(room, resume)
            while not self._site.feed.reaches(room, page.rev):
                page, reset = await self._page(room, resume)
            users = [*page.users, *self._site.owners([state])]
        except BaseException:
            self.unsubscribe(session, room)
            raise
        if session.ended or room not in session.rooms:
            raise _left(state)
        counted, state = state.rev, replace(state, rev=page.rev)
        session.rooms[room] = state
        session.reply(
            Joined(
                room=self._site.shown(state, session.identity, counted),
                messages=list(page.messages),
                more=page.more_before,
                users=users,
                reset=reset,
            )
        )
        self._site.feed.catch_up(room, session.peer, page.rev)
        self._site.rooms.announce(room)

    async def _page(self, room: int, resume: messages.Join | None) -> tuple[Page, bool]:
        """Return what the client lacks, and whether it must drop what it holds."""
        if resume is None or resume.after is None:
            return await self._site.history.page(room, LAST_PAGE), False
        if resume.epoch in (None, self._site.history.epoch):
            changes = await self._changes(room, resume.after)
            if changes.complete:
                return Page(changes.rev, changes.messages, changes.users, changes.more, False), False
        return await self._site.history.page(room, LAST_PAGE), True

    async def _changes(self, room: int, after: int) -> Changes:
        """Return what changed after a revision: from memory, where it may be, since the rest of the room asks too."""
        found = self._site.feed.recent(room, after)
        if found is None:
            changes = await self._site.history.changes(room, after)
            self._site.feed.remember(room, after, changes)
            return changes
        rev, recent = found
        users = await self._site.people(recent.named)
        return Changes(rev, recent.messages, users, recent.more, complete=True)


def _left(state: RoomState) -> Refusal:
    if state.kind in WALLED:
        return access.no_such_room()
    return Refusal("not_in_room", "The room was left before it could be entered.")
