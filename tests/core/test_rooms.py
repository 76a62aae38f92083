"""Who is present, who is told, and when."""

from __future__ import annotations

from galaxychat.messages import TypingEvent, User, encode
from galaxychat.rooms import PRESENCE_AT_ONCE, PRESENCE_BY_NAME, Rooms
from tests.support.core import ANNA, BELA, Event, FakePeer, fan_out

ROOM = 7


def payload(rev: int) -> bytes:
    """Return an event of a revision; any bytes of JSON do."""
    return b'{"type":"message","rev":%d}' % rev


def entered(rooms: Rooms, user: User, rev: int = 0) -> FakePeer:
    """Let somebody enter at a revision that is the newest, and tell those who see it."""
    peer = FakePeer(user)
    rooms.subscribe(ROOM, peer)
    rooms.catch_up(ROOM, peer, rev, rev)
    rooms.announce(ROOM)
    return peer


def crowd(rooms: Rooms, size: int, first: int = 100) -> list[FakePeer]:
    """Let so many people in."""
    peers = [FakePeer(User(id=first + number, name=f"u{number}")) for number in range(size)]
    for peer in peers:
        rooms.subscribe(ROOM, peer)
        rooms.catch_up(ROOM, peer, 0, 0)
        rooms.announce(ROOM)
    rooms.announce_waiting()
    for peer in peers:
        peer.heard.clear()
    return peers


def presence(peer: FakePeer) -> Event:
    """Return the one presence event that was heard."""
    (event,) = peer.of_type("presence")
    return event


def revs(peer: FakePeer) -> list[int]:
    """Return the revisions heard."""
    return [event["rev"] for event in peer.of_type("message")]


# ---- delivery


def test_only_those_who_entered_are_told() -> None:
    """An event reaches who is in the room, and nobody elsewhere or gone."""
    rooms = Rooms(fan_out)
    anna, bela = entered(rooms, ANNA), entered(rooms, BELA)
    rooms.unsubscribe(ROOM, bela)
    rooms.deliver(ROOM, 1, payload(1))
    rooms.deliver(ROOM + 1, 1, payload(9))
    assert (revs(anna), revs(bela)) == ([1], [])


def test_events_wait_for_the_page() -> None:
    """Before its page a peer hears nothing; after it exactly what is newer than the page, in order."""
    rooms, peer = Rooms(fan_out), FakePeer(ANNA)
    rooms.subscribe(ROOM, peer)
    for rev in (4, 5, 6):
        rooms.deliver(ROOM, rev, payload(rev))
    assert peer.heard == []
    rooms.catch_up(ROOM, peer, 4, 6)
    rooms.deliver(ROOM, 7, payload(7))
    assert revs(peer) == [5, 6, 7]


def test_a_page_ahead_of_the_room() -> None:
    """A peer whose page is newer than what was delivered is spared what the page held, and then hears all."""
    rooms, other, peer = Rooms(fan_out), FakePeer(BELA), FakePeer(ANNA)
    rooms.subscribe(ROOM, other)
    rooms.catch_up(ROOM, other, 3, 3)
    rooms.subscribe(ROOM, peer)
    rooms.catch_up(ROOM, peer, 5, 3)
    for rev in (4, 5, 6):
        rooms.deliver(ROOM, rev, payload(rev))
    assert (revs(other), revs(peer)) == ([4, 5, 6], [6])


def test_what_is_no_revision_waits_for_no_revision() -> None:
    """A peer that has its page hears of typing and presence, even while the room is behind that page."""
    rooms, behind, ahead, waiting = Rooms(fan_out), FakePeer(BELA), FakePeer(ANNA), FakePeer(User(id=9, name="z"))
    rooms.subscribe(ROOM, behind)
    rooms.catch_up(ROOM, behind, 3, 3)
    rooms.subscribe(ROOM, ahead)
    rooms.catch_up(ROOM, ahead, 5, 3)
    rooms.subscribe(ROOM, waiting)
    rooms.tell(ROOM, encode(TypingEvent(room=ROOM, user=1, users=[])))
    assert [peer.types() for peer in (behind, ahead, waiting)] == [["typing"], ["typing"], []]


def test_entering_again_starts_over() -> None:
    """A second join of the same connection holds events back again and counts nobody twice."""
    rooms = Rooms(fan_out)
    peer = entered(rooms, ANNA)
    rooms.subscribe(ROOM, peer)
    rooms.deliver(ROOM, 1, payload(1))
    assert revs(peer) == []
    rooms.catch_up(ROOM, peer, 1, 1)
    assert revs(peer) == []
    rooms.unsubscribe(ROOM, peer)
    assert rooms.is_empty(ROOM)


def test_events_are_held_while_an_answer_is_due() -> None:
    """What comes between `hold` and `release` comes after the answer, and nothing of it twice."""
    rooms = Rooms(fan_out)
    peer, other = entered(rooms, ANNA, 3), entered(rooms, BELA, 3)
    peer.heard.clear()
    rooms.hold(ROOM, peer, 3)
    rooms.deliver(ROOM, 4, payload(4))
    rooms.tell(ROOM, encode(TypingEvent(room=ROOM, user=1, users=[])))
    assert (peer.types(), revs(other)) == (["typing"], [4])
    rooms.release(ROOM, peer, 4)
    rooms.deliver(ROOM, 5, payload(5))
    assert revs(peer) == [4, 5]


def test_holding_one_whose_page_is_ahead() -> None:
    """A peer that is spared old events is still spared them after it was held."""
    rooms, other, peer = Rooms(fan_out), FakePeer(BELA), FakePeer(ANNA)
    rooms.subscribe(ROOM, other)
    rooms.catch_up(ROOM, other, 3, 3)
    rooms.subscribe(ROOM, peer)
    rooms.catch_up(ROOM, peer, 5, 3)
    rooms.hold(ROOM, peer, 3)
    for rev in (4, 5, 6):
        rooms.deliver(ROOM, rev, payload(rev))
    rooms.release(ROOM, peer, 6)
    rooms.deliver(ROOM, 7, payload(7))
    assert revs(peer) == [6, 7]


def test_holding_one_who_is_not_there() -> None:
    """Somebody who posts without following the room, or who left meanwhile, is not let in by it."""
    rooms, peer = Rooms(fan_out), FakePeer(ANNA)
    rooms.hold(ROOM, peer, 3)
    rooms.release(ROOM, peer, 3)
    assert rooms.is_empty(ROOM)
    gone = entered(rooms, BELA, 3)
    rooms.hold(ROOM, gone, 3)
    rooms.unsubscribe(ROOM, gone)
    rooms.release(ROOM, gone, 3)
    assert rooms.is_empty(ROOM)


class Leaver(FakePeer):
    """Somebody whose connection ends while it is written to."""

    def __init__(self, user: User, rooms: Rooms) -> None:
        super().__init__(user)
        self._rooms = rooms

    def send(self, payload: bytes, is_event: bool = True) -> None:
        """Take the frame and go."""
        super().send(payload, is_event)
        self._rooms.unsubscribe(ROOM, self)


def test_ending_while_catching_up_leaves_nobody_behind() -> None:
    """A peer that is cut off by what it is sent does not stay as a ghost."""
    rooms = Rooms(fan_out)
    peer = Leaver(ANNA, rooms)
    rooms.subscribe(ROOM, peer)
    rooms.deliver(ROOM, 2, payload(2))
    rooms.catch_up(ROOM, peer, 1, 2)
    rooms.deliver(ROOM, 3, payload(3))
    assert rooms.is_empty(ROOM)
    assert revs(peer) == [2]


# ---- presence


def test_small_rooms_are_told_at_once() -> None:
    """Up to 25 present, everybody hears of each who comes and goes, by name."""
    rooms = Rooms(fan_out)
    anna = entered(rooms, ANNA)
    bela = entered(rooms, BELA)
    assert anna.heard[-1] == {
        "type": "presence",
        "room": ROOM,
        "joined": [BELA.id],
        "left": [],
        "present": 2,
        "users": [{"id": BELA.id, "name": "bela"}],
    }
    rooms.unsubscribe(ROOM, bela)
    rooms.announce(ROOM)
    assert (anna.heard[-1]["left"], anna.heard[-1]["present"]) == ([BELA.id], 1)


def test_a_second_window_is_no_second_person() -> None:
    """A user comes with the first connection and goes with the last."""
    rooms = Rooms(fan_out)
    anna, window, second = entered(rooms, ANNA), entered(rooms, BELA), entered(rooms, BELA)
    assert [event["joined"] for event in anna.of_type("presence")] == [[ANNA.id], [BELA.id]]
    rooms.unsubscribe(ROOM, window)
    rooms.announce(ROOM)
    assert set(rooms.present(ROOM)) == {ANNA.id, BELA.id}
    rooms.unsubscribe(ROOM, second)
    rooms.unsubscribe(ROOM, second)
    rooms.announce(ROOM)
    assert anna.of_type("presence")[-1]["left"] == [BELA.id]
    assert set(rooms.present(ROOM)) == {ANNA.id}


def test_larger_rooms_wait_a_second() -> None:
    """Above 25 present, comings and goings are told together, when asked for."""
    rooms = Rooms(fan_out)
    peers = crowd(rooms, PRESENCE_AT_ONCE)
    new = [entered(rooms, User(id=number, name="x")) for number in (1, 2)]
    rooms.unsubscribe(ROOM, peers[5])
    rooms.announce(ROOM)
    assert peers[0].heard == []
    rooms.announce_waiting()
    event = presence(peers[0])
    assert (event["joined"], event["left"], event["present"]) == ([1, 2], [105], PRESENCE_AT_ONCE + 1)
    assert {user["id"] for user in event["users"]} == {1, 2, 105}
    assert presence(new[0]) == event
    rooms.announce_waiting()
    assert len(peers[0].heard) == 1


def test_the_25th_is_told_at_once_and_the_26th_is_not() -> None:
    """The line is drawn at 25 present, with whoever comes."""
    rooms = Rooms(fan_out)
    peers = crowd(rooms, PRESENCE_AT_ONCE - 1)
    entered(rooms, ANNA)
    assert presence(peers[0])["joined"] == [ANNA.id]
    entered(rooms, BELA)
    assert len(peers[0].heard) == 1


def test_coming_and_going_within_a_second_is_no_news() -> None:
    """A reload in a large room makes no event at all."""
    rooms = Rooms(fan_out)
    peers = crowd(rooms, PRESENCE_AT_ONCE + 5)
    visitor = entered(rooms, ANNA)
    rooms.unsubscribe(ROOM, visitor)
    rooms.unsubscribe(ROOM, peers[3])
    back = FakePeer(peers[3].user)
    rooms.subscribe(ROOM, back)
    rooms.announce(ROOM)
    rooms.announce_waiting()
    assert peers[0].heard == []


def test_a_room_that_shrinks_is_told_once() -> None:
    """What a large room still waited for is told when it becomes small, and not again after that."""
    rooms = Rooms(fan_out)
    peers = crowd(rooms, PRESENCE_AT_ONCE + 1)
    for peer in peers[-2:]:
        rooms.unsubscribe(ROOM, peer)
        rooms.announce(ROOM)
    rooms.announce_waiting()
    assert sorted(user for event in peers[0].of_type("presence") for user in event["left"]) == [124, 125]
    assert all(event["joined"] or event["left"] for event in peers[0].of_type("presence"))


def test_the_largest_rooms_count_only() -> None:
    """Above 200 present, only how many are there."""
    rooms = Rooms(fan_out)
    peers = crowd(rooms, PRESENCE_BY_NAME)
    entered(rooms, ANNA)
    rooms.announce_waiting()
    event = presence(peers[0])
    assert (event["joined"], event["left"], event["users"]) == ([], [], [])
    assert event["present"] == PRESENCE_BY_NAME + 1
    rooms.unsubscribe(ROOM, peers[7])
    rooms.announce(ROOM)
    rooms.announce_waiting()
    assert peers[0].of_type("presence")[-1]["left"] == [107]


def test_an_empty_room_is_forgotten() -> None:
    """Nothing is kept of a room in which nobody is, and nothing waits to be told there."""
    rooms = Rooms(fan_out)
    peers = crowd(rooms, PRESENCE_AT_ONCE + 1)
    for peer in peers:
        rooms.unsubscribe(ROOM, peer)
        rooms.announce(ROOM)
    rooms.announce_waiting()
    rooms.announce(ROOM)
    assert rooms.is_empty(ROOM)
    assert list(rooms.present(ROOM)) == []
