"""Rooms behind walls, and who gets in: direct, invite, remove."""

from __future__ import annotations

from galaxychat import messages
from galaxychat.access import Action
from galaxychat.directory import no_such_user, reachable
from galaxychat.entering import Entering
from galaxychat.errors import Refusal
from galaxychat.messages import Ok
from galaxychat.model import RoomKind
from galaxychat.records import RoomDraft, TooManyRooms
from galaxychat.session import Session
from galaxychat.site import Site, too_many_rooms


class Inviting:
    """Memberships that somebody else decides on."""

    def __init__(self, site: Site, entering: Entering) -> None:
        self._site = site
        self._entering = entering

    async def direct(self, session: Session, command: messages.Direct) -> None:
        """Enter the room with one other user; they see it with its first message."""
        other = await reachable(self._site, session, command.user)
        pair = sorted((session.user.id, other.id))
        draft = RoomDraft(
            room=self._site.world.room_id(),
            kind=RoomKind.DIRECT,
            name="",
            name_key=None,
            topic="",
            owner=session.user.id,
            sole=f"direct {pair[0]} {pair[1]}",
        )
        try:
            room = await self._site.history.direct(draft, other.id, self._site.now(), self._site.rules.rooms_per_day)
        except TooManyRooms:
            raise too_many_rooms() from None
        await self._entering.enter_new(session, room, None)

    async def invite(self, session: Session, command: messages.Invite) -> None:
        """Make somebody a member; all of their windows are told."""
        await self._site.room(session, command.room, Action.INVITE)
        user = await reachable(self._site, session, command.user)
        try:
            await self._site.history.add_member(command.room, user.id, self._site.rules.rooms_per_user)
        except TooManyRooms:
            raise Refusal("too_many", "They are in as many rooms as they may be.") from None
        session.reply(Ok())
        await self._site.tell_listed(user.id, command.room)

    async def remove(self, session: Session, command: messages.Remove) -> None:
        """End somebody's membership; what their windows follow of the room ends at once."""
        state = await self._site.room(session, command.room, Action.REMOVE)
        if command.user in (session.user.id, state.owner):
            raise Refusal("forbidden", "The owner stays, and one leaves by oneself.")
        if not await self._site.history.kept([(command.room, command.user)]):
            raise no_such_user()
        await self._site.history.remove_member(command.room, command.user)
        session.reply(Ok())
        self._entering.put_out(command.user, command.room)
