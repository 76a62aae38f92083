"""Rooms, members and persons as rows of the SQLite log. Functions over a cursor; the caller has the transaction."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any, Protocol

from galaxychat.limits import name_key
from galaxychat.messages import User
from galaxychat.model import EVERYBODYS, RoomKind
from galaxychat.ports import NameTaken, ReadMark, RoomDraft, RoomState, TooManyRooms

LOBBY = "All Chats"
COUNTED = 100
_EVERYBODYS = tuple(sorted(EVERYBODYS))
_LAST_CHARACTER = "\U0010ffff"


class Cursor(Protocol):
    """What is used of a DB-API cursor."""

    def execute(self, sql: str, parameters: Sequence[Any] = ..., /) -> Any:
        """Run one statement."""

    def fetchone(self) -> Any:
        """Return the next row or None."""

    def fetchall(self) -> list[Any]:
        """Return all rows."""


def marks(values: Collection[Any]) -> str:
    """Return as many parameter marks as there are values."""
    return ",".join("?" * len(values))


_STATE = f"""
SELECT r.id, r.name, r.kind, r.topic, r.rev, r.floor, r.owner, r.closed, r.archived, m.user, m.muted, m.read,
  CASE WHEN m.user IS NULL THEN 0 ELSE (SELECT count(*) FROM (
    SELECT 1 FROM message x WHERE x.room = r.id AND x.seq > m.read AND x.user <> m.user AND NOT x.deleted
    LIMIT {COUNTED})) END,
  CASE WHEN m.user IS NULL THEN 0 ELSE (SELECT count(*) FROM (
    SELECT 1 FROM mention n JOIN message x ON x.room = n.room AND x.seq = n.seq
    WHERE n.room = r.id AND n.user = m.user AND n.seq > m.read AND x.user <> m.user AND NOT x.deleted
    LIMIT {COUNTED})) END
FROM room r
"""  # noqa: S608  # COUNTED is ours


def _state(row: Sequence[Any]) -> RoomState:
    room, name, kind, topic, rev, floor, owner, closed, archived, member, muted, read, unread, mentions = row
    return RoomState(
        room=room,
        name=name,
        kind=RoomKind(kind),
        topic=topic,
        rev=rev,
        floor=floor,
        owner=owner,
        closed=bool(closed),
        archived=bool(archived),
        member=member is not None,
        muted=bool(muted),
        read=read or 0,
        unread=unread,
        mentions=mentions,
    )


def state(cursor: Cursor, room: int, user: int) -> RoomState | None:
    """Return a room and a user's standing in it."""
    sql = _STATE + "LEFT JOIN member m ON m.room = r.id AND m.user = ? WHERE r.id = ?"
    cursor.execute(sql, (user, room))
    row = cursor.fetchone()
    return _state(row) if row else None


def state_named(cursor: Cursor, key: str, user: int) -> RoomState | None:
    """Return the room of that name and a user's standing in it."""
    sql = _STATE + "LEFT JOIN member m ON m.room = r.id AND m.user = ? WHERE r.name_key = ?"
    cursor.execute(sql, (user, key))
    row = cursor.fetchone()
    return _state(row) if row else None


def states(cursor: Cursor, user: int) -> list[RoomState]:
    """Return a user's rooms, lobby first, then by name."""
    cursor.execute(_STATE + "JOIN member m ON m.room = r.id AND m.user = ?", (user,))
    found = [_state(row) for row in cursor.fetchall()]
    return sorted(found, key=lambda room: (room.kind is not RoomKind.LOBBY, name_key(room.name), room.room))


def mark_read(cursor: Cursor, room: int, user: int, seq: int) -> ReadMark:
    """Move a read position forwards, at most to the room's rev."""
    sql = """UPDATE member SET read = max(read, min(?, (SELECT rev FROM room WHERE id = member.room)))
             WHERE user = ? AND room = ?"""
    cursor.execute(sql, (seq, user, room))
    after = state(cursor, room, user)
    return ReadMark(after.read, after.unread, after.mentions) if after else ReadMark(0, 0, 0)


def set_muted(cursor: Cursor, room: int, user: int, on: bool) -> None:
    """Mute or unmute a room for one member."""
    cursor.execute("UPDATE member SET muted = ? WHERE user = ? AND room = ?", (on, user, room))


# ---- persons and members


def is_admitted(cursor: Cursor, user: User) -> bool:
    """Whether `admit` has nothing to write for this person."""
    cursor.execute("SELECT name FROM person WHERE id = ?", (user.id,))
    if cursor.fetchone() != (user.name,):
        return False
    cursor.execute(*_missing("1", user.id, "LIMIT 1"))
    return cursor.fetchone() is None


def admit(cursor: Cursor, user: User) -> None:
    """Remember a person's name of today; make them a member of what everybody is a member of."""
    sql = """INSERT INTO person (id, name, name_key) VALUES (?, ?, ?)
             ON CONFLICT (id) DO UPDATE SET name = excluded.name, name_key = excluded.name_key"""
    cursor.execute(sql, (user.id, user.name, name_key(user.name or "")))
    cursor.execute(*_missing("r.id, r.rev", user.id))
    for room, rev in cursor.fetchall():
        cursor.execute("INSERT INTO member (user, room, read) VALUES (?, ?, ?)", (user.id, room, rev))


def _missing(columns: str, user: int, end: str = "") -> tuple[str, Sequence[Any]]:
    sql = f"""SELECT {columns} FROM room r WHERE r.kind IN ({marks(_EVERYBODYS)}) AND NOT r.archived
              AND NOT EXISTS (SELECT 1 FROM member m WHERE m.room = r.id AND m.user = ?) {end}"""  # noqa: S608
    return sql, (*_EVERYBODYS, user)


def add_member(cursor: Cursor, room: int, user: int, rooms_per_user: int) -> None:
    """Make a user a member who has read everything; raises TooManyRooms."""
    cursor.execute("SELECT 1 FROM member WHERE user = ? AND room = ?", (user, room))
    if cursor.fetchone():
        return
    cursor.execute("SELECT count(*) FROM member WHERE user = ?", (user,))
    if cursor.fetchone()[0] >= rooms_per_user:
        raise TooManyRooms
    cursor.execute("INSERT INTO member (user, room, read) SELECT ?, id, rev FROM room WHERE id = ?", (user, room))


def remove_member(cursor: Cursor, room: int, user: int) -> None:
    """End a membership."""
    cursor.execute("DELETE FROM member WHERE user = ? AND room = ?", (user, room))


def members(cursor: Cursor, room: int, after_name: str | None, limit: int) -> list[User]:
    """Return members in order of their names, from after `after_name`."""
    sql = """SELECT p.id, p.name FROM member m JOIN person p ON p.id = m.user
             WHERE m.room = ? AND p.name > ? ORDER BY p.name LIMIT ?"""
    cursor.execute(sql, (room, after_name or "", limit))
    return [User(*row) for row in cursor.fetchall()]


def members_named(cursor: Cursor, room: int, names: Sequence[str]) -> dict[str, int]:
    """Return the members meant: by the exact name, else by the only one that is the same but for case."""
    keys = {name: name_key(name) for name in names}
    sql = f"""SELECT p.id, p.name, p.name_key FROM person p JOIN member m ON m.user = p.id AND m.room = ?
              WHERE p.name_key IN ({marks(keys)})"""  # noqa: S608
    cursor.execute(sql, (room, *keys.values()))
    return meant(keys, cursor.fetchall())


def meant(keys: dict[str, str], people: Iterable[tuple[int, str, str]]) -> dict[str, int]:
    """Return the id meant by each name of `keys` among rows of id, name and key of a name."""
    exact: dict[str, int] = {}
    alike: dict[str, list[int]] = {}
    for user, name, key in people:
        exact[name] = user
        alike.setdefault(key, []).append(user)
    found = {}
    for name, key in keys.items():
        if name in exact:
            found[name] = exact[name]
        elif len(alike.get(key, ())) == 1:
            found[name] = alike[key][0]
    return found


def people(cursor: Cursor, ids: Collection[int]) -> list[User]:
    """Return persons by id."""
    cursor.execute(f"SELECT id, name FROM person WHERE id IN ({marks(ids)}) ORDER BY id", tuple(ids))  # noqa: S608
    return [User(*row) for row in cursor.fetchall()]


def people_like(cursor: Cursor, prefix: str, limit: int) -> list[User]:
    """Return persons whose name begins like that."""
    key = name_key(prefix)
    sql = "SELECT id, name FROM person WHERE name_key >= ? AND name_key < ? ORDER BY name_key, id LIMIT ?"
    cursor.execute(sql, (key, key + _LAST_CHARACTER, limit))
    return [User(*row) for row in cursor.fetchall()]


# ---- rooms


def create(cursor: Cursor, draft: RoomDraft, now: str, rooms_per_user: int, rooms_per_day: int) -> None:
    """Make a room and its owner a member; raises NameTaken, TooManyRooms. `now` is a wire time."""
    cursor.execute("SELECT 1 FROM room WHERE name_key = ?", (draft.name_key,))
    if draft.name_key is not None and cursor.fetchone():
        raise NameTaken
    today = now[: len("2026-01-01")]
    cursor.execute("SELECT count(*) FROM room WHERE owner = ? AND made_at >= ?", (draft.owner, today))
    if cursor.fetchone()[0] >= rooms_per_day:
        raise TooManyRooms
    _insert(cursor, draft, now)
    if draft.owner is not None:
        add_member(cursor, draft.room, draft.owner, rooms_per_user)


def _insert(cursor: Cursor, draft: RoomDraft, now: str) -> None:
    sql = "INSERT INTO room (id, kind, name, name_key, topic, owner, made_at) VALUES (?, ?, ?, ?, ?, ?, ?)"
    values = (draft.room, draft.kind, draft.name, draft.name_key, draft.topic, draft.owner, now)
    cursor.execute(sql, values)


def settle(cursor: Cursor, drafts: Sequence[RoomDraft], now: str) -> None:
    """Have exactly these rooms of the admin's: make those missing, bring back or archive the others."""
    for draft in drafts:
        cursor.execute("SELECT id, kind, name, archived FROM room WHERE name_key = ?", (draft.name_key,))
        row = cursor.fetchone()
        if row is None:
            _insert(cursor, draft, now)
        elif row[1:] != (draft.kind, draft.name, 0):
            _take_over(cursor, row[0], draft)
    keys = [draft.name_key for draft in drafts]
    sql = f"SELECT id FROM room WHERE kind = ? AND NOT archived AND name_key NOT IN ({marks(keys)})"  # noqa: S608
    cursor.execute(sql, (RoomKind.PERSISTENT, *keys))
    for (room,) in cursor.fetchall():
        _archive(cursor, room)


def _take_over(cursor: Cursor, room: int, draft: RoomDraft) -> None:
    # A user's open room of that name becomes the admin's, with all that was said in it.
    sql = "UPDATE room SET kind = ?, name = ?, owner = NULL, archived = 0, rev = rev + 1 WHERE id = ?"
    cursor.execute(sql, (draft.kind, draft.name, room))


def _archive(cursor: Cursor, room: int) -> None:
    cursor.execute("UPDATE room SET archived = 1, rev = rev + 1 WHERE id = ?", (room,))
    # Those who wrote in it keep it, read-only.
    sql = "DELETE FROM member WHERE room = ? AND user NOT IN (SELECT user FROM message WHERE room = ?)"
    cursor.execute(sql, (room, room))
