"""Rooms, and how each stands for one user, as rows of the log."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from galaxychat.history.member_statements import add_member
from galaxychat.history.sql import Statement, marks
from galaxychat.limits import name_key
from galaxychat.messages import User
from galaxychat.model import RoomKind
from galaxychat.records import NameTaken, RoomDraft, RoomState, TooManyRooms

LOBBY = "All Chats"
COUNTED = 100
#: That a message's author is not ignored by the member who asks.
_HEARD = "NOT EXISTS (SELECT 1 FROM ignored i WHERE i.user_id = m.user_id AND i.other = x.user_id)"
#: The other one of a room of two. Looked for nowhere else: a join would go through all members of a lobby.
_OTHER = "FROM member o JOIN person p ON p.id = o.user_id WHERE o.room = r.id AND o.user_id <> m.user_id"

#: Up to where one has read who has read up to `w.seq`: never backwards, and not beyond what was said.
_READ_TO = "CASE WHEN m.read >= w.seq THEN m.read WHEN r.rev < w.seq THEN r.rev ELSE w.seq END"

# CROSS JOIN keeps SQLite, and ORDER BY keeps PostgreSQL, from looking at all that is unread.
_STATE_FROM = f"""
SELECT r.id, r.name, r.kind, r.topic, r.rev, r.floor, r.owner, r.closed, r.archived, m.user_id, m.muted, $READ,
  CASE WHEN m.user_id IS NULL THEN 0 ELSE (SELECT count(*) FROM (
    SELECT 1 FROM message x
    WHERE x.room = r.id AND x.seq > $READ AND x.user_id <> m.user_id AND NOT x.deleted AND {_HEARD}
    ORDER BY x.seq LIMIT {COUNTED}) AS unread) END,
  CASE WHEN m.user_id IS NULL THEN 0 ELSE (SELECT count(*) FROM (
    SELECT 1 FROM mention n CROSS JOIN message x
    WHERE x.room = n.room AND x.seq = n.seq AND n.room = r.id AND n.user_id = m.user_id AND n.seq > $READ
      AND x.user_id <> m.user_id AND NOT x.deleted AND {_HEARD}
    LIMIT {COUNTED}) AS mentions) END,
  m.hidden IS NOT NULL AND NOT EXISTS (
    SELECT 1 FROM message x WHERE x.room = r.id AND x.seq > m.hidden AND {_HEARD}),
  CASE r.kind WHEN 'direct' THEN (SELECT p.id {_OTHER}) END,
  CASE r.kind WHEN 'direct' THEN (SELECT p.name {_OTHER}) END,
  (SELECT p.name FROM person p WHERE p.id = r.owner),
  m.read
"""  # noqa: S608  # nothing in it comes from outside
_STATE = _STATE_FROM.replace("$READ", "m.read") + "FROM member m JOIN room r ON r.id = m.room WHERE m.user_id = ?"
_STANDING = (
    _STATE_FROM.replace("$READ", _READ_TO)
    + "FROM (SELECT ? AS seq) AS w CROSS JOIN room r LEFT JOIN member m ON m.room = r.id AND m.user_id = ?"
)


def _state(row: Sequence[Any]) -> RoomState:
    room, name, kind, topic, rev, floor, owner, closed, archived, member, muted, read, unread, mentions, *more = row
    hidden, other, other_name, owner_name, _written = more
    return RoomState(
        room=room,
        name=name,
        kind=RoomKind(kind),
        topic=topic,
        rev=rev,
        floor=floor,
        # Of a direct room it is who made it, and counts against how many they make.
        owner=None if kind == RoomKind.DIRECT else owner,
        closed=bool(closed),
        archived=bool(archived),
        member=member is not None,
        muted=bool(muted),
        read=0 if member is None else read,
        unread=unread,
        mentions=mentions,
        hidden=bool(hidden),
        other=None if other is None else User(other, other_name),
        owner_name=None if kind == RoomKind.DIRECT else owner_name,
    )


def state(room: int, user: int, read: int = 0) -> Statement[RoomState | None]:
    """Return a room and the standing in it of a user who has read up to `read`, if the log does not say further."""
    found, _ = yield from state_if_read(room, user, read)
    return found


def state_if_read(room: int, user: int, read: int) -> Statement[tuple[RoomState | None, int]]:
    """Return what `state` does, and how far the log itself says that a member has read."""
    rows = yield _STANDING + " WHERE r.id = ?", (read, user, room)
    return (_state(rows[0]), rows[0][-1] or 0) if rows else (None, 0)


def state_named(key: str, user: int, read: Mapping[int, int]) -> Statement[RoomState | None]:
    """Return the room of that name and a user's standing in it; `read` as for `states`."""
    rows = yield _STANDING + " WHERE r.name_key = ?", (0, user, key)
    return (yield from _as_read(_state(rows[0]), user, read)) if rows else None


def states(user: int, read: Mapping[int, int]) -> Statement[list[RoomState]]:
    """Return a user's rooms, lobby first, then by name; not a room of two in which nothing was said to them yet.

    `read` is how far they have read in some rooms, if the log does not say further.
    """
    rows = yield _STATE, (user,)
    found: list[RoomState] = []
    for row in rows:
        found.append((yield from _as_read(_state(row), user, read)))  # noqa: PERF401  # it yields
    return in_order(room for room in found if not (room.hidden and room.rev == 0))


def _as_read(room: RoomState, user: int, read: Mapping[int, int]) -> Statement[RoomState]:
    """Return a room as it stands for one who has read so far."""
    seq = read.get(room.room, 0)
    if not room.member or seq <= room.read:
        return room
    return (yield from state(room.room, user, seq)) or room


def in_order(rooms: Iterable[RoomState]) -> list[RoomState]:
    """Return rooms in the order in which they are listed."""
    return sorted(rooms, key=lambda room: (room.kind is not RoomKind.LOBBY, name_key(room.name), room.room))


def set_muted(room: int, user: int, on: bool) -> Statement[None]:
    """Mute or unmute a room for one member."""
    yield "UPDATE member SET muted = ? WHERE user_id = ? AND room = ?", (on, user, room)


def create(draft: RoomDraft, now: str, rooms_per_user: int, rooms_per_day: int) -> Statement[None]:
    """Make a room and its owner a member; raises NameTaken, TooManyRooms. `now` is a wire time."""
    yield from check_pace(draft.owner, now, rooms_per_day)
    if not (yield from insert(draft, now)):
        raise NameTaken
    if draft.owner is not None:
        yield from add_member(draft.room, draft.owner, rooms_per_user)


def check_pace(user: int | None, now: str, rooms_per_day: int) -> Statement[None]:
    """Raise TooManyRooms if a user made as many today as they may."""
    today = now[: len("2026-01-01")]
    rows = yield "SELECT count(*) FROM room WHERE owner = ? AND made_at >= ?", (user, today)
    if rows[0][0] >= rooms_per_day:
        raise TooManyRooms


def insert(draft: RoomDraft, now: str) -> Statement[bool]:
    """Make a room; False when its name, or what there may be one of, is taken, on whatever node."""
    sql = """INSERT INTO room (id, kind, name, name_key, topic, owner, made_at, sole) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
             ON CONFLICT DO NOTHING RETURNING id"""
    named = (draft.room, draft.kind.value, draft.name, draft.name_key, draft.topic)
    rows = yield sql, (*named, draft.owner, now, draft.sole)
    return bool(rows)


def settle(drafts: Sequence[RoomDraft], now: str) -> Statement[None]:
    """Have exactly these rooms of the admin's: make those missing, bring back or archive the others."""
    for draft in drafts:
        if not (yield from insert(draft, now)):
            yield from _take_over(draft)
    keys = [draft.name_key for draft in drafts if draft.name_key is not None]
    sql = f"SELECT id FROM room WHERE kind = ? AND NOT archived AND name_key NOT IN ({marks(keys)})"  # noqa: S608
    rows = yield sql, (RoomKind.PERSISTENT.value, *keys)
    for (room,) in rows:
        yield from _archive(room)
    yield from _close_groups([draft.sole for draft in drafts if draft.sole is not None])


def _take_over(draft: RoomDraft) -> Statement[None]:
    if draft.sole is not None:
        yield "UPDATE room SET archived = FALSE, rev = rev + 1 WHERE sole = ? AND archived", (draft.sole,)
        return
    # A user's open room of that name becomes the admin's, with all that was said in it.
    sql = """UPDATE room SET kind = ?, name = ?, owner = NULL, archived = FALSE, rev = rev + 1
             WHERE name_key = ? AND NOT (kind = ? AND name = ? AND NOT archived)"""
    yield sql, (draft.kind.value, draft.name, draft.name_key, draft.kind.value, draft.name)


def _archive(room: int) -> Statement[None]:
    yield "UPDATE room SET archived = TRUE, rev = rev + 1 WHERE id = ?", (room,)
    # Those who wrote in it keep it, read-only.
    sql = "DELETE FROM member WHERE room = ? AND user_id NOT IN (SELECT user_id FROM message WHERE room = ?)"
    yield sql, (room, room)


def _close_groups(kept: Sequence[str]) -> Statement[None]:
    """Let nobody into the rooms of groups that are not followed any more."""
    where = "kind = ? AND NOT archived"
    if kept:
        where += f" AND sole NOT IN ({marks(kept)})"
    rows = yield f"SELECT id FROM room WHERE {where}", (RoomKind.GROUP.value, *kept)  # noqa: S608
    for (room,) in rows:
        yield "UPDATE room SET archived = TRUE, rev = rev + 1 WHERE id = ?", (room,)
        yield "DELETE FROM member WHERE room = ?", (room,)


def revs(rooms: Collection[int]) -> Statement[dict[int, int]]:
    """Return the revs of rooms."""
    rows = yield f"SELECT id, rev FROM room WHERE id IN ({marks(rooms)})", tuple(rooms)  # noqa: S608
    return dict(rows)
