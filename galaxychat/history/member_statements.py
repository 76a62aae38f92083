"""Persons, and who is a member of which room, as rows of the log."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from galaxychat.history.sql import Query, Statement, marks, steps
from galaxychat.limits import name_key
from galaxychat.messages import User
from galaxychat.model import EVERYBODYS
from galaxychat.records import TooManyRooms

_EVERYBODYS = tuple(sorted(EVERYBODYS))
_LAST_CHARACTER = "\U0010ffff"


def is_admitted(user: User) -> Statement[bool]:
    """Whether `admit` has nothing to write for this person."""
    rows = yield "SELECT name FROM person WHERE id = ?", (user.id,)
    if rows != [(user.name,)]:
        return False
    rows = yield missing("1", user.id, "LIMIT 1")
    return not rows


def admit(user: User) -> Statement[None]:
    """Remember a person's name of today; make them a member of what everybody is a member of."""
    sql = """INSERT INTO person (id, name, name_key) VALUES (?, ?, ?)
             ON CONFLICT (id) DO UPDATE SET name = excluded.name, name_key = excluded.name_key"""
    yield sql, (user.id, user.name, name_key(user.name or ""))
    rows = yield missing("r.id, r.rev", user.id)
    for room, rev in rows:
        yield _join("VALUES (?, ?, ?)"), (user.id, room, rev)


def missing(columns: str, user: int, end: str = "") -> Query:
    """Ask for the rooms of everybody of which a user is no member yet."""
    sql = f"""SELECT {columns} FROM room r WHERE r.kind IN ({marks(_EVERYBODYS)}) AND NOT r.archived
              AND NOT EXISTS (SELECT 1 FROM member m WHERE m.room = r.id AND m.user_id = ?) {end}"""  # noqa: S608
    return sql, (*_EVERYBODYS, user)


def _join(source: str) -> str:
    # Two windows of one user may enter at once, on two nodes: the second finds it done.
    return f"INSERT INTO member (user_id, room, read) {source} ON CONFLICT (user_id, room) DO NOTHING"


def add_member(room: int, user: int, rooms_per_user: int) -> Statement[None]:
    """Make a user a member who has read everything; raises TooManyRooms."""
    rows = yield "SELECT 1 FROM member WHERE user_id = ? AND room = ?", (user, room)
    if rows:
        return
    # Rooms of two do not count: others can make them.
    sql = "SELECT count(*) FROM member m JOIN room r ON r.id = m.room WHERE m.user_id = ? AND r.kind <> 'direct'"
    rows = yield sql, (user,)
    if rows[0][0] >= rooms_per_user:
        raise TooManyRooms
    # The condition also keeps SQLite from reading ON as the SELECT's.
    yield _join("SELECT CAST(? AS BIGINT), id, rev FROM room WHERE id = ?"), (user, room)


def remove_member(room: int, user: int) -> Statement[None]:
    """End a membership."""
    yield "DELETE FROM member WHERE user_id = ? AND room = ?", (user, room)


def members(room: int, after_name: str | None, limit: int) -> Statement[list[User]]:
    """Return members in order of their names, from after `after_name`."""
    sql = """SELECT p.id, p.name FROM member m JOIN person p ON p.id = m.user_id
             WHERE m.room = ? AND p.name > ? AND NOT p.absent ORDER BY p.name, p.id LIMIT ?"""
    rows = yield sql, (room, after_name or "", limit)
    return [User(*row) for row in rows]


def members_named(room: int, names: Sequence[str]) -> Statement[dict[str, int]]:
    """Return the members meant: by the exact name, else by the only one that is the same but for case."""
    keys = {name: name_key(name) for name in names}
    sql = f"""SELECT p.id, p.name, p.name_key FROM person p CROSS JOIN member m
              WHERE p.name_key IN ({marks(keys)}) AND NOT p.absent AND m.user_id = p.id AND m.room = ?"""  # noqa: S608
    # CROSS JOIN: SQLite would go through all members.
    rows = yield sql, (*keys.values(), room)
    return meant(keys, rows)


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


def people(ids: Collection[int]) -> Statement[list[User]]:
    """Return persons by id."""
    found: list[User] = []
    for some in steps(sorted(ids)):
        rows = yield f"SELECT id, name FROM person WHERE id IN ({marks(some)}) ORDER BY id", some  # noqa: S608
        found += [User(*row) for row in rows]
    return found


def people_like(prefix: str, limit: int) -> Statement[list[User]]:
    """Return persons whose name begins like that."""
    key = name_key(prefix)
    sql = """SELECT id, name FROM person WHERE name_key >= ? AND name_key < ? AND NOT absent
             ORDER BY name_key, id LIMIT ?"""
    rows = yield sql, (key, key + _LAST_CHARACTER, limit)
    return [User(*row) for row in rows]
