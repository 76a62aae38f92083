"""A busy room: hundreds of messages a second to 1000 members, who say how far they have read as the client does."""

from __future__ import annotations

import heapq
import random
import re
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack

from benchmarks import servers
from benchmarks.dialects import Bare, Chat, Plain
from benchmarks.load import Crowd, Line, Trouble
from benchmarks.report import Row, held, microseconds, middle, say
from benchmarks.scenarios.fanout import REST, post
from benchmarks.servers import Running
from benchmarks.usage import cpu

_MEMBERS, _AUTHORS = 1000, 50
#: Messages a second, and what a delivery may cost at most in terms of the bare loop's one `send()`.
_GOALS = {200: 0.5, 500: 0.3}
_SECONDS = 4.0
_ROUNDS = 5
_BARE_MESSAGES = 60
#: How long a reader waits between two reports, in seconds, as client/src/read/reporter.ts does.
_READ_EVERY = (11.0, 16.0)
#: A frame as long as this is a message; answers to `read` are shorter.
_LONG = 126
_PATIENCE = 600.0
_REV = re.compile(rb'"rev":(\d+)')


class Author(Line):
    """One who posts, and waits for the answer before the next message."""

    dialect: Chat

    def __init__(self, opened: socket.socket, dialect: Plain) -> None:
        super().__init__(opened, dialect)
        self.answered_at: float | None = 0.0
        #: From each answer to one's own message, in seconds.
        self.waits: list[float] = []

    def post(self) -> bool:
        """Say something, unless the answer to the last message is still to come."""
        if self.answered_at is None:
            return False
        self.answered_at = None
        self.say(self.dialect.post())
        return True

    def take(self, payload: bytes, framed: bytes, /) -> None:
        """Note the answer, and how long after it one's own message comes."""
        super().take(payload, framed)
        if payload.startswith(b'{"type":"sent"'):
            self.answered_at = time.perf_counter()
        elif self.answered_at and payload.find(self.dialect.nonce.encode()) >= 0:
            self.waits.append(time.perf_counter() - self.answered_at)
        elif payload.startswith(b'{"type":"error"'):
            raise Trouble(payload.decode())

    @property
    def newest(self) -> int:
        """The newest rev that one heard of."""
        found = _REV.search(self.framed)
        return int(found[1]) if found else 0


class Room(Crowd):
    """A room in which many talk; who listens tells messages from what else they are sent, and counts them."""

    line = Author

    def __enter__(self) -> Room:
        """Let everybody in, each somewhere between two reports."""
        super().__enter__()
        now = time.perf_counter()
        self._reads = [(now + random.uniform(0, _READ_EVERY[1]), number) for number in range(len(self.sockets))]
        heapq.heapify(self._reads)
        return self

    def listen(self, line: Line) -> Callable[[bytearray], int]:
        """Count long frames, by their headers alone."""
        receive, ahead, torn = line.socket.recv_into, 0, b""

        def count(buffer: bytearray) -> int:
            nonlocal ahead, torn
            size, at, found = receive(memoryview(buffer)[len(torn) :]) + len(torn), ahead, 0
            buffer[: len(torn)] = torn
            torn = b""
            while size - at >= 4:
                length = buffer[at + 1]
                if length < _LONG:
                    at += 2 + length
                else:
                    at += 4 + (buffer[at + 2] << 8 | buffer[at + 3])
                    found += 1
            if at < size:
                torn, ahead = bytes(buffer[at:size]), 0
            else:
                ahead = at - size
            return found

        return count

    def talk(self, messages: int, rate: float) -> None:
        """Post so many messages at a rate, or as fast as they are answered; return when all have all of them."""
        heard = self.heard + messages * self.listeners
        told = len(self.authors[0].heard) + messages
        began, said = time.perf_counter(), 0
        while said < messages or self.heard < heard or len(self.authors[0].heard) < told:
            now = time.perf_counter()
            due = min(messages, int((now - began) * rate) + 1)
            while said < due and self._author(said).post():
                said += 1
            self._report(now)
            time.sleep(REST)
            self.hear(0)
            if now > began + _PATIENCE:
                raise Trouble(f"{said} of {messages} posted, {heard - self.heard} deliveries missing")

    def waits(self) -> list[float]:
        """Return how long after its answer each author's message came to them, shortest first, in seconds."""
        return sorted(wait for number in range(len(self.authors)) for wait in self._author(number).waits)

    def forget_waits(self) -> None:
        """Begin anew with `waits`."""
        for number in range(len(self.authors)):
            self._author(number).waits.clear()

    def _author(self, number: int) -> Author:
        author = self.authors[number % len(self.authors)]
        assert isinstance(author, Author)
        return author

    def _report(self, now: float) -> None:
        """Say how far one has read, for all whose turn it is."""
        first = self._author(0)
        while first.newest and self._reads[0][0] < now:
            number = self._reads[0][1]
            self.sockets[number].send(first.dialect.command(type="read", room=first.dialect.room, seq=first.newest))
            heapq.heapreplace(self._reads, (now + random.uniform(*_READ_EVERY), number))


def run(quick: bool) -> Iterator[Row]:
    """Measure each rate in turns with the bare loop's one `send()` for each message and member."""
    members, authors, rounds, seconds = (20, 5, 1, 0.2) if quick else (_MEMBERS, _AUTHORS, _ROUNDS, _SECONDS)
    with ExitStack() as stack:
        place = stack.enter_context(servers.folder())
        server = stack.enter_context(servers.chat(place))
        everybody = [(Chat(), cookie) for cookie in servers.people(server.galaxy, members)]
        room = stack.enter_context(Room(server.port, everybody, authors=authors))
        room.settle(1.5)
        room.talk(2 * authors, min(_GOALS))
        loop = stack.enter_context(servers.baseline("bare"))
        bare = stack.enter_context(Crowd(loop.port, [(Bare(room.authors[0].framed), None)] * members))
        post(bare, 20)
        costs: dict[int, list[float]] = {rate: [] for rate in _GOALS}
        waits: dict[int, list[float]] = {rate: [] for rate in _GOALS}
        least: list[float] = []
        for number in range(rounds):
            for rate in _GOALS:
                costs[rate].append(_round(server, room, rate, int(rate * seconds)))
                waits[rate] += room.waits()
            least.append(_bare_round(loop, bare))
            latest = ", ".join(microseconds(each[-1]) for each in costs.values())
            say(f"  round {number + 1}: {latest}; bare loop {microseconds(least[-1])}")
        for rate in _GOALS:
            yield from _rows(members, rate, middle(costs[rate]), middle(least), sorted(waits[rate]))


def _round(server: Running, room: Room, rate: int, messages: int) -> float:
    """Return the processor time of one delivery, in seconds, all that goes on beside it included."""
    room.forget_waits()
    before, began = cpu(server.pid).total, time.monotonic()
    room.talk(messages, rate)
    took = time.monotonic() - began
    if took > 1.2 * messages / rate + 0.5:
        say(f"  {rate} messages/s could not be kept: {messages / took:.0f}/s")
    return (cpu(server.pid).total - before) / messages / len(room.sockets)


def _bare_round(loop: Running, bare: Crowd) -> float:
    before = cpu(loop.pid).total
    post(bare, _BARE_MESSAGES)
    return (cpu(loop.pid).total - before) / _BARE_MESSAGES / len(bare.sockets)


def _rows(members: int, rate: int, mine: float, least: float, waits: list[float]) -> Iterator[Row]:
    what = f"{rate} messages/s to {members}, everybody reports what they read: CPU per delivery"
    yield held(what, microseconds(mine), f"one `send()` {microseconds(least)}", mine / least, _GOALS[rate])
    half, late = (waits[int(len(waits) * share)] for share in (0.5, 0.99))
    what = f"- from `sent` to one's own message, {rate} messages/s: p50 (p99)"
    # Of which the window is 10 ms at most, as tests/core/test_burst.py holds: the rest is the time to tell everybody.
    once = f"to tell everybody once {least * members * 1e3:.1f} ms"
    yield Row(what, f"{half * 1e3:.1f} ms ({late * 1e3:.1f} ms)", once)
