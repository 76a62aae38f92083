"""Readers who stand still in a busy room cost bounded memory, are cut, come back, and nobody else notices."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median

from tests.support.crowd import RATES, Talker, crowd, enter_all, lobby
from tests.support.galaxy_sqlite import ScratchGalaxy
from tests.support.nodes import quiet
from tests.support.process import holding, reset_peak, unsent_by_kernel
from tests.support.server import IN_GOOD_ORDER, Server
from tests.support.verdict import check

_STILL = 100
_OTHERS = 10
#: Bytes; an eighth of the default, so that it is reached within seconds.
_UNSENT = 131_072
#: Bytes that Twisted takes for a connection before it asks to wait.
_TRANSPORT = 65_536
#: Bytes that the kernel is asked to keep for a connection.
_KERNEL = 131_072
_MESSAGES = 60
_TEXT = "x" * 5900


class Room:
    """The others in the room: one of them talks, and all note how long it took until they heard it."""

    def __init__(self, author: Talker, others: Sequence[Talker]) -> None:
        self.author = author
        self.others = others
        self.id = 0
        self._sent_at: dict[str, float] = {}
        self._waits: list[float] = []
        for other in others:
            other.listener = self._hear

    async def enter(self) -> None:
        """Come in."""
        await enter_all([self.author, *self.others])
        self.id = await lobby(self.author)
        for talker in (self.author, *self.others):
            await talker.follow(self.id)

    async def talk(self, messages: int, text: str = _TEXT) -> list[float]:
        """Say so many things; return the seconds from saying to hearing."""
        self._waits = []
        for _ in range(messages):
            said = f"{len(self._sent_at)} {text}"
            self._sent_at[said] = time.monotonic()
            await self.author.send(self.id, said)
            await asyncio.sleep(0.02)
        await asyncio.gather(*(other.caught_up(self.id, self.rev) for other in self.others))
        return self._waits

    @property
    def rev(self) -> int:
        """The room's rev."""
        return len(self._sent_at)

    def _hear(self, event: dict[str, object]) -> None:
        message = event.get("message")
        if isinstance(message, dict):
            self._waits.append(time.monotonic() - self._sent_at[message["text"]])


def test_readers_who_stand_still(tmp_path: Path, saw: Callable[[str], None]) -> None:
    """A hundred stand still: half read on soon and find 4001, half never do and are dropped; all miss nothing."""
    server = Server(ScratchGalaxy(tmp_path, chat={"limits": {**RATES, "unsent_bytes": _UNSENT}}))
    readers, (author, *others) = crowd(server, _STILL, "still"), crowd(server, _OTHERS, "other")
    for reader in readers:
        reader.receive_buffer = 65_536
    with server:
        figures = asyncio.run(_stand_still(server, Room(author, others), readers))
        assert server.terminate() == IN_GOOD_ORDER
        quiet(server)
    verdict = check(server.galaxy.log, [author, *others, *readers])
    saw(f"{figures}; {verdict}")


async def _stand_still(server: Server, room: Room, readers: list[Talker]) -> str:
    await room.enter()
    before = holding(server.pid)
    await enter_all(readers)
    for reader in readers:
        await reader.follow(room.id)
    moving = await room.talk(_MESSAGES // 2)
    await asyncio.gather(*(reader.caught_up(room.id, room.rev) for reader in readers))
    full = holding(server.pid)
    reset_peak(server.pid)
    for reader in readers:
        reader.stand_still()
    still = await room.talk(_MESSAGES)
    peak = holding(server.pid).peak - full.memory
    kernel = max(unsent_by_kernel(server.port))
    assert 0 < kernel <= 2 * _KERNEL
    assert peak < _STILL * (_UNSENT + _TRANSPORT) / 2**20 + 10
    codes = await _read_on(server, room, readers, before.files)
    assert sum(codes.values()) == _STILL
    assert set(codes) == {4001, 1006}
    for talker in (*readers, room.author, *room.others):
        await talker.read_back(room.id)
        talker.leave()
    # Others wait no longer than before, as far as a machine that does other things too can tell.
    assert median(still) < 5 * median(moving) + 0.05
    return (
        f"{_STILL} stood still, limit {_UNSENT // 1024} KiB: at most {peak:.1f} MiB more, {kernel // 1024} KiB each in "
        f"the kernel; ended with {dict(codes)}; "
        f"the others heard after {1000 * median(moving):.1f} ms before and {1000 * median(still):.1f} ms meanwhile"
    )


async def _read_on(server: Server, room: Room, readers: list[Talker], files: int) -> Counter[int]:
    """Let half of them read on; the others are dropped after 10 s. All come back and are up to date."""
    soon, never = readers[::2], readers[1::2]
    for reader in soon:
        reader.read_on()
    await _come_back(room, soon)
    async with asyncio.timeout(30):
        while holding(server.pid).files > files + len(soon):
            await asyncio.sleep(0.1)
    for reader in never:
        reader.read_on()
    await _come_back(room, never)
    return sum((reader.codes for reader in readers), Counter())


async def _come_back(room: Room, readers: list[Talker]) -> None:
    await asyncio.wait([reader.line.ended for reader in readers if reader.line], timeout=10)
    await enter_all(readers)
    await room.talk(_MESSAGES // 6, "short")
    await asyncio.gather(*(reader.caught_up(room.id, room.rev) for reader in readers))
