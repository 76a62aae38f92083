"""Galaxy's database read for real: SQLite files and a PostgreSQL server, old schemas, thin grants, failures."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pytest
from twisted.internet.defer import Deferred, gatherResults

from galaxychat.errors import GalaxyUnavailable, StartError
from galaxychat.galaxydb import GalaxyDatabase, open_galaxy_database
from galaxychat.galaxytables import Feature
from galaxychat.sessionrow import SessionRow
from tests.support.postgres import PostgresCluster
from tests.support.reactor import reactor, run, until

KEY = "0123456789abcdef0123456789abcdef"
TIMES = "create_time timestamp, update_time timestamp"
#: The columns that we name, and one more each that we must not need.
SCHEMA = f"""
CREATE TABLE galaxy_user (id integer primary key, {TIMES}, email varchar(255), username varchar(255),
    password varchar(255), deleted boolean, purged boolean, active boolean not null);
CREATE TABLE galaxy_session (id integer primary key, {TIMES}, user_id integer, remote_addr varchar(255),
    session_key varchar(255) unique, is_valid boolean, prev_session_id integer, last_action timestamp);
CREATE TABLE user_preference (id integer primary key, user_id integer, name varchar(255), value text);
CREATE TABLE galaxy_group (id integer primary key, {TIMES}, name varchar(255), deleted boolean);
CREATE TABLE user_group_association (id integer primary key, user_id integer, group_id integer, {TIMES});
"""
ROWS = f"""
INSERT INTO galaxy_user (id, email, username, deleted, purged, active)
    VALUES (3, 'bob@example.org', 'bob', NULL, NULL, true);
INSERT INTO galaxy_session (id, user_id, session_key, is_valid, last_action)
    VALUES (7, 3, '{KEY}', true, '2026-01-02 03:04:05.678');
INSERT INTO galaxy_session (id, user_id, session_key, is_valid) VALUES (8, NULL, '{KEY[::-1]}', NULL);
"""
BOB = SessionRow(
    7,
    True,
    datetime(2026, 1, 2, 3, 4, 5, 678000),  # noqa: DTZ001
    3,
    "bob@example.org",
    "bob",
    deleted=False,
    purged=False,
    active=True,
    opted_in=False,
)
ANONYMOUS = SessionRow(8, False, None, None, None, None, deleted=False, purged=False, active=False, opted_in=False)

Opener = Callable[[str], GalaxyDatabase]


@pytest.fixture
def opened() -> Iterator[Opener]:
    """Start databases that are stopped at the end."""
    databases: list[GalaxyDatabase] = []

    def open_and_start(url: str) -> GalaxyDatabase:
        databases.append(open_galaxy_database(url, reactor))
        run(databases[-1].start)
        return databases[-1]

    yield open_and_start
    for database in databases:
        run(database.stop)


def make_sqlite(path: Path, schema: str = SCHEMA) -> str:
    """Make a file and return its URL."""
    with sqlite3.connect(path) as connection:
        connection.executescript(schema + ROWS)
    connection.close()
    return f"sqlite:///{path}"


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """The URL of a file with a session of bob's."""
    return make_sqlite(tmp_path / "universe ? # %20.sqlite".replace("?", "q"))


@pytest.fixture
def server(postgres: PostgresCluster) -> Iterator[PostgresCluster]:
    """The server with a database `galaxy_reads`; it runs again afterwards, whatever the test did."""
    postgres.drop_database("galaxy_reads")
    postgres.create_database("galaxy_reads")
    execute(postgres, SCHEMA + ROWS)
    yield postgres
    if not postgres.running:
        postgres.start()


def execute(server: PostgresCluster, sql: str) -> None:
    """Run statements in the test's database."""
    connection = server.connect("galaxy_reads")
    try:
        connection.cursor().execute(sql)
    finally:
        connection.close()


def role_url(server: PostgresCluster, *grants: str) -> str:
    """Return the URL for a role that may do nothing but this."""
    execute(server, "DO $$ BEGIN CREATE ROLE reader LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$")
    for grant in grants:
        execute(server, f"GRANT SELECT {grant} TO reader")
    return f"postgresql://reader@127.0.0.1:{server.port}/galaxy_reads"


REQUIRED = (
    "(id, user_id, session_key, is_valid) ON galaxy_session",
    "(id, email, username, deleted, purged, active) ON galaxy_user",
)


def check_reading(database: GalaxyDatabase) -> None:
    """Both sessions are found as they are, and no third one."""
    assert run(database.session(KEY)) == BOB
    assert run(database.session(KEY[::-1])) == ANONYMOUS
    assert run(database.session(KEY.upper())) is None
    assert run(database.session("' OR 1=1 --")) is None
    run(database.ping)


def test_sqlite(sqlite_url: str, opened: Opener) -> None:
    """Truth values of 0, 1 and NULL and times as texts come out as what they mean."""
    database = opened(sqlite_url)
    check_reading(database)
    assert database.features == frozenset(Feature)
    assert database.warnings == ()


def test_sqlite_sees_what_galaxy_writes(sqlite_url: str, opened: Opener) -> None:
    """A log-out is seen by the next question."""
    database = opened(sqlite_url)
    assert run(database.session(KEY)) == BOB
    with sqlite3.connect(sqlite_url.removeprefix("sqlite:///")) as connection:
        connection.execute("UPDATE galaxy_session SET is_valid = 0")
    connection.close()
    row = run(database.session(KEY))
    assert row is not None
    assert not row.is_valid


def test_sqlite_is_never_written(sqlite_url: str, opened: Opener) -> None:
    """The connection itself refuses to write, whatever a mistake of ours might try."""
    database = opened(sqlite_url)
    with pytest.raises(GalaxyUnavailable, match="readonly"):
        run(database._source.rows("DELETE FROM galaxy_session"))


def test_a_missing_sqlite_file_is_told_and_not_made(tmp_path: Path, opened: Opener) -> None:
    """A wrong path must not become an empty database."""
    with pytest.raises(StartError, match=r"nowhere\.sqlite is not there; is database_connection"):
        opened(f"sqlite:///{tmp_path}/nowhere.sqlite")
    assert not list(tmp_path.iterdir())


def test_a_file_that_is_no_database_is_told(tmp_path: Path, opened: Opener) -> None:
    """Whatever lies at the path is named."""
    (tmp_path / "x.sqlite").write_text("no database, but long enough to be looked at " * 99)
    with pytest.raises(StartError, match="not a database"):
        opened(f"sqlite:///{tmp_path}/x.sqlite")


@pytest.mark.slow
def test_a_locked_sqlite_file_is_told_at_start_and_is_unavailable_later(sqlite_url: str, opened: Opener) -> None:
    """A lock that is held on ends a start with one line, and a question with GalaxyUnavailable; it heals."""
    database = opened(sqlite_url)
    locker = sqlite3.connect(sqlite_url.removeprefix("sqlite:///"), isolation_level=None)
    locker.execute("BEGIN EXCLUSIVE")
    with pytest.raises(StartError, match="cannot be read: database is locked"):
        opened(sqlite_url)
    with pytest.raises(GalaxyUnavailable):
        run(database.session(KEY))
    locker.execute("ROLLBACK")
    locker.close()
    assert run(database.session(KEY)) == BOB


def test_an_old_schema_without_last_action(tmp_path: Path, opened: Opener) -> None:
    """Galaxy 16.07 has no last_action: sessions are found, session_duration is off."""
    old = SCHEMA.replace(", last_action timestamp", "")
    path = tmp_path / "old.sqlite"
    with sqlite3.connect(path) as connection:
        connection.executescript(old + ROWS.replace(", last_action", "").replace(", '2026-01-02 03:04:05.678'", ""))
    connection.close()
    database = opened(f"sqlite:///{path}")
    row = run(database.session(KEY))
    assert row is not None
    assert (row.user_id, row.last_action) == (3, None)
    assert database.features == frozenset(Feature) - {Feature.SESSION_DURATION}
    assert database.warnings == (
        "Galaxy's database: column galaxy_session.last_action is missing: session_duration is off",
    )


@pytest.mark.parametrize(
    ("removed", "told"),
    [
        (", active boolean not null", "column galaxy_user.active is missing"),
        ("session_key varchar(255) unique, ", "column galaxy_session.session_key is missing"),
    ],
)
def test_a_missing_required_column_is_named(tmp_path: Path, opened: Opener, removed: str, told: str) -> None:
    """Without it nobody could be told from anybody, so nothing starts."""
    path = tmp_path / "strange.sqlite"
    with sqlite3.connect(path) as connection:
        connection.executescript(SCHEMA.replace(removed, ""))
    connection.close()
    with pytest.raises(StartError, match=told):
        opened(f"sqlite:///{path}")


def test_an_empty_database_is_told(tmp_path: Path, opened: Opener) -> None:
    """Both tables are named in the one line."""
    sqlite3.connect(tmp_path / "empty.sqlite").execute("VACUUM").close()
    with pytest.raises(StartError, match="galaxy_session is missing, table galaxy_user is missing"):
        opened(f"sqlite:///{tmp_path}/empty.sqlite")


def test_nonsense_for_a_time_counts_as_long_ago(sqlite_url: str, opened: Opener) -> None:
    """A time that cannot be read must not make a session last for ever."""
    with sqlite3.connect(sqlite_url.removeprefix("sqlite:///")) as connection:
        connection.execute("UPDATE galaxy_session SET last_action = 'yesterday'")
    connection.close()
    row = run(opened(sqlite_url).session(KEY))
    assert row is not None
    assert row.last_action is not None
    assert row.last_action.year == 1


@pytest.mark.postgres
def test_postgresql(server: PostgresCluster, opened: Opener) -> None:
    """The same answers as from SQLite, by TCP and by socket."""
    for url in (server.url("galaxy_reads"), server.socket_url("galaxy_reads")):
        database = opened(url)
        check_reading(database)
        assert database.features == frozenset(Feature)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def any_url(request: pytest.FixtureRequest) -> str:
    """A database of either kind."""
    if request.param == "sqlite":
        return str(request.getfixturevalue("sqlite_url"))
    server: PostgresCluster = request.getfixturevalue("server")
    return server.url("galaxy_reads")


def test_a_crowd_is_answered_one_by_one(any_url: str, opened: Opener) -> None:
    """Two thousand look-ups at once: each gets its own session, and nobody another's."""
    database = opened(any_url)
    keys = [KEY, KEY[::-1], *(f"{n:032x}" for n in range(1, 1000))] * 2

    async def ask_all() -> list[SessionRow | None]:
        return list(await gatherResults([Deferred.fromCoroutine(database.session(key)) for key in keys]))

    rows = run(ask_all)
    assert rows == [BOB, ANONYMOUS, *[None] * 999] * 2


@pytest.mark.postgres
def test_postgresql_is_never_written(server: PostgresCluster, opened: Opener) -> None:
    """Even a role that may write is told by the session that it may not."""
    database = opened(server.url("galaxy_reads"))
    with pytest.raises(GalaxyUnavailable, match="25006"):
        run(database._source.rows("DELETE FROM galaxy_session RETURNING id"))


@pytest.mark.postgres
def test_a_role_with_the_required_grants_only(server: PostgresCluster, opened: Opener) -> None:
    """Ten columns are enough to let people in; each feature that lacks a right is named."""
    database = opened(role_url(server, *REQUIRED))
    row = run(database.session(KEY))
    assert row is not None
    assert (row.username, row.last_action) == ("bob", None)
    assert (row.opted_in, row.before, row.groups) == (None, None, frozenset())
    assert run(database.group_members(["some"])) == {"some": set()}
    assert database.features == frozenset()
    assert len(database.warnings) == len(Feature)
    assert (
        "Galaxy's database: column user_preference.user_id may not be read, column user_preference.name may not be "
        "read, column user_preference.value may not be read: nobody gets in while require_opt_in is on"
    ) in database.warnings


@pytest.mark.postgres
def test_a_missing_right_is_named(server: PostgresCluster, opened: Opener) -> None:
    """A forgotten GRANT ends the start with the column's name."""
    with pytest.raises(StartError, match=r"column galaxy_user\.active may not be read"):
        opened(role_url(server, REQUIRED[0], "(id, email, username, deleted, purged) ON galaxy_user"))


@pytest.mark.postgres
def test_a_right_that_is_taken_away_later_is_unavailable(server: PostgresCluster, opened: Opener) -> None:
    """Nobody is let in, and nothing else breaks; the right comes back and so do we."""
    database = opened(role_url(server, *REQUIRED))
    execute(server, "REVOKE SELECT (is_valid) ON galaxy_session FROM reader")
    with pytest.raises(GalaxyUnavailable, match="42501"):
        run(database.session(KEY))
    execute(server, "GRANT SELECT (is_valid) ON galaxy_session TO reader")
    assert run(database.session(KEY)) is not None


@pytest.mark.postgres
@pytest.mark.slow
def test_a_server_that_is_down_at_start_is_waited_for(server: PostgresCluster, opened: Opener) -> None:
    """Machines start in any order: we are not ready until the database is, and then are by ourselves."""
    server.stop()
    database = opened(server.url("galaxy_reads"))
    with pytest.raises(GalaxyUnavailable):
        run(database.ping)
    server.start()
    run(until(lambda: bool(database.features), timeout=10), timeout=12)
    check_reading(database)


@pytest.mark.postgres
@pytest.mark.slow
@pytest.mark.parametrize("mode", ["fast", "immediate"])
def test_a_restart_heals_and_the_tables_are_looked_at_again(server: PostgresCluster, opened: Opener, mode: str) -> None:
    """After an upgrade of Galaxy a column may be there that was not."""
    execute(server, "ALTER TABLE galaxy_session DROP COLUMN last_action")
    database = opened(server.url("galaxy_reads"))
    assert Feature.SESSION_DURATION not in database.features
    execute(server, "ALTER TABLE galaxy_session ADD COLUMN last_action timestamp")
    server.stop("immediate" if mode == "immediate" else "fast")
    with pytest.raises(GalaxyUnavailable):
        run(database.session(KEY))
    server.start()
    run(until(lambda: Feature.SESSION_DURATION in database.features, timeout=10), timeout=12)
    assert run(database.session(KEY)) is not None


def test_what_is_no_url_is_told(opened: Opener) -> None:
    """A URL that nobody checked before ends the start, too."""
    with pytest.raises(StartError, match="not mysql"):
        opened("mysql://u:p@h/d")
    with pytest.raises(StartError, match="invalid connection option"):
        opened("postgresql://h/d?sslmodus=require")
