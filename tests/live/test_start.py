"""What keeps the server from starting is told in clear lines, once, and ends it with status 1."""

from __future__ import annotations

import fcntl
import re
import socket
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path

import pytest

from galaxychat.config import DEFAULT_ID_SECRET
from tests.support.galaxy_sqlite import ScratchGalaxy
from tests.support.server import ANY_PORT, Server

_TWISTED = re.compile(r"\S+ \[(?P<who>[^\]]*)\] (?P<said>.*)")
_OURS = re.compile(r"galaxychat\.service\.ChatService#critical")


def _failing(server: Server) -> list[str]:
    """Run a server that cannot start; return what it told the admin, each line without its time."""
    server.launch()
    status = server.wait()
    output = server.output
    assert status == 1, output
    assert "Traceback" not in output
    assert "Unhandled" not in output
    assert server.galaxy.id_secret not in output
    told = []
    for line in output.splitlines():
        logged = _TWISTED.fullmatch(line)
        if line.startswith("galaxychat: "):
            told.append(line.removeprefix("galaxychat: "))
        elif logged and _OURS.search(logged["who"]):
            told.append(logged["said"])
    return told


def test_port_taken(galaxy: ScratchGalaxy) -> None:
    """Another server on the port is named as such."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        told = _failing(Server(galaxy, endpoint=f"tcp:{port}:interface=127.0.0.1"))
    assert told == [f"Cannot listen on tcp:{port}:interface=127.0.0.1: Address already in use."]


@pytest.mark.parametrize(
    "endpoint", ["nonsense", "tcp:http", "tcp:0:interfere=127.0.0.1", "systemd:domain=INET:index=0"]
)
def test_endpoint_that_is_none(galaxy: ScratchGalaxy, endpoint: str) -> None:
    """Words that Twisted does not understand are the admin's mistake, not ours."""
    (told,) = _failing(Server(galaxy, endpoint=endpoint))
    assert told.startswith("endpoint: Twisted cannot use it")


def test_place_for_the_socket_missing(galaxy: ScratchGalaxy) -> None:
    """A unix socket in a folder that is not there is told with the system's reason."""
    path = galaxy.folder / "missing" / "chat.sock"
    assert _failing(Server(galaxy, endpoint=f"unix:{path}")) == [
        f"Cannot listen on unix:{path}: No such file or directory."
    ]


def test_galaxys_database_missing(galaxy: ScratchGalaxy) -> None:
    """A wrong database_connection is told with the path that was looked at."""
    galaxy.database.unlink()
    (told,) = _failing(Server(galaxy))
    assert str(galaxy.database) in told
    assert "database_connection" in told
    assert not galaxy.database.exists(), "nothing of Galaxy's is made"


def test_galaxys_database_is_none(galaxy: ScratchGalaxy) -> None:
    """A file that is no database is told as such."""
    galaxy.database.write_bytes(b"not a database, but long enough to be looked at" * 100)
    (told,) = _failing(Server(galaxy))
    assert str(galaxy.database) in told


def test_galaxys_database_locked(galaxy: ScratchGalaxy) -> None:
    """A database that cannot be read at the start is told, after waiting for it."""
    with galaxy.locked():
        (told,) = _failing(Server(galaxy))
    assert str(galaxy.database) in told
    assert "locked" in told


@contextmanager
def _log_in_use(galaxy: ScratchGalaxy) -> Iterator[None]:
    with galaxy.log.with_name(galaxy.log.name + ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextmanager
def _newer_log(galaxy: ScratchGalaxy) -> Iterator[None]:
    with Server(galaxy) as server:
        server.terminate()
    with closing(sqlite3.connect(galaxy.log)) as connection, connection:
        connection.execute("INSERT INTO schema_change (number, name) VALUES (9999, '9999_tomorrow.sql')")
    yield


@contextmanager
def _no_log(galaxy: ScratchGalaxy) -> Iterator[None]:
    galaxy.log.write_bytes(b"not a database, but long enough to be looked at" * 100)
    yield


@contextmanager
def _place_is_a_file(galaxy: ScratchGalaxy) -> Iterator[None]:
    (galaxy.folder / "file").touch()
    galaxy.configure({}, {"history": f"sqlite:///{galaxy.folder}/file/log.sqlite"})
    yield


@contextmanager
def _place_is_read_only(galaxy: ScratchGalaxy) -> Iterator[None]:
    # Root may write anywhere but to what the kernel itself shows.
    galaxy.configure({}, {"history": "sqlite:////proc/log.sqlite"})
    yield


@pytest.mark.parametrize(
    ("trouble", "words"),
    [
        (_log_in_use, "Another galaxychat uses the log"),
        (_newer_log, "newer"),
        (_no_log, "cannot be opened"),
        (_place_is_a_file, "cannot be written"),
        (_place_is_read_only, "cannot be written"),
    ],
)
def test_log_that_cannot_be_used(
    galaxy: ScratchGalaxy, trouble: Callable[[ScratchGalaxy], AbstractContextManager[None]], words: str
) -> None:
    """A log that is in use, from a newer version, broken or out of reach is told in one line."""
    with trouble(galaxy):
        (told,) = _failing(Server(galaxy))
    assert words in told


def test_second_server_on_one_log(galaxy: ScratchGalaxy) -> None:
    """Two servers never share a SQLite log, and the first does not notice that a second was tried."""
    with Server(galaxy) as first:
        (told,) = _failing(Server(galaxy))
        assert "Another galaxychat" in told
        assert first.get("/readyz")[0] == 200


def test_switched_off(galaxy: ScratchGalaxy) -> None:
    """`enable_communication_server: false` means what it says."""
    galaxy.configure({"enable_communication_server": False}, {})
    (told,) = _failing(Server(galaxy))
    assert told.startswith("enable_communication_server is false")


def test_default_secret(galaxy: ScratchGalaxy) -> None:
    """With the secret that everybody knows everybody could be anybody: only `--insecure-demo` accepts it."""
    galaxy.configure({"id_secret": DEFAULT_ID_SECRET}, {})
    (told,) = _failing(Server(galaxy))
    assert told.startswith("id_secret: ")
    with Server(galaxy, arguments=["--insecure-demo"]):
        pass


def test_all_mistakes_at_once(galaxy: ScratchGalaxy) -> None:
    """An admin mends everything in one round, and nothing that could be a secret is repeated."""
    secret = "postgresql://galaxy:hunter2@/galaxy?what=hunter3"
    galaxy.configure(
        {"database_connection": secret, "session_duration": "soon"},
        {"limits": {"connections": -1, "conections": 5}, "allowed_origins": ["*"], "histroy": "hunter4"},
    )
    server = Server(galaxy)
    told = _failing(server)
    keys = {line.partition(":")[0] for line in told}
    assert {"session_duration", "limits.connections", "limits.conections", "allowed_origins[0]", "histroy"} <= keys
    assert "did you mean history?" in "\n".join(told)
    for word in ("hunter2", "hunter3", "hunter4"):
        assert word not in server.output


def test_configuration_missing(galaxy: ScratchGalaxy) -> None:
    """A file that is not there is named, and so are a missing name and a port that is none."""
    galaxy_config = galaxy.config
    galaxy_config.rename(galaxy.folder / "elsewhere.yml")
    server = Server(galaxy)
    server.launch()
    assert server.wait() == 1
    assert server.output == f"galaxychat: {galaxy_config}: cannot be read (No such file or directory)\n"


def test_version_of_the_plugin(galaxy: ScratchGalaxy) -> None:
    """`twistd galaxychat --version` says ours, not Twisted's."""
    server = Server(galaxy, arguments=["--version"])
    server.launch()
    assert server.wait() == 0
    assert re.fullmatch(r"galaxychat \d+\.\d+\.\d+\S*\n", server.output)


def test_ready_is_told_to_systemd(galaxy: ScratchGalaxy, socket_path: Path) -> None:
    """A unit of Type=notify hears when people can come in, and when the end begins."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(socket_path))
        systemd.settimeout(10)
        with Server(galaxy, environ={"NOTIFY_SOCKET": str(socket_path)}) as server:
            assert systemd.recv(100) == b"READY=1"
            server.terminate()
            assert systemd.recv(100) == b"STOPPING=1"


def test_warnings_at_start(galaxy: ScratchGalaxy) -> None:
    """What limits the server without keeping it from starting is logged."""
    galaxy.configure({"session_duration": 60}, {"limits": {"connections": 1_000_000}, "retention_days": 30})
    galaxy.write("ALTER TABLE galaxy_session DROP COLUMN last_action")
    with Server(galaxy, endpoint=ANY_PORT) as server:
        assert "LimitNOFILE" in server.output
        assert "column galaxy_session.last_action is missing: session_duration is off" in server.output
        assert "retention_days: this version does nothing about it yet" in server.output
        assert "galaxy_group" not in server.output, "nobody asked for rooms by group"
