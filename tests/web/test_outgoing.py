"""Frames on their way out: counted, in order, bounded; and how a frame is made."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.defer import Deferred
from websockets.frames import Opcode
from websockets.streams import StreamReader

from galaxychat.fanout import fan_out, frame
from galaxychat.messages import User
from galaxychat.outgoing import Outgoing

_EVENTS_MOST = 100
_REPLIES_MOST = 50


class _Transport:
    """Takes frames, and asks for a pause after every `room` of them."""

    def __init__(self, room: int = 10**9) -> None:
        self.room = room
        self.written: list[bytes] = []
        self.out: Outgoing | None = None

    def write(self, data: bytes) -> None:
        self.written.append(data)
        self.room -= 1
        if self.room <= 0:
            assert self.out is not None
            self.out.pauseProducing()

    def drain(self, room: int = 10**9) -> None:
        self.room = room
        assert self.out is not None
        self.out.resumeProducing()


class _Out:
    """An Outgoing, its transport, and how often it was overrun."""

    def __init__(self, room: int = 10**9) -> None:
        self.transport = _Transport(room)
        self.overruns = 0
        transport: Any = self.transport
        self.out = Outgoing(transport, _EVENTS_MOST, _REPLIES_MOST, self._overrun)
        self.transport.out = self.out

    def _overrun(self) -> None:
        self.overruns += 1


def test_frames_pass_at_once() -> None:
    """While the transport takes frames they go straight through, without limit."""
    one = _Out()
    for _ in range(10):
        one.out.write(b"x" * 1000, True)
    assert len(one.transport.written) == 10
    assert one.overruns == 0


def test_order_is_kept() -> None:
    """Replies and events go out in the order in which they came, through any number of pauses."""
    one = _Out(room=2)
    frames = [b"%d" % number for number in range(20)]
    for number, each in enumerate(frames):
        one.out.write(each, number % 3 == 0)
    assert one.transport.written == frames[:2]
    one.transport.drain(3)
    assert one.transport.written == frames[:5]
    one.out.write(b"last", True)
    one.transport.drain()
    assert one.transport.written == [*frames, b"last"]


def test_events_overrun() -> None:
    """More unsent events than allowed are told of; one byte less is not, and replies do not count."""
    one = _Out()
    one.out.pauseProducing()
    one.out.write(b"x" * 1000, False)
    one.out.write(b"x" * _EVENTS_MOST, True)
    assert one.overruns == 0
    one.out.write(b"x", True)
    assert one.overruns == 1
    assert one.transport.written == []


def test_events_that_were_taken_do_not_count() -> None:
    """A reader who takes its time and reads on is never over the limit."""
    one = _Out()
    for _ in range(10):
        one.out.pauseProducing()
        one.out.write(b"x" * _EVENTS_MOST, True)
        one.transport.drain()
    assert one.overruns == 0


def _waiting(out: Outgoing) -> Deferred[None]:
    return Deferred.fromCoroutine(out.replies_taken())


def _is_over(work: Deferred[None]) -> bool:
    return work.called


def test_replies_are_waited_for() -> None:
    """The next command waits while more replies lie unsent than allowed, and goes on when they were taken."""
    one = _Out()
    one.out.pauseProducing()
    one.out.write(b"x" * _REPLIES_MOST, False)
    assert _is_over(_waiting(one.out))
    one.out.write(b"x", False)
    waiting = _waiting(one.out)
    assert not _is_over(waiting)
    one.transport.drain(1)
    assert _is_over(waiting)
    assert len(one.transport.written) == 1


def test_waiting_ends_with_the_connection() -> None:
    """Whoever waits for replies to be taken is let go when there is nobody to take them."""
    for end in (Outgoing.drop, Outgoing.stopProducing):
        one = _Out()
        one.out.pauseProducing()
        one.out.write(b"x" * (_REPLIES_MOST + 1), False)
        waiting = _waiting(one.out)
        end(one.out)
        assert _is_over(waiting)
        one.transport.drain()
        assert one.transport.written == []


def test_flush() -> None:
    """Before a close frame everything is handed over, whatever the transport says."""
    one = _Out()
    one.out.pauseProducing()
    one.out.write(b"a", True)
    one.out.write(b"b", False)
    one.out.flush()
    assert one.transport.written == [b"a", b"b"]
    one.transport.drain()
    assert one.transport.written == [b"a", b"b"]


@given(st.lists(st.one_of(st.binary(max_size=30), st.integers(1, 5)), max_size=40))
def test_nothing_is_lost_or_turned_about(steps: list[bytes | int]) -> None:
    """Whatever comes between pauses and resumptions arrives once and in order."""
    one = _Out()
    sent = []
    for step in steps:
        if isinstance(step, int):
            one.out.pauseProducing() if step == 5 else one.transport.drain(step)
        else:
            sent.append(step)
            one.out.write(step, len(step) % 2 == 0)
    one.transport.drain()
    assert one.transport.written == sent


@pytest.mark.parametrize("size", [0, 1, 125, 126, 127, 65535, 65536, 200_000])
def test_frame(size: int) -> None:
    """A frame that we make is the one that another implementation reads, at every length of its head."""
    from websockets.frames import Frame

    payload = bytes(97 + number % 26 for number in range(size))
    reader = StreamReader()
    reader.feed_data(frame(payload))
    reader.feed_eof()
    parsing = Frame.parse(reader.read_exact, mask=False)
    with pytest.raises(StopIteration) as done:
        next(parsing)
    read = done.value.value
    assert (read.opcode, read.data, read.fin) == (Opcode.TEXT, payload, True)
    assert next(reader.at_eof(), None) is None


class _Peer:
    """Keeps what it is sent, and may leave the others meanwhile."""

    user = User(id=1, name="alice")
    straight = None

    @property
    def outlet(self) -> _Peer:
        return self

    def write_rest(self, frames: bytes, sent: int) -> None:
        raise AssertionError("nothing goes straight")

    def __init__(self, others: set[Any] | None = None) -> None:
        self.frames: list[bytes] = []
        self._others = others

    def send(self, payload: bytes, is_event: bool = True) -> None:
        raise AssertionError("an event is framed once")

    def write_event(self, frame: bytes) -> None:
        self.frames.append(frame)
        if self._others is not None:
            self._others.discard(self)

    def close(self, code: int, reason: str) -> None:
        raise AssertionError("nobody is to be closed")


def test_fan_out() -> None:
    """Every peer gets the very same frame, also when one is cut off for reading too slowly meanwhile."""
    peers: set[Any] = set()
    peers.update(_Peer(peers) for _ in range(5))
    everybody = list(peers)
    fan_out((b"{}",), peers)
    assert peers == set()
    assert [peer.frames for peer in everybody] == [[b"\x81\x02{}"]] * 5
    assert len({id(peer.frames[0]) for peer in everybody}) == 1
