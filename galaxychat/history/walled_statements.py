"""Rooms with walls as rows of the log: rooms of two, of a group, and who stays inside."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import chain
from typing import Any

from galaxychat.history.room_statements import check_pace, insert
from galaxychat.history.sql import Statement, marks, sought, steps
from galaxychat.records import Changed, NameTaken, RoomChange, RoomDraft, Turnover


def direct(draft: RoomDraft, other: int, now: str, rooms_per_day: int) -> Statement[int]:
    """Return the room of two users, made if there was none; raises TooManyRooms."""
    room = yield from _sole(draft.sole)
    if room is None:
        yield from check_pace(draft.owner, now, rooms_per_day)
        yield from insert(draft, now)
        # Another node may have been quicker, with another id.
        room = yield from _sole(draft.sole)
        assert room is not None
        # Hidden: it comes into the other's list with its first message.
        yield _ADD, (draft.owner, room, 0, None)
        yield _ADD, (other, room, 0, 0)
    yield "UPDATE member SET hidden = NULL WHERE user_id = ? AND room = ?", (draft.owner, room)
    return room


_ADD = "INSERT INTO member (user_id, room, read, hidden) VALUES (?, ?, ?, ?) ON CONFLICT (user_id, room) DO NOTHING"


def _sole(sole: str | None) -> Statement[int | None]:
    rows = yield "SELECT id FROM room WHERE sole = ?", (sole,)
    return int(rows[0][0]) if rows else None


def change_room(room: int, change: RoomChange) -> Statement[Changed]:
    """Change a room under its next rev, if anything changes; raises NameTaken."""
    rows = yield "SELECT rev, name, name_key, topic, owner FROM room WHERE id = ? FOR UPDATE", (room,)
    if not rows:
        return Changed(0, is_new=False)
    rev, *before = rows[0]
    after = _after(before, change)
    if after == before:
        return Changed(rev, is_new=False)
    if change.name_key is not None:
        rows = yield "SELECT 1 FROM room WHERE name_key = ? AND id <> ?", (change.name_key, room)
        if rows:
            raise NameTaken
    sql = "UPDATE room SET rev = ?, name = ?, name_key = ?, topic = ?, owner = ? WHERE id = ?"
    yield sql, (rev + 1, *after, room)
    return Changed(rev + 1, is_new=True)


def _after(before: Sequence[Any], change: RoomChange) -> list[Any]:
    wanted = (change.name, change.name_key, change.topic, change.owner)
    return [old if new is None else new for old, new in zip(before, wanted, strict=True)]


def hide(room: int, user: int) -> Statement[None]:
    """Take a room out of a member's list until its next message."""
    sql = """UPDATE member SET hidden = (SELECT rev FROM room WHERE id = member.room)
             WHERE user_id = ? AND room = ?"""
    yield sql, (user, room)


def set_members(sole: str, users: Collection[int]) -> Statement[Turnover]:
    """Have exactly these members; return who was added and who was removed."""
    # Locked: another node looks at the same group at about the same time.
    rows = yield "SELECT id, rev FROM room WHERE sole = ? FOR UPDATE", (sole,)
    if not rows:
        return Turnover(0)
    room, rev = rows[0]
    before = yield from _members_of(room)
    added, removed = sorted(set(users) - before), sorted(before - set(users))
    for some in steps(added):
        values = ", ".join(["(?, ?, ?)"] * len(some))
        sql = f"INSERT INTO member (user_id, room, read) VALUES {values} ON CONFLICT (user_id, room) DO NOTHING"  # noqa: S608
        yield sql, list(chain.from_iterable((user, room, rev) for user in some))
    for some in steps(removed):
        yield f"DELETE FROM member WHERE room = ? AND user_id IN ({marks(some)})", (room, *some)  # noqa: S608
    return Turnover(room, added, removed)


def unchanged(sole: str, users: Collection[int]) -> Statement[Turnover | None]:
    """Return an empty turnover if the room has exactly these members already."""
    room = yield from _sole(sole)
    if room is None:
        return Turnover(0)
    before = yield from _members_of(room)
    return Turnover(room) if before == set(users) else None


def _members_of(room: int) -> Statement[set[int]]:
    """Return the ids of all members."""
    rows = yield "SELECT user_id FROM member WHERE room = ?", (room,)
    return {user for (user,) in rows}


def kept(pairs: Collection[tuple[int, int]]) -> Statement[set[tuple[int, int]]]:
    """Return which of these rooms and users are memberships."""
    found: set[tuple[int, int]] = set()
    for some in steps(sorted(pairs)):
        sql = f"""SELECT m.room, m.user_id FROM {sought(2, len(some))}
                  CROSS JOIN member m WHERE m.room = w.column1 AND m.user_id = w.column2"""  # noqa: S608
        rows = yield sql, list(chain.from_iterable(some))
        found.update((room, user) for room, user in rows)
    return found
