"""A node of two dies, or is stopped, while everybody talks: its people go on over the other one."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from tests.support.crowd import Event, Lost, Talker, crowd, enter_all, heard_more, lobby, settle
from tests.support.nodes import copied, log_in, nodes
from tests.support.postgres import PostgresCluster
from tests.support.server import IN_GOOD_ORDER, Server
from tests.support.verdict import check

pytestmark = [pytest.mark.postgres, pytest.mark.slow]

Saw = Callable[[str], None]
_TALKERS = 6
_SLEEPERS = 3
_BETWEEN = 100
# A dead node is told by its silence: 10 s are promised, the rest is for a machine that has other things to do.
_NOTICED = 15.0
_AT_ONCE = 3.0


class Watcher:
    """One who sees who is there."""

    def __init__(self, talker: Talker) -> None:
        self.talker = talker
        self.there: set[str] = set()
        talker.listener = self._hear

    async def come(self, room: int) -> None:
        """Enter, and see who is there."""
        await self.talker.enter()
        await self.talker.follow(room)
        page = await self.talker.ask("members", room=room)
        names = {user["id"]: user["name"] for user in page["users"]}
        self.there |= {names[each] for each in page["members"][: page["present"]]}

    async def sees_none_of(self, names: set[str]) -> float:
        """Return the seconds until none of them is there any more."""
        began = time.monotonic()
        async with asyncio.timeout(2 * _NOTICED):
            while self.there & names:
                await asyncio.sleep(0.01)
        return time.monotonic() - began

    def _hear(self, event: Event) -> None:
        if event["type"] == "presence":
            names = {user["id"]: user["name"] for user in event["users"]}
            self.there |= {names[each] for each in event["joined"]}
            self.there -= {names[each] for each in event["left"]}


class Town:
    """People of two nodes: those who come back over the other one, and those who do not."""

    def __init__(self, servers: Sequence[Server]) -> None:
        self.dying, self.living = servers
        self.movers = crowd(self.dying, _TALKERS, "moves")
        self.stayers = crowd(self.living, _TALKERS, "stays")
        self.sleepers = crowd(self.dying, _SLEEPERS, "sleeps")
        self.watcher = Watcher(crowd(self.living, 1, "watches")[0])
        self.gone = self.back = 0.0

    @property
    def talkers(self) -> list[Talker]:
        """Who talks all the time."""
        return [*self.movers, *self.stayers]

    async def live_through(self, end: Callable[[], object]) -> None:
        """Have everybody talk, end a node, and see who is there and who comes back."""
        await enter_all([*self.talkers, *self.sleepers])
        room = await lobby(self.sleepers[0])
        for talker in (*self.talkers, *self.sleepers):
            await talker.follow(room)
        sleeping = {sleeper.name for sleeper in self.sleepers}
        await self._seen(room, sleeping)
        async with asyncio.TaskGroup() as group:
            for talker in self.talkers:
                group.create_task(_talk(talker, room))
            await heard_more(self.talkers, _BETWEEN)
            for mover in self.movers:
                mover.server = self.living
            began = time.monotonic()
            gone = group.create_task(self.watcher.sees_none_of(sleeping))
            await asyncio.to_thread(end)
            await _until(lambda: all(mover.entered == 2 for mover in self.movers))
            self.back = time.monotonic() - began
            self.gone = await gone
            await heard_more(self.talkers, _BETWEEN)
            await settle([*self.talkers, self.watcher.talker], room)
            for talker in (*self.talkers, *self.sleepers, self.watcher.talker):
                talker.leave()

    async def _seen(self, room: int, names: set[str]) -> None:
        await self.watcher.come(room)
        await _until(lambda: names <= self.watcher.there)

    def check(self, path: Path) -> str:
        """Hold everything against a copy of the log; return the figures."""
        verdict = check(path, [*self.talkers, self.watcher.talker])
        assert not any(talker.resets or talker.gaps for talker in (*self.talkers, self.watcher.talker))
        assert {talker.entered for talker in (*self.stayers, self.watcher.talker)} == {1}, "nobody else notices"
        return (
            f"presence gone on the other node {self.gone:.2f} s later; {len(self.movers)} clients back there within "
            f"{self.back:.2f} s, resumed; {verdict}"
        )


async def _talk(talker: Talker, room: int) -> None:
    """Go on with a conversation that has begun, over whatever node."""
    while not talker.quiet or talker.unsure:
        try:
            await talker.send(room, f"{talker.name}: {len(talker.acknowledged)}")
            await asyncio.sleep(0.01)
        except Lost:
            await asyncio.sleep(0.1)
            await talker.enter()


async def _until(holds: Callable[[], bool], timeout: float = 30) -> None:
    async with asyncio.timeout(timeout):
        while not holds():
            await asyncio.sleep(0.01)


def test_a_node_is_killed(postgres: PostgresCluster, tmp_path: Path, saw: Saw) -> None:
    """Who was on a node that dies without a word is gone from the other one soon; who comes back misses nothing."""
    with log_in(postgres, tmp_path) as galaxy:
        with nodes(galaxy) as servers:
            town = Town(servers)
            asyncio.run(town.live_through(servers[0].kill))
        figures = town.check(copied(postgres, galaxy))
    assert town.gone < _NOTICED
    saw(f"kill -9; {figures}")


def test_a_node_is_stopped(postgres: PostgresCluster, tmp_path: Path, saw: Saw) -> None:
    """A node that is stopped in good order takes its people's presence with it at once."""
    with log_in(postgres, tmp_path) as galaxy:
        with nodes(galaxy) as servers:
            town = Town(servers)
            asyncio.run(town.live_through(servers[0].ask_to_end))
            assert servers[0].wait() == IN_GOOD_ORDER
        figures = town.check(copied(postgres, galaxy))
    assert town.gone < _AT_ONCE
    assert all(mover.codes[1012] == 1 for mover in town.movers)
    saw(f"SIGTERM; {figures}")
