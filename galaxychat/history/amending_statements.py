"""Changes of messages as rows of the log: each takes the room's next rev."""

from __future__ import annotations

from itertools import chain
from typing import Any

import msgspec

from galaxychat.history.message_statements import message, named
from galaxychat.history.sql import Statement
from galaxychat.messages import Reaction
from galaxychat.records import (
    PINS,
    REACTION_KINDS,
    REACTION_USERS,
    Amended,
    Changed,
    NoSuchMessage,
    NotTheAuthor,
    Reacted,
    Revision,
    TooManyPins,
    TooManyReactions,
)


def edit(revision: Revision) -> Statement[Amended]:
    """Replace what a message says; raises NoSuchMessage, NotTheAuthor."""
    room, seq = revision.room, revision.seq
    rev = yield from _lock(room)
    author, deleted, text, _ = yield from _target(room, seq)
    if deleted:
        raise NoSuchMessage
    if author != revision.user:
        raise NotTheAuthor
    if text == revision.text:
        return Amended(rev)
    sql = "UPDATE message SET text = ?, body = ?, edited = TRUE WHERE room = ? AND seq = ?"
    yield sql, (revision.text, revision.body, room, seq)
    yield from _mention(room, seq, revision.mentions)
    return (yield from _amended(room, seq, rev + 1))


def delete(room: int, seq: int, author: int | None) -> Statement[Amended]:
    """Take back what a message says; raises NoSuchMessage, NotTheAuthor."""
    rev = yield from _lock(room)
    found_author, deleted, _, _ = yield from _target(room, seq)
    if author is not None and found_author != author:
        raise NotTheAuthor
    if deleted:
        return Amended(rev)
    sql = "UPDATE message SET text = '', body = ?, deleted = TRUE, pinned = FALSE WHERE room = ? AND seq = ?"
    yield sql, (b"[]", room, seq)
    yield from _mention(room, seq, ())
    return (yield from _amended(room, seq, rev + 1))


def pin(room: int, seq: int, on: bool) -> Statement[Amended]:
    """Pin a message, or no longer; raises NoSuchMessage, TooManyPins."""
    rev = yield from _lock(room)
    _, deleted, _, pinned = yield from _target(room, seq)
    if deleted:
        raise NoSuchMessage
    if bool(pinned) == on:
        return Amended(rev)
    if on:
        ((pins,),) = yield "SELECT count(*) FROM message WHERE room = ? AND pinned", (room,)
        if pins >= PINS:
            raise TooManyPins
    yield "UPDATE message SET pinned = ? WHERE room = ? AND seq = ?", (on, room, seq)
    return (yield from _amended(room, seq, rev + 1))


def react(reacted: Reacted) -> Statement[Changed]:
    """Put an emoji to a message, or take it away; raises NoSuchMessage, TooManyReactions."""
    room, seq = reacted.room, reacted.seq
    rev = yield from _lock(room)
    _, deleted, _, _ = yield from _target(room, seq)
    if deleted:
        raise NoSuchMessage
    there = yield (
        "SELECT 1 FROM reaction WHERE room = ? AND seq = ? AND emoji = ? AND user_id = ?",
        (room, seq, reacted.emoji, reacted.user),
    )
    if bool(there) == reacted.on:
        return Changed(rev, is_new=False)
    if reacted.on:
        yield from _add(reacted, rev + 1)
    else:
        yield (
            "DELETE FROM reaction WHERE room = ? AND seq = ? AND emoji = ? AND user_id = ?",
            (room, seq, reacted.emoji, reacted.user),
        )
    yield from _summarise(room, seq)
    yield from _number(room, seq, rev + 1)
    return Changed(rev + 1, is_new=True)


def _lock(room: int) -> Statement[int]:
    """Return the room's rev, which nobody else raises before this transaction ends."""
    rows = yield "SELECT rev FROM room WHERE id = ? FOR UPDATE", (room,)
    if not rows:
        raise NoSuchMessage
    return int(rows[0][0])


def _target(room: int, seq: int) -> Statement[Any]:
    """Return a message's author, whether it is deleted, its text, whether it is pinned."""
    rows = yield "SELECT user_id, deleted, text, pinned FROM message WHERE room = ? AND seq = ?", (room, seq)
    if not rows:
        raise NoSuchMessage
    return rows[0]


def _mention(room: int, seq: int, users: tuple[int, ...]) -> Statement[None]:
    """Have a message mention exactly these."""
    yield "DELETE FROM mention WHERE room = ? AND seq = ?", (room, seq)
    if users:
        values = ", ".join(["(?, ?, ?)"] * len(users))
        parameters = list(chain.from_iterable((room, user, seq) for user in users))
        yield f"INSERT INTO mention (room, user_id, seq) VALUES {values}", parameters  # noqa: S608


def _number(room: int, seq: int, rev: int) -> Statement[None]:
    yield "UPDATE message SET rev = ? WHERE room = ? AND seq = ?", (rev, room, seq)
    yield "UPDATE room SET rev = ? WHERE id = ?", (rev, room)


def _amended(room: int, seq: int, rev: int) -> Statement[Amended]:
    """Give a message that was changed the room's next rev, and return it."""
    yield from _number(room, seq, rev)
    now = yield from message(room, seq)
    users = yield from named([now])
    return Amended(rev, now, users)


def _add(reacted: Reacted, rev: int) -> Statement[None]:
    room, seq = reacted.room, reacted.seq
    kinds = yield "SELECT DISTINCT emoji FROM reaction WHERE room = ? AND seq = ?", (room, seq)
    if (reacted.emoji,) not in kinds and len(kinds) >= REACTION_KINDS:
        raise TooManyReactions
    sql = "INSERT INTO reaction (room, seq, emoji, user_id, rev) VALUES (?, ?, ?, ?, ?)"
    yield sql, (room, seq, reacted.emoji, reacted.user, rev)


def _summarise(room: int, seq: int) -> Statement[None]:
    """Write what is shown of a message's reactions beside the message: whoever reads it reads both in one state."""
    rows = yield (
        """SELECT emoji, user_id, many FROM (
             SELECT emoji, user_id, rev, count(*) OVER (PARTITION BY emoji) AS many,
               min(rev) OVER (PARTITION BY emoji) AS first, row_number() OVER (PARTITION BY emoji ORDER BY rev) AS place
             FROM reaction WHERE room = ? AND seq = ?) AS placed
           WHERE place <= ? ORDER BY first, place""",
        (room, seq, REACTION_USERS),
    )
    users: dict[str, list[int]] = {}
    counts: dict[str, int] = {}
    for emoji, user, many in rows:
        users.setdefault(emoji, []).append(user)
        counts[emoji] = many
    shown = [Reaction(emoji, counts[emoji], tuple(first)) for emoji, first in users.items()]
    text = msgspec.json.encode(shown).decode() if shown else None
    yield "UPDATE message SET reactions = ? WHERE room = ? AND seq = ?", (text, room, seq)
