"""Saying something: send and typing."""

from __future__ import annotations

import hashlib

import msgspec

from galaxychat import access, messages
from galaxychat.access import Action
from galaxychat.bells import Bell, Kind
from galaxychat.composing import checked, compose
from galaxychat.errors import HistoryUnavailable, Refusal
from galaxychat.feed import Change
from galaxychat.messages import Message, MessageEvent, Sent, TypingEvent, User, encode
from galaxychat.model import WALLED, RoomKind
from galaxychat.records import Draft, NonceReused, NoSuchMessage, Posted, RoomState
from galaxychat.session import Session, slow_down
from galaxychat.site import Site

TYPING_PRESENT = 25


class Posting:
    """Messages on their way into the log and out to the room."""

    def __init__(self, site: Site) -> None:
        self._site = site

    async def send(self, session: Session, command: messages.Send) -> None:
        """Make a message durable, say so to its author, then to the room."""
        state = await self._may_send(session, command.room)
        text = checked(self._site, command.text)
        digest = hashlib.sha256(f"{command.room}\n{text}".encode()).digest()[:16]
        wait = session.take_message(self._site.world.steady())
        try:
            if wait:
                await self._repeat(session, command, digest, wait)
            else:
                await self._post(session, command, digest)
        except NonceReused:
            raise Refusal("nonce_reused", "That nonce was used for another message.") from None
        except NoSuchMessage:
            raise Refusal("no_such_message", "The message that this answers is not there any more.") from None
        if state.kind is RoomKind.DIRECT and state.other is not None:
            await self._show(state.room, state.other.id, session.user.id)

    async def typing(self, session: Session, command: messages.Typing) -> None:
        """Tell a small room that somebody is writing; never answered."""
        if session.rooms.get(command.room) is None or not session.may_type(command, self._site.world.steady()):
            return
        if len(self._site.rooms.present(command.room)) <= TYPING_PRESENT:
            event = TypingEvent(room=command.room, user=session.user.id, users=[session.user])
            self._site.rooms.tell(command.room, encode(event))
            self._site.world.ring([Bell(Kind.TYPING, command.room, session.user.id)])

    async def _may_send(self, session: Session, room: int) -> RoomState:
        # One who follows the room is a member of it: no look into the log for each message. But behind a wall a
        # removal on another node must not be a moment late.
        state = session.rooms.get(room)
        if state is None or state.kind in WALLED:
            session.take_look(self._site.world.steady())
            state = await self._site.history.room(room, session.user.id)
        return access.check(Action.SEND, state, session.identity)

    async def _show(self, room: int, other: int, author: int) -> None:
        """Have a room of two in the other's list, where no window of theirs follows it."""
        if other in self._site.rooms.present(room):
            return
        if await self._site.history.reachable(other, author) is not None:
            await self._site.tell_listed(other, room)
            self._site.world.ring([Bell(Kind.STANDING, other, room)])

    async def _repeat(self, session: Session, command: messages.Send, digest: bytes, wait: float) -> None:
        """Answer one who is over the rate, if it is a message that was posted before."""
        session.take_look(self._site.world.steady())
        posted = await self._site.history.answered(session.user.id, command.nonce, digest)
        if posted is None:
            raise slow_down(wait)
        session.reply(Sent(room=posted.room, seq=posted.seq, at=posted.at))
        self._site.feed.heard(posted.room, posted.seq)

    async def _post(self, session: Session, command: messages.Send, digest: bytes) -> None:
        try:
            draft, people = await self._draft(session, command, digest)
            self._site.feed.hold(command.room, session.peer)
            posted = await self._site.history.append(draft)
        except HistoryUnavailable:
            session.give_message_back(self._site.world.steady())
            raise
        else:
            session.reply(Sent(room=posted.room, seq=posted.seq, at=posted.at))
        finally:
            self._site.feed.release(command.room, session.peer)
        if posted.repeated:
            session.give_message_back(self._site.world.steady())
            # The room may not have heard of it if the first answer was lost.
            self._site.feed.heard(posted.room, posted.seq)
        else:
            self._site.feed.offer(Change(posted.room, posted.seq, _event(draft, posted, [session.user, *people])))

    async def _draft(self, session: Session, command: messages.Send, digest: bytes) -> tuple[Draft, list[User]]:
        """Return what is to be posted, and who is mentioned in it."""
        composed = await compose(self._site, command.room, command.text)
        draft = Draft(
            room=command.room,
            user=session.user.id,
            nonce=command.nonce,
            digest=digest,
            at=self._site.now(),
            text=command.text,
            body=composed.body,
            mentions=composed.mentions,
            reply_to=command.reply_to,
        )
        return draft, composed.people


def _event(draft: Draft, posted: Posted, users: list[User]) -> MessageEvent:
    message = Message(
        room=posted.room,
        seq=posted.seq,
        rev=posted.seq,
        user=draft.user,
        at=posted.at,
        text=draft.text,
        body=msgspec.Raw(draft.body),
        reply_to=draft.reply_to,
        nonce=draft.nonce,
    )
    return MessageEvent(room=posted.room, rev=posted.seq, message=message, users=users)
