"""The server dies under a crowd, and all of the crowd comes back in the same moment."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.crowd import RATES, Talker, crowd, enter_all, lobby
from tests.support.galaxy_postgres import Statements, moved
from tests.support.galaxy_sqlite import ScratchGalaxy
from tests.support.postgres import PostgresCluster
from tests.support.process import Holding, holding
from tests.support.server import IN_GOOD_ORDER, Server
from tests.support.verdict import check

_CROWD = 2000
_MISSED = 5


@pytest.mark.postgres
def test_everybody_comes_back_at_once(tmp_path: Path, postgres: PostgresCluster, saw: Callable[[str], None]) -> None:
    """Two thousand clients resume at once: nobody misses anything, and Galaxy is asked about many in one go."""
    server = Server(ScratchGalaxy(tmp_path, chat={"limits": RATES}))
    talkers = crowd(server, _CROWD)
    with moved(server.galaxy, postgres) as statements, server:
        seconds, asked, held = asyncio.run(_herd(server, talkers, statements))
        assert server.terminate() == IN_GOOD_ORDER
    verdict = check(server.galaxy.log, talkers)
    assert all(talker.entered == 2 and not talker.resets and not talker.gaps for talker in talkers)
    assert "Traceback" not in server.output
    assert asked < _CROWD / 20, "sessions are asked for together"
    saw(
        f"{_CROWD} clients had resumed after {seconds:.1f} s; {asked} statements to Galaxy's database; "
        f"at most {held.peak:.0f} MiB; {verdict}"
    )


async def _herd(server: Server, talkers: list[Talker], statements: Statements) -> tuple[float, int, Holding]:
    await enter_all(talkers)
    room = await lobby(talkers[0])
    await asyncio.gather(*(talker.follow(room) for talker in talkers))
    server.kill()
    await asyncio.wait({talker.line.ended for talker in talkers if talker.line}, timeout=10)
    await asyncio.to_thread(server.start)
    author, *others = talkers
    await author.enter()
    for number in range(_MISSED):
        await author.send(room, f"missed by everybody else: {number}")
    files = holding(server.pid).files
    began, before = time.monotonic(), statements.asked()
    async with asyncio.TaskGroup() as group:
        for talker in others:
            group.create_task(talker.stay())
        await asyncio.gather(*(talker.caught_up(room, _MISSED, 60) for talker in others))
        seconds, asked, held = time.monotonic() - began, statements.asked() - before, holding(server.pid)
        for talker in others:
            talker.leave()
    async with asyncio.timeout(10):
        while holding(server.pid).files > files:
            await asyncio.sleep(0.05)
    return seconds, asked, held
