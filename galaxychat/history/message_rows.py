"""Messages as rows of the SQLite log. Functions over a cursor; the caller has the transaction."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from itertools import chain
from typing import Any

import msgspec

from galaxychat.history.paging import fitting
from galaxychat.history.room_rows import Cursor, marks, people
from galaxychat.messages import Message, User
from galaxychat.ports import RESUME_CHANGES, Changes, Draft, NonceReused, NoSuchMessage, Page, Posted

_COLUMNS = "m.room, m.seq, m.rev, m.user, m.at, m.text, m.body, m.edited, m.deleted, m.reply_to, m.pinned"


def _message(row: Sequence[Any]) -> Message:
    room, seq, rev, user, at, text, body, edited, deleted, reply_to, pinned = row
    return Message(
        room=room,
        seq=seq,
        rev=rev,
        user=user,
        at=at,
        text=text,
        body=msgspec.Raw(bytes(body)),
        edited=bool(edited),
        deleted=bool(deleted),
        reply_to=reply_to,
        pinned=bool(pinned),
    )


# ---- posting


def answered(cursor: Cursor, user: int, nonce: str, digest: bytes) -> Posted | None:
    """Return the first answer to a nonce; raises NonceReused when it was given to something else."""
    cursor.execute("SELECT digest, room, seq, at FROM answer WHERE user = ? AND nonce = ?", (user, nonce))
    row = cursor.fetchone()
    if row is None:
        return None
    if bytes(row[0]) != digest:
        raise NonceReused
    return Posted(room=row[1], seq=row[2], at=row[3], repeated=True)


def append(cursor: Cursor, draft: Draft) -> Posted:
    """Post a message under the room's next rev; raises NonceReused, NoSuchMessage."""
    known = answered(cursor, draft.user, draft.nonce, draft.digest)
    if known is not None:
        return known
    if draft.reply_to is not None:
        _expect(cursor, draft.room, draft.reply_to)
    cursor.execute("UPDATE room SET rev = rev + 1 WHERE id = ? RETURNING rev", (draft.room,))
    (seq,) = cursor.fetchone()
    _insert(cursor, draft, seq)
    return Posted(room=draft.room, seq=seq, at=draft.at)


def _expect(cursor: Cursor, room: int, seq: int) -> None:
    cursor.execute("SELECT 1 FROM message WHERE room = ? AND seq = ? AND NOT deleted", (room, seq))
    if cursor.fetchone() is None:
        raise NoSuchMessage


def _insert(cursor: Cursor, draft: Draft, seq: int) -> None:
    cursor.execute(
        "INSERT INTO message (room, seq, rev, user, at, text, body, reply_to) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (draft.room, seq, seq, draft.user, draft.at, draft.text, draft.body, draft.reply_to),
    )
    cursor.execute(
        "INSERT INTO answer (user, nonce, digest, room, seq, at) VALUES (?, ?, ?, ?, ?, ?)",
        (draft.user, draft.nonce, draft.digest, draft.room, seq, draft.at),
    )
    for user in draft.mentions:
        cursor.execute("INSERT INTO mention (room, user, seq) VALUES (?, ?, ?)", (draft.room, user, seq))


# ---- reading


def changes(cursor: Cursor, room: int, after: int) -> Changes:
    """Return the messages changed after a rev, with the room's rev of the same statement."""
    sql = f"""SELECT r.rev, r.floor, {_COLUMNS} FROM room r
              LEFT JOIN message m ON m.room = r.id AND m.rev > ? WHERE r.id = ?
              ORDER BY m.rev LIMIT ?"""  # noqa: S608
    cursor.execute(sql, (after, room, RESUME_CHANGES + 1))
    rows = cursor.fetchall()
    rev, floor = rows[0][:2] if rows else (0, 0)
    found = [_message(row[2:]) for row in rows if row[2] is not None]
    fit = fitting(found)
    complete = floor <= after <= rev and len(found) <= RESUME_CHANGES and len(fit) == len(found)
    if not complete:
        return Changes(rev=rev, messages=(), users=(), more=False, complete=False)
    first = min((message.seq for message in found), default=after + 1)
    more = _exists(cursor, room, "seq < ?", first)
    return Changes(rev=rev, messages=found, users=_named(cursor, room, found), more=more, complete=True)


def page(cursor: Cursor, room: int, limit: int, before: int | None, after: int | None, around: int | None) -> Page:
    """Return a run of messages, oldest first: the newest, or those about a place."""
    cursor.execute("SELECT rev FROM room WHERE id = ?", (room,))
    row = cursor.fetchone()
    older, newer = _run(cursor, room, limit, before, after, around)
    found = [*older, *newer]
    return Page(
        rev=row[0] if row else 0,
        messages=found,
        users=_named(cursor, room, found),
        more_before=bool(found) and _exists(cursor, room, "seq < ?", found[0].seq),
        more_after=bool(found) and _exists(cursor, room, "seq > ?", found[-1].seq),
    )


def _run(
    cursor: Cursor, room: int, limit: int, before: int | None, after: int | None, around: int | None
) -> tuple[list[Message], list[Message]]:
    """Return messages up to a place and from it on; each cut to what fits, farthest from the place first."""
    if after is not None:
        return [], fitting(_newer(cursor, room, after, limit))
    if around is None:
        return _oldest_first(fitting(_older(cursor, room, before, limit))), []
    half = max(1, limit // 2)
    older = fitting(_older(cursor, room, around + 1, half), share=2)
    newer = fitting(_newer(cursor, room, around, limit - half), share=2) if limit > half else []
    return _oldest_first(older), newer


def _older(cursor: Cursor, room: int, before: int | None, limit: int) -> list[Message]:
    where = "" if before is None else "AND m.seq < ?"
    values = [] if before is None else [before]
    sql = f"SELECT {_COLUMNS} FROM message m WHERE m.room = ? {where} ORDER BY m.seq DESC LIMIT ?"  # noqa: S608
    cursor.execute(sql, (room, *values, limit))
    return [_message(row) for row in cursor.fetchall()]


def _newer(cursor: Cursor, room: int, after: int, limit: int) -> list[Message]:
    sql = f"SELECT {_COLUMNS} FROM message m WHERE m.room = ? AND m.seq > ? ORDER BY m.seq LIMIT ?"  # noqa: S608
    cursor.execute(sql, (room, after, limit))
    return [_message(row) for row in cursor.fetchall()]


def _oldest_first(found: list[Message]) -> list[Message]:
    return found[::-1]


def _exists(cursor: Cursor, room: int, where: str, seq: int) -> bool:
    cursor.execute(f"SELECT 1 FROM message WHERE room = ? AND {where} LIMIT 1", (room, seq))  # noqa: S608
    return cursor.fetchone() is not None


def _named(cursor: Cursor, room: int, found: Iterable[Message]) -> list[User]:
    """Return the authors and those mentioned."""
    found = list(found)
    if not found:
        return []
    seqs: Collection[int] = [message.seq for message in found]
    sql = f"SELECT DISTINCT user FROM mention WHERE room = ? AND seq IN ({marks(seqs)})"  # noqa: S608
    cursor.execute(sql, (room, *seqs))
    mentioned = (user for (user,) in cursor.fetchall())
    return people(cursor, set(chain(mentioned, (message.user for message in found))))
