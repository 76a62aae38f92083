"""One connection from the handshake to the end, with stand-ins for the chat and the gate."""

from __future__ import annotations

import json
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

import pytest
from twisted.internet.address import IPv4Address
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.web.resource import Resource

from galaxychat.channel import ChatSite
from galaxychat.config import Limits
from galaxychat.errors import Closing, HistoryUnavailable
from galaxychat.factory import ChatFactory
from galaxychat.handshake import Handshake
from galaxychat.messages import User
from galaxychat.metrics import Metrics
from galaxychat.model import Identity, Role
from galaxychat.protocol import ChatProtocol
from galaxychat.socketresource import Door, SocketResource
from tests.support import delivery
from tests.support.client import handshake

_ADDRESS = "192.0.2.1"
_ALICE = Identity(1, "alice", Role.USER, 1)


class _Gate:
    """Answers when the test says so."""

    def __init__(self) -> None:
        self.asked: list[Deferred[Identity]] = []

    async def identify(self, cookie: str | None) -> Identity:
        self.asked.append(Deferred())
        return await self.asked[-1]


class _Session:
    """Who was let in."""

    user = User(id=1, name="alice")


class _Chat:
    """Keeps what it is asked; `answer` is what becomes of a command."""

    def __init__(self) -> None:
        self.handled: list[bytes] = []
        self.greeting: Callable[[], Coroutine[Any, Any, None]] = _at_once
        self.answer: Callable[[], Coroutine[Any, Any, None]] = _at_once
        self.gone: list[Any] = []

    async def welcome(self, identity: Identity, peer: Any) -> Any:
        await self.greeting()
        peer.send(b'{"type":"welcome"}')
        return _Session()

    async def handle(self, session: Any, frame: bytes) -> None:
        self.handled.append(frame)
        await self.answer()

    def goodbye(self, session: Any) -> None:
        self.gone.append(session)


async def _at_once() -> None:
    return None


class _House:
    """A factory with its stand-ins and a clock that the test moves."""

    def __init__(self, **limits: Any) -> None:
        self.clock = Clock()
        self.chat = _Chat()
        chat: Any = self.chat
        self.gate = _Gate()
        self.metrics = Metrics()
        self.factory = ChatFactory(chat, self.gate, Limits(**limits), self.metrics, self.clock, delivery.fast_path())
        # Autobahn's timers would run by the reactor's clock.
        self.factory.setProtocolOptions(autoPingInterval=0, openHandshakeTimeout=0)

    def connect(self, address: str = _ADDRESS, within: float = 10.0) -> _Connection:
        return _Connection(self, address, within)

    def enter(self) -> _Connection:
        connection = self.connect()
        self.gate.asked[-1].callback(_ALICE)
        connection.take()
        return connection

    def shut_down(self) -> Deferred[None]:
        return Deferred.fromCoroutine(self.factory.shut_down())


class _Connection:
    """The other end of one connection."""

    def __init__(self, house: _House, address: str, within: float) -> None:
        self.protocol: ChatProtocol = house.factory.build(Handshake(address, None, within))
        # Autobahn would wait on the reactor's clock for the answer to a close frame.
        self.protocol.closeHandshakeTimeout = 0
        # Typed Any: what a test reads of it is not in its stub.
        self.transport: Any = StringTransport()
        # As the HTTP channel has done that read the request.
        self.transport.registerProducer(self, True)
        self.protocol.makeConnection(self.transport)
        self.protocol.dataReceived(handshake("/galaxychat", 80))
        head, _, self.kept = self.transport.value().partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 101 ")
        self.transport.clear()

    def say(self, payload: bytes, opcode: int = 1) -> None:
        """Send a frame; the mask is zero."""
        size = len(payload)
        head = bytes((0x80 | opcode,))
        head += bytes((0x80 | size,)) if size < 126 else bytes((0x80 | 126,)) + size.to_bytes(2, "big")
        self.protocol.dataReceived(head + bytes(4) + payload)

    def take(self) -> list[tuple[int, bytes]]:
        """Return the frames that came since: opcode and payload."""
        data, self.kept = self.kept + self.transport.value(), b""
        self.transport.clear()
        frames = []
        while data:
            size, skip = data[1], 2
            if size == 126:
                size, skip = int.from_bytes(data[2:4], "big"), 4
            frames.append((data[0] & 15, data[skip : skip + size]))
            data = data[skip + size :]
        return frames

    def code(self) -> int:
        """Return the code of the close frame that came last of all."""
        opcode, payload = self.take()[-1]
        assert opcode == 8
        return int.from_bytes(payload[:2], "big")

    def lose(self) -> None:
        """Be gone."""
        self.protocol.connectionLost()

    def is_reading(self) -> bool:
        return bool(self.transport.producerState == "producing")


def _is_over(work: Deferred[None]) -> bool:
    return work.called


@pytest.fixture
def house() -> Iterator[_House]:
    """A factory; nothing is left to fire at the end."""
    made = _House()
    yield made
    for protocol in tuple(made.factory._all):
        protocol.connectionLost()
    assert made.clock.getDelayedCalls() == []


def test_nothing_is_read_before_it_is_known_who_it_is(house: _House) -> None:
    """While Galaxy is asked the socket is not read; then what was sent ahead is carried out after the welcome."""
    one = house.connect()
    assert not one.is_reading()
    one.say(b"early")
    assert house.chat.handled == []
    house.gate.asked[0].callback(_ALICE)
    assert one.is_reading()
    assert house.chat.handled == [b"early"]
    assert one.take() == [(1, b'{"type":"welcome"}')]


@pytest.mark.parametrize(
    ("problem", "code"),
    [
        (Closing(4401, "log in"), 4401),
        (Closing(4403, "no"), 4403),
        (HistoryUnavailable(), 1013),
        (ZeroDivisionError(), 1011),
    ],
)
def test_not_let_in(house: _House, problem: Exception, code: int) -> None:
    """Whatever keeps somebody out is told by a code, and the socket is read again for the answer to it."""
    one = house.connect()
    house.gate.asked[0].errback(problem)
    assert one.code() == code
    assert one.is_reading()
    assert f'galaxychat_closed_total{{code="{code}"}} 1.0'.encode() in house.metrics.text()


def test_not_let_in_in_time(house: _House) -> None:
    """What remains of the time to be let in is kept to; the answer that comes later changes nothing."""
    one = house.connect(within=3)
    house.clock.advance(2.9)
    assert one.take() == []
    house.clock.advance(0.2)
    assert one.code() == 1013
    house.gate.asked[0].callback(_ALICE)
    assert one.take() == []
    assert house.chat.gone == [], "nobody was greeted"


def test_time_is_counted_from_the_first_byte(house: _House) -> None:
    """A handshake that drips takes its time away from what follows: from accept to `welcome` there are 10 s in all."""
    door: Any = SocketResource(house.factory, Door([], []))
    root = Resource()
    root.putChild(b"ws", door)
    site = ChatSite(root, b"default-src 'none'", 10, house.clock)
    channel: Any = site.buildProtocol(IPv4Address("TCP", _ADDRESS, 1234))
    channel.clock = house.clock.seconds
    transport: Any = StringTransport()
    transport.protocol = channel
    channel.makeConnection(transport)
    request = handshake("", 80)
    for byte in request[:80]:
        transport.protocol.dataReceived(bytes((byte,)))
        house.clock.advance(0.1)
    transport.protocol.dataReceived(request[80:])
    assert transport.value().startswith(b"HTTP/1.1 101 ")
    transport.clear()
    house.clock.advance(1.9)
    assert transport.value() == b""
    house.clock.advance(0.2)
    assert int.from_bytes(transport.value()[2:4], "big") == 1013


def test_gone_while_it_is_found_out_who_it_is(house: _House) -> None:
    """One who leaves during admission is no ghost in the house, whichever step it was."""
    one = house.connect()
    one.lose()
    house.gate.asked[0].callback(_ALICE)
    assert house.chat.gone == []
    greeting: Deferred[None] = Deferred()

    async def greet() -> None:
        await greeting

    house.chat.greeting = greet
    two = house.connect()
    house.gate.asked[1].callback(_ALICE)
    two.lose()
    greeting.callback(None)
    assert len(house.chat.gone) == 1
    assert house.factory._all == house.factory._admitted == set()
    assert not house.factory._pending


def test_address_with_many_at_the_door(house: _House) -> None:
    """An address may have so many at the door; those inside and those gone do not count, nor other addresses."""
    small = _House(pending_per_address=2)
    first = small.connect()
    small.connect()
    assert small.connect().code() == 1013
    assert small.connect("192.0.2.2").take() == []
    small.gate.asked[0].callback(_ALICE)
    assert first.take() == [(1, b'{"type":"welcome"}')]
    for protocol in tuple(small.factory._all):
        protocol.connectionLost()
    assert not small.factory._pending
    assert small.clock.getDelayedCalls() == []


def test_commands_one_after_the_other(house: _House) -> None:
    """A command waits for the one before it; after many of them, or much, no more is read."""
    one = house.enter()
    working: list[Deferred[None]] = []

    async def work() -> None:
        working.append(Deferred())
        await working[-1]

    house.chat.answer = work
    for number in range(64):
        assert one.is_reading()
        one.say(b"%d" % number)
    assert house.chat.handled == [b"0"]
    one.say(b"64")
    assert not one.is_reading()
    for _ in range(65):
        working[-1].callback(None)
    assert house.chat.handled == [b"%d" % number for number in range(65)]
    assert one.is_reading()
    for _ in range(5):
        one.say(b"x" * 60_000)
    assert one.is_reading()
    one.say(b"x" * 60_000)
    assert not one.is_reading()
    while not _is_over(working[-1]):
        working[-1].callback(None)
    assert one.is_reading()
    assert b"galaxychat_commands_total 71.0" in house.metrics.text()


def test_events_before_the_close_frame(house: _House) -> None:
    """What waits for a slow reader goes before a close frame, ours or Autobahn's, and nothing goes after it."""
    for end in (
        lambda one: one.protocol.close(4001, "slow"),
        lambda one: one.say(b"\xff"),
        lambda one: one.say((1000).to_bytes(2, "big"), opcode=8),
    ):
        one = house.enter()
        out: Any = one.protocol._out
        out.pauseProducing()
        one.protocol.send(b"waits")
        assert one.take() == []
        end(one)
        one.protocol.send(b"late")
        one.protocol.outlet.write_event(b"\x81\x04late")
        out.resumeProducing()
        first, last = one.take()
        assert first == (1, b"waits")
        assert last[0] == 8
    for code, count in ((4001, True), (1007, True), (1000, False)):
        assert (f'closed_total{{code="{code}"}} 1.0'.encode() in house.metrics.text()) is count


def test_too_many_events(house: _House) -> None:
    """One who does not read is cut with 4001 behind what was sent before."""
    one = house.enter()
    out: Any = one.protocol._out
    out.pauseProducing()
    event = b"\x81\x7e\xff\xff" + b"x" * 65_535
    for _ in range(1_048_576 // len(event)):
        one.protocol.outlet.write_event(event)
    assert one.take() == []
    one.protocol.outlet.write_event(event)
    *events, last = one.take()
    assert len(events) == 1_048_576 // len(event) + 1
    assert (last[0], int.from_bytes(last[1][:2], "big")) == (8, 4001)


def test_commands_after_our_close_frame(house: _House) -> None:
    """Who is sent away is not listened to any more, and its answer is still read."""
    one = house.enter()
    one.protocol.close(4001, "slow")
    for _ in range(100):
        one.say(b"x")
    assert house.chat.handled == []
    assert one.is_reading()
    one.say((4001).to_bytes(2, "big"), opcode=8)
    assert one.transport.disconnected or one.transport.disconnecting or one.transport.aborting


def test_leaving_without_taking_what_is_left(house: _House) -> None:
    """A peer that says goodbye and then stands still holds its socket for a while only."""
    one = house.enter()
    one.protocol.closeHandshakeTimeout = 10
    one.say((1000).to_bytes(2, "big"), opcode=8)
    assert one.transport.disconnecting
    one.transport.disconnecting = False
    house.clock.advance(9)
    assert not one.transport.disconnecting
    house.clock.advance(2)
    assert one.transport.disconnecting or one.transport.aborting


def test_orderly_end(house: _House) -> None:
    """The end waits for the command in hand, begins no other, tells everybody, and waits for them."""
    one = house.enter()
    working: Deferred[None] = Deferred()

    async def work() -> None:
        await working

    house.chat.answer = work
    one.say(b"in hand")
    one.say(b"next")
    ended = house.shut_down()
    assert one.take() == []
    working.callback(None)
    assert house.chat.handled == [b"in hand"]
    bye, close = one.take()
    assert json.loads(bye[1])["type"] == "bye"
    assert (close[0], int.from_bytes(close[1][:2], "big")) == (8, 1012)
    assert not _is_over(ended)
    one.lose()
    assert _is_over(ended)


def test_orderly_end_is_bounded(house: _House) -> None:
    """Neither a command that hangs nor a client that does not answer holds up the end."""
    one = house.enter()

    async def work() -> None:
        await Deferred()

    house.chat.answer = work
    one.say(b"hangs")
    ended = house.shut_down()
    house.clock.advance(5)
    assert one.code() == 1012
    assert not _is_over(ended)
    house.clock.advance(5)
    assert _is_over(ended)


def test_end_does_not_wait_for_who_does_not_read(house: _House) -> None:
    """Answers that nobody takes are no work in hand."""
    one = house.enter()
    out: Any = one.protocol._out

    async def answer() -> None:
        one.protocol.send(b"x" * 65_000, is_event=False)

    house.chat.answer = answer
    out.pauseProducing()
    for _ in range(10):
        one.say(b"ask")
    assert len(house.chat.handled) == 5, "no command goes on while 256 KiB of answers wait"
    house.shut_down()
    assert one.code() == 1012
    one.lose()


def test_coming_while_the_server_ends(house: _House) -> None:
    """Who comes in the last moment is told to come back."""
    house.shut_down()
    assert house.connect().code() == 1012
