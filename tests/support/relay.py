"""A way between a browser and the server that a test can cut, as a train that enters a tunnel does.

By itself, in a process of its own, it leads from a port of its network's loopback to a unix socket, which any network
can reach: `python -m tests.support.relay SOCKET` says its port, and ends with its standard input.
"""

from __future__ import annotations

import socket
import sys
import threading
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

_CHUNK = 65536


class Relay:
    """Passes TCP connections on to a port of the loopback, or a unix socket; `cut` ends all and lets none begin."""

    def __init__(self, target: int | Path) -> None:
        self._target = target
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._is_cut = False
        self.port: int = self._listener.getsockname()[1]

    def __enter__(self) -> Self:
        """Begin to pass connections on."""
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End everything."""
        self.cut()
        # A listener that is closed under a blocked accept would leave its thread behind.
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def cut(self) -> None:
        """End all connections, and every one that begins from now on."""
        with self._lock:
            self._is_cut = True
            ends, self._open = self._open, set()
        for end in ends:
            _close(end)

    def mend(self) -> None:
        """Let connections begin again."""
        with self._lock:
            self._is_cut = False

    def retarget(self, target: int | Path) -> None:
        """Pass on to another port from now on."""
        self._target = target

    def _accept(self) -> None:
        while True:
            try:
                here, _ = self._listener.accept()
            except OSError:
                return
            self._join(here)

    def _join(self, here: socket.socket) -> None:
        try:
            there = _connected(self._target)
        except OSError:
            _close(here)
            return
        here.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with self._lock:
            if self._is_cut:
                _close(here)
                _close(there)
                return
            self._open |= {here, there}
        for source, sink in ((here, there), (there, here)):
            threading.Thread(target=self._pass_on, args=(source, sink), daemon=True).start()

    def _pass_on(self, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(_CHUNK):
                sink.sendall(data)
        with self._lock:
            self._open -= {source, sink}
        _close(source)
        _close(sink)


def _connected(target: int | Path) -> socket.socket:
    if isinstance(target, int):
        return socket.create_connection(("127.0.0.1", target))
    opened = socket.socket(socket.AF_UNIX)
    try:
        opened.connect(str(target))
    except OSError:
        opened.close()
        raise
    return opened


def _close(end: socket.socket) -> None:
    # Wakes up who is blocked in recv, which closing alone does not.
    with suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
    end.close()


if __name__ == "__main__":
    with Relay(Path(sys.argv[1])) as relay:
        sys.stdout.write(f"{relay.port}\n")
        sys.stdout.flush()
        sys.stdin.read()
