"""How far people have read, as rows of the log."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import NamedTuple

from galaxychat.history.sql import Rows, Statement, sought


class Mark(NamedTuple):
    """Up to which seq a user has read a room."""

    user: int
    room: int
    seq: int


def advance(marks: Sequence[Mark], locked: str = "") -> Statement[list[Mark]]:
    """Move positions forwards, at most to their rooms' revs; return those that are to be tried again.

    `locked` says what happens to rows that another transaction has in hand: with SKIP LOCKED nothing is waited for,
    so that nodes which move the same people's positions, in whatever order, never stand in each other's way.
    """
    values = tuple(chain.from_iterable(marks))
    # Only members' rows are locked; with the rooms' a busy room would be skipped for ever.
    sql = f"""WITH free AS (
                SELECT m.user_id, m.room, w.column3 AS seq FROM {sought(3, len(marks))} CROSS JOIN member m
                WHERE m.user_id = w.column1 AND m.room = w.column2 AND m.read < w.column3 FOR UPDATE {locked})
              UPDATE member SET read = (
                SELECT CASE WHEN r.rev < free.seq THEN r.rev ELSE free.seq END FROM room r WHERE r.id = free.room)
              FROM free WHERE member.user_id = free.user_id AND member.room = free.room
              RETURNING member.user_id"""  # noqa: S608
    rows = yield sql, values
    return [] if len(rows) == len(marks) else (yield from _behind(marks, values))


def _behind(marks: Sequence[Mark], values: Sequence[int]) -> Statement[list[Mark]]:
    """Return those that were not moved although they could be; not those of people who left, or were further."""
    sql = f"""SELECT w.column1, w.column2, w.column3 FROM {sought(3, len(marks))} CROSS JOIN member m
              CROSS JOIN room r WHERE m.user_id = w.column1 AND m.room = w.column2 AND r.id = m.room
              AND m.read < w.column3 AND m.read < r.rev"""  # noqa: S608
    rows: Rows = yield sql, values
    return [Mark(*row) for row in rows]
