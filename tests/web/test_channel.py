"""The time that a socket may take before it is a WebSocket, by a clock of the test's own."""

from __future__ import annotations

from typing import Any

import pytest
from twisted.internet.address import IPv4Address
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET

from galaxychat.channel import ChatChannel, ChatSite

_WITHIN = 10
_ANSWER_WITHIN = 60
_REQUEST = b"GET /page HTTP/1.1\r\nHost: h\r\n\r\n"


class _Pages(Resource):
    """A page, and one that is never done."""

    def __init__(self) -> None:
        super().__init__()
        self.sizes: list[int] = []

    def getChild(self, path: bytes, request: Any) -> Resource:
        return self

    def render_GET(self, request: Any) -> Any:
        return NOT_DONE_YET if request.path == b"/slow" else b"page"

    def render_POST(self, request: Any) -> bytes:
        self.sizes.append(len(request.content.read()))
        return b"posted"


class _Socket:
    """One socket that is connected to the site."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.pages = _Pages()
        site = ChatSite(self.pages, b"default-src 'none'", _WITHIN, self.clock)
        self.channel: ChatChannel = site.buildProtocol(IPv4Address("TCP", "192.0.2.1", 1234))
        self.channel.clock = self.clock.seconds
        self.transport = StringTransport()
        self.channel.makeConnection(self.transport)

    def send(self, data: bytes) -> None:
        self.channel.dataReceived(data)

    def wait(self, seconds: float) -> None:
        self.clock.advance(seconds)

    @property
    def is_cut(self) -> bool:
        return bool(self.transport.disconnected or self.transport.disconnecting)

    @property
    def answers(self) -> int:
        return int(self.transport.value().count(b"HTTP/1.1 200 OK"))


@pytest.fixture
def socket() -> _Socket:
    """A socket that was accepted just now."""
    return _Socket()


def test_silence(socket: _Socket) -> None:
    """One who connects and says nothing is cut at the time."""
    socket.wait(_WITHIN - 0.1)
    assert not socket.is_cut
    socket.wait(0.2)
    assert socket.is_cut


def test_dripping(socket: _Socket) -> None:
    """One byte each half second does not draw it out."""
    for byte in (_REQUEST[:-2] + b"X-Long: " + b"x" * 100)[:19]:
        socket.send(bytes((byte,)))
        socket.wait(0.5)
        assert not socket.is_cut
    socket.send(b"x")
    socket.wait(0.5)
    assert socket.is_cut
    assert socket.answers == 0


def test_dripping_a_body(socket: _Socket) -> None:
    """Neither does a body that never ends."""
    socket.send(b"POST /page HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\n")
    for _ in range(19):
        socket.wait(0.5)
        assert not socket.is_cut
        socket.send(b"x")
    socket.wait(0.5)
    assert socket.is_cut


def test_request_after_request(socket: _Socket) -> None:
    """A socket is kept for further requests; each must come whole in time, counted from its first byte."""
    for _ in range(3):
        socket.send(_REQUEST[:10])
        socket.wait(_WITHIN - 1)
        assert socket.channel.seconds_left() == pytest.approx(1)
        socket.send(_REQUEST[10:])
        socket.wait(_ANSWER_WITHIN - 1)
        assert not socket.is_cut
    assert socket.answers == 3
    socket.send(_REQUEST[:10])
    assert socket.channel.seconds_left() == pytest.approx(_WITHIN)
    socket.wait(_WITHIN)
    assert socket.is_cut


def test_several_requests_at_once(socket: _Socket) -> None:
    """A pipeline is answered one after the other, and its last, half request is not waited for much longer."""
    socket.send(_REQUEST * 3 + _REQUEST[:10])
    assert socket.answers == 3
    socket.wait(_ANSWER_WITHIN)
    assert socket.is_cut


def test_silence_after_an_answer(socket: _Socket) -> None:
    """A socket on which nothing more is asked is not kept for ever."""
    socket.send(_REQUEST)
    socket.wait(_ANSWER_WITHIN - 1)
    assert not socket.is_cut
    socket.wait(1)
    assert socket.is_cut


def test_answer_that_nobody_takes(socket: _Socket) -> None:
    """An answer that is not finished, or not taken, after a minute is given up."""
    socket.send(_REQUEST.replace(b"/page", b"/slow"))
    socket.wait(_ANSWER_WITHIN - 1)
    assert not socket.is_cut
    socket.wait(1)
    assert socket.is_cut


def test_upgrade(socket: _Socket) -> None:
    """From the upgrade on nothing of HTTP's cuts the socket; at the end nothing is left to fire."""
    socket.send(_REQUEST.replace(b"/page", b"/slow"))
    socket.channel.upgraded()
    assert socket.clock.getDelayedCalls() == []


def test_gone(socket: _Socket) -> None:
    """A socket that ended leaves no timer."""
    socket.send(_REQUEST)
    socket.channel.connectionLost()
    assert socket.clock.getDelayedCalls() == []


@pytest.mark.parametrize("chunked", [False, True])
def test_large_body(socket: _Socket, chunked: bool) -> None:
    """A body that nobody asked for fills neither memory nor disk."""
    size = 1_000_000
    if chunked:
        head = b"Transfer-Encoding: chunked"
        body = b"%x\r\n" % size + b"x" * size + b"\r\n0\r\n\r\n"
    else:
        head = b"Content-Length: %d" % size
        body = b"x" * size
    socket.send(b"POST /page HTTP/1.1\r\nHost: h\r\n" + head + b"\r\n\r\n" + body)
    assert socket.answers == 1
    assert socket.pages.sizes == [16_384]
    socket.send(b"POST /page HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nsmall")
    assert socket.pages.sizes == [16_384, 5]
