"""A scratch Galaxy's database in PostgreSQL, which writes down each statement that it is asked."""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager

from psycopg2.extras import execute_values

from tests.support.galaxy_sqlite import ScratchGalaxy
from tests.support.postgres import PostgresCluster

_TABLES = """
CREATE TABLE galaxy_user (
    id INTEGER PRIMARY KEY, create_time TIMESTAMP, email VARCHAR(255) NOT NULL, username VARCHAR(255) UNIQUE,
    deleted BOOLEAN, purged BOOLEAN, active BOOLEAN NOT NULL);
CREATE TABLE galaxy_session (
    id INTEGER PRIMARY KEY, create_time TIMESTAMP, user_id INTEGER REFERENCES galaxy_user (id),
    session_key VARCHAR(255) UNIQUE, is_valid BOOLEAN, prev_session_id INTEGER, last_action TIMESTAMP);
CREATE TABLE user_preference (
    id INTEGER PRIMARY KEY, user_id INTEGER REFERENCES galaxy_user (id), name VARCHAR(255), value TEXT);
"""


class Statements:
    """Counts what the chat asks about sessions; `database` is where Galaxy's people and sessions are."""

    def __init__(self, cluster: PostgresCluster, database: str) -> None:
        self._cluster = cluster
        self.database = database

    def asked(self) -> int:
        """Return how often so far."""
        return self._cluster.log.count("FROM galaxy_session")


@contextmanager
def moved(galaxy: ScratchGalaxy, cluster: PostgresCluster) -> Iterator[Statements]:
    """Have Galaxy's people and sessions in a database of the cluster, and the configuration name it."""
    name = f"galaxy_{secrets.token_hex(4)}"
    url = cluster.create_database(name)
    try:
        _copy(galaxy, cluster, name)
        galaxy.configure({"database_connection": url}, {})
        yield Statements(cluster, name)
    finally:
        if cluster.running:
            cluster.drop_database(name)


def _copy(galaxy: ScratchGalaxy, cluster: PostgresCluster, name: str) -> None:
    with closing(sqlite3.connect(galaxy.database)) as source, closing(cluster.connect(name)) as target:
        people = source.execute("SELECT id, email, username FROM galaxy_user").fetchall()
        sessions = source.execute("SELECT id, user_id, session_key FROM galaxy_session").fetchall()
        with target.cursor() as cursor:
            cursor.execute(_TABLES)
            execute_values(
                cursor,
                "INSERT INTO galaxy_user (id, email, username, active) VALUES %s",
                people,
                "(%s, %s, %s, true)",
            )
            execute_values(
                cursor,
                "INSERT INTO galaxy_session (id, user_id, session_key, is_valid) VALUES %s",
                sessions,
                "(%s, %s, %s, true)",
            )
            cursor.execute(f"ALTER DATABASE {name} SET log_statement = 'all'")
