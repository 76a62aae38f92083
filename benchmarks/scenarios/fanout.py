"""One message at a time to a full room: what one delivery costs the server, all included."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field

from benchmarks import peers, servers
from benchmarks.dialects import Bare, Chat
from benchmarks.load import Crowd
from benchmarks.report import Row, held, microseconds, middle, say, spread
from benchmarks.servers import Running
from benchmarks.usage import Cpu, cpu

#: Members, and messages of one round.
SIZES = {100: 300, 1000: 100, 5000: 20}
ROUNDS = 5
#: Of one round of a peer's: fewer, since some take a tenth of a second for one.
_PEERS_MESSAGES = 30
#: Longer than any window in which a busy room's messages are joined, in seconds.
_PAUSE = 0.015
_WARM_UP = 20
#: Between two looks of the load's at what has come, in seconds.
REST = 0.003


@dataclass(slots=True)
class Contender:
    """A server, everybody who listens to it, and what each round has cost."""

    name: str
    server: Running
    crowd: Crowd
    messages: int
    rounds: list[Cpu] = field(default_factory=list)

    def run(self) -> None:
        """Post messages one at a time; keep what a delivery cost, the author's own among them."""
        before = cpu(self.server.pid)
        post(self.crowd, self.messages)
        used = cpu(self.server.pid) - before
        deliveries = self.messages * (self.crowd.listeners + 1)
        self.rounds.append(Cpu(used.total / deliveries, used.user / deliveries))

    @property
    def total(self) -> float:
        """The median of the rounds, in seconds."""
        return middle(each.total for each in self.rounds)

    @property
    def user(self) -> float:
        """The part of it that is not the kernel's: of all rounds together, since the kernel counts it by ticks."""
        return sum(each.user for each in self.rounds) / sum(each.total for each in self.rounds) * self.total


def run(quick: bool) -> Iterator[Row]:
    """Measure each size beside the bare loop, and the peers at 1000."""
    sizes = {20: 5} if quick else SIZES
    for members, messages in sizes.items():
        with_peers = peers.installed() if members == 1000 else []
        yield from _size(members, messages, with_peers, 1 if quick else ROUNDS)


def post(crowd: Crowd, messages: int) -> None:
    """Post messages one at a time, with a pause after each in which nothing else may be said."""
    for _ in range(messages):
        crowd.exchange(REST)
        time.sleep(_PAUSE)


def _size(members: int, messages: int, with_peers: list[peers.Peer], rounds: int) -> Iterator[Row]:
    with ExitStack() as stack:
        place = stack.enter_context(servers.folder())
        server = stack.enter_context(servers.chat(place))
        everybody = [(Chat(), cookie) for cookie in servers.people(server.galaxy, members)]
        ours = Contender("galaxychat", server, stack.enter_context(Crowd(server.port, everybody)), messages)
        ours.crowd.settle(1.5)
        post(ours.crowd, _WARM_UP)
        event = ours.crowd.authors[0].framed
        contenders = [ours, _bare(stack, event, members, messages)]
        contenders += [_peer(stack, peer, members) for peer in with_peers]
        for number in range(rounds):
            for each in contenders:
                each.run()
                say(f"  {members} members, round {number + 1}: {each.name} {microseconds(each.rounds[-1].total)}")
        yield from _rows(members, len(event), contenders)


def _bare(stack: ExitStack, event: bytes, members: int, messages: int) -> Contender:
    server = stack.enter_context(servers.baseline("bare"))
    crowd = stack.enter_context(Crowd(server.port, [(Bare(event), None)] * members))
    post(crowd, _WARM_UP)
    return Contender("bare loop", server, crowd, messages)


def _peer(stack: ExitStack, peer: peers.Peer, members: int) -> Contender:
    server = stack.enter_context(servers.program(*peer.command))
    crowd = stack.enter_context(Crowd(server.port, [(peer.dialect, None)] * members))
    crowd.settle(0.5)
    post(crowd, _WARM_UP)
    return Contender(peer.name, server, crowd, _PEERS_MESSAGES)


def _rows(members: int, size: int, contenders: list[Contender]) -> Iterator[Row]:
    ours, bare, *others = contenders
    for each in contenders:
        say(f"  {members} members, {each.name}: {spread([one.total for one in each.rounds])}")
    what = f"one message at a time to {members}, {size} bytes: CPU per delivery"
    beside = f"bare loop {microseconds(bare.total)}"
    ratio = ours.total / bare.total
    if members == 1000:
        yield held(what, microseconds(ours.total), beside, ratio, 1.6)
        user = f"bare loop {microseconds(bare.user)}"
        yield Row("- user part of it", microseconds(ours.user), user, None, "<= 1.0 us", ours.user <= 1e-6)
    else:
        yield Row(what, microseconds(ours.total), beside, ratio)
        yield Row("- user part of it", microseconds(ours.user), f"bare loop {microseconds(bare.user)}")
    for peer in others:
        beside = f"{peer.name} {microseconds(peer.total)}"
        yield Row("- a peer", microseconds(ours.total), beside, ours.total / peer.total, "< 1", ours.total < peer.total)
