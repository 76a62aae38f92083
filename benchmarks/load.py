"""A crowd of raw sockets over epoll, cheap enough to stand beside the server that it loads.

Who listens only counts bytes: what everybody is sent is the same for all, so that the author, whose frames are
read, knows how many bytes have to arrive. Nothing else may be said meanwhile, or the count is wrong and says so.
"""

from __future__ import annotations

import select
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from benchmarks.dialects import Plain

_PATIENCE = 60.0
_PAGE = 1 << 18
_CLOSE = 0x88
PING, _PONG = 0x89, 0x8A
#: How one talks, and the cookie that one has.
Person = tuple[Plain, str] | tuple[Plain, None]


class Trouble(Exception):
    """The measurement is worth nothing."""


def frames(buffer: bytearray) -> Iterator[tuple[bytes, int]]:
    """Take each whole frame out of a buffer; yield it and where its payload begins."""
    at = 0
    try:
        while len(buffer) - at >= 2:
            size, start = buffer[at + 1] & 0x7F, at + 2
            if size >= 126:
                wide = 2 if size == 126 else 8
                size, start = int.from_bytes(buffer[start : start + wide], "big"), start + wide
            end = start + size
            if len(buffer) < max(start, end):
                return
            framed, start, at = bytes(buffer[at:end]), start - at, end
            yield framed, start
    finally:
        del buffer[:at]


def pong(payload: bytes) -> bytes:
    """Return the answer to a ping, framed as a client does."""
    return bytes((_PONG, 0x80 | len(payload))) + bytes(4) + payload


@dataclass(eq=False)
class Line:
    """One connection whose frames are read."""

    socket: socket.socket
    dialect: Plain
    buffer: bytearray = field(default_factory=bytearray)
    upgraded: bool = False
    inside: bool = False
    #: The bytes of each message heard of.
    heard: list[int] = field(default_factory=list)
    #: The newest message, framed as it came.
    framed: bytes = b""

    def receive(self) -> None:
        """Take what came, and answer it until one is in."""
        data = self.socket.recv(_PAGE)
        if not data:
            raise Trouble(f"the server closed a connection: {bytes(self.buffer[-200:])!r}")
        self.buffer += data
        if not self.upgraded and not self._upgrade():
            return
        for framed, start in frames(self.buffer):
            payload = framed[start:]
            if framed[0] == _CLOSE:
                raise Trouble(f"the server closed a connection: {int.from_bytes(payload[:2], 'big')}")
            if framed[0] == PING:
                self.say(pong(payload))
            elif not self.inside:
                self._enter(payload)
            else:
                self.take(payload, framed)

    def take(self, payload: bytes, framed: bytes, /) -> None:
        """Note what was said to one who is in."""
        if self.dialect.is_message(payload):
            self.heard.append(len(framed))
            self.framed = framed

    def say(self, data: bytes) -> None:
        """Send bytes, which are few enough to fit into the kernel's buffer."""
        if self.socket.send(data) != len(data):
            raise Trouble("the server does not read")

    def _upgrade(self) -> bool:
        head, found, rest = self.buffer.partition(b"\r\n\r\n")
        if not found:
            return False
        if b" 101 " not in head.split(b"\r\n", 1)[0]:
            raise Trouble(f"no upgrade: {bytes(head)!r}")
        self.buffer[:] = rest
        self.upgraded, self.inside = True, self.dialect.in_at_once
        if opening := self.dialect.opening():
            self.say(opening)
        return True

    def _enter(self, payload: bytes) -> None:
        said, self.inside = self.dialect.answer(payload)
        if said:
            self.say(said)


class Crowd:
    """All connections to one server: the first few post and are read, the others listen and are counted."""

    line: type[Line] = Line

    def __init__(self, port: int, people: Sequence[Person], authors: int = 1, at_once: int = 100) -> None:
        self._port = port
        self._people = people
        self._at_once = at_once
        self._open = ExitStack()
        self._epoll = self._open.enter_context(select.epoll())
        self._buffer = bytearray(_PAGE)
        self._lines: dict[int, Line] = {}
        self._listeners: dict[int, Callable[[bytearray], int]] = {}
        self._authors = authors
        self.authors: list[Line] = []
        self.sockets: list[socket.socket] = []
        #: What arrived at those who listen: bytes, or what `listen` counts instead.
        self.heard = 0

    def __enter__(self) -> Self:
        """Let everybody in."""
        try:
            self._fill()
        except BaseException:
            self._open.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close every socket."""
        self._open.close()

    @property
    def listeners(self) -> int:
        """How many only listen."""
        return len(self._listeners)

    def hear(self, timeout: float) -> bool:
        """Take what has arrived, after waiting for it so many seconds at most; False if that was nothing."""
        ready = self._epoll.poll(timeout, 4096)
        listeners, buffer, count = self._listeners, self._buffer, 0
        for fd, what in ready:
            receive = listeners.get(fd)
            if receive is None:
                self._lines[fd].receive()
            elif what != select.EPOLLIN:
                raise Trouble("the server closed a connection")
            else:
                count += receive(buffer)
        self.heard += count
        return bool(ready)

    def settle(self, seconds: float) -> None:
        """Return when nothing has arrived for so many seconds."""
        end = time.monotonic() + _PATIENCE
        while self.hear(seconds):
            if time.monotonic() > end:
                raise Trouble("the server does not come to rest")

    def exchange(self, rest: float = 0.0) -> float:
        """Post one message and return once all have it; the seconds until the last one had.

        `rest` are seconds between two looks at what has come: one who waits for each frame has to be woken by
        whoever sends it, which costs the sender as much as the frame does.
        """
        (author,) = self.authors
        told, before = len(author.heard), self.heard
        post = author.dialect.post()
        began = time.perf_counter()
        author.say(post)
        end = began + _PATIENCE
        while len(author.heard) == told or self.heard < before + author.heard[told] * self.listeners:
            time.sleep(rest)
            self.hear(0 if rest else 1)
            if time.perf_counter() > end:
                raise Trouble(f"not all have it: {self.heard - before} bytes, {author.heard[told:]}")
        if self.heard != before + author.heard[told] * self.listeners or len(author.heard) != told + 1:
            raise Trouble("something else was said, too")
        return time.perf_counter() - began

    def _fill(self) -> None:
        """Have everybody come in, so many on their way at a time."""
        waiting = list(self._people)[::-1]
        outside: list[Line] = []
        end = time.monotonic() + 5 * _PATIENCE
        while waiting or outside:
            while waiting and len(outside) < self._at_once:
                outside.append(self._connect(*waiting.pop()))
            self.hear(1)
            outside = [line for line in outside if not line.inside]
            if time.monotonic() > end:
                raise Trouble(f"{len(outside)} do not come in")
        lines = list(self._lines.items())
        self.authors = [line for _, line in lines[: self._authors]]
        for fd, line in lines[self._authors :]:
            self._listeners[fd] = self.listen(line)
            del self._lines[fd]

    def listen(self, line: Line) -> Callable[[bytearray], int]:
        """Return what takes that which arrives at one who listens, into a buffer, and counts it."""
        return line.socket.recv_into

    def _connect(self, dialect: Plain, cookie: str | None) -> Line:
        opened = self._open.enter_context(socket.create_connection(("127.0.0.1", self._port), _PATIENCE))
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        line = self.line(opened, dialect)
        if greeting := dialect.greeting(self._port, cookie):
            line.say(greeting)
        opened.setblocking(False)
        self.sockets.append(opened)
        self._lines[opened.fileno()] = line
        self._epoll.register(opened.fileno(), select.EPOLLIN | select.EPOLLRDHUP)
        return line
