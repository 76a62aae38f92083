"""A piece of the system of a test's own: mounts, interfaces and packet filters that nobody else sees."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

_PATIENCE = 10
# A socket stays in the network in which it was made.
_CONNECT = """
import socket, sys
port, channel = map(int, sys.argv[1:])
with socket.socket(fileno=channel) as channel, socket.create_connection(("127.0.0.1", port), 5) as opened:
    opened.settimeout(None)
    socket.send_fds(channel, [b"x"], [opened.fileno()])
"""


class Namespace:
    """Mounts ("mount") or a network ("net"), gone with the process that holds them, even if the test is killed.

    The network is a loopback that is up. Without root the kernel must allow user namespaces.
    """

    def __init__(self, kind: Literal["mount", "net"]) -> None:
        self._kind = f"--{kind}"
        self._user = [] if os.geteuid() == 0 else ["--map-root-user"]
        self._holder: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        """Make it."""
        # It ends with its standard input.
        script = ("ip link set lo up && " if self._kind == "--net" else "") + "echo made && exec cat"
        command = ["unshare", *self._user, self._kind, "sh", "-c", script]
        self._holder = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert self._holder.stdout is not None
        if self._holder.stdout.readline() != b"made\n":
            self._end()
            raise RuntimeError("No namespaces here: run as root, or allow user namespaces; see scripts/system.sh.")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let it go."""
        self._end()

    @property
    def prefix(self) -> Sequence[str]:
        """What to write before a command that shall run in here; it becomes the command, by the same process id."""
        user = ["--user", "--preserve-credentials"] if self._user else []
        return ("nsenter", f"--target={self._pid}", *user, self._kind, f"--wd={Path.cwd()}", "--")

    def run(self, *command: str) -> None:
        """Run a command to its end; raises CalledProcessError."""
        subprocess.run([*self.prefix, *command], check=True, timeout=_PATIENCE, stdin=subprocess.DEVNULL)

    def copy(self, source: Path, target: Path) -> None:
        """Copy a file out of the mounts in here."""
        shutil.copyfile(Path(f"/proc/{self._pid}/root") / source.relative_to("/"), target)

    def connect(self, port: int) -> socket.socket:
        """Return a socket that is connected to a port of the loopback in here, and can be used anywhere."""
        here, there = socket.socketpair()
        with here, there:
            command = [*self.prefix, sys.executable, "-c", _CONNECT, str(port), str(there.fileno())]
            subprocess.run(command, check=True, timeout=_PATIENCE, stdin=subprocess.DEVNULL, pass_fds=(there.fileno(),))
            _, (number, *_), _, _ = socket.recv_fds(here, 1, 1)
        return socket.socket(fileno=number)

    @property
    def _pid(self) -> int:
        assert self._holder is not None
        return self._holder.pid

    def _end(self) -> None:
        if self._holder is not None:
            self._holder.communicate(timeout=_PATIENCE)
