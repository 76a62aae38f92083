"""The wall clock is set an hour forward and two back: only the `at` of messages changes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from tests.support.crowd import RATES, Event, Talker, crowd, enter_all, lobby
from tests.support.daytime import Daytime
from tests.support.galaxy_sqlite import ScratchGalaxy
from tests.support.nodes import quiet
from tests.support.process import holding
from tests.support.server import IN_GOOD_ORDER, Server
from tests.support.verdict import check

_HOUR = 3600
_SHIFTS = (_HOUR, -_HOUR)
_LIMITS = {**RATES, "ping_interval": 2, "ping_timeout": 2, "admission_timeout": 4}
#: Seconds in which every timer of the server must have run.
_PATIENCE = 20
#: Seconds, for what the machine does meanwhile.
_NEAR = 60


def test_wall_clock(tmp_path: Path, saw: Callable[[str], None]) -> None:
    """Pings, the check of sessions and the deadline of a handshake run on; nobody is thrown out by the time of day."""
    daytime = Daytime(tmp_path)
    galaxy = ScratchGalaxy(tmp_path / "galaxy", chat={"limits": _LIMITS, "session_check_interval": 3})
    with Server(galaxy, environ=daytime.environ) as server:
        stays, leaves = crowd(server, 20, "stays"), crowd(server, len(_SHIFTS), "leaves")
        offsets = asyncio.run(_shift(server, daytime, stays, leaves))
        assert server.terminate() == IN_GOOD_ORDER
        quiet(server)
    verdict = check(galaxy.log, stays)
    saw(
        f"`at` was off by {', '.join(f'{offset:+.0f}' for offset in offsets)} s; all {len(stays)} stayed, "
        f"each was pinged on, each log-out was noticed; {verdict}"
    )


async def _shift(server: Server, daytime: Daytime, stays: list[Talker], leaves: list[Talker]) -> list[float]:
    await enter_all([*stays, *leaves])
    room = await lobby(stays[0])
    for talker in (*stays, *leaves):
        await talker.follow(room)
    await stays[0].send(room, "first")
    before = holding(server.pid)
    offsets = []
    for shift, leaver in zip(_SHIFTS, leaves, strict=True):
        daytime.shift(shift)
        offsets.append(await _shifted(stays[0], room, shift))
        server.galaxy.log_out(leaver.name)
        async with asyncio.timeout(_PATIENCE), asyncio.TaskGroup() as group:
            group.create_task(_pinged(stays))
            group.create_task(_sent_away(leaver))
            group.create_task(_cut_in_the_handshake(server))
    assert holding(server.pid).files <= before.files
    for talker in stays:
        assert talker.entered == 1
        assert talker.line is not None
        assert not talker.line.ended.done()
        talker.leave()
    return offsets


async def _shifted(author: Talker, room: int, shift: int) -> float:
    """Return the seconds by which messages are said later than they are, once the server has seen its new clock."""
    async with asyncio.timeout(_PATIENCE):
        while abs((offset := await _offset(author, room)) - shift) > _NEAR:
            await asyncio.sleep(0.2)
    return offset


async def _offset(author: Talker, room: int) -> float:
    """Say something; return by how many seconds its `at` is later than it is."""
    ats: dict[int, str] = {}

    def hear(event: Event) -> None:
        if event["type"] == "message":
            ats[event["rev"]] = event["message"]["at"]

    author.listener = hear
    rev = await author.send(room, "What time is it?")
    await author.caught_up(room, rev)
    author.listener = None
    # What was said before may be heard only now: answers come before events.
    return (datetime.fromisoformat(ats[rev]) - datetime.now(UTC)).total_seconds()


async def _pinged(talkers: Sequence[Talker]) -> None:
    """Return when everybody was pinged twice: the first may have been under way."""
    lines = [talker.line for talker in talkers if talker.line is not None]
    enough = [line.pings + 2 for line in lines]
    while any(line.pings < count for line, count in zip(lines, enough, strict=True)):
        await asyncio.sleep(0.05)


async def _sent_away(leaver: Talker) -> None:
    assert leaver.line is not None
    assert await asyncio.shield(leaver.line.ended) == 4401


async def _cut_in_the_handshake(server: Server) -> None:
    """A socket that says nothing is not held open."""
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    with suppress(ConnectionResetError):
        assert await reader.read() == b""
    writer.close()
