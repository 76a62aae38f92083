"""What is asked again and again costs the same in a log that has grown: counted in rows and steps, not in time."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from typing import Any

import pytest

from galaxychat.history import (
    amending_statements,
    member_statements,
    message_statements,
    own_statements,
    read_statements,
    room_statements,
    schema,
    search_statements,
    walled_statements,
)
from galaxychat.history.pgwriter import drive
from galaxychat.history.read_statements import Mark
from galaxychat.history.reader import run
from galaxychat.history.sql import Statement
from galaxychat.messages import User
from galaxychat.records import Reacted
from tests.support.core import LOBBY_ID, draft, finish
from tests.support.postgres import PostgresCluster

_MANY = 5000
_SOMEBODY = User(id=7, name="n7")
#: Rows that a plan of PostgreSQL's goes through, and steps of SQLite's machine.
_ROWS, _STEPS = 1500, 15_000

#: Each is asked for a command, or by each node every few seconds.
ASKED: dict[str, Callable[[], Statement[Any]]] = {
    "state": lambda: room_statements.state(LOBBY_ID, _SOMEBODY.id),
    "state of a stranger": lambda: room_statements.state(LOBBY_ID, 10 * _MANY),
    "state_named": lambda: room_statements.state_named("room1", _SOMEBODY.id, {}),
    "states": lambda: room_statements.states(_SOMEBODY.id, {}),
    "greeting": lambda: own_statements.greeting(_SOMEBODY, {}),
    "is_admitted": lambda: member_statements.is_admitted(_SOMEBODY),
    "members_named": lambda: member_statements.members_named(LOBBY_ID, ["n1", "N2", "nobody"]),
    "people": lambda: member_statements.people([1, 2, 3]),
    "people_like": lambda: member_statements.people_like("n", 10),
    "revs": lambda: room_statements.revs([LOBBY_ID]),
    "kept": lambda: walled_statements.kept([(LOBBY_ID, user) for user in range(1, 4)]),
    "changes": lambda: message_statements.changes(LOBBY_ID, _MANY - 50),
    "changes, too many": lambda: message_statements.changes(LOBBY_ID, 0),
    "page": lambda: message_statements.page(LOBBY_ID, 50, None, None, None),
    "page in the middle": lambda: message_statements.page(LOBBY_ID, 50, None, None, _MANY // 2),
    "answered": lambda: message_statements.answered(_SOMEBODY.id, "new", b""),
    "append": lambda: message_statements.append([draft(LOBBY_ID, 1, "one")]),
    "append, a batch": lambda: message_statements.append(
        [draft(LOBBY_ID, user, "new", reply_to=user, mentions=(9,)) for user in range(1, 4)]
    ),
    "delete": lambda: amending_statements.delete(LOBBY_ID, _MANY // 2, None),
    "react": lambda: amending_statements.react(Reacted(LOBBY_ID, _MANY // 2, 7, "+1", on=True)),
    "pin": lambda: amending_statements.pin(LOBBY_ID, _MANY // 2, on=True),
    "pinned": lambda: search_statements.pinned(LOBBY_ID),
    "state_if_read": lambda: room_statements.state_if_read(LOBBY_ID, _SOMEBODY.id, _MANY - 50),
    "states, much of it read": lambda: room_statements.states(_SOMEBODY.id, {LOBBY_ID: _MANY - 50}),
    "advance": lambda: read_statements.advance([Mark(user, LOBBY_ID, _MANY) for user in range(1, 4)]),
    "advance, nothing to move": lambda: read_statements.advance([Mark(10 * _MANY, LOBBY_ID, _MANY)]),
}

#: A lobby in which everybody is and talked, and nobody has read anything; beside it are ten rooms as busy.
_NUMBERS = "WITH RECURSIVE num (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM num WHERE n < {most})"
_TEXT = "a text of the usual length, as people write one when they ask about an error that they got"
#: `[]` in bytes, in either dialect.
_BODY = "CAST('[]' AS BLOB)"
_ROOM, _SEQ = f"({LOBBY_ID} + n % 11)", "((n + 10) / 11)"
_FILL = {
    "room (id, kind, name, name_key, topic, made_at, rev)": (
        11,
        f"{LOBBY_ID} + n - 1, CASE n WHEN 1 THEN 'lobby' ELSE 'open' END, 'Room', 'room' || n, '', '', {_MANY}",
    ),
    "person (id, name, name_key)": (_MANY, "n, 'n' || n, 'n' || n"),
    "member (user_id, room, read)": (_MANY, f"n, {LOBBY_ID}, 0"),
    "message (room, seq, rev, user_id, at, text, body)": (
        11 * _MANY,
        f"{_ROOM}, {_SEQ}, {_SEQ}, {_SEQ} % 50 + 1, '', '{_TEXT}', {_BODY}",
    ),
    "mention (room, user_id, seq)": (11 * _MANY, f"{_ROOM}, n % 49 + 1, {_SEQ}"),
    "answer (user_id, nonce, digest, room, seq, at)": (11 * _MANY, f"n % 50 + 1, '' || n, '', {_ROOM}, {_SEQ}, ''"),
}


def _fill(execute: Callable[[str], object]) -> None:
    for table, (most, row) in _FILL.items():
        execute(f"INSERT INTO {table} {_NUMBERS.format(most=most)} SELECT {row} FROM num")


@pytest.fixture(scope="module")
def sqlite_log() -> Iterator[sqlite3.Connection]:
    """A grown log in memory; nobody keeps its statistics, as in a running server."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        schema.migrate(connection)
        connection.execute("BEGIN")
        _fill(connection.execute)
        connection.execute("COMMIT")
        yield connection


@pytest.fixture(scope="module")
def postgres_log(postgres: PostgresCluster) -> Iterator[Any]:
    """A cursor on a grown log; its statistics are up to date, as autovacuum keeps them."""
    postgres.create_database("grown")
    with closing(postgres.connect("grown")) as connection, connection.cursor() as cursor:
        for statement in (*schema.RECORD, *(sql for _, _, sql in schema.files("postgres"))):
            cursor.execute(statement)
        _fill(lambda sql: cursor.execute(sql.replace("BLOB", "BYTEA")))
        cursor.execute("ANALYZE")
        yield cursor
    postgres.drop_database("grown")


@pytest.mark.parametrize("asked", ASKED)
def test_steps_of_sqlite(sqlite_log: sqlite3.Connection, asked: str) -> None:
    """Members and messages that are not shown are not gone through."""
    steps = 0

    def count() -> None:
        nonlocal steps
        steps += 100

    cursor = sqlite_log.execute("BEGIN")
    sqlite_log.set_progress_handler(count, 100)
    try:
        run(cursor, ASKED[asked]())
    finally:
        sqlite_log.set_progress_handler(None, 0)
        cursor.execute("ROLLBACK")
    assert steps < _STEPS


@pytest.mark.postgres
@pytest.mark.parametrize("asked", ASKED)
def test_rows_of_postgres(postgres_log: Any, asked: str) -> None:
    """Members and messages that are not shown are not gone through, and nothing is compiled for one question."""
    rows = 0.0

    async def ask(sql: str, params: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        nonlocal rows
        if sql.startswith(("SELECT", "WITH")):
            postgres_log.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}", params)
            (((explained,),),) = postgres_log.fetchall()
            # Compiling takes hundreds of milliseconds.
            assert "JIT" not in explained
            rows += _rows(explained["Plan"])
        postgres_log.execute(sql, params)
        return postgres_log.fetchall() if postgres_log.description else []

    postgres_log.execute("BEGIN")
    try:
        finish(drive(ask, ASKED[asked]()))
    finally:
        postgres_log.execute("ROLLBACK")
    assert rows < _ROWS


def _rows(plan: dict[str, Any]) -> float:
    """Return how many rows all steps of a plan gave or threw away."""
    own: float = plan["Actual Loops"] * sum(
        plan.get(key, 0) for key in ("Actual Rows", "Rows Removed by Filter", "Rows Removed by Join Filter")
    )
    return own + sum(_rows(each) for each in plan.get("Plans", ()))
