"""Who is where, by node, as rows of a shared log. PostgreSQL only: a SQLite log has one node."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import chain

from galaxychat.history.sql import Statement, marks
from galaxychat.messages import User

#: Seconds after which a node that does not write is taken for dead, and after which its rows are swept away. With
#: the 2 s in which each node looks for the others, who dies takes everybody on it away within 10 s.
ABSENT_AFTER = 7
SWEPT_AFTER = 60

#: A room and a user in it.
Pair = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Seen:
    """What a node finds when it says that it lives.

    `lost`: its rows are gone, as they are after a crash of the server. `others` are the nodes that live, `epoch` is
    the log's.
    """

    lost: bool
    others: frozenset[str]
    epoch: str


def seen(node: str) -> Statement[Seen]:
    """Say that a node lives, and look who else does."""
    sql = """INSERT INTO node (id, seen) VALUES (?, now()) ON CONFLICT (id) DO UPDATE SET seen = now()
             RETURNING xmax = 0"""
    lost = yield sql, (node,)
    alive = f"SELECT id FROM node WHERE seen > now() - interval '{ABSENT_AFTER} seconds' AND id <> ?"  # noqa: S608
    others = yield alive, (node,)
    epoch = yield "SELECT value FROM log WHERE key = 'epoch'", ()
    return Seen(bool(lost[0][0]), frozenset(other for (other,) in others), str(epoch[0][0]))


def change(node: str, arrived: Sequence[Pair], departed: Sequence[Pair]) -> Statement[None]:
    """Write who came and who went."""
    if departed:
        sql = f"""DELETE FROM presence WHERE node = ?
                  AND (room, user_id) IN (VALUES {_rows(2, len(departed))})"""  # noqa: S608
        yield sql, (node, *chain.from_iterable(departed))
    if arrived:
        sql = f"""INSERT INTO presence (node, room, user_id) VALUES {_rows(3, len(arrived))}
                  ON CONFLICT DO NOTHING"""  # noqa: S608
        yield sql, [value for room, user in arrived for value in (node, room, user)]


def rewrite(node: str, present: Sequence[Pair]) -> Statement[None]:
    """Write everybody anew."""
    yield "DELETE FROM presence WHERE node = ?", (node,)
    yield from change(node, present, ())


def forget(node: str) -> Statement[None]:
    """Delete all that a node wrote."""
    yield "DELETE FROM presence WHERE node = ?", (node,)
    yield "DELETE FROM node WHERE id = ?", (node,)


def sweep() -> Statement[None]:
    """Delete what dead nodes left."""
    dead = f"SELECT id FROM node WHERE seen < now() - interval '{SWEPT_AFTER} seconds'"  # noqa: S608
    yield f"DELETE FROM presence WHERE node IN ({dead})", ()  # noqa: S608
    yield f"DELETE FROM node WHERE id IN ({dead})", ()  # noqa: S608


def elsewhere(node: str, rooms: Collection[int]) -> Statement[dict[int, list[User]]]:
    """Return who is present in these rooms on other nodes that live."""
    sql = f"""SELECT DISTINCT p.room, u.id, u.name FROM presence p
              JOIN node n ON n.id = p.node JOIN person u ON u.id = p.user_id
              WHERE n.seen > now() - interval '{ABSENT_AFTER} seconds' AND p.node <> ?
              AND p.room IN ({marks(rooms)})"""  # noqa: S608
    rows = yield sql, (node, *rooms)
    found: dict[int, list[User]] = {room: [] for room in rooms}
    for room, user, name in rows:
        found[room].append(User(user, name))
    return found


def _rows(columns: int, rows: int) -> str:
    return ", ".join([f"({', '.join('?' * columns)})"] * rows)
