"""Events of a busy room go together, and everybody still gets each of them once and in order."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any, ClassVar

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from galaxychat.burst import WINDOW, Tempo
from galaxychat.messages import RoomEvent, User, encode
from galaxychat.ports import Peer
from galaxychat.rooms import Rooms
from tests.support.core import FakePeer, fan_out

ROOM = 5


class Clock:
    """Seconds that pass by hand, and what is called then."""

    def __init__(self) -> None:
        self.now = 100.0
        self.calls: list[tuple[float, Callable[[], None]]] = []

    def later(self, seconds: float, call: Callable[[], None]) -> None:
        """Remember a call."""
        assert 0 < seconds <= WINDOW + 1e-9
        self.calls.append((self.now + seconds, call))

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self.now += seconds
        due = [call for at, call in self.calls if at <= self.now + 1e-9]
        self.calls = [(at, call) for at, call in self.calls if at > self.now + 1e-9]
        for call in due:
            call()


class Place:
    """A room with a clock, and how many writes it took; without the fast path nobody looks at the clock."""

    def __init__(self, fast_path: bool = True) -> None:
        self.clock = Clock()
        self.writes = 0
        self.takes = 0.0
        self.rooms = Rooms(self.fan_out, Tempo(lambda: self.clock.now, self.clock.later) if fast_path else None)
        self.rev = 0

    def fan_out(self, payloads: Sequence[bytes], peers: Collection[Peer]) -> None:
        """Count, and take so many seconds."""
        self.writes += len(peers)
        self.clock.now += self.takes
        fan_out(payloads, peers)

    def enter(self, user: int) -> FakePeer:
        """Have somebody come who has everything so far."""
        peer = FakePeer(User(id=user, name=f"u{user}"))
        self.rooms.subscribe(ROOM, peer)
        self.rooms.catch_up(ROOM, peer, self.rev, self.rev)
        return peer

    def say(self, times: int = 1) -> None:
        """Deliver the next revs."""
        for _ in range(times):
            self.rev += 1
            self.rooms.deliver(ROOM, self.rev, encode(RoomEvent(room=ROOM, rev=self.rev)))


def revs(peer: FakePeer) -> list[int]:
    """Return the revs that a peer was sent."""
    return [event["rev"] for event in peer.of_type("room")]


@pytest.fixture
def place() -> Place:
    """A room."""
    return Place()


def test_a_quiet_room_is_told_at_once(place: Place) -> None:
    """Whoever writes now and then makes nobody wait."""
    peer = place.enter(1)
    for rev in range(1, 4):
        place.say()
        assert revs(peer) == list(range(1, rev + 1))
        place.clock.advance(WINDOW)
    assert place.clock.calls == []


def test_a_busy_room_is_told_together(place: Place) -> None:
    """What comes within the window is one write for each peer, at its end and no later."""
    peers = [place.enter(user) for user in range(3)]
    place.say(20)
    assert [revs(peer) for peer in peers] == [[1]] * 3
    place.clock.advance(WINDOW)
    assert [revs(peer) for peer in peers] == [list(range(1, 21))] * 3
    assert place.writes == 6


def test_the_window_is_from_the_last_write(place: Place) -> None:
    """An event waits for the rest of the window only."""
    peer = place.enter(1)
    place.say()
    place.clock.advance(0.9 * WINDOW)
    place.say()
    place.clock.advance(0.1 * WINDOW)
    assert revs(peer) == [1, 2]


def test_the_window_is_from_the_end_of_a_write(place: Place) -> None:
    """In a room so full that telling it takes longer than the window, what comes is told together as well."""
    peer = place.enter(1)
    place.takes = 2 * WINDOW
    place.say(5)
    assert revs(peer) == [1]
    place.clock.advance(0.9 * WINDOW)
    assert revs(peer) == [1]
    place.clock.advance(0.1 * WINDOW)
    assert revs(peer) == [1, 2, 3, 4, 5]


def test_who_is_told_first_misses_nothing(place: Place) -> None:
    """An author whose answer comes first gets what was waiting before it, and nothing twice."""
    author, other = place.enter(1), place.enter(2)
    place.say(3)
    place.rooms.hold(ROOM, author, place.rev)
    assert revs(author) == [1, 2, 3]
    place.say()
    place.rooms.release(ROOM, author, place.rev)
    place.say()
    place.clock.advance(WINDOW)
    assert revs(author) == revs(other) == [1, 2, 3, 4, 5]


def test_who_comes_in_between(place: Place) -> None:
    """They have what is waiting in their page, and get what comes after it."""
    first = place.enter(1)
    place.say(3)
    second = place.enter(2)
    place.say(2)
    place.clock.advance(WINDOW)
    assert (revs(first), revs(second)) == ([1, 2, 3, 4, 5], [4, 5])


def test_who_goes_in_between(place: Place) -> None:
    """They get nothing of the room any more, and a room that is empty is forgotten."""
    peer = place.enter(1)
    place.say(2)
    place.rooms.unsubscribe(ROOM, peer)
    place.clock.advance(WINDOW)
    assert revs(peer) == [1]
    assert place.rooms.is_empty(ROOM)


class EverybodyGetsEverything(RuleBasedStateMachine):
    """People come, go, come back and write in any order and at any time."""

    fast_path: ClassVar = True

    def __init__(self) -> None:
        super().__init__()
        self.place = Place(self.fast_path)
        self.inside: dict[int, tuple[FakePeer, int]] = {}
        self.held: set[int] = set()

    @rule(user=st.integers(0, 3))
    def come(self, user: int) -> None:
        """Somebody enters, or enters again."""
        if user in self.inside:
            peer, _ = self.inside[user]
            self.place.rooms.subscribe(ROOM, peer)
            peer.heard.clear()
            self.place.rooms.catch_up(ROOM, peer, self.place.rev, self.place.rev)
            self.held.discard(user)
        else:
            peer = self.place.enter(user)
        self.inside[user] = (peer, self.place.rev)

    @rule(user=st.integers(0, 3))
    def go(self, user: int) -> None:
        """Somebody leaves, and gets nothing from then on."""
        peer, _ = self.inside.pop(user, (None, 0))
        self.held.discard(user)
        if peer is not None:
            self.place.rooms.unsubscribe(ROOM, peer)

    @rule(times=st.integers(1, 3))
    def say(self, times: int) -> None:
        """Something happens."""
        if self.inside:
            self.place.say(times)

    @rule(user=st.integers(0, 3))
    def hold(self, user: int) -> None:
        """Somebody's own message is being written."""
        if user in self.inside:
            self.place.rooms.hold(ROOM, self.inside[user][0], self.place.rev)
            self.held.add(user)

    @rule(user=st.integers(0, 3))
    def release(self, user: int) -> None:
        """They were answered."""
        if user in self.held:
            self.place.rooms.release(ROOM, self.inside[user][0], self.place.rev)
            self.held.discard(user)

    @rule(part=st.sampled_from([0.3, 1.0, 2.5]))
    def wait(self, part: float) -> None:
        """Time passes."""
        self.place.clock.advance(part * WINDOW)

    def teardown(self) -> None:
        """In the end everybody inside has had every rev since they came, once and in order."""
        for user in sorted(self.held):
            self.place.rooms.release(ROOM, self.inside[user][0], self.place.rev)
        self.place.clock.advance(WINDOW)
        self.place.clock.advance(WINDOW)
        for peer, since in self.inside.values():
            assert revs(peer) == list(range(since + 1, self.place.rev + 1))


class WithoutTheFastPath(EverybodyGetsEverything):
    """The same where nobody waits for anybody."""

    fast_path = False


_MANY = settings(max_examples=200, stateful_step_count=30, deadline=None)
EverybodyGetsEverything.TestCase.settings = _MANY
WithoutTheFastPath.TestCase.settings = _MANY
TestEverybodyGetsEverything: Any = EverybodyGetsEverything.TestCase
TestWithoutTheFastPath: Any = WithoutTheFastPath.TestCase
