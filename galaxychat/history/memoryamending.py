"""The log in memory: changes of messages, and looking for them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

import msgspec

from galaxychat.history.memorytables import Room
from galaxychat.history.memorywalls import MemoryWalls
from galaxychat.history.paging import fitting
from galaxychat.messages import Message, Reaction, User
from galaxychat.records import (
    PINS,
    REACTION_KINDS,
    REACTION_USERS,
    Amended,
    Changed,
    Finds,
    NoSuchMessage,
    NotTheAuthor,
    Reacted,
    Revision,
    Search,
    TooManyPins,
    TooManyReactions,
)

_NO_WORD = re.compile(r"[\W_]+")


class MemoryAmending(MemoryWalls):
    """The part of ports.History that changes messages."""

    def __init__(self) -> None:
        super().__init__()
        self._order: list[tuple[int, int]] = []
        self._reactions: dict[tuple[int, int], list[tuple[str, int]]] = {}

    async def edit(self, revision: Revision) -> Amended:
        """See ports.History."""
        room, found = self._target(revision.room, revision.seq)
        if found.deleted:
            raise NoSuchMessage
        if found.user != revision.user:
            raise NotTheAuthor
        if found.text == revision.text:
            return Amended(room.rev)
        room.mentions[found.seq] = revision.mentions
        return self._amend(room, found, text=revision.text, body=msgspec.Raw(revision.body), edited=True)

    async def delete(self, room: int, seq: int, author: int | None) -> Amended:
        """See ports.History."""
        where, found = self._target(room, seq)
        if author is not None and found.user != author:
            raise NotTheAuthor
        if found.deleted:
            return Amended(where.rev)
        where.mentions[seq] = ()
        return self._amend(where, found, text="", body=msgspec.Raw(b"[]"), deleted=True, pinned=False)

    async def pin(self, room: int, seq: int, on: bool) -> Amended:
        """See ports.History."""
        where, found = self._target(room, seq)
        if found.deleted:
            raise NoSuchMessage
        if found.pinned == on:
            return Amended(where.rev)
        if on and sum(one.pinned for one in where.messages.values()) >= PINS:
            raise TooManyPins
        return self._amend(where, found, pinned=on)

    async def react(self, reacted: Reacted) -> Changed:
        """See ports.History."""
        room, found = self._target(reacted.room, reacted.seq)
        if found.deleted:
            raise NoSuchMessage
        pairs = self._reactions.setdefault((reacted.room, reacted.seq), [])
        pair = (reacted.emoji, reacted.user)
        if (pair in pairs) == reacted.on:
            return Changed(room.rev, is_new=False)
        if reacted.on:
            kinds = {emoji for emoji, _ in pairs}
            if reacted.emoji not in kinds and len(kinds) >= REACTION_KINDS:
                raise TooManyReactions
            pairs.append(pair)
        else:
            pairs.remove(pair)
        return Changed(self._amend(room, found, reactions=_summary(pairs)).rev, is_new=True)

    async def pinned(self, room: int) -> Finds:
        """See ports.History."""
        where = self._rooms[room]
        found = fitting([one for _, one in sorted(where.messages.items(), reverse=True) if one.pinned])
        return Finds(found, self._named_in(found))

    async def search(self, search: Search, limit: int) -> Finds:
        """See ports.History."""
        allowed = {room for room, found in self._rooms.items() if search.user in found.members}
        wanted = allowed if search.room is None else allowed & {search.room}
        order = self._order
        if search.after is not None:
            known = search.after in order and search.after[0] in allowed
            order = order[: order.index(search.after)] if known else []
        messages = (self._rooms[room].messages[seq] for room, seq in reversed(order) if room in wanted)
        phrases = [_words(term) for term in search.terms]
        found = [one for one in messages if all(phrase in _words(one.text) for phrase in phrases)]
        shown = fitting(found[:limit])
        return Finds(shown, self._named_in(shown), more=len(shown) < len(found))

    def _target(self, room: int, seq: int) -> tuple[Room, Message]:
        where = self._rooms.get(room)
        if where is None or seq not in where.messages:
            raise NoSuchMessage
        return where, where.messages[seq]

    def _amend(self, room: Room, message: Message, **changed: object) -> Amended:
        room.rev += 1
        now = room.messages[message.seq] = msgspec.structs.replace(message, rev=room.rev, **changed)
        return Amended(room.rev, now, self._named_in([now]))

    def _named_in(self, messages: Sequence[Message]) -> list[User]:
        ids = {one.user for one in messages}
        for one in messages:
            ids.update(self._rooms[one.room].mentions[one.seq], *(reaction.users for reaction in one.reactions))
        return [self._people[user] for user in sorted(ids) if user in self._people]


def _summary(pairs: Sequence[tuple[str, int]]) -> tuple[Reaction, ...]:
    users: dict[str, list[int]] = {}
    for emoji, user in pairs:
        users.setdefault(emoji, []).append(user)
    return tuple(Reaction(emoji, len(all_), tuple(all_[:REACTION_USERS])) for emoji, all_ in users.items())


def _words(text: str) -> str:
    """Return the words of a text with a blank on either side of each."""
    plain = "".join(char for char in unicodedata.normalize("NFKD", text.lower()) if not unicodedata.combining(char))
    return f" {_NO_WORD.sub(' ', plain).strip()} "
