"""Keeps a crowd busy for minutes: it comes, talks, leaves, vanishes, resumes; what the server holds must stay flat."""

from __future__ import annotations

import argparse
import asyncio
import random
import re
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import mean

from tests.support.crowd import RATES, Lost, Refused, Talker, crowd, enter_all, lobby
from tests.support.galaxy_sqlite import ScratchGalaxy
from tests.support.process import holding
from tests.support.server import IN_GOOD_ORDER, Server
from tests.support.verdict import check

_PER_ROOM = 20
_DEEDS = {"talk": 60, "talk to all": 1, "leave and join": 10, "vanish": 10, "look": 10}
_LOOKS = 10
#: Mebibytes and files by which the last third of the run may hold more than the second.
_MORE_MEMORY, _MORE_FILES = 8.0, 4.0


@dataclass(frozen=True)
class Sample:
    """What the server holds at one moment: memory in MiB, and open files beside its connections."""

    memory: float
    files: int
    connections: int


@dataclass
class Soak:
    """The crowd, and what it does."""

    server: Server
    talkers: Sequence[Talker]
    #: Seconds from one thing that a client does to the next, on average.
    pause: float
    rooms: list[int] = field(default_factory=list)
    all_chats: int = 0
    over: bool = False
    deeds: Counter[str] = field(default_factory=Counter)
    samples: list[Sample] = field(default_factory=list)

    async def run(self, minutes: int) -> None:
        """Let them live, look once a minute, and in the end let everybody be up to date."""
        await self._come_in()
        async with asyncio.TaskGroup() as group:
            for talker in self.talkers:
                group.create_task(self._live(talker))
            for minute in range(1, minutes + 1):
                await asyncio.sleep(60)
                self.samples.append(await asyncio.to_thread(self._look))
                print(self._line(minute), flush=True)
            self.over = True
        await self._settle()

    async def _come_in(self) -> None:
        await enter_all(self.talkers)
        self.all_chats = await lobby(self.talkers[0])
        for number, talker in enumerate(self.talkers):
            await talker.follow(self.all_chats)
            if number % _PER_ROOM == 0:
                joined = await talker.ask("create", name=f"Room {number // _PER_ROOM}")
                self.rooms.append(joined["room"]["room"])
            await talker.follow(self.rooms[-1])

    async def _live(self, talker: Talker) -> None:
        while not self.over:
            try:
                if talker.line is None or talker.line.ended.done():
                    await talker.enter()
                await asyncio.sleep(random.expovariate(1 / self.pause))
                (deed,) = random.choices(list(_DEEDS), list(_DEEDS.values()))
                await self._do(deed, talker)
                self.deeds[deed] += 1
            except (Lost, OSError):
                await asyncio.sleep(random.uniform(0, 1))
            except Refused as refused:
                self.deeds[f"refused: {refused}"] += 1

    async def _do(self, deed: str, talker: Talker) -> None:
        room = talker.follows[-1]
        if deed == "talk":
            await talker.send(room, f"{talker.name}: {len(talker.acknowledged)} {'x' * random.randrange(200)}")
        elif deed == "talk to all":
            await talker.send(self.all_chats, f"{talker.name} to all: {len(talker.acknowledged)}")
        elif deed == "leave and join":
            await talker.ask("leave", room=room)
            await talker.join(room)
        elif deed == "look":
            await talker.ask("history", room=room, before=2**53 - 1, limit=50)
            await talker.ask("members", room=room)
        else:
            assert talker.line is not None
            talker.line.transport.abort()
            await talker.line.ended

    async def _settle(self) -> None:
        """Let everybody finish what they were saying, and hear what the others said."""
        for talker in self.talkers:
            if talker.line is None or talker.line.ended.done():
                await talker.enter()
            # One who was cut off while they were out of their room is back in it.
            await talker.join(talker.follows[-1])
            if talker.unsure is not None:
                await talker.send(talker.unsure.room, "")
        for room in (self.all_chats, *self.rooms):
            inside = [talker for talker in self.talkers if room in talker.follows]
            rev = max(talker.rooms[room].last for talker in inside)
            await asyncio.gather(*(talker.caught_up(room, rev) for talker in inside))
        for talker in self.talkers:
            talker.leave()

    def _look(self) -> Sample:
        """Look some times within seconds, and take the moment with the fewest handshakes under way."""
        looks = []
        for _ in range(_LOOKS):
            connections = self._metric("galaxychat_connections")
            held = holding(self.server.pid)
            looks.append(Sample(held.memory, held.files - connections, connections))
            time.sleep(0.5)
        return min(looks, key=lambda look: look.files)

    def _metric(self, name: str) -> int:
        found = re.search(rf"^{name} (\S+)$", self.server.get("/metrics")[1], re.MULTILINE)
        assert found is not None, name
        return int(float(found[1]))

    def _line(self, minute: int) -> str:
        last = self.samples[-1]
        said = sum(len(talker.acknowledged) for talker in self.talkers)
        entered = sum(talker.entered for talker in self.talkers)
        return (
            f"minute {minute:3}: {last.memory:6.1f} MiB, {last.files} files beside {last.connections} connections; "
            f"{said} messages, {entered} times somebody came in"
        )


def _grown(samples: Sequence[Sample]) -> list[str]:
    """Say what grew from the second third of the run to the last; the first is for warming up."""
    third = max(1, len(samples) // 3)
    before, after = samples[-2 * third : -third], samples[-third:]
    found = []
    memory = mean(each.memory for each in after) - mean(each.memory for each in before)
    files = mean(each.files for each in after) - mean(each.files for each in before)
    if memory > _MORE_MEMORY:
        found.append(f"memory grew by {memory:.1f} MiB from the second third of the run to the last")
    if files > _MORE_FILES:
        found.append(f"open files beside connections grew by {files:.0f}")
    return found


def main() -> int:
    """Run it; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=int, default=10, help="how long (default 10; at least 3)")
    parser.add_argument("--clients", type=int, default=1000, help="how many (default 1000)")
    parser.add_argument("--pause", type=float, default=10.0, help="seconds between two deeds of one (default 10)")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        server = Server(ScratchGalaxy(Path(folder), chat={"limits": RATES}))
        soak = Soak(server, crowd(server, given.clients), given.pause)
        with server:
            before = holding(server.pid)
            print(f"start: {before.memory:.1f} MiB, {before.files} files", flush=True)
            asyncio.run(soak.run(max(3, given.minutes)))
            grown = _grown(soak.samples)
            if server.terminate() != IN_GOOD_ORDER or "Traceback" in server.output:
                grown.append(f"the server did not end in good order:\n{server.output[-3000:]}")
        print(check(server.galaxy.log, soak.talkers))
    print(", ".join(f"{deed}: {count}" for deed, count in soak.deeds.most_common()))
    for line in grown:
        print(line, file=sys.stderr)
    return 1 if grown else 0


if __name__ == "__main__":
    sys.exit(main())
