"""Several servers of one site: the same Galaxy, one log in PostgreSQL, each a process of its own."""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any

from tests.support.crowd import RATES
from tests.support.galaxy_sqlite import ScratchGalaxy
from tests.support.ports import held_port
from tests.support.postgres import PostgresCluster
from tests.support.server import IN_GOOD_ORDER, Server

_TABLES = {
    "room": ("id", "rev"),
    "message": ("room", "seq", "rev", "text"),
    "answer": ("user_id", "nonce", "room", "seq"),
}


@contextmanager
def log_in(cluster: PostgresCluster, folder: Path, **chat: Any) -> Iterator[ScratchGalaxy]:
    """Have a Galaxy whose chat keeps its log in a fresh database of the cluster; `chat` are more settings."""
    name = f"log_{secrets.token_hex(4)}"
    settings: Mapping[str, Any] = {
        "limits": RATES,
        "session_check_interval": 5,
        "history": cluster.create_database(name),
    }
    try:
        yield ScratchGalaxy(folder, chat={**settings, **chat})
    finally:
        if cluster.running:
            cluster.drop_database(name)


def database_of(galaxy: ScratchGalaxy) -> str:
    """Return the name of the database that holds a Galaxy's chat."""
    return str(galaxy.settings()["galaxychat"]["history"]).rpartition("/")[2].partition("?")[0]


@contextmanager
def nodes(galaxy: ScratchGalaxy, count: int = 2) -> Iterator[list[Server]]:
    """Have so many nodes started at once, and ended in good order, without a traceback in what they said.

    Each keeps its port over its restarts.
    """
    with ExitStack() as ends, ThreadPoolExecutor(count) as threads:
        ports = [ends.enter_context(held_port()) for _ in range(count)]
        servers = [Server(galaxy, endpoint=f"tcp:{port}:interface=127.0.0.1:backlog=1024") for port in ports]
        for server in servers:
            ends.callback(server.kill)
        list(threads.map(Server.start, servers))
        yield servers
        for server in servers:
            if not server._ended:
                assert server.terminate() == IN_GOOD_ORDER
            quiet(server)


def quiet(server: Server) -> None:
    """Nothing that only a programmer understands is in what a server said."""
    for word in ("Traceback", "Unhandled", "Unexpected"):
        assert word not in server.output, server.output[-5000:]


def copied(cluster: PostgresCluster, galaxy: ScratchGalaxy) -> Path:
    """Copy what a check looks at into a SQLite file, and return it."""
    path = galaxy.folder / f"copy-{secrets.token_hex(4)}.sqlite"
    with closing(cluster.connect(database_of(galaxy))) as source, closing(sqlite3.connect(path)) as target, target:
        for table, columns in _TABLES.items():
            names = ", ".join(columns)
            with source.cursor() as cursor:
                cursor.execute(f"SELECT {names} FROM {table}")
                rows: Sequence[Any] = cursor.fetchall()
            target.execute(f"CREATE TABLE {table} ({names})")
            target.executemany(f"INSERT INTO {table} VALUES ({', '.join('?' * len(columns))})", rows)
    return path
