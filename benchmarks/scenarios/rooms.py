"""Rooms of ten in which everybody talks, as fast as they are answered: what a message costs where rooms are many."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, nullcontext
from pathlib import Path

from benchmarks import servers
from benchmarks.load import Crowd, Line, Trouble
from benchmarks.report import Row, held, microseconds, middle, say
from benchmarks.scenarios.storm import in_rooms
from benchmarks.servers import Running
from benchmarks.usage import cpu
from tests.support.postgres import PostgresCluster

_ROOM_OF = 10
_FEW, _MANY = 10, 100
_SECONDS = 4.0
_ROUNDS = 5
_PATIENCE = 60.0


class Talker(Line):
    """One who says the next thing when the last one is answered."""

    going = False
    answered = 0
    said = 0

    def take(self, payload: bytes, _framed: bytes, /) -> None:
        """Go on after the answer."""
        if payload.startswith(b'{"type":"sent"'):
            self.answered += 1
            self.go_on()
        elif payload.startswith(b'{"type":"error"'):
            raise Trouble(payload.decode())

    def go_on(self) -> None:
        """Say something, while everybody does."""
        if Talker.going:
            self.said += 1
            self.say(self.dialect.post())


class Talkers(Crowd):
    """A crowd of them."""

    line = Talker

    def talk(self, seconds: float) -> int:
        """Let everybody talk for a while; return how many messages were answered."""
        before = self._answered()
        Talker.going = True
        for talker in self._talkers():
            talker.go_on()
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.hear(0.1)
        Talker.going = False
        while any(talker.said > talker.answered for talker in self._talkers()):
            self.hear(0.1)
            if time.monotonic() > end + _PATIENCE:
                raise Trouble("not everything is answered")
        return self._answered() - before

    def _talkers(self) -> list[Talker]:
        return [talker for talker in self.authors if isinstance(talker, Talker)]

    def _answered(self) -> int:
        return sum(talker.answered for talker in self._talkers())


def run(quick: bool) -> Iterator[Row]:
    """Measure few and many rooms in turns, on each kind of log."""
    logs: Mapping[str, Callable[[], AbstractContextManager[PostgresCluster | None]]] = {
        "SQLite": nullcontext,
        "PostgreSQL": lambda: PostgresCluster(durable=True),
    }
    for name, log in logs.items():
        if quick and name != "SQLite":
            continue
        with log() as cluster, servers.folder() as place:
            url = None if cluster is None else cluster.create_database("log")
            yield from _on(name, url, place, quick)


def _on(name: str, url: str | None, place: Path, quick: bool) -> Iterator[Row]:
    few, many, seconds, rounds = (1, 2, 0.5, 1) if quick else (_FEW, _MANY, _SECONDS, _ROUNDS)
    with ExitStack() as stack:
        server = stack.enter_context(servers.chat(place, {"history": url}))
        cookies = servers.people(server.galaxy, (few + many) * _ROOM_OF)
        crowds: dict[int, Talkers] = {}
        for rooms, some in ((few, cookies[: few * _ROOM_OF]), (many, cookies[few * _ROOM_OF :])):
            people = in_rooms(server.port, some, rooms)
            crowds[rooms] = stack.enter_context(Talkers(server.port, people, authors=len(people)))
            crowds[rooms].settle(1.5)
            crowds[rooms].talk(seconds / 4)
        costs: dict[int, list[float]] = {rooms: [] for rooms in crowds}
        rates: dict[int, list[float]] = {rooms: [] for rooms in crowds}
        for number in range(rounds):
            for rooms, crowd in crowds.items():
                used, rate = _round(server, crowd, seconds)
                costs[rooms].append(used)
                rates[rooms].append(rate)
            latest = "; ".join(f"{rooms} rooms {microseconds(each[-1])}" for rooms, each in costs.items())
            say(f"  {name}, round {number + 1}: {latest}")
        mine, least = middle(costs[many]), middle(costs[few])
        what = f"{many} rooms of {_ROOM_OF}, all talk, {name}: CPU per message"
        yield held(what, microseconds(mine), f"{few} rooms {microseconds(least)}", mine / least, 1.2)
        yield Row(
            f"- messages/s acknowledged, {name}", f"{middle(rates[many]):.0f}", f"{few} rooms {middle(rates[few]):.0f}"
        )


def _round(server: Running, crowd: Talkers, seconds: float) -> tuple[float, float]:
    """Return the processor time of a message in seconds, and the messages of a second."""
    before, began = cpu(server.pid).total, time.monotonic()
    answered = crowd.talk(seconds)
    took = time.monotonic() - began
    return (cpu(server.pid).total - before) / answered, answered / took
