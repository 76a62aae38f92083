"""Each revision once and in order, whatever comes when."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import cast

import msgspec
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from galaxychat import feed
from galaxychat.errors import HistoryUnavailable
from galaxychat.feed import Change, Feed
from galaxychat.history.memory import MemoryHistory
from galaxychat.messages import MessageEvent, User
from galaxychat.ports import History
from galaxychat.records import RESUME_CHANGES
from galaxychat.rooms import Rooms
from tests.support.core import (
    ANNA,
    BELA,
    LOBBY_ID,
    SITE_ROOMS,
    FakePeer,
    Gate,
    Loop,
    SlowHistory,
    draft,
    fan_out,
    finish,
)


class Node:
    """A feed over a log in memory, and peers that enter as a join does."""

    def __init__(self) -> None:
        self.loop = Loop()
        self.memory = MemoryHistory(SITE_ROOMS)
        self.history = SlowHistory(self.memory)
        self.rooms = Rooms(fan_out)
        self.feed = Feed(cast(History, self.history), self.rooms, self.loop.spawn)
        self._posted = 0

    @property
    def rev(self) -> int:
        """The newest rev of the log."""
        return finish(self.memory.changes(LOBBY_ID, 0)).rev

    def post(self) -> Change:
        """Write a message, and return its change without offering it."""
        self._posted += 1
        posted = finish(self.memory.append(draft(LOBBY_ID, ANNA.id, f"n{self._posted}")))
        (message,) = finish(self.memory.page(LOBBY_ID, 1)).messages
        event = MessageEvent(room=LOBBY_ID, rev=posted.seq, message=message, users=[])
        return Change(LOBBY_ID, posted.seq, event)

    def change(self, seq: int) -> None:
        """Change a message, and offer nothing."""
        room = self.memory._rooms[LOBBY_ID]
        room.rev += 1
        room.messages[seq] = msgspec.structs.replace(room.messages[seq], rev=room.rev)

    def enter(self, user: User = BELA) -> FakePeer:
        """Enter with the page of this moment."""
        peer = FakePeer(user)
        self.feed.subscribe(LOBBY_ID, peer)
        self.feed.catch_up(LOBBY_ID, peer, self.rev)
        return peer


def revs(peer: FakePeer) -> list[int]:
    """Return the revisions heard."""
    return [event["rev"] for event in peer.heard]


def test_changes_in_order_are_passed_on_without_the_log() -> None:
    """What follows the last one is delivered, and the log is not asked."""
    node = Node()
    peer = node.enter()
    for _ in range(3):
        node.feed.offer(node.post())
    assert revs(peer) == [1, 2, 3]
    assert node.history.calls == []


def test_old_changes_are_dropped() -> None:
    """A change that was delivered comes no second time, by whatever way it arrives."""
    node = Node()
    peer = node.enter()
    change = node.post()
    for _ in range(3):
        node.feed.offer(change)
        node.feed.heard(LOBBY_ID, 1)
    assert revs(peer) == [1]


def test_gaps_are_filled_from_the_log() -> None:
    """A change from farther ahead brings with it all that lies between, in order."""
    node = Node()
    peer = node.enter()
    changes = [node.post() for _ in range(4)]
    node.feed.offer(changes[3])
    assert revs(peer) == [1, 2, 3, 4]
    for change in changes:
        node.feed.offer(change)
    assert revs(peer) == [1, 2, 3, 4]


def test_a_rumour_is_enough() -> None:
    """Hearing of a rev, as from another node, fetches it; hearing of one that the log lacks does no harm."""
    node = Node()
    peer = node.enter()
    node.post()
    node.feed.heard(LOBBY_ID, 1)
    node.feed.heard(LOBBY_ID, 99)
    node.feed.offer(node.post())
    assert revs(peer) == [1, 2]
    assert node.loop.failures() == []


def test_one_fetch_at_a_time() -> None:
    """While the log is read, what else comes waits for it, and none of it is lost or doubled."""
    node = Node()
    peer = node.enter()
    changes = [node.post() for _ in range(2)]
    gate = node.history.wait_after("changes")
    node.feed.offer(changes[1])
    later = [node.post() for _ in range(3)]
    node.feed.offer(later[2])
    node.feed.offer(changes[0])
    node.feed.offer(changes[1])
    assert node.history.calls == ["changes"]
    node.loop.open(gate)
    assert revs(peer) == [1, 2, 3, 4, 5]


def test_a_wide_gap_is_read_page_by_page() -> None:
    """A node that another one runs ahead of catches up with every message, whatever a resume may carry."""
    node = Node()
    peer = node.enter()
    count = 2 * RESUME_CHANGES + 10
    for _ in range(count):
        change = node.post()
    node.feed.offer(change)
    assert revs(peer) == list(range(1, count + 1))
    assert {event["type"] for event in peer.heard} == {"message"}


def test_a_wide_gap_with_changes_makes_clients_ask() -> None:
    """Where revisions of older messages lie in the gap, it is delivered up to the first one, and then the rev alone."""
    node = Node()
    for _ in range(2):
        node.post()
    peer = node.enter()
    node.post()
    node.change(2)
    for _ in range(RESUME_CHANGES + 1):
        change = node.post()
    node.feed.offer(change)
    assert [(event["type"], event["rev"]) for event in peer.heard][:1] == [("message", 3)]
    assert revs(peer)[-1] == node.rev
    assert revs(peer) == sorted(set(revs(peer)))
    assert peer.heard[1]["rev"] > 4, "a client sees that something is missing"


def test_too_much_to_fetch_makes_clients_ask(monkeypatch: pytest.MonkeyPatch) -> None:
    """A very wide gap is not delivered: the rev alone tells clients that they missed something."""
    monkeypatch.setattr(feed, "PAGED", RESUME_CHANGES)
    node = Node()
    peer = node.enter()
    for _ in range(RESUME_CHANGES + 1):
        change = node.post()
    node.feed.offer(change)
    assert peer.heard == [{"type": "room", "room": LOBBY_ID, "rev": RESUME_CHANGES + 1}]
    node.feed.offer(node.post())
    assert revs(peer) == [RESUME_CHANGES + 1, RESUME_CHANGES + 2]


def test_a_log_that_is_away_is_asked_again() -> None:
    """A fetch that fails is taken up by the next change, and raises nothing."""
    node = Node()
    peer = node.enter()
    node.post()
    node.history.fail("changes", HistoryUnavailable("away"))
    node.feed.heard(LOBBY_ID, 1)
    assert revs(peer) == []
    node.feed.heard(LOBBY_ID, 1)
    assert revs(peer) == [1]
    assert node.loop.failures() == []


def test_a_fault_in_a_fetch_does_not_end_the_feed() -> None:
    """Whatever a fetch raises, the next one is made."""
    node = Node()
    peer = node.enter()
    node.history.fail("changes", ValueError("a fault"))
    node.post()
    node.feed.heard(LOBBY_ID, 1)
    node.feed.heard(LOBBY_ID, 1)
    assert revs(peer) == [1]
    assert [str(problem) for problem in node.loop.failures()] == ["a fault"]


def test_nothing_is_kept_of_empty_rooms() -> None:
    """A change of a room in which nobody is costs nothing, and who comes later begins with their page."""
    node = Node()
    node.feed.offer(node.post())
    node.feed.heard(LOBBY_ID, 1)
    node.feed.catch_up(LOBBY_ID, FakePeer(ANNA), 1)
    peer = node.enter()
    node.feed.unsubscribe(LOBBY_ID, peer)
    node.feed.offer(node.post())
    assert revs(peer) == []
    assert node.history.calls == []
    peer = node.enter()
    node.feed.offer(node.post())
    assert revs(peer) == [3]


def test_a_fetch_for_those_who_left_reaches_nobody_else() -> None:
    """Who entered an emptied room while its old gap was being filled gets nothing of that fetch."""
    node = Node()
    old = node.enter()
    change = node.post()
    node.post()
    gate = node.history.wait_after("changes")
    node.feed.heard(LOBBY_ID, 2)
    node.feed.unsubscribe(LOBBY_ID, old)
    new = node.enter()
    node.loop.open(gate)
    node.feed.offer(change)
    node.feed.offer(node.post())
    assert (revs(old), revs(new)) == ([], [3])


def test_a_page_that_is_too_old_must_be_read_again() -> None:
    """Of two who enter an empty room at once, the one with the older page would miss what lies between."""
    node, late = Node(), FakePeer(ANNA)
    node.feed.subscribe(LOBBY_ID, late)
    old_page = node.rev
    assert node.feed.reaches(LOBBY_ID, old_page)
    node.feed.offer(node.post())
    node.enter()
    assert not node.feed.reaches(LOBBY_ID, old_page)
    assert node.feed.reaches(LOBBY_ID, node.rev)
    assert node.feed.reaches(LOBBY_ID + 1, 0)


# ---- any interleaving


@dataclass(eq=False)
class Follower:
    """A peer as the machine below sees it: the page it read, if any, and the rev it was told it has."""

    peer: FakePeer
    page: int | None = None
    joined: int | None = None
    holding: bool = False
    before: list[int] = field(default_factory=list)


class AnyInterleaving(RuleBasedStateMachine):
    """Posts, offers in any order, rumours, fetches that take their time, people who come, stay, leave, come again."""

    def __init__(self) -> None:
        super().__init__()
        self.node = Node()
        self.unoffered: list[Change] = []
        self.followers: list[Follower] = []
        self.gates: list[Gate] = []
        self.people = 0

    @rule()
    def post(self) -> None:
        """Write a message; its change is offered later, or never."""
        self.unoffered.append(self.node.post())

    @precondition(lambda self: self.unoffered)
    @rule(data=st.data(), again=st.booleans())
    def offer(self, data: st.DataObject, again: bool) -> None:
        """Offer any change that was written, perhaps not for the last time."""
        change = data.draw(st.sampled_from(self.unoffered))
        if not again:
            self.unoffered.remove(change)
        self.node.feed.offer(change)

    @rule(behind=st.integers(0, 3))
    def rumour(self, behind: int) -> None:
        """Hear of a rev from somewhere else."""
        self.node.feed.heard(LOBBY_ID, max(0, self.node.rev - behind))

    @rule(after=st.booleans())
    def slow_fetch(self, after: bool) -> None:
        """Let the next fetch take its time, before or after it reads."""
        history = self.node.history
        self.gates.append(history.wait_after("changes") if after else history.wait_before("changes"))

    @rule()
    def fail_fetch(self) -> None:
        """Let the next fetch fail."""
        self.node.history.fail("changes", HistoryUnavailable("away"))

    @precondition(lambda self: self.gates)
    @rule()
    def go_on(self) -> None:
        """Let a fetch finish."""
        self.node.loop.open(self.gates.pop(0))

    @rule()
    def subscribe(self) -> None:
        """Begin to enter."""
        self.people += 1
        follower = Follower(FakePeer(User(id=self.people, name="x")))
        self.followers.append(follower)
        self.node.feed.subscribe(LOBBY_ID, follower.peer)

    @precondition(lambda self: any(one.joined is None for one in self.followers))
    @rule(data=st.data())
    def read_page(self, data: st.DataObject) -> None:
        """Read the page of this moment."""
        follower = data.draw(st.sampled_from([one for one in self.followers if one.joined is None]))
        follower.page = self.node.rev

    @precondition(lambda self: any(one.joined is None and one.page is not None for one in self.followers))
    @rule(data=st.data())
    def send_page(self, data: st.DataObject) -> None:
        """Send the page that was read, unless it must be read again."""
        ready = [one for one in self.followers if one.joined is None and one.page is not None]
        follower = data.draw(st.sampled_from(ready))
        assert follower.page is not None
        if not self.node.feed.reaches(LOBBY_ID, follower.page):
            follower.page = self.node.rev
        assert self.node.feed.reaches(LOBBY_ID, follower.page)
        follower.joined = follower.page
        self.node.feed.catch_up(LOBBY_ID, follower.peer, follower.page)

    @precondition(lambda self: any(one.joined is not None and not one.holding for one in self.followers))
    @rule(data=st.data())
    def resume(self, data: st.DataObject) -> None:
        """Join again on a connection that follows the room already."""
        ready = [one for one in self.followers if one.joined is not None and not one.holding]
        follower = data.draw(st.sampled_from(ready))
        self.node.feed.subscribe(LOBBY_ID, follower.peer)
        follower.page = follower.joined = None
        follower.peer.heard.clear()

    @precondition(lambda self: any(one.joined is not None for one in self.followers))
    @rule(data=st.data())
    def hold_or_release(self, data: st.DataObject) -> None:
        """Begin to post something, or have it written."""
        follower = data.draw(st.sampled_from([one for one in self.followers if one.joined is not None]))
        (self.node.feed.release if follower.holding else self.node.feed.hold)(LOBBY_ID, follower.peer)
        follower.holding = not follower.holding
        follower.before = revs(follower.peer)

    @precondition(lambda self: self.followers)
    @rule(data=st.data())
    def leave(self, data: st.DataObject) -> None:
        """Go."""
        follower = data.draw(st.sampled_from(self.followers))
        self.followers.remove(follower)
        self.node.feed.unsubscribe(LOBBY_ID, follower.peer)

    @invariant()
    def in_order(self) -> None:
        """Nothing before the page or while holding; after it each greater rev, without a hole and in order."""
        for follower in self.followers:
            heard = revs(follower.peer)
            if follower.joined is None:
                assert heard == []
            else:
                assert heard == list(range(follower.joined + 1, follower.joined + 1 + len(heard)))
            if follower.holding:
                assert heard == follower.before

    def teardown(self) -> None:
        """In the end, when everything was told and fetched, everybody has everything."""
        for gate in self.gates:
            self.node.loop.open(gate)
        for follower in self.followers:
            if follower.joined is None:
                follower.joined = self.node.rev
                self.node.feed.catch_up(LOBBY_ID, follower.peer, follower.joined)
            if follower.holding:
                self.node.feed.release(LOBBY_ID, follower.peer)
        # Each failure that was planned but not met yet takes one attempt.
        for _ in range(60):
            self.node.feed.heard(LOBBY_ID, self.node.rev)
        for follower in self.followers:
            assert follower.joined is not None
            assert revs(follower.peer) == list(range(follower.joined + 1, self.node.rev + 1))
        assert self.node.loop.failures() == []


AnyInterleaving.TestCase.settings = settings(max_examples=100, stateful_step_count=40, deadline=None)
TestAnyInterleaving = pytest.mark.slow(AnyInterleaving.TestCase)
