"""The process dies: at once, in the middle of everything, again and again."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path

from tests.support.crowd import RATES, Lost, Talker, crowd, enter_all, lobby
from tests.support.galaxy_sqlite import ScratchGalaxy
from tests.support.server import IN_GOOD_ORDER, Server
from tests.support.verdict import check

_ROUNDS = 20
_AUTHORS = 50
_BEFORE_THE_KILL = 150


def test_killed_in_a_burst(tmp_path: Path, saw: Callable[[str], None]) -> None:
    """Fifty clients send at full speed and come back after each of twenty kills: each message is there once."""
    server = Server(ScratchGalaxy(tmp_path, chat={"limits": RATES}))
    try:
        server.start()
        talkers = crowd(server, _AUTHORS)
        back = asyncio.run(_kill_again_and_again(server, talkers))
        assert server.terminate() == IN_GOOD_ORDER
    finally:
        server.kill()
    verdict = check(server.galaxy.log, talkers)
    assert verdict.acknowledged >= _ROUNDS * _BEFORE_THE_KILL
    assert "Traceback" not in server.output
    # 3 s are promised of a machine at rest, and told below; a suite that runs beside another measures the machine.
    assert max(back) < 10
    saw(f"{_ROUNDS} kills, {_AUTHORS} clients; {verdict}; accepted again within {max(back):.2f} s")


async def _kill_again_and_again(server: Server, talkers: list[Talker]) -> list[float]:
    await enter_all(talkers)
    room = await lobby(talkers[0])
    await asyncio.gather(*(talker.follow(room) for talker in talkers))
    back = []
    for _ in range(_ROUNDS):
        await _burst(server, talkers, room)
        began = time.monotonic()
        await asyncio.to_thread(server.start)
        await talkers[0].enter()
        back.append(time.monotonic() - began)
        await enter_all(talkers[1:])
    for talker in talkers:
        if talker.unsure is not None:
            await talker.send(room, "")
    rev = max(held.last for talker in talkers for held in talker.rooms.values())
    await asyncio.gather(*(talker.caught_up(room, rev) for talker in talkers))
    for talker in talkers:
        talker.leave()
    return back


async def _burst(server: Server, talkers: list[Talker], room: int) -> None:
    """Let everybody send, each after the answer to the message before; kill the server in the middle of it."""
    before = sum(len(talker.acknowledged) for talker in talkers)
    enough = asyncio.Event()

    async def send(talker: Talker) -> None:
        try:
            while True:
                await talker.send(room, f"{talker.name}: {len(talker.acknowledged)}")
                if sum(len(each.acknowledged) for each in talkers) >= before + _BEFORE_THE_KILL:
                    enough.set()
        except Lost:
            return

    async with asyncio.timeout(30), asyncio.TaskGroup() as group:
        for talker in talkers:
            group.create_task(send(talker))
        await enough.wait()
        # In the loop's own thread: between two of its steps, and so at any point of the server's.
        server.kill()
