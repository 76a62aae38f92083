"""What is measured, each in a process of its own: the chat as a site runs it, the baselines, the peers."""

from __future__ import annotations

import resource
import secrets
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from tests.support.galaxy_sqlite import ScratchGalaxy
from tests.support.server import Server

HERE = Path(__file__).parent
#: Limits that a load of a few thousand people from one address does not meet. No pings, which who only counts
#: bytes would not answer; where pings are what is measured, they are on.
RAISED: Mapping[str, Any] = {
    "rate_messages": 10_000,
    "rate_per_second": 10_000,
    "rate_commands": 100_000,
    "commands_per_second": 10_000,
    "pending_per_address": 1_000_000,
    "connections": 1_000_000,
    "admission_timeout": 600,
    "ping_interval": 3600,
}


class Running(Protocol):
    """A server that runs."""

    @property
    def pid(self) -> int:
        """Its process."""

    @property
    def port(self) -> int:
        """Where it listens, on 127.0.0.1."""


@dataclass(frozen=True, slots=True)
class Started:
    """A program that said where it listens."""

    pid: int
    port: int


@contextmanager
def program(*command: str) -> Iterator[Started]:
    """Run a program that prints its port, until the end of the block."""
    process = subprocess.Popen(command, cwd=HERE.parent, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        said = process.stdout.readline()
        if not said.strip().isdigit():
            raise RuntimeError(f"{' '.join(command)} does not say where it listens: {said!r}")
        yield Started(process.pid, int(said))
    finally:
        process.kill()
        with process:
            pass


def baseline(name: str, *arguments: str) -> Any:
    """Run one of baselines/ in our own Python."""
    return program(sys.executable, str(HERE / "baselines" / f"{name}.py"), *arguments)


@contextmanager
def folder() -> Iterator[Path]:
    """A folder for the time of one scenario, on the disk of the checkout: /tmp may be memory."""
    parent = HERE.parent / ".bench"
    parent.mkdir(exist_ok=True)
    made = Path(tempfile.mkdtemp(dir=parent))
    try:
        yield made
    finally:
        shutil.rmtree(made)


@contextmanager
def chat(place: Path, chat: Mapping[str, Any] | None = None, **limits: Any) -> Iterator[Server]:
    """Run the chat by twistd, with people who come from `people`; `chat` are further settings of our section."""
    galaxy = ScratchGalaxy(
        place / "galaxy",
        galaxy={"persistent_communication_rooms": ""},
        chat={"limits": {**RAISED, **limits}, **(chat or {})},
    )
    with Server(galaxy) as server:
        yield server
        if "Traceback" in server.output:
            raise RuntimeError(f"the server is not in good order:\n{server.output[-4000:]}")


def people(galaxy: ScratchGalaxy, count: int) -> list[str]:
    """Have so many more people in Galaxy, each logged in; return their cookies."""
    names = [f"member{secrets.token_hex(4)}" for _ in range(count)]
    keys = [secrets.token_hex(16) for _ in names]
    with closing(sqlite3.connect(galaxy.database)) as connection, connection:
        connection.executemany(
            """INSERT INTO galaxy_user (email, username, password, external, deleted, purged, active)
               VALUES (? || '@example.org', ?1, '', 0, 0, 0, 1)""",
            [(name,) for name in names],
        )
        connection.executemany(
            """INSERT INTO galaxy_session (user_id, session_key, is_valid)
               SELECT id, ?, 1 FROM galaxy_user WHERE username = ?""",
            list(zip(keys, names, strict=True)),
        )
    return [galaxy.cookie_of(key) for key in keys]


def open_files() -> None:
    """Let this process, and those that it starts, hold as many sockets as the system allows."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def interpreter(command: Sequence[str]) -> str:
    """Return what a program says of its version."""
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
