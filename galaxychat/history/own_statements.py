"""What users chose for themselves, as rows of the log: whom they ignore, and whether they left the chat."""

from __future__ import annotations

from collections.abc import Mapping

from galaxychat.history.member_statements import missing
from galaxychat.history.room_statements import states
from galaxychat.history.sql import Statement
from galaxychat.messages import User
from galaxychat.records import Greeting, Own


def own(user: int) -> Statement[Own]:
    """Return what a user chose."""
    sql = """SELECT p.absent, i.other, o.name FROM person p LEFT JOIN ignored i ON i.user_id = p.id
             LEFT JOIN person o ON o.id = i.other WHERE p.id = ? ORDER BY i.other"""
    rows = yield sql, (user,)
    absent = bool(rows and rows[0][0])
    return Own(absent, [User(other, name) for _, other, name in rows if other is not None])


def greeting(user: User, read: Mapping[int, int]) -> Statement[Greeting]:
    """Return what a user finds on coming in; `read` as for `states`."""
    lacking, among = missing("1", user.id)
    # What `is_admitted` and `own` ask, at once: each query has the thread that reads give up the interpreter.
    sql = f"""SELECT p.name, p.absent, EXISTS ({lacking}), i.other, o.name FROM person p
              LEFT JOIN ignored i ON i.user_id = p.id LEFT JOIN person o ON o.id = i.other
              WHERE p.id = ? ORDER BY i.other"""  # noqa: S608
    rows = yield sql, (*among, user.id)
    name, absent, lacks, *_ = rows[0] if rows else (None, False, True)
    ignored = [User(other, of) for *_, other, of in rows if other is not None]
    rooms = [] if absent else (yield from states(user.id, read))
    return Greeting(Own(bool(absent), ignored), rooms, known=name == user.name and not lacks)


def set_absent(user: int, on: bool) -> Statement[None]:
    """Remember that a person left the chat, or came back."""
    yield "UPDATE person SET absent = ? WHERE id = ?", (on, user)


def set_ignored(user: int, other: int, on: bool) -> Statement[None]:
    """Remember whom a user ignores, or no longer."""
    if on:
        yield "INSERT INTO ignored (user_id, other) VALUES (?, ?) ON CONFLICT DO NOTHING", (user, other)
    else:
        yield "DELETE FROM ignored WHERE user_id = ? AND other = ?", (user, other)


def reachable(user: int, asker: int) -> Statement[User | None]:
    """Return a person who is known, not absent, and does not ignore the asker."""
    sql = """SELECT p.id, p.name FROM person p WHERE p.id = ? AND NOT p.absent
             AND NOT EXISTS (SELECT 1 FROM ignored i WHERE i.user_id = p.id AND i.other = ?)"""
    rows = yield sql, (user, asker)
    return User(*rows[0]) if rows else None
