"""The server is stopped as systemd stops it, while everybody talks."""

from __future__ import annotations

import asyncio
import socket
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from tests.support.crowd import RATES, Lost, Talker, crowd, enter_all, heard_more, lobby, settle
from tests.support.galaxy_sqlite import ScratchGalaxy
from tests.support.server import IN_GOOD_ORDER, Server
from tests.support.verdict import check

_TALKERS = 50
_RESTARTS = 3
_BETWEEN = 300


def test_restart_under_load_with_socket_activation(tmp_path: Path, saw: Callable[[str], None]) -> None:
    """Everybody is told 1012, who knocks meanwhile is let in or told so too, and nothing that was said is lost."""
    galaxy = ScratchGalaxy(tmp_path, chat={"limits": RATES})
    with socket.create_server(("127.0.0.1", 0), backlog=1024) as listening:
        server = Server(galaxy, endpoint="systemd:domain=INET:index=0", listening=listening)
        talkers = crowd(server, _TALKERS)
        knocking = crowd(server, 1, "knocking")[0]
        with server:
            seconds, outcomes = asyncio.run(_restarts(server, talkers, knocking))
            assert server.terminate() == IN_GOOD_ORDER
    verdict = check(galaxy.log, talkers)
    assert all(talker.codes[1012] == _RESTARTS for talker in talkers), [talker.codes for talker in talkers]
    # One person and one address have limits of their own; whoever meets them was answered as well.
    assert set(outcomes) <= {"welcome", "1012", "1013", "4409"}, outcomes
    assert outcomes["welcome"] > 0
    assert "Traceback" not in server.output
    assert max(seconds) < 10
    saw(
        f"{_RESTARTS} restarts, {_TALKERS} clients sending, all told 1012; {outcomes.total()} more knocked: "
        f"{dict(outcomes)}, none refused; stopped within {max(seconds):.2f} s; {verdict}"
    )


async def _restarts(server: Server, talkers: list[Talker], knocking: Talker) -> tuple[list[float], Counter[str]]:
    await enter_all(talkers)
    room = await lobby(talkers[0])
    await asyncio.gather(*(talker.follow(room) for talker in talkers))
    for talker in talkers:
        assert talker.line
        talker.line.transport.close()
        await talker.line.ended
        talker.codes.clear()
    outcomes: Counter[str] = Counter()
    seconds = []
    async with asyncio.TaskGroup() as group:
        for talker in talkers:
            group.create_task(talker.stay(says=room, back_within=0.1))
        knocks = group.create_task(_knock(knocking, outcomes))
        for _ in range(_RESTARTS):
            await heard_more(talkers, _BETWEEN)
            server.ask_to_end()
            began = time.monotonic()
            assert await asyncio.to_thread(server.wait) == IN_GOOD_ORDER
            seconds.append(time.monotonic() - began)
            await asyncio.to_thread(server.start)
        await heard_more(talkers, _BETWEEN)
        knocking.quiet = True
        await knocks
        await settle(talkers, room)
        for talker in talkers:
            talker.leave()
    return seconds, outcomes


async def _knock(knocking: Talker, outcomes: Counter[str]) -> None:
    """Open a socket every few milliseconds, and see what becomes of it."""
    under_way = set()
    while not knocking.quiet:
        visitor = Talker(knocking.server, knocking.name, knocking.cookie, knocking.address)
        under_way.add(asyncio.create_task(_visit(visitor, outcomes)))
        await asyncio.sleep(0.01)
    await asyncio.wait(under_way, timeout=30)


async def _visit(visitor: Talker, outcomes: Counter[str]) -> None:
    try:
        await visitor.enter()
        outcomes["welcome"] += 1
    except Lost as lost:
        answered = visitor.line is not None and visitor.line.answer
        outcomes[f"{lost}" if answered else "no answer"] += 1
    except OSError as problem:
        outcomes[type(problem).__name__] += 1
    finally:
        visitor.leave()
