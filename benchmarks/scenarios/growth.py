"""A log of a million messages beside one of ten thousand: a page of it, `welcome`, and the server's start."""

from __future__ import annotations

import json
import random
import secrets
import sqlite3
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks import servers
from benchmarks.dialects import WORDS, Chat
from benchmarks.load import Crowd, Line
from benchmarks.report import Row, held, middle, say
from benchmarks.usage import cpu
from tests.support.server import Server

_SIZES = (10_000, 1_000_000)
_AUTHORS = 200
_PAGES = 200
_WELCOMES = 50
_ROUNDS = 5
_PAGE = 50
_STEP = 10_000


@dataclass(slots=True)
class Log:
    """A server with a log of so many messages, and what it has cost: seconds of a page, of `welcome`, of a start."""

    server: Server
    messages: int
    reader: str
    costs: dict[str, list[float]] = field(default_factory=lambda: {"page": [], "welcome": [], "start": []})

    def round(self, pages: int, welcomes: int) -> None:
        """Start it, let somebody in some times, read pages anywhere, and end it."""
        before = time.perf_counter()
        self.server.start()
        # Of the process, from its first instruction to its readiness: what else runs on the machine counts less.
        self.costs["start"].append(cpu(self.server.pid).total)
        say(f"  {self.messages} messages: ready after {time.perf_counter() - before:.2f} s")
        used = cpu(self.server.pid).total
        for _ in range(welcomes):
            with Crowd(self.server.port, [(Chat(), self.reader)]):
                pass
        self.costs["welcome"].append((cpu(self.server.pid).total - used) / welcomes)
        with Pages(self.server.port, [(Chat(), self.reader)]) as crowd:
            used = cpu(self.server.pid).total
            for _ in range(pages):
                crowd.page(random.randint(_PAGE + 1, self.messages))
            self.costs["page"].append((cpu(self.server.pid).total - used) / pages)
        self.server.terminate()


class Reader(Line):
    """One who reads old messages."""

    pages = 0

    def take(self, payload: bytes, _framed: bytes, /) -> None:
        """Count the pages."""
        if payload.startswith(b'{"type":"history"'):
            self.pages += 1
            assert payload.count(b'"seq":') == _PAGE, "a page is whole"


class Pages(Crowd):
    """A reader alone."""

    line = Reader

    def page(self, before: int) -> None:
        """Ask for the messages before a place, and wait for them."""
        (reader,) = self.authors
        assert isinstance(reader, Reader)
        assert isinstance(reader.dialect, Chat)
        wanted = reader.pages + 1
        command = {"type": "history", "room": reader.dialect.room, "before": before, "limit": _PAGE}
        reader.say(reader.dialect.command(**command))
        while reader.pages < wanted:
            self.hear(1)


def run(quick: bool) -> Iterator[Row]:
    """Measure both logs in turns."""
    sizes, pages, welcomes, rounds = ((100, 400), 5, 2, 1) if quick else (_SIZES, _PAGES, _WELCOMES, _ROUNDS)
    with ExitStack() as stack:
        logs = [_log(stack.enter_context(servers.folder()), size) for size in sizes]
        for _ in range(rounds):
            for log in logs:
                log.round(pages, welcomes)
    small, large = logs
    names = {"page": f"a page of {_PAGE} messages", "welcome": "`welcome` and `join`", "start": "a start"}
    for key, name in names.items():
        mine, least = middle(large.costs[key]), middle(small.costs[key])
        what = f"{name}, a log of {large.messages} messages: CPU"
        beside = f"{small.messages} messages {least * 1e3:.2f} ms"
        yield held(what, f"{mine * 1e3:.2f} ms", beside, mine / least, 1.5)


def _log(place: Path, messages: int) -> Log:
    with servers.chat(place) as server:
        cookies = servers.people(server.galaxy, _AUTHORS)
        everybody = [(Chat(), cookie) for cookie in cookies]
        # Everybody has been there once, so that the log knows them; then it is filled behind the server's back.
        with Crowd(server.port, everybody):
            pass
        server.terminate()
    began = time.perf_counter()
    _fill(server.galaxy.log, messages)
    say(f"  {messages} messages written in {time.perf_counter() - began:.0f} s")
    return Log(server, messages, cookies[0])


def _fill(path: Path, messages: int) -> None:
    """Write messages as the server would have; those who have read none of them have them all unread."""
    body = json.dumps([["p", ["text", WORDS]]]).encode()
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA synchronous = OFF")
        ((room,),) = connection.execute("SELECT id FROM room WHERE kind = 'lobby'")
        authors = [author for (author,) in connection.execute("SELECT id FROM person ORDER BY id")]
        for start in range(1, messages + 1, _STEP):
            seqs = range(start, min(start + _STEP, messages + 1))
            rows = [(room, seq, seq, authors[seq % len(authors)], _at(seq), WORDS, body) for seq in seqs]
            answers = [
                (user, secrets.token_hex(8), secrets.token_bytes(16), room, seq, at) for _, seq, _, user, at, *_ in rows
            ]
            connection.execute("BEGIN")
            connection.executemany(
                "INSERT INTO message (room, seq, rev, user_id, at, text, body) VALUES (?, ?, ?, ?, ?, ?, ?)", rows
            )
            connection.executemany("INSERT INTO answer VALUES (?, ?, ?, ?, ?, ?)", answers)
            connection.execute("UPDATE room SET rev = ? WHERE id = ?", (seqs[-1], room))
            connection.execute("COMMIT")
        connection.execute("UPDATE member SET read = 0")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _at(seq: int) -> str:
    """Return a time for a message: one every minute or so."""
    day, minute = divmod(seq, 1000)
    year, day = divmod(day, 360)
    return f"{2020 + year}-{day // 30 + 1:02}-{day % 30 % 28 + 1:02}T{minute // 60:02}:{minute % 60:02}:00.000Z"
