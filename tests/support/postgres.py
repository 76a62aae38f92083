"""A PostgreSQL of the test's own: a fresh cluster in a temporary directory, on a free port, gone at the end.

    with PostgresCluster() as cluster:
        url = cluster.create_database("log")
        cluster.restart("immediate")

The server's programs come from Debian's package `postgresql`; no cluster of the system is touched.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

import psycopg2
import psycopg2.errors
from psycopg2 import extensions, sql

from tests.support.ports import free_port

#: How `pg_ctl stop` ends the server: connections closed in order, or as in a crash.
StopMode = Literal["fast", "immediate"]

_HOST = "127.0.0.1"
_USER = "postgres"
_PATIENCE = 60


class PostgresMissing(Exception):
    """The server's programs are not installed."""


class PostgresCluster:
    """One server with a superuser `postgres` who needs no password; use it in a `with` statement.

    What was committed survives a stop of either mode. `durable` turns fsync on, which only the machine's own
    crash would need: for measurements, since it makes tests slower.
    """

    def __init__(self, *, durable: bool = False) -> None:
        self.port = free_port()
        self._durable = durable
        self._programs = _newest_programs()
        self._directory = Path(tempfile.mkdtemp(prefix="galaxychat-pg-"))
        self.running = False

    def __enter__(self) -> Self:
        """Make the cluster and start its server."""
        try:
            self._make()
            self.start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop the server and remove the cluster."""
        self.close()

    @property
    def socket_directory(self) -> Path:
        """The directory of the server's Unix socket."""
        return self._directory / "socket"

    @property
    def log(self) -> str:
        """All that the server has logged."""
        path = self._directory / "log"
        return path.read_text(errors="replace") if path.exists() else ""

    def url(self, database: str = "postgres") -> str:
        """Return a database's address by TCP, in SQLAlchemy's form."""
        return f"postgresql://{_USER}@{_HOST}:{self.port}/{database}"

    def socket_url(self, database: str = "postgres") -> str:
        """Return a database's address by Unix socket, in SQLAlchemy's form."""
        return f"postgresql://{_USER}@/{database}?host={self.socket_directory}&port={self.port}"

    def connect(self, database: str = "postgres") -> extensions.connection:
        """Open a blocking connection in autocommit mode."""
        opened = psycopg2.connect(host=_HOST, port=self.port, user=_USER, dbname=database)
        opened.autocommit = True
        return opened

    def create_database(self, name: str) -> str:
        """Create a database and return its URL."""
        self._execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        return self.url(name)

    def create_schema(self, database: str, schema: str) -> str:
        """Create a schema of a database, which is made with its first one; return a URL that stays in it."""
        with suppress(psycopg2.errors.DuplicateDatabase):
            self.create_database(database)
        with closing(self.connect(database)) as opened, opened.cursor() as cursor:
            cursor.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(schema)))
        return f"{self.url(database)}?options=-csearch_path%3D{schema}"

    def drop_database(self, name: str) -> None:
        """Drop a database and whoever is connected to it."""
        self._execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def dump(self, database: str, path: Path) -> None:
        """Write a backup of a database, as docs/backup.md says."""
        self._as_client("pg_dump", "--format=custom", "--no-unlogged-table-data", "--file", str(path), database)

    def restore(self, path: Path, database: str) -> None:
        """Read a backup into an empty database."""
        self._as_client("pg_restore", "--exit-on-error", "--dbname", database, str(path))

    def start(self) -> None:
        """Start the server; returns once it takes connections."""
        self._control("start", "-l", str(self._directory / "log"))
        self.running = True

    def stop(self, mode: StopMode = "fast") -> None:
        """Stop the server; returns once it is gone."""
        self._control("stop", "-m", mode)
        self.running = False

    def restart(self, mode: StopMode = "fast") -> None:
        """Stop the server and start it on the same port."""
        self.stop(mode)
        self.start()

    def terminate_all(self) -> int:
        """End every connection to the server, as an admin may; return how many there were."""
        opened = self.connect()
        try:
            with opened.cursor() as cursor:
                cursor.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    "WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
                )
                return cursor.rowcount
        finally:
            opened.close()

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Have every process of the server stand still: sockets stay open, and nothing answers."""
        stopped = [self.pid]
        os.kill(self.pid, signal.SIGSTOP)
        try:
            for child in _children(self.pid):
                os.kill(child, signal.SIGSTOP)
                stopped.append(child)
            yield
        finally:
            for process in reversed(stopped):
                os.kill(process, signal.SIGCONT)

    @property
    def pid(self) -> int:
        """The process id of the server's main process."""
        return int((self._data / "postmaster.pid").read_text().split()[0])

    def close(self) -> None:
        """Stop the server if it runs, and remove all files; may be called twice."""
        try:
            if (self._data / "postmaster.pid").exists():
                self.stop("immediate")
        finally:
            shutil.rmtree(self._directory, ignore_errors=True)

    @property
    def _data(self) -> Path:
        return self._directory / "data"

    def _make(self) -> None:
        self.socket_directory.mkdir()
        if os.geteuid() == 0:
            for path in (self._directory, self.socket_directory):
                shutil.chown(path, _USER, _USER)
        self._run("initdb", "-D", str(self._data), "-U", _USER, "-A", "trust", "-E", "UTF8", "--no-sync")
        with (self._data / "postgresql.conf").open("a") as file:
            file.write(self._settings())

    def _settings(self) -> str:
        synced = "on" if self._durable else "off"
        settings = {
            "listen_addresses": _HOST,
            "port": str(self.port),
            "unix_socket_directories": str(self.socket_directory),
            "fsync": synced,
            "full_page_writes": synced,
            # Tests that connect in crowds should meet our limits, not this one.
            "max_connections": "200",
            "log_line_prefix": "%m [%p] ",
        }
        return "".join(f"{name} = '{value}'\n" for name, value in settings.items())

    def _as_client(self, program: str, *arguments: str) -> None:
        """Run a program that connects to the server as an admin's would."""
        place = ("--host", _HOST, "--port", str(self.port), "--username", _USER)
        subprocess.run(
            [str(self._programs / program), *place, *arguments], check=True, stdin=subprocess.DEVNULL, timeout=_PATIENCE
        )

    def _control(self, *arguments: str) -> None:
        self._run("pg_ctl", "-D", str(self._data), "-w", "-t", str(_PATIENCE), *arguments)

    def _run(self, program: str, *arguments: str) -> None:
        """Run a program of the server as a user that it accepts: it refuses root."""
        other_user = ["runuser", "-u", _USER, "--"] if os.geteuid() == 0 else []
        # A file, not a pipe: the server inherits standard output and would hold a pipe open for ever.
        with tempfile.TemporaryFile() as output:
            done = subprocess.run(
                [*other_user, str(self._programs / program), *arguments],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd="/",
                timeout=2 * _PATIENCE,
                check=False,
            )
            output.seek(0)
            said = output.read().decode(errors="replace")
        if done.returncode:
            raise RuntimeError(f"{program} failed:\n{said}\n{self.log}")

    def _execute(self, statement: sql.Composable) -> None:
        opened = self.connect()
        try:
            with opened.cursor() as cursor:
                cursor.execute(statement)
        finally:
            opened.close()


def _children(parent: int) -> list[int]:
    return [int(number) for number in Path(f"/proc/{parent}/task/{parent}/children").read_text().split()]


def _newest_programs() -> Path:
    found = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    if not found:
        raise PostgresMissing("PostgreSQL's server programs are missing: apt-get install postgresql")
    return max(found, key=_version)


def _version(programs: Path) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", programs.parent.name))
