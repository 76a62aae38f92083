"""A burst over two nodes of one site: with every notification, with none, and with listeners that are cut off."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.support.crowd import Event, Talker, crowd, enter_all, lobby
from tests.support.deaf import Deaf
from tests.support.nodes import copied, database_of, log_in, nodes
from tests.support.postgres import PostgresCluster
from tests.support.server import Server
from tests.support.verdict import Verdict, check

pytestmark = [pytest.mark.postgres, pytest.mark.slow]

Saw = Callable[[str], None]
_MESSAGES = 20_000
_AUTHORS = 20
_SAID_AT_ONCE = 3_000
# A node looks every 2 s; the rest is for a machine that has other things to do.
_WITHIN = 5.0


@dataclass
class Burst:
    """People who follow one room: `authors` talk, `readers` note in which order they hear of what."""

    authors: list[Talker]
    readers: list[Talker]
    orders: list[list[int]] = field(default_factory=list)
    #: Seconds until everything was acknowledged, and from then until everybody had heard it.
    sending: float = 0.0
    late: float = 0.0
    said: int = 0
    room: int = 0

    async def begin(self) -> None:
        """Let everybody in."""
        for author in self.authors:
            author.reads = False
        everybody = [*self.authors, *self.readers]
        await enter_all(everybody, at_once=10)
        self.room = await lobby(self.authors[0])
        await asyncio.gather(*(talker.follow(self.room) for talker in everybody))
        self.orders = [_heard_by(reader) for reader in self.readers]

    async def say(self, count: int) -> None:
        """Have each author say so many things at full speed; wait until everybody has heard them."""
        began = time.monotonic()
        self.said += count * len(self.authors)
        await asyncio.gather(*(_pour(author, self.room, count) for author in self.authors))
        acknowledged = time.monotonic()
        self.sending = acknowledged - began
        await asyncio.gather(*(reader.caught_up(self.room, self.said) for reader in self.readers))
        self.late = time.monotonic() - acknowledged

    def end(self) -> None:
        """Let everybody go, who were in all the time and had not to start over."""
        for talker in (*self.authors, *self.readers):
            assert (talker.entered, talker.resets, talker.codes) == (1, 0, Counter())
            talker.leave()
        assert not any(reader.gaps for reader in self.readers)
        for author in self.authors:
            author.rooms.clear()

    def check(self, path: Path) -> Verdict:
        """Hold everything against a copy of the log."""
        verdict = check(path, [*self.authors, *self.readers])
        assert verdict.acknowledged == verdict.logged == self.said
        for order in self.orders:
            assert order == list(range(1, self.said + 1)), "each once and in order, on each node"
        return verdict


def _burst(authors: Sequence[Server], readers: Sequence[Server]) -> Burst:
    return Burst(
        [each for number, server in enumerate(authors) for each in crowd(server, _AUTHORS, f"writes{number}-")],
        [each for number, server in enumerate(readers) for each in crowd(server, 1, f"reads{number}-")],
    )


def _heard_by(talker: Talker) -> list[int]:
    order: list[int] = []

    def hear(event: Event) -> None:
        if event["type"] == "message":
            order.append(event["message"]["seq"])

    talker.listener = hear
    return order


async def _pour(author: Talker, room: int, count: int) -> None:
    for number in range(count):
        await author.send(room, f"{author.name}: {number}")


@pytest.mark.timeout(300)
def test_burst_over_two_nodes(postgres: PostgresCluster, tmp_path: Path, saw: Saw) -> None:
    """Both nodes take messages as fast as they can while what listens is cut off again and again."""

    async def run(burst: Burst, database: str) -> int:
        await burst.begin()
        saying = asyncio.create_task(burst.say(_MESSAGES // len(burst.authors)))
        cut = 0
        while not (await asyncio.wait([saying], timeout=1))[0]:
            cut += await asyncio.to_thread(_cut_listeners, postgres, database)
        await saying
        burst.end()
        return cut

    with log_in(postgres, tmp_path) as galaxy:
        with nodes(galaxy) as servers:
            burst = _burst(servers, servers)
            cut = asyncio.run(run(burst, database_of(galaxy)))
        verdict = burst.check(copied(postgres, galaxy))
    assert cut > 0
    assert burst.late < _WITHIN
    saw(
        f"{burst.said} messages by {len(burst.authors)} people in {burst.sending:.1f} s, {cut} listening connections "
        f"ended meanwhile: heard in the same order on both nodes {burst.late:.2f} s after the last answer; {verdict}"
    )


def _cut_listeners(cluster: PostgresCluster, database: str) -> int:
    """End the connections on which nodes LISTEN; return how many."""
    with closing(cluster.connect(database)) as connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s AND query LIKE 'LISTEN%%'",
            (database,),
        )
        return cursor.rowcount


def test_notifications_lost(postgres: PostgresCluster, tmp_path: Path, saw: Saw) -> None:
    """Where no notification arrives, each node finds what was said on the other by looking: one thing, or many."""
    waits: list[float] = []

    async def run(burst: Burst) -> None:
        await burst.begin()
        for _ in range(3):
            await burst.say(1)
            waits.append(burst.late)
        await burst.say(_SAID_AT_ONCE // len(burst.authors))
        burst.end()

    with log_in(postgres, tmp_path) as galaxy, Deaf(postgres.port) as deaf:
        galaxy.configure({}, {"history": deaf.url(galaxy.settings()["galaxychat"]["history"])})
        with nodes(galaxy) as servers:
            burst = _burst(servers[:1], servers)
            asyncio.run(run(burst))
        verdict = burst.check(copied(postgres, galaxy))
    assert deaf.swallowed > 0
    assert max(*waits, burst.late) < _WITHIN
    saw(
        f"{deaf.swallowed} notifications lost; heard on the other node {max(waits):.2f} s after they were said, and a "
        f"burst of {_SAID_AT_ONCE} {burst.late:.2f} s after the last answer; {verdict}"
    )
