"""A way to PostgreSQL that reads along, and breaks what a test wants broken."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from types import TracebackType
from typing import Self

_QUERY, _NOTIFICATION = b"Q", b"A"
_RESET = struct.pack("ii", 1, 0)


class PgProxy:
    """Passes connections on to a server of the loopback.

    After `reset_commits(n)` the next n transactions that post a message are committed, and their connections reset
    before the client hears of it. While `swallows` is true no notification arrives.
    """

    def __init__(self, target: int) -> None:
        self._target = target
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._lock = threading.Lock()
        self._to_reset = 0
        self._ends: set[socket.socket] = set()
        self.swallows = False
        self.swallowed = 0
        self.resets = 0
        self.port: int = self._listener.getsockname()[1]

    def __enter__(self) -> Self:
        """Begin to pass connections on."""
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End everything."""
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with self._lock:
            ends = set(self._ends)
        for end in ends:
            _close(end)

    def url(self, direct: str, target: int) -> str:
        """Return the URL that leads through here of one that leads straight to the server."""
        return self.through(direct, target, self.port)

    @staticmethod
    def through(direct: str, target: int, port: int) -> str:
        """Return a URL that leads to another port, in the clear."""
        return direct.replace(f":{target}/", f":{port}/") + "?sslmode=disable&gssencmode=disable"

    def reset_commits(self, count: int) -> None:
        """Reset so many connections from now on, each right after its commit."""
        with self._lock:
            self._to_reset = count

    def take_reset(self) -> bool:
        """Whether this commit is one to break."""
        with self._lock:
            self._to_reset -= 1
            self.resets += self._to_reset >= 0
            return self._to_reset >= 0

    def _accept(self) -> None:
        while True:
            try:
                here, _ = self._listener.accept()
            except OSError:
                return
            try:
                there = socket.create_connection(("127.0.0.1", self._target))
            except OSError:
                _close(here)
                continue
            for end in (here, there):
                # An answer is several small messages: each would wait for the one before to be confirmed.
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._lock:
                self._ends |= {here, there}
            pair = _Pair(self, here, there)
            for pump in (pair.ask, pair.answer):
                threading.Thread(target=self._run, args=(pump, pair), daemon=True).start()

    def _run(self, pump: Callable[[], None], pair: _Pair) -> None:
        with suppress(OSError):
            pump()
        for end in (pair.here, pair.there):
            _close(end)
            with self._lock:
                self._ends.discard(end)


class _Pair:
    """One connection."""

    def __init__(self, proxy: PgProxy, here: socket.socket, there: socket.socket) -> None:
        self._proxy = proxy
        self.here = here
        self.there = there
        self._posting = False
        self._breaking = False

    def ask(self) -> None:
        """Pass on what the client says."""
        self.there.sendall(_startup(self.here))
        for kind, message in _messages(self.here):
            if kind == _QUERY:
                self._posting = self._posting or message[5:].startswith(b"INSERT INTO message")
                if message[5:11].upper() == b"COMMIT":
                    self._breaking = self._posting and self._proxy.take_reset()
                    self._posting = False
            self.there.sendall(message)

    def answer(self) -> None:
        """Pass on what the server says, unless it answers a commit that is to be broken."""
        for kind, message in _messages(self.there):
            if self._breaking:
                self.here.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
                # Wakes up who reads from it: until then closing it says nothing to the other end.
                self.here.shutdown(socket.SHUT_RD)
                self.here.close()
                return
            if kind == _NOTIFICATION and self._proxy.swallows:
                self._proxy.swallowed += 1
                continue
            self.here.sendall(message)


def _startup(source: socket.socket) -> bytes:
    """Return the first message, which has a length and no kind."""
    head = _exactly(source, 4)
    return head + _exactly(source, int.from_bytes(head, "big") - 4)


def _messages(source: socket.socket) -> Iterator[tuple[bytes, bytes]]:
    """Give each message, and its kind."""
    while head := source.recv(1):
        head += _exactly(source, 4)
        yield head[:1], head + _exactly(source, int.from_bytes(head[1:], "big") - 4)


def _exactly(source: socket.socket, count: int) -> bytes:
    found = b""
    while len(found) < count:
        chunk = source.recv(count - len(found))
        if not chunk:
            raise ConnectionResetError
        found += chunk
    return found


def _close(end: socket.socket) -> None:
    with suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
    end.close()
