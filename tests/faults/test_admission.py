"""Somebody leaves, or waits too long, while it is found out who they are: nobody is shown who is not there."""

from __future__ import annotations

import asyncio
import socket
import sqlite3
import struct
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.support.crowd import RATES, Lost, Talker, crowd, enter_all, lobby
from tests.support.galaxy_sqlite import ScratchGalaxy
from tests.support.nodes import quiet
from tests.support.process import holding
from tests.support.server import IN_GOOD_ORDER, Server

Saw = Callable[[str], None]
_LIMITS = {**RATES, "connections_per_user": 1}
_LEAVE, _STAY = 60, 15


class Watcher:
    """One who is in the room and notes who comes and goes."""

    def __init__(self, talker: Talker) -> None:
        self.talker = talker
        self.room = 0
        self.shown: set[int] = set()
        talker.listener = self._hear

    async def enter(self) -> None:
        """Come in."""
        await self.talker.enter()
        self.room = await lobby(self.talker)
        await self.talker.follow(self.room)
        await self.sees(0)

    async def sees(self, present: int) -> None:
        """Return when so many beside it are there, by what is said and by what is told; fails if that is not soon."""
        async with asyncio.timeout(15):
            while len(self.shown) != present + 1 or await self._told() != present + 1:
                await asyncio.sleep(0.05)

    async def _told(self) -> int:
        rooms = (await self.talker.ask("rooms"))["rooms"]
        return next(int(room["present"]) for room in rooms if room["room"] == self.room)

    def _hear(self, event: dict[str, Any]) -> None:
        if event["type"] == "presence" and event["room"] == self.room:
            self.shown |= set(event["joined"])
            self.shown -= set(event["left"])


@contextmanager
def _log_locked(galaxy: ScratchGalaxy) -> Iterator[None]:
    """Have somebody write to the log, so that nobody else can."""
    with closing(sqlite3.connect(galaxy.log, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        yield


@pytest.mark.parametrize("where", ["galaxy", "log"])
def test_leaving_while_one_is_let_in(tmp_path: Path, saw: Saw, where: str) -> None:
    """Sixty go while Galaxy is asked, or the log written, who they are; those beside them are let in."""
    galaxy = ScratchGalaxy(tmp_path, chat={"limits": _LIMITS})
    with Server(galaxy) as server:
        slow = galaxy.locked if where == "galaxy" else lambda: _log_locked(galaxy)
        asyncio.run(_leave_while_pending(server, slow))
        assert server.terminate() == IN_GOOD_ORDER
        quiet(server)
    saw(f"{_LEAVE} left, {_STAY} stayed and are shown; descriptors as before")


async def _leave_while_pending(server: Server, slow: Callable[[], AbstractContextManager[None]]) -> None:
    watcher = Watcher(crowd(server, 1, "watcher")[0])
    await watcher.enter()
    before = holding(server.pid).files
    leave, stay = crowd(server, _LEAVE, "leaves"), crowd(server, _STAY, "stays")
    with slow():
        await asyncio.gather(*(_knock(talker, watcher.room) for talker in (*leave, *stay)))
        for number, talker in enumerate(leave):
            assert talker.line is not None
            if number % 2:
                # A reset, as when a machine comes back that knows nothing of it.
                opened = talker.line.transport.get_extra_info("socket")
                opened.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            talker.line.transport.abort()
        assert not any(talker.rooms for talker in stay)
    await watcher.sees(_STAY)
    async with asyncio.timeout(10):
        while not all(watcher.room in talker.rooms for talker in stay):
            await asyncio.sleep(0.05)
    for talker in stay:
        talker.leave()
    await watcher.sees(0)
    await _holds(server, before)
    await _come_in(leave)


def test_slower_than_the_handshake_may_be(tmp_path: Path, saw: Saw) -> None:
    """Whoever is not let in within the time is sent away, and not let in by an answer that comes after it."""
    galaxy = ScratchGalaxy(tmp_path, chat={"limits": {**_LIMITS, "admission_timeout": 2}})
    with Server(galaxy) as server:
        asyncio.run(_wait_in_vain(server))
        assert server.terminate() == IN_GOOD_ORDER
        quiet(server)
    saw(f"{_STAY} sent away with 1013, none shown when the answer came; descriptors as before")


async def _wait_in_vain(server: Server) -> None:
    watcher = Watcher(crowd(server, 1, "watcher")[0])
    await watcher.enter()
    before = holding(server.pid).files
    talkers = crowd(server, _STAY)
    with server.galaxy.locked():
        await asyncio.gather(*(_knock(talker, watcher.room) for talker in talkers))
        for talker in talkers:
            assert talker.line is not None
            assert await talker.line.ended == 1013
            talker.line.transport.close()
    # Who asks after them is answered after them: the look-ups for all of them are done.
    async with crowd(server, 1, "afterwards")[0] as afterwards:
        assert len(watcher.shown) == 1
        await afterwards.follow(watcher.room)
        await watcher.sees(1)
    await watcher.sees(0)
    await _holds(server, before)
    await _come_in(talkers)


async def _come_in(talkers: list[Talker]) -> None:
    """Nothing of them was left behind: one window is all that they may have."""
    await enter_all(talkers)
    for talker in talkers:
        talker.leave()


async def _knock(talker: Talker, room: int) -> None:
    """Ask for the upgrade; when it is granted say what one wants, without waiting to be greeted."""
    line = await talker.connect()
    async with asyncio.timeout(10):
        while not line.answer:
            if line.ended.done():
                raise Lost(line.ended.result())
            await asyncio.sleep(0.01)
    assert " 101 " in line.answer
    line.say({"type": "join", "id": 1, "room": room})


async def _holds(server: Server, files: int) -> None:
    """Return when no more files are open than before."""
    async with asyncio.timeout(10):
        while holding(server.pid).files > files:
            await asyncio.sleep(0.05)
