"""The disk under a SQLite log is full: it is said so, what is there can be read, and with room it goes on."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

from tests.support.crowd import RATES, Talker, crowd
from tests.support.galaxy_sqlite import ScratchGalaxy
from tests.support.namespace import Namespace
from tests.support.nodes import quiet
from tests.support.process import holding
from tests.support.server import IN_GOOD_ORDER, Server
from tests.support.storm import Storm, storm
from tests.support.verdict import check

_TIMES = 3


@dataclass
class Disk:
    """A file system in memory that only a namespace's processes see."""

    namespace: Namespace
    folder: Path
    mebibytes: int = 1

    def make(self) -> None:
        """Have it, empty."""
        self.folder.mkdir()
        self.namespace.run("mount", "-t", "tmpfs", "-o", f"size={self.mebibytes}m", "tmpfs", str(self.folder))

    def fill(self) -> None:
        """Take what room is left."""
        self.namespace.run("sh", "-c", f"! cat /dev/zero 2>/dev/null >{self.folder}/ballast")

    def grow(self) -> None:
        """Free what was taken, and give a mebibyte more."""
        self.namespace.run("rm", f"{self.folder}/ballast")
        self.mebibytes += 1
        self.namespace.run("mount", "-o", f"remount,size={self.mebibytes}m", str(self.folder))


def test_disk_full(tmp_path: Path, saw: Callable[[str], None]) -> None:
    """A log on 1 MiB runs full three times: sends are `unavailable`, reads go on, nobody is thrown out."""
    with Namespace("mount") as namespace:
        disk = Disk(namespace, tmp_path / "disk")
        disk.make()
        log = disk.folder / "galaxychat.sqlite"
        galaxy = ScratchGalaxy(tmp_path, chat={"limits": RATES, "history": f"sqlite:///{log}"})
        with Server(galaxy, prefix=namespace.prefix) as server:
            visitor = crowd(server, 1, "visitor")[0]
            raging, healed, read = asyncio.run(_fill_again_and_again(server, disk, visitor))
            assert server.terminate() == IN_GOOD_ORDER
            quiet(server)
            told = server.output.count("could not be written: SQLITE_FULL")
            assert told == server.output.count("can be written again")
            # A small write may find room between two that do not.
            assert _TIMES <= told <= 2 * _TIMES < raging.refused.total()
        namespace.copy(log, tmp_path / "copy.sqlite")
        # If there was no room to write it back at the end, a part of the log is still beside it.
        with suppress(FileNotFoundError):
            namespace.copy(log.with_name(f"{log.name}-wal"), tmp_path / "copy.sqlite-wal")
    verdict = check(tmp_path / "copy.sqlite", raging.talkers)
    assert _furthest(tmp_path / "copy.sqlite", raging.room) == read, "what was read while it was full"
    saw(
        f"{_TIMES} times full at {disk.mebibytes - _TIMES} to {disk.mebibytes - 1} MiB, {raging.refused.total()} "
        f"times unavailable; healed {max(healed):.2f} s after there was room; {verdict}"
    )


def test_start_on_a_full_disk(tmp_path: Path, saw: Callable[[str], None]) -> None:
    """A server that finds no room for its log says so and ends; it starts when there is some."""
    with Namespace("mount") as namespace:
        disk = Disk(namespace, tmp_path / "disk")
        disk.make()
        galaxy = ScratchGalaxy(tmp_path, chat={"history": f"sqlite:///{disk.folder}/galaxychat.sqlite"})
        server = Server(galaxy, prefix=namespace.prefix)
        try:
            server.start()
            assert server.terminate() == IN_GOOD_ORDER
            disk.fill()
            server.launch()
            assert server.wait() == 1
            assert "galaxychat.sqlite cannot be opened: no room is left on its disk." in server.output
            disk.grow()
            server.start()
            assert server.terminate() == IN_GOOD_ORDER
            quiet(server)
        finally:
            server.kill()
    saw("status 1 and one line; started as soon as there was room")


async def _fill_again_and_again(server: Server, disk: Disk, visitor: Talker) -> tuple[Storm, list[float], int]:
    healed, read = [], 0
    async with storm([server], people=5) as raging:
        async with visitor:
            await visitor.follow(raging.room)
        before = holding(server.pid)
        for _ in range(_TIMES):
            await _until_full(raging)
            await asyncio.to_thread(disk.fill)
            said = raging.said()
            await _read(raging.talkers[0], raging.room)
            await _come_in(visitor, raging.room)
            read = raging.talkers[0].rooms[raging.room].last
            await raging.talkers[0].ask("read", room=raging.room, seq=read)
            assert raging.said() == said
            await asyncio.to_thread(disk.grow)
            healed.append(await raging.healed([server]))
        await raging.more(20)
        assert holding(server.pid).files <= before.files
        assert holding(server.pid).memory < before.memory + 10
    return raging, healed, read


async def _until_full(raging: Storm) -> None:
    """Return when everybody was refused, twice on average."""
    enough = raging.refused.total() + 2 * len(raging.talkers)
    async with asyncio.timeout(30):
        while raging.refused.total() < enough:
            await asyncio.sleep(0.01)


async def _read(talker: Talker, room: int) -> None:
    """Whoever is in sees everything that was written."""
    assert (await talker.ask("rooms"))["rooms"]
    assert (await talker.ask("members", room=room))["members"]
    page = await talker.ask("history", room=room, before=2**53 - 1, limit=10)
    assert [message["seq"] for message in page["messages"]] == [
        talker.rooms[room].last - back for back in reversed(range(10))
    ]


def _furthest(log: Path, room: int) -> int:
    """Return how far anybody has read, of whom all but one never said so and came before the first message."""
    with closing(sqlite3.connect(log)) as connection:
        ((seq,),) = connection.execute("SELECT max(read) FROM member WHERE room = ?", (room,)).fetchall()
    return int(seq)


async def _come_in(visitor: Talker, room: int) -> None:
    """Whoever was there before can come in again, and reads what they missed."""
    async with visitor:
        await visitor.caught_up(room, visitor.rooms[room].last)
