"""The log's PostgreSQL goes away, in every way that it can: nothing acknowledged is lost, nobody is thrown out."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import pytest

from tests.support.crowd import Lost, Refused, Talker, crowd, enter_all, lobby
from tests.support.nodes import copied, log_in, nodes, quiet
from tests.support.postgres import PostgresCluster, StopMode
from tests.support.process import holding
from tests.support.server import _SERVING, IN_GOOD_ORDER, Server
from tests.support.stall import AT_MOST, Stall
from tests.support.storm import Storm, storm
from tests.support.verdict import Verdict, check

pytestmark = [pytest.mark.postgres, pytest.mark.slow]

Saw = Callable[[str], None]
_HEALS_WITHIN = 5.0


@pytest.fixture
def cluster(postgres: PostgresCluster) -> Iterator[PostgresCluster]:
    """The session's server, running again afterwards."""
    yield postgres
    if not postgres.running:
        postgres.start()


class Faulty:
    """Two nodes under a storm, their reactors watched."""

    def __init__(self, cluster: PostgresCluster, servers: list[Server]) -> None:
        self.cluster = cluster
        self.servers = servers
        self.stalls = [Stall(server.port, server.pid) for server in servers]
        self.healed: list[float] = []

    async def run(self, fault: Callable[[Faulty, Storm], object], rounds: int) -> Storm:
        """Let the storm rage over so many rounds of a fault; note how long each took to heal."""
        async with storm(self.servers) as raging:
            with ExitStack() as watching:
                for stall in self.stalls:
                    watching.enter_context(stall)
                for _ in range(rounds):
                    await raging.more(200)
                    await asyncio.to_thread(fault, self, raging)
                    self.healed.append(await raging.healed(self.servers))
                await raging.more(200)
        return raging

    def figures(self, verdict: Verdict, raging: Storm) -> str:
        """Say what was seen."""
        longest = max(stall.longest for stall in self.stalls)
        return (
            f"healed within {max(self.healed):.2f} s, reactor never blocked over {longest:.3f} s, "
            f"{raging.refused.total()} times unavailable; {verdict}"
        )


def rage(cluster: PostgresCluster, folder: Path, fault: Callable[[Faulty, Storm], object], rounds: int) -> str:
    """Run a storm through a fault, check everything, and return the figures."""
    with log_in(cluster, folder) as galaxy:
        with nodes(galaxy) as servers:
            faulty = Faulty(cluster, servers)
            before = [holding(server.pid) for server in servers]
            raging = asyncio.run(faulty.run(fault, rounds))
            settled(servers, [each.files for each in before])
            for server, held in zip(servers, before, strict=True):
                assert holding(server.pid).memory < held.memory + 30
        verdict = check(copied(cluster, galaxy), raging.talkers)
    assert max(faulty.healed) < _HEALS_WITHIN
    assert max(stall.longest for stall in faulty.stalls) < AT_MOST
    return faulty.figures(verdict, raging)


def settled(servers: list[Server], files: list[int], timeout: float = 10) -> None:
    """Wait until the nodes hold no more open files than before."""
    end = time.monotonic() + timeout
    while any(holding(server.pid).files > count for server, count in zip(servers, files, strict=True)):
        assert time.monotonic() < end, [holding(server.pid).files for server in servers]
        time.sleep(0.1)


@pytest.mark.parametrize("mode", ["fast", "immediate"])
def test_postgres_stopped_and_started(cluster: PostgresCluster, tmp_path: Path, saw: Saw, mode: StopMode) -> None:
    """While the server is away sends are `unavailable` and connections stay; it heals by itself, three times."""

    def fault(_faulty: Faulty, raging: Storm) -> None:
        cluster.stop(mode)
        said, refused = raging.said(), raging.refused.total()
        time.sleep(1)
        # An answer of the last transaction may still have been on its way.
        assert raging.said() <= said + len(raging.talkers)
        assert raging.refused.total() > refused
        cluster.start()

    saw(f"3 stops ({mode}); {rage(cluster, tmp_path, fault, 3)}")


def test_all_back_ends_terminated(cluster: PostgresCluster, tmp_path: Path, saw: Saw) -> None:
    """Every connection is ended in the middle of transactions, eight times."""
    ended = []
    figures = rage(cluster, tmp_path, lambda _faulty, _raging: ended.append(cluster.terminate_all()), 8)
    assert min(ended) > 0
    saw(f"{len(ended)} times all back ends; {figures}")


def test_postgres_stands_still(cluster: PostgresCluster, tmp_path: Path, saw: Saw) -> None:
    """A server that does not answer for 4 s keeps nobody from anything but writing."""

    def fault(faulty: Faulty, _raging: Storm) -> None:
        with cluster.frozen():
            time.sleep(4)

    saw(f"SIGSTOP for 4 s; {rage(cluster, tmp_path, fault, 1)}")


def test_postgres_absent_at_the_start(cluster: PostgresCluster, tmp_path: Path, saw: Saw) -> None:
    """A node starts without its log, says that it is not ready, lets nobody in, and heals when the log appears."""
    with log_in(cluster, tmp_path) as galaxy:
        server = Server(galaxy)
        talker = crowd(server, 1)[0]
        cluster.stop("fast")
        try:
            server.launch()
            found = server.wait_for(_SERVING)
            server.base, server.port = found[1], int(found[2].rpartition(":")[2])
            assert server.get("/healthz")[0] == 200
            status, reason = server.get("/readyz")
            assert (status, "log" in reason) == (503, True)
            assert asyncio.run(_code(talker)) == 1013
            began = time.monotonic()
            cluster.start()
            while server.get("/readyz")[0] != 200:
                assert time.monotonic() - began < _HEALS_WITHIN
                time.sleep(0.02)
            healed = time.monotonic() - began
            asyncio.run(_say_something(talker))
            assert server.terminate() == IN_GOOD_ORDER
        finally:
            server.kill()
        quiet(server)
    saw(f"started without PostgreSQL; ready {healed:.2f} s after it was started")


def test_what_needs_no_log_goes_on(cluster: PostgresCluster, tmp_path: Path, saw: Saw) -> None:
    """While the log is away one sees who is there and who types, all else is `unavailable`, and nobody new comes in."""
    with log_in(cluster, tmp_path) as galaxy:
        with nodes(galaxy, 1) as (server,):
            talkers = crowd(server, 3)
            before = holding(server.pid).files
            refused = asyncio.run(_without_the_log(cluster, talkers, crowd(server, 1, "visitor")[0]))
            settled([server], [before])
        verdict = check(copied(cluster, galaxy), talkers[:2])
    saw(f"typing and presence went on, {refused} commands were `unavailable`, a visitor was told 1013; {verdict}")


async def _without_the_log(cluster: PostgresCluster, talkers: list[Talker], visitor: Talker) -> int:
    await enter_all(talkers)
    author, reader, leaver = talkers
    room = await lobby(author)
    for talker in talkers:
        await talker.follow(room)
    await author.send(room, "before")
    heard: list[dict[str, Any]] = []
    reader.listener = heard.append
    await reader.ask("read", room=room, seq=1)
    await asyncio.to_thread(cluster.stop)
    assert author.line is not None
    author.line.say({"type": "typing", "room": room})
    leaver.leave()
    async with asyncio.timeout(10):
        while not {"typing", "presence"} <= {event["type"] for event in heard}:
            await asyncio.sleep(0.01)
    reads = [("history", {"before": 2**53 - 1}), ("join", {"after": 0}), ("members", {}), ("read", {"seq": 1})]
    for command, fields in reads:
        with pytest.raises(Refused, match="unavailable"):
            await reader.ask(command, room=room, **fields)
    for _ in range(3):
        with pytest.raises(Refused, match="unavailable"):
            await author.send(room, "meanwhile")
    assert await _code(visitor) == 1013
    await asyncio.to_thread(cluster.start)
    await _heal(author, room)
    await _visit(visitor, room, 2)
    await reader.caught_up(room, 2)
    assert await _has_read(reader, room) == 1
    assert author.entered == reader.entered == 1
    for talker in (author, reader):
        talker.leave()
    return len(reads) + 3


async def _visit(visitor: Talker, room: int, rev: int) -> None:
    """Ask until one is let in, as clients do, since what reads of the log may heal after what writes; then look."""
    async with asyncio.timeout(_HEALS_WITHIN):
        while not visitor.entered:
            try:
                await visitor.enter()
            except Lost as lost:
                if lost.args != (1013,):
                    raise
                await asyncio.sleep(0.05)
    await visitor.follow(room)
    await visitor.caught_up(room, rev)
    visitor.leave()


async def _has_read(reader: Talker, room: int) -> int:
    """Return up to where somebody has read; it was answered, and in all likelihood not written, before the fault."""
    (state,) = [each for each in (await reader.ask("rooms"))["rooms"] if each["room"] == room]
    return int(state["read"])


async def _heal(author: Talker, room: int) -> None:
    """Say again what was not acknowledged, by the same nonce and over the same connection."""
    async with asyncio.timeout(15):
        while author.unsure:
            with suppress(Refused):
                await author.send(room, "")
            await asyncio.sleep(0.05)


async def _code(talker: Talker) -> int:

    line = await talker.connect()
    async with asyncio.timeout(10):
        return await line.ended


async def _say_something(talker: Talker) -> None:

    await talker.enter()
    assert await talker.send(await lobby(talker), "at last") == 1
    talker.leave()
