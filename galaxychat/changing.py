"""Changing a room for all of its members, and one's own place in the chat: change_room, hide, ignore, absent."""

from __future__ import annotations

from galaxychat import access, limits, messages
from galaxychat.access import Action
from galaxychat.bells import Bell, Kind
from galaxychat.directory import no_such_user
from galaxychat.entering import Entering
from galaxychat.errors import Refusal
from galaxychat.feed import Change
from galaxychat.messages import IgnoreEvent, Ok, RoomEvent
from galaxychat.model import NAMED
from galaxychat.records import NameTaken, RoomChange, RoomState
from galaxychat.session import Session
from galaxychat.site import Site


class Changing:
    """What is changed by a word of its owner."""

    def __init__(self, site: Site, entering: Entering) -> None:
        self._site = site
        self._entering = entering

    async def change_room(self, session: Session, command: messages.ChangeRoom) -> None:
        """Make a change durable under the room's next rev, say so, then tell the room."""
        state = await self._site.room(session, command.room, Action.CHANGE)
        change = self._change(state, command)
        if command.owner is not None and not await self._site.history.kept([(state.room, command.owner)]):
            raise no_such_user()
        try:
            self._site.feed.hold(state.room, session.peer)
            changed = await self._site.history.change_room(state.room, change)
            session.reply(Ok(rev=changed.rev))
        except NameTaken:
            raise Refusal("name_taken", "There is a room of that name already.") from None
        finally:
            self._site.feed.release(state.room, session.peer)
        if changed.is_new:
            event = RoomEvent(
                room=state.room, rev=changed.rev, name=change.name, topic=change.topic, owner=change.owner
            )
            self._site.feed.offer(Change(state.room, changed.rev, event))
            await self._tell_owners(state, change)

    async def hide(self, session: Session, command: messages.Hide) -> None:
        """Take a room of two out of one's list until its next message."""
        await self._site.room(session, command.room, Action.HIDE)
        await self._site.history.hide(command.room, session.user.id)
        session.reply(Ok())
        await self._site.tell_listed(session.user.id, command.room)

    async def ignore(self, session: Session, command: messages.Ignore) -> None:
        """Ignore somebody whom the chat knows, or no longer; they are not told."""
        users = await self._site.history.people([command.user])
        if not users or command.user == session.user.id:
            raise no_such_user()
        await self._site.history.set_ignored(session.user.id, command.user, command.on)
        session.reply(Ok())
        self._site.connected.tell(session.user.id, IgnoreEvent(user=command.user, on=command.on, users=users))

    async def absent(self, session: Session, command: messages.Absent) -> None:
        """Leave the chat, out of every room on every connection, or come back to it."""
        await self._site.history.set_absent(session.user.id, command.on)
        session.reply(Ok())
        self._entering.step_out(session.user.id, command.on)

    def _change(self, state: RoomState, command: messages.ChangeRoom) -> RoomChange:
        if not access.may_rename(state) and (command.name is not None or command.owner is not None):
            raise Refusal("forbidden", "Only the topic of this room can be changed.")
        name = None if command.name is None else limits.room_name(command.name)
        key = None if name is None or state.kind not in NAMED else limits.name_key(name)
        topic = None if command.topic is None else limits.topic(command.topic)
        return RoomChange(name, key, topic, command.owner)

    async def _tell_owners(self, state: RoomState, change: RoomChange) -> None:
        """Tell who owned the room and who owns it now what they can do in it."""
        if change.owner is None:
            return
        for user_id in {change.owner, state.owner} - {None}:
            assert user_id is not None
            await self._site.tell_listed(user_id, state.room)
            self._site.world.ring([Bell(Kind.STANDING, user_id, state.room)])
