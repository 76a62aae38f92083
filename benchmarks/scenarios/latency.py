"""Twenty messages a second to 1000 members: from send to last delivery, beside a loop that commits first."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack

from benchmarks import servers
from benchmarks.dialects import Bare, Chat
from benchmarks.load import Crowd
from benchmarks.report import Row, held, middle, say

_MEMBERS = 1000
_MESSAGES = 100
_EVERY = 0.05
_ROUNDS = 5
_WARM_UP = 20


def run(quick: bool) -> Iterator[Row]:
    """Measure in turns; the times are the load's, who takes 1000 frames out of as many sockets in both cases."""
    members, messages, rounds = (20, 5, 1) if quick else (_MEMBERS, _MESSAGES, _ROUNDS)
    with ExitStack() as stack:
        place = stack.enter_context(servers.folder())
        server = stack.enter_context(servers.chat(place))
        everybody = [(Chat(), cookie) for cookie in servers.people(server.galaxy, members)]
        ours = stack.enter_context(Crowd(server.port, everybody))
        ours.settle(1.5)
        paced(ours, _WARM_UP)
        loop = stack.enter_context(servers.baseline("bare", str(place / "bare.sqlite")))
        bare = stack.enter_context(Crowd(loop.port, [(Bare(ours.authors[0].framed), None)] * members))
        paced(bare, _WARM_UP)
        taken: dict[Crowd, list[list[float]]] = {ours: [], bare: []}
        for number in range(rounds):
            for crowd, rounds_taken in taken.items():
                rounds_taken.append(sorted(paced(crowd, messages)))
            latest = ", ".join(f"{_at(each[-1:], 0.5) * 1e3:.1f} ms" for each in taken.values())
            say(f"  round {number + 1}: half of the messages within {latest}")
        yield from _rows(members, taken[ours], taken[bare])


def paced(crowd: Crowd, messages: int) -> list[float]:
    """Post messages at a steady rate; return the seconds that each took to the last of the crowd."""
    taken = []
    due = time.perf_counter()
    for _ in range(messages):
        time.sleep(max(0.0, due - time.perf_counter()))
        taken.append(crowd.exchange())
        due += _EVERY
    return taken


def _at(rounds: list[list[float]], share: float) -> float:
    """Return the median of the rounds' percentile."""
    return middle(each[min(len(each) - 1, int(len(each) * share))] for each in rounds)


def _rows(members: int, ours: list[list[float]], bare: list[list[float]]) -> Iterator[Row]:
    for share, name in ((0.5, "p50"), (0.99, "p99")):
        mine, least = _at(ours, share), _at(bare, share)
        what = f"send to last delivery, {members} members, {1 / _EVERY:g} messages/s: {name}"
        figure, beside = f"{mine * 1e3:.1f} ms", f"commit, then bare loop {least * 1e3:.1f} ms"
        if name == "p50":
            yield held(what, figure, beside, mine / least, 2)
        else:
            yield Row(what, figure, beside, mine / least)
