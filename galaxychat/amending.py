"""Changing what was said: edit, delete, pin, react."""

from __future__ import annotations

from collections.abc import Awaitable

from galaxychat import messages
from galaxychat.access import Action
from galaxychat.composing import checked, compose
from galaxychat.errors import Refusal
from galaxychat.feed import Change
from galaxychat.messages import MessageEvent, Ok, ReactionEvent
from galaxychat.records import (
    PINS,
    REACTION_KINDS,
    Amended,
    Changed,
    NoSuchMessage,
    NotTheAuthor,
    Reacted,
    Revision,
    TooManyPins,
    TooManyReactions,
)
from galaxychat.session import Session
from galaxychat.site import Site


class Amending:
    """Changes of messages that are in the log: durable first, then the answer, then the room."""

    def __init__(self, site: Site) -> None:
        self._site = site

    async def edit(self, session: Session, command: messages.Edit) -> None:
        """Replace the text of one's own message; nobody is notified again."""
        await self._site.room(session, command.room, Action.SEND)
        text = checked(self._site, command.text)
        composed = await compose(self._site, command.room, text)
        revision = Revision(command.room, command.seq, session.user.id, text, composed.body, composed.mentions)
        await self._amend(session, command.room, self._site.history.edit(revision))

    async def delete(self, session: Session, command: messages.Delete) -> None:
        """Take back one's own message, or anybody's where one keeps the room in order."""
        state = await self._site.room(session, command.room, Action.SEND)
        author = None if self._site.may(Action.EDIT_ANY, state, session) else session.user.id
        await self._amend(session, command.room, self._site.history.delete(command.room, command.seq, author))

    async def pin(self, session: Session, command: messages.Pin) -> None:
        """Keep a message at hand for the whole room, or no longer."""
        await self._site.room(session, command.room, Action.PIN)
        await self._amend(session, command.room, self._site.history.pin(command.room, command.seq, command.on))

    async def react(self, session: Session, command: messages.React) -> None:
        """Put an emoji to a message, or take it away."""
        await self._site.room(session, command.room, Action.SEND)
        reacted = Reacted(command.room, command.seq, session.user.id, command.emoji, command.on)
        changed = await self._answered(session, command.room, self._site.history.react(reacted))
        if isinstance(changed, Changed) and changed.is_new:
            event = ReactionEvent(
                room=command.room,
                rev=changed.rev,
                seq=command.seq,
                emoji=command.emoji,
                user=session.user.id,
                on=command.on,
                users=[session.user],
            )
            self._site.feed.offer(Change(command.room, changed.rev, event))

    async def _amend(self, session: Session, room: int, change: Awaitable[Amended]) -> None:
        amended = await self._answered(session, room, change)
        if isinstance(amended, Amended) and amended.message is not None:
            event = MessageEvent(room=room, rev=amended.rev, message=amended.message, users=list(amended.users))
            self._site.feed.offer(Change(room, amended.rev, event))

    async def _answered(
        self, session: Session, room: int, change: Awaitable[Amended] | Awaitable[Changed]
    ) -> Amended | Changed:
        """Wait for a change and answer it, before its author hears of it as everybody does."""
        self._site.feed.hold(room, session.peer)
        try:
            made = await change
            session.reply(Ok(rev=made.rev))
        except NoSuchMessage:
            raise Refusal("no_such_message", "That message is not there any more.") from None
        except NotTheAuthor:
            raise Refusal("forbidden", "Only your own messages can be changed.") from None
        except TooManyPins:
            raise Refusal("too_many", f"A room has at most {PINS} pinned messages; take one off first.") from None
        except TooManyReactions:
            raise Refusal("too_many", f"A message has at most {REACTION_KINDS} kinds of reactions.") from None
        finally:
            self._site.feed.release(room, session.peer)
        return made
