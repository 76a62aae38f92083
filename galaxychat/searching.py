"""Finding messages again: search and pins."""

from __future__ import annotations

import re
import unicodedata

from galaxychat import messages
from galaxychat.access import Action
from galaxychat.errors import Refusal
from galaxychat.messages import Found, PinList
from galaxychat.records import Search
from galaxychat.session import Session
from galaxychat.site import Site

FOUND_AT_ONCE = 50
_TERMS = 16
# A phrase in quotes; the last one may lack its end. Or a word.
_TERM = re.compile(r'"([^"]*)(?:"|\Z)|([^\s"]+)')


class Searching:
    """Looks through the rooms that the asker may read at the time."""

    def __init__(self, site: Site) -> None:
        self._site = site

    async def search(self, session: Session, command: messages.Search) -> None:
        """Send messages that hold all the words and phrases, newest first."""
        if command.room is not None:
            await self._site.room(session, command.room, Action.LOOK)
        found = terms(command.text)
        if not found:
            raise Refusal("empty", "Type a word to search for.")
        if len(found) > _TERMS:
            raise Refusal("too_long", f"A search has at most {_TERMS} words and phrases.")
        search = Search(session.user.id, found, command.room, _place(command.cursor))
        finds = await self._site.history.search(search, FOUND_AT_ONCE)
        cursor = f"{finds.messages[-1].room}:{finds.messages[-1].seq}" if finds.more else None
        session.reply(Found(messages=list(finds.messages), users=list(finds.users), cursor=cursor))

    async def pins(self, session: Session, command: messages.ListPins) -> None:
        """Send the pinned messages of a room."""
        await self._site.room(session, command.room, Action.LOOK)
        finds = await self._site.history.pinned(command.room)
        session.reply(PinList(room=command.room, messages=list(finds.messages), users=list(finds.users)))


def terms(text: str) -> tuple[str, ...]:
    """Return the words and "quoted phrases" of a search that hold at least one letter or digit, each once."""
    found = (phrase or word for phrase, word in _TERM.findall(text))
    return tuple(dict.fromkeys(term for term in found if any(map(_is_word, term))))


def _is_word(char: str) -> bool:
    return unicodedata.category(char)[0] in "LN"


def _place(cursor: str | None) -> tuple[int, int] | None:
    if cursor is None:
        return None
    room, _, seq = cursor.partition(":")
    return int(room), int(seq)
