"""Frames over real sockets: plain, of the file system, and under TLS; read slowly, at once, or not at all."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from twisted.internet import endpoints
from twisted.internet.defer import Deferred
from twisted.internet.protocol import Factory, Protocol

from galaxychat import fanout
from galaxychat.fanout import fan_out
from galaxychat.outgoing import Outgoing
from tests.support.certificate import self_signed
from tests.support.reactor import call, reactor, run, until

_PATIENCE = 10
_MOST = 1_048_576


class _Server(Protocol):
    """The server's end of one connection; what it sends goes through an Outgoing."""

    def __init__(self, straight: bool) -> None:
        self.straight = straight
        self.overruns = 0
        self.outlet: Any
        self.lost: Deferred[None] = Deferred()

    def connectionMade(self) -> None:
        """Send as much as the answer to a handshake before anything else."""
        self.transport: Any
        self.transport.write(b"hello ")
        self.out = Outgoing(self.transport, _MOST, _MOST, self._overrun, self.straight)
        self.out.start()
        self.outlet = self.out

    def connectionLost(self, reason: Any = None) -> None:
        """Note the end."""
        self.out.drop()
        self.lost.callback(None)

    def _overrun(self) -> None:
        self.overruns += 1


class _Line:
    """A connection: both of its ends."""

    def __init__(self, description: str, connect: Callable[[Any], socket.socket], straight: bool) -> None:
        self.made: list[_Server] = []
        factory = Factory()
        factory.noisy = False
        factory.buildProtocol = lambda _addr: self._build(straight)  # type: ignore[assignment, method-assign]
        self.port = run(endpoints.serverFromString(reactor, description).listen(factory))
        self.client = connect(self.port.getHost())
        self.client.settimeout(_PATIENCE)
        run(lambda: until(lambda: bool(self.made) and hasattr(self.made[0], "out")))
        self.server = self.made[0]

    def _build(self, straight: bool) -> _Server:
        self.made.append(_Server(straight))
        return self.made[-1]

    @property
    def out(self) -> Outgoing:
        return self.server.out

    def read(self, size: int) -> bytes:
        """Read exactly so many bytes."""
        got = b""
        while len(got) < size:
            piece = self.client.recv(min(65_536, size - len(got)))
            assert piece, "it ended"
            got += piece
        return got

    def close(self) -> None:
        self.client.close()
        run(lambda: self.server.lost)
        run(self.port.stopListening)


def _tcp(address: Any) -> socket.socket:
    made = socket.socket()
    # A small window, so that little lies in the kernel.
    made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
    made.connect((address.host, address.port))
    return made


def _unix(address: Any) -> socket.socket:
    made = socket.socket(socket.AF_UNIX)
    made.connect(address.name)
    return made


def _tls(address: Any) -> socket.socket:
    trusting = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    trusting.check_hostname = False
    trusting.verify_mode = ssl.CERT_NONE
    return trusting.wrap_socket(_tcp(address))


def _fan_out(line: _Line, frames: bytes) -> None:
    """Write frames as they are written to each of many peers."""
    with patch.object(fanout, "frame", lambda payload: payload):
        fan_out((frames,), (line.server,))  # type: ignore[arg-type]  # a peer as far as this asks for one


@pytest.fixture(params=["tcp", "tcp, not straight", "unix", "tls"])
def line(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[_Line]:
    """A connection of each kind."""
    kind = request.param.partition(",")[0]
    if kind == "unix":
        made = _Line(f"unix:{tmp_path / 'socket'}", _unix, straight=True)
    elif kind == "tls":
        pem = self_signed(tmp_path)
        made = _Line(f"ssl:0:interface=127.0.0.1:privateKey={pem}:certKey={pem}", _tls, straight=True)
    else:
        made = _Line("tcp:0:interface=127.0.0.1", _tcp, straight=request.param == "tcp")
    yield made
    made.close()


def test_what_is_sent_at_once_comes_in_order(line: _Line) -> None:
    """Events and replies, one after the other and many at a time, after what was sent before them."""
    frames = [b"%05d " % number for number in range(200)]

    def write() -> None:
        for number, frame in enumerate(frames):
            _fan_out(line, frame) if number % 3 else line.out.write(frame, False)

    call(write)
    assert line.read(6 + 6 * 200) == b"hello " + b"".join(frames)
    call(_fan_out, line, b"later")
    assert line.read(5) == b"later"


def test_a_slow_reader_gets_everything_once(line: _Line) -> None:
    """A reader who stands still makes frames wait, counted; when they read on, nothing is lost, doubled or mixed."""
    frames = [b"%06d" % number + b"." * 3994 for number in range(2000)]

    async def write() -> None:
        for number, frame in enumerate(frames):
            _fan_out(line, frame)
            if number % 100 == 0:
                await until(lambda: True)

    run(write)
    assert call(lambda: line.server.overruns) > 0
    assert line.read(6) == b"hello "
    for frame in frames:
        assert line.read(4000) == frame
    call(_fan_out, line, b"later")
    assert line.read(5) == b"later"
    assert call(lambda: line.out._events) == 0


def test_pings_stand_between_frames(line: _Line) -> None:
    """What goes ahead of those that wait never stands inside of one."""
    frame = b"<" + b"." * 69_998 + b">"

    def write() -> None:
        for _ in range(20):
            _fan_out(line, frame)
            line.out.write_ahead(b"PING")

    call(write)
    got = line.read(6 + 20 * (70_000 + 4))
    assert got.replace(b"PING", b"") == b"hello " + frame * 20
    assert got.count(b"PING") == 20
    assert b".PING" not in got


def test_the_end_comes_after_what_waits(line: _Line) -> None:
    """Who is sent away gets all that was written before."""
    frame = b"." * 100_000

    def write() -> None:
        for _ in range(10):
            _fan_out(line, frame)
        line.out.flush()
        line.server.transport.unregisterProducer()
        line.server.transport.loseConnection()

    call(write)
    assert line.read(6 + 10 * len(frame)) == b"hello " + frame * 10
    assert line.client.recv(1) == b""


def test_a_peer_that_vanishes(line: _Line) -> None:
    """Writing to one who is gone raises nothing, and its end is noticed."""
    line.client.close()

    async def write() -> None:
        for _ in range(200):
            _fan_out(line, b"." * 10_000)
            await until(lambda: True)
        await until(lambda: line.server.lost.called, _PATIENCE)

    run(write)
    call(_fan_out, line, b"nobody hears this")
