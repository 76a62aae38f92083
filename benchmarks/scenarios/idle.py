"""Thousands of people who are there and say nothing: what each one's connection takes, and what pings cost."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from benchmarks import servers
from benchmarks.dialects import Chat
from benchmarks.load import PING, Crowd, Line, Person, Trouble, pong
from benchmarks.report import Row, say
from benchmarks.usage import cpu, resident

_SIZES = (1000, 10_000)
#: Two rounds of pings and two looks at all sessions, by the defaults.
_SECONDS = 60.0


class Still(Crowd):
    """People who answer pings, and count them."""

    def listen(self, line: Line) -> Callable[[bytearray], int]:
        """Answer what is a ping."""
        receive, send = line.socket.recv_into, line.socket.send

        def answer(buffer: bytearray) -> int:
            if not receive(buffer) or buffer[0] != PING:
                return 0
            send(pong(bytes(buffer[2 : 2 + buffer[1]])))
            return 1

        return answer

    def settle(self, seconds: float) -> None:
        """Let twice the time pass instead: with so many there is always a ping under way."""
        self.stand(2 * seconds)

    def stand(self, seconds: float) -> int:
        """Let time pass; return how many pings were answered."""
        before, end = self.heard, time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self.hear(left)
        return self.heard - before


def run(quick: bool) -> Iterator[Row]:
    """Measure each size on a server of its own."""
    for members in (20,) if quick else _SIZES:
        with servers.folder() as place, servers.chat(place, ping_interval=2 if quick else 25) as server:
            cookies = servers.people(server.galaxy, members + members // 10)
            everybody: list[Person] = [(Chat(), cookie) for cookie in cookies]
            # Those who come and go first: what is taken once and for all is taken then.
            with Still(server.port, everybody[members:], authors=0) as early:
                early.settle(1.5)
            time.sleep(1)
            before = resident(server.pid)
            with Still(server.port, everybody[:members], authors=0) as crowd:
                crowd.settle(1.5)
                each = (resident(server.pid) - before) / members
                say(f"  {members} members: {resident(server.pid) / 2**20:.0f} MiB, {before / 2**20:.0f} MiB before")
                yield Row(
                    f"idle members, {members} users: memory of each",
                    f"{each / 1024:.1f} KiB",
                    goal="<= 16 KiB",
                    met=each <= 16 * 1024,
                )
                yield _pings(server, crowd, members, 2.5 if quick else _SECONDS)


def _pings(server: servers.Running, crowd: Still, members: int, seconds: float) -> Row:
    used, began = cpu(server.pid), time.monotonic()
    pings = crowd.stand(seconds)
    share = (cpu(server.pid) - used).total / (time.monotonic() - began)
    if pings < members:
        raise Trouble(f"{pings} pings to {members}")
    goal, met = ("< 3 %", share < 0.03) if members == _SIZES[-1] else ("", None)
    return Row(f"- pings and looks at sessions, {members} users: share of a core", f"{share:.1%}", goal=goal, met=met)
