"""Galaxy's database goes away: who is in talks on for a while, nobody new comes in, all are asked about again."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.support.crowd import RATES, Lost, Talker, crowd
from tests.support.galaxy_postgres import Statements, moved
from tests.support.galaxy_sqlite import ScratchGalaxy
from tests.support.nodes import quiet
from tests.support.postgres import PostgresCluster
from tests.support.process import holding
from tests.support.server import IN_GOOD_ORDER, Server
from tests.support.stall import AT_MOST, Stall
from tests.support.storm import storm
from tests.support.verdict import check

pytestmark = [pytest.mark.postgres, pytest.mark.slow]

_INTERVAL, _GRACE = 2, 8


@pytest.fixture
def cluster(postgres: PostgresCluster) -> Iterator[PostgresCluster]:
    """The session's server, running again afterwards."""
    yield postgres
    if not postgres.running:
        postgres.start()


class Galaxy:
    """Galaxy's database, and who would come in."""

    def __init__(self, cluster: PostgresCluster, statements: Statements, visitors: list[Talker]) -> None:
        self.cluster = cluster
        self.statements = statements
        self.visitors = visitors

    async def keeps_visitors_out(self) -> None:
        """Whoever knocks is told 4002."""
        for visitor in self.visitors:
            with pytest.raises(Lost, match="4002"):
                await visitor.enter()

    async def answers(self) -> float:
        """Start it; return the seconds until it is asked about sessions."""
        asked = self.statements.asked()
        await asyncio.to_thread(self.cluster.start)
        began = time.monotonic()
        async with asyncio.timeout(15):
            while self.statements.asked() == asked:
                await asyncio.sleep(0.05)
        return time.monotonic() - began

    def log_out(self, name: str) -> None:
        """End somebody's sessions."""
        with closing(self.cluster.connect(self.statements.database)) as connection, connection.cursor() as cursor:
            cursor.execute(
                """UPDATE galaxy_session SET is_valid = false
                   WHERE user_id = (SELECT id FROM galaxy_user WHERE username = %s)""",
                (name,),
            )


def test_galaxys_database_away(cluster: PostgresCluster, tmp_path: Path, saw: Callable[[str], None]) -> None:
    """For less than the grace nobody notices who is in; for longer, all are sent away, and come back by themselves."""
    checks = {"session_check_interval": _INTERVAL, "session_grace": _GRACE}
    server = Server(ScratchGalaxy(tmp_path, chat={"limits": RATES, **checks}))
    members, visitors = crowd(server, 10), crowd(server, 3, "visitor")
    with moved(server.galaxy, cluster) as statements, server:
        galaxy = Galaxy(cluster, statements, visitors[1:])
        before = holding(server.pid)
        with Stall(server.port, server.pid) as stall:
            asked = asyncio.run(_away_for_a_moment(server, galaxy, members, visitors[0]))
            stayed = asyncio.run(_away_for_long(galaxy, members))
        asyncio.run(_holds(server, before.files))
        assert server.terminate() == IN_GOOD_ORDER
        quiet(server)
    verdict = check(server.galaxy.log, members)
    assert stall.longest < AT_MOST
    saw(
        f"those in stayed, {len(galaxy.visitors)} told 4002; all asked about {asked:.2f} s after it was back; "
        f"away for good, {len(members)} were sent away after {stayed:.1f} s (grace {_GRACE} s) and came back; "
        f"reactor never blocked over {stall.longest:.3f} s; {verdict}"
    )


async def _away_for_a_moment(server: Server, galaxy: Galaxy, members: list[Talker], leaver: Talker) -> float:
    """Everybody talks on; one who logs out then is found as soon as Galaxy answers."""
    async with leaver, storm([server], talkers=members) as raging:
        await raging.more(50)
        await asyncio.to_thread(galaxy.cluster.stop)
        # Long enough for a check of sessions in vain.
        until = time.monotonic() + 2 * _INTERVAL
        while time.monotonic() < until:
            await raging.more(20)
        await galaxy.keeps_visitors_out()
        asked = await galaxy.answers()
        assert leaver.line is not None
        galaxy.log_out(leaver.name)
        async with asyncio.timeout(15):
            assert await asyncio.shield(leaver.line.ended) == 4401
        await galaxy.visitors[0].enter()
        galaxy.visitors[0].leave()
        await raging.more(50)
    return asked


async def _away_for_long(galaxy: Galaxy, members: list[Talker]) -> float:
    """Whoever cannot be asked about for longer than the grace is sent away."""
    for member in members:
        member.back()
    async with asyncio.TaskGroup() as group:
        for member in members:
            group.create_task(member.stay())
        await _all_in(members, 2)
        began = time.monotonic()
        await asyncio.to_thread(galaxy.cluster.stop)
        async with asyncio.timeout(_GRACE + 20):
            while not all(member.codes[4002] for member in members):
                await asyncio.sleep(0.05)
        stayed = time.monotonic() - began
        # Since the last answer, which came at most one interval earlier.
        assert stayed > _GRACE - _INTERVAL - 1
        await asyncio.to_thread(galaxy.cluster.start)
        await _all_in(members, 3)
        for member in members:
            member.leave()
    return stayed


async def _all_in(members: list[Talker], times: int) -> None:
    async with asyncio.timeout(20):
        while any(member.entered < times for member in members):
            await asyncio.sleep(0.05)


async def _holds(server: Server, files: int) -> None:
    """Return when no more files are open than before."""
    async with asyncio.timeout(10):
        while holding(server.pid).files > files:
            await asyncio.sleep(0.05)
