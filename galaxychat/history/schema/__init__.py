"""The log's schema in numbered files, applied in order and recorded; a log newer than the code is refused."""

from __future__ import annotations

import secrets
import sqlite3
from importlib import resources

from galaxychat.errors import StartError

#: Made before the first step: which steps were applied, and the log's own values.
RECORD = (
    "CREATE TABLE IF NOT EXISTS schema_change (number INTEGER PRIMARY KEY, name TEXT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS log (key TEXT PRIMARY KEY, value TEXT NOT NULL)",
)
Step = tuple[int, str, str]


def files(dialect: str) -> list[Step]:
    """Return the schema's steps in order: number, name, SQL."""
    folder = resources.files(__package__) / dialect
    steps = [
        (int(entry.name.partition("_")[0]), entry.name, entry.read_text(encoding="utf-8"))
        for entry in folder.iterdir()
        if entry.name.endswith(".sql")
    ]
    return sorted(steps)


def migrate(connection: sqlite3.Connection) -> None:
    """Bring a SQLite log to this code's schema, in one transaction; raises StartError for a newer log."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        for statement in RECORD:
            connection.execute(statement)
        _apply(connection)
        connection.execute("INSERT OR IGNORE INTO log VALUES ('epoch', ?)", (new_epoch(),))
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise


def new_epoch() -> str:
    """Return a fresh name for a log, so that clients of another one start over."""
    return secrets.token_hex(8)


def missing(steps: list[Step], done: set[int]) -> list[Step]:
    """Return the steps that a log still lacks; raises StartError if it has some that this code does not know."""
    if done and max(done) > steps[-1][0]:
        raise StartError(
            f"The chat's log has schema {max(done)}, this galaxychat knows {steps[-1][0]}: "
            "it was written by a newer version; upgrade galaxychat."
        )
    return [step for step in steps if step[0] not in done]


def _apply(connection: sqlite3.Connection) -> None:
    done = {number for (number,) in connection.execute("SELECT number FROM schema_change")}
    for number, name, sql in missing(files("sqlite"), done):
        for statement in _statements(sql):
            connection.execute(statement)
        connection.execute("INSERT INTO schema_change VALUES (?, ?)", (number, name))


def _statements(sql: str) -> list[str]:
    # sqlite3's executescript would commit the transaction that makes a migration all or nothing.
    statements, pending = [], ""
    for line in sql.splitlines(keepends=True):
        pending += line
        if sqlite3.complete_statement(pending):
            statements.append(pending.strip())
            pending = ""
    return statements
