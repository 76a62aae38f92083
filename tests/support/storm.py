"""People on several nodes who talk all the time and repeat what was not acknowledged, while a test breaks something."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from tests.support.crowd import Refused, Talker, crowd, enter_all, lobby, settle
from tests.support.server import Server

_AGAIN_AFTER = 0.1


@dataclass
class Storm:
    """Who talks, where, and what they were refused with."""

    talkers: list[Talker]
    room: int = 0
    refused: Counter[str] = field(default_factory=Counter)

    def said(self, server: Server | None = None) -> int:
        """Return how many messages were acknowledged, by one node or by all."""
        return sum(len(talker.acknowledged) for talker in self.talkers if server in (None, talker.server))

    async def more(self, messages: int, timeout: float = 30) -> None:
        """Return when so many more messages were acknowledged."""
        enough = self.said() + messages
        async with asyncio.timeout(timeout):
            while self.said() < enough:
                await asyncio.sleep(0.005)

    async def healed(self, servers: Sequence[Server], timeout: float = 30) -> float:
        """Return the seconds until each node has acknowledged something that was asked from now on."""
        began = time.monotonic()
        before = {server: self.said(server) for server in servers}
        # One answer for each talker may have been on its way.
        spare = len(self.talkers)
        async with asyncio.timeout(timeout):
            while any(self.said(server) <= before[server] + spare for server in servers):
                await asyncio.sleep(0.005)
        return time.monotonic() - began

    async def talk(self, talker: Talker, pause: float) -> None:
        """Say one thing after the other; what cannot be written is said again, over the same connection."""
        while talker.unsure or not talker.quiet:
            try:
                await talker.send(self.room, f"{talker.name}: {len(talker.acknowledged)}")
            except Refused as refused:
                if refused.args[0] != "unavailable":
                    raise
                self.refused[refused.args[0]] += 1
                await asyncio.sleep(_AGAIN_AFTER)
            await asyncio.sleep(pause)


@asynccontextmanager
async def storm(
    servers: Sequence[Server], people: int = 10, pause: float = 0.01, talkers: Sequence[Talker] = ()
) -> AsyncIterator[Storm]:
    """Have so many people on each node, or these, who stay connected all the time, and in the end hold the same."""
    if not talkers:
        talkers = [one for number, server in enumerate(servers) for one in crowd(server, people, f"node{number}-")]
    raging = Storm(list(talkers))
    await enter_all(talkers)
    raging.room = await lobby(talkers[0])
    await asyncio.gather(*(talker.follow(raging.room) for talker in talkers))
    async with asyncio.TaskGroup() as group:
        for talker in talkers:
            group.create_task(raging.talk(talker, pause))
        yield raging
        await settle(talkers, raging.room)
    assert all(talker.entered == 1 for talker in talkers)
    assert not any(talker.gaps or talker.resets for talker in talkers), "nobody has to start over"
    for talker in talkers:
        assert talker.line is not None
        assert not talker.line.ended.done(), "the connection stays"
        talker.leave()
