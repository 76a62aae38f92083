"""Messages that are looked for: by words, by being pinned."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from galaxychat.history.message_statements import COLUMNS, named, of_row
from galaxychat.history.paging import fitting
from galaxychat.history.sql import Statement
from galaxychat.records import PINS, Finds, Search

#: How each database is asked for all of several phrases: what to join, what must hold, and its parameters.
Match = tuple[str, str, list[str]]


def in_sqlite(terms: Sequence[str]) -> Match:
    """Ask FTS5; a term in quotes is a phrase, and phrases side by side must all be there."""
    words = "JOIN message_words ON message_words.rowid = m.id"
    return words, "message_words MATCH ?", [" ".join(f'"{term}"' for term in terms)]


def in_postgres(terms: Sequence[str]) -> Match:
    """Ask a tsvector for each phrase."""
    each = "m.words @@ phraseto_tsquery('simple', plain_words(?))"
    return "", " AND ".join([each] * len(terms)), list(terms)


def search(match: Match, search: Search, limit: int) -> Statement[Finds]:
    """Return messages that match, newest first, in rooms of which the asker is a member when it runs."""
    join, holds, values = match
    where, more = _where(search)
    sql = f"""SELECT {COLUMNS} FROM message m {join}
              WHERE {holds} AND m.room IN (SELECT room FROM member WHERE user_id = ?) {where}
              ORDER BY m.id DESC LIMIT ?"""  # noqa: S608
    rows = yield sql, (*values, search.user, *more, limit + 1)
    found = [of_row(row) for row in rows]
    shown = fitting(found[:limit])
    users = yield from named(shown)
    return Finds(shown, users, more=len(shown) < len(found))


def _where(search: Search) -> tuple[str, list[Any]]:
    where, values = "", []
    if search.room is not None:
        where += " AND m.room = ?"
        values.append(search.room)
    if search.after is not None:
        # Of a room that the asker may not read it says nothing, not even whether there is such a message.
        where += """ AND m.id < (SELECT a.id FROM message a JOIN member b ON b.room = a.room
                                 WHERE a.room = ? AND a.seq = ? AND b.user_id = ?)"""
        values += [*search.after, search.user]
    return where, values


def pinned(room: int) -> Statement[Finds]:
    """Return the pinned messages of a room, newest first."""
    sql = f"SELECT {COLUMNS} FROM message m WHERE m.room = ? AND m.pinned ORDER BY m.seq DESC LIMIT ?"  # noqa: S608
    rows = yield sql, (room, PINS)
    found = fitting([of_row(row) for row in rows])
    users = yield from named(found)
    return Finds(found, users)
