"""Everybody comes back at once and resumes: beside an echo that says two frames back, behind the same Site."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator, Sequence

from benchmarks import servers
from benchmarks.dialects import Chat, Echo
from benchmarks.load import Crowd, Person
from benchmarks.report import Row, held, middle, say
from benchmarks.servers import Running
from benchmarks.usage import cpu

_PEOPLE = 5000
_ROOM_OF = 10
_ROUNDS = 5
#: As many as the kernel keeps for a server until it accepts them.
_AT_ONCE = 1000
_MISSED = 10


def run(quick: bool) -> Iterator[Row]:
    """Measure one big room, and many small ones, in turns with the echo."""
    people, rounds = (20, 1) if quick else (_PEOPLE, _ROUNDS)
    with servers.folder() as place, servers.chat(place) as server, servers.baseline("echo") as echo:
        cookies = servers.people(server.galaxy, people)
        one = _in_the_lobby(server, cookies)
        many = in_rooms(server.port, cookies, people // _ROOM_OF)
        storms: dict[str, tuple[Running, Callable[[], Sequence[Person]]]] = {
            "echo": (echo, lambda: [(Echo(), None) for _ in range(people)]),
            f"one room of {people}": (server, lambda: one),
            f"{people // _ROOM_OF} rooms of {_ROOM_OF}": (server, lambda: many),
        }
        used: dict[str, list[float]] = {name: [] for name in storms}
        for number in range(rounds):
            for name, (which, everybody) in storms.items():
                used[name].append(_storm(which, everybody()))
                say(f"  round {number + 1}: {name}: {used[name][-1] / people * 1e6:.0f} us each")
        least = middle(used.pop("echo")) / people
        for name, each in used.items():
            mine = middle(each) / people
            what = f"{people} come back at once, {name}: CPU for each"
            yield held(what, f"{mine * 1e6:.0f} us", f"echo {least * 1e6:.0f} us", mine / least, 2)


def in_rooms(port: int, cookies: Sequence[str], rooms: int) -> list[Person]:
    """Have people divided among new rooms; return them as they come back there."""
    names = [f"room {secrets.token_hex(4)}" for _ in range(rooms)]
    dialects = [Chat(type="create", name=name, kind="open") for name in names]
    dialects += [Chat(type="join", name=names[number % rooms]) for number in range(rooms, len(cookies))]
    everybody = list(zip(dialects, cookies, strict=True))
    for some in (everybody[:rooms], everybody[rooms:]):
        with Crowd(port, some) as crowd:
            crowd.settle(1.5)
    return [(dialect.again(0), cookie) for dialect, cookie in everybody]


def _in_the_lobby(server: Running, cookies: Sequence[str]) -> list[Person]:
    """Have some messages in the lobby; return people who were there before the last of them."""
    dialects = [Chat() for _ in cookies]
    with Crowd(server.port, [(dialects[0], cookies[0])]) as crowd:
        for _ in range(2 * _MISSED):
            crowd.exchange()
    (first, *_) = dialects
    first.rev = 2 * _MISSED
    return [(first.again(_MISSED), cookie) for cookie in cookies]


def _storm(server: Running, everybody: Sequence[Person]) -> float:
    """Let everybody in; return the processor time until there was rest, in seconds."""
    before = cpu(server.pid).total
    with Crowd(server.port, everybody, authors=0, at_once=_AT_ONCE) as crowd:
        crowd.settle(1.5)
        used = cpu(server.pid).total - before
    _rest(server)
    return used


def _rest(server: Running) -> None:
    """Return when the server has seen everybody go."""
    for _ in range(600):
        before = cpu(server.pid).total
        time.sleep(0.2)
        if cpu(server.pid).total - before < 0.01:
            return
