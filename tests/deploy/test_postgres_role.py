"""The documented role of Galaxy's database is enough for the chat, and for nothing else."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg2
import pytest
from psycopg2 import extensions

from galaxychat import galaxytables
from tests.interop.galaxylab import ID_SECRET, PYTHON, ROOT, GalaxyModel
from tests.support.client import Client
from tests.support.galaxy_sqlite import ScratchGalaxy
from tests.support.postgres import PostgresCluster
from tests.support.server import Server

pytestmark = [pytest.mark.galaxy, pytest.mark.postgres]

SCRIPT = ROOT / "deploy" / "postgres-role.sql"
DATABASE = "galaxy_of_the_role"

_READABLE = """
SELECT c.relname, a.attname FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND has_column_privilege(a.attrelid, a.attnum, 'SELECT')
"""
_WRITABLE = """
SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = 'public'
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND (has_any_column_privilege(c.oid, 'INSERT, UPDATE, REFERENCES')
   OR has_table_privilege(c.oid, 'DELETE, TRUNCATE, TRIGGER'))
"""


@dataclass(frozen=True)
class Site:
    """A Galaxy whose database has the role: Galaxy's own address of it, the role's, and a user's cookie."""

    owners_url: str
    roles_url: str
    cookie: str


@pytest.fixture(scope="module")
def site(postgres: PostgresCluster) -> Iterator[Site]:
    """Galaxy's real schema, the script run over it as documented, one user who is logged in."""
    assert PYTHON.exists(), "Galaxy's own models are not installed: make .venv-galaxy/.ready"
    url = postgres.create_database(DATABASE)
    models = GalaxyModel()
    try:
        models.create(url=url)
        models.open(url=url, id_secret=ID_SECRET)
        alice = models.user(email="alice@example.org", username="alice")
        cookie = models.session(user=alice)["cookie"]
    finally:
        models.quit()
    # psql takes an address without the driver's name as SQLAlchemy does.
    subprocess.run(["psql", "--quiet", "--set", "ON_ERROR_STOP=1", "--dbname", url, "--file", SCRIPT], check=True)
    yield Site(url, url.replace("postgres@", "galaxychat@"), cookie)
    postgres.drop_database(DATABASE)
    opened = postgres.connect()
    opened.cursor().execute("DROP ROLE galaxychat")
    opened.close()


@pytest.fixture
def as_role(site: Site) -> Iterator[extensions.connection]:
    """A connection of the role's."""
    opened = psycopg2.connect(site.roles_url)
    opened.autocommit = True
    yield opened
    opened.close()


def test_the_chat_lets_somebody_in_with_this_role_alone(site: Site, tmp_path: Path) -> None:
    """Galaxy's file names Galaxy's role; the environment gives the chat its own. No feature is off for it."""
    galaxy = ScratchGalaxy(tmp_path, galaxy={"database_connection": site.owners_url, "id_secret": ID_SECRET})
    environ = {"GALAXY_CONFIG_OVERRIDE_DATABASE_CONNECTION": site.roles_url}
    with Server(galaxy, environ=environ) as server, Client.open(server, site.cookie) as alice:
        assert alice.event("welcome")["you"]["name"] == "alice"
        room = alice.join("Help")["room"]["room"]
        assert alice.send(room, "hello")["type"] == "sent"
        assert " is off" not in server.output
        assert whose_connections(site) == {"galaxychat"}


def whose_connections(site: Site) -> set[str]:
    """Return the roles that are connected to Galaxy's database, ourselves left out."""
    opened = psycopg2.connect(site.owners_url)
    try:
        cursor = opened.cursor()
        cursor.execute(
            "SELECT usename FROM pg_stat_activity WHERE datname = %s AND pid <> pg_backend_pid()", (DATABASE,)
        )
        return {name for (name,) in cursor.fetchall()}
    finally:
        opened.close()


def test_the_role_reads_exactly_what_the_code_names(as_role: extensions.connection) -> None:
    """Neither a column less, nor one more: no password, no e-mail change, no history, no job."""
    cursor = as_role.cursor()
    cursor.execute(_READABLE)
    wanted = [galaxytables._REQUIRED, *galaxytables._OPTIONAL.values()]
    named = {(table, name) for tables in wanted for table, names in tables.items() for name in names}
    assert set(cursor.fetchall()) == named


def test_the_role_writes_nothing(as_role: extensions.connection) -> None:
    """No table may be written, and a transaction that tries is refused before that."""
    cursor = as_role.cursor()
    cursor.execute(_WRITABLE)
    assert cursor.fetchall() == []
    with pytest.raises(psycopg2.errors.ReadOnlySqlTransaction):
        cursor.execute("CREATE TABLE of_ours (id int)")
    with pytest.raises(psycopg2.errors.InsufficientPrivilege):
        cursor.execute("SELECT password FROM galaxy_user")
