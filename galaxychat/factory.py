"""All connections of one server: the options of the WebSocket, how many there may be, and an orderly end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Coroutine
from itertools import product
from typing import Any, Protocol

from autobahn.twisted import websocket as twisted_websocket
from autobahn.twisted.websocket import WebSocketServerFactory
from autobahn.websocket import protocol as websocket_protocol
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger

from galaxychat.chat import Chat
from galaxychat.config import Limits
from galaxychat.errors import Closing
from galaxychat.handshake import Handshake
from galaxychat.heartbeat import BEAT, Heartbeat
from galaxychat.messages import Bye, encode
from galaxychat.metrics import Metrics
from galaxychat.model import Identity
from galaxychat.protocol import ChatProtocol

CLOSE_PATIENCE = 10
_STOP_PATIENCE = 5
_RETRY_IN = 5.0


class Gate(Protocol):
    """Says who holds a cookie."""

    async def identify(self, cookie: str | None) -> Identity:
        """Return whom a value of galaxysession stands for; raises Closing."""


def spawn(work: Coroutine[Any, Any, None]) -> None:
    """Run a coroutine by itself; what it raises is logged."""
    Deferred.fromCoroutine(work).addErrback(lambda failure: _log.failure("Unexpected", failure))


_log = Logger(namespace="galaxychat")


def _no_layout(*_values: object, **_options: object) -> str:
    return ""


# Autobahn lays out all of its options for every connection, and colours words for every read, for debug messages that
# nobody reads: measured, that was a quarter of what a handshake costs.
for _module, _name in product((websocket_protocol, twisted_websocket), ("pformat", "hltype", "hlval")):
    if hasattr(_module, _name):
        setattr(_module, _name, _no_layout)


class ChatFactory(WebSocketServerFactory):
    """Makes the protocol of each handshake that was found good, and knows them all."""

    def __init__(
        self, chat: Chat, gate: Gate, limits: Limits, metrics: Metrics, reactor: Any, straight: bool = True
    ) -> None:
        super().__init__(reactor=reactor)
        self.chat = chat
        self.gate = gate
        self.limits = limits
        self.metrics = metrics
        self.spawn = spawn
        self.stopping = False
        #: Whether frames may go past the transports.
        self.straight = straight
        metrics.fast_path.set(straight)
        self._clock: IReactorTime = reactor
        self._all: set[ChatProtocol] = set()
        self._pending: Counter[str] = Counter()
        self._admitted: set[ChatProtocol] = set()
        self._working = 0
        self._heartbeat = Heartbeat(limits.ping_interval, limits.ping_timeout, self.seconds)
        self._next_beat: IDelayedCall | None = None
        self._idle: Deferred[None] | None = None
        self._gone: Deferred[None] | None = None
        self.server = ""  # no version banner
        # Asked when it is read, not told with every connection.
        metrics.connections.set_function(lambda: len(self._all))
        self.setProtocolOptions(**websocket_options(limits))

    def build(self, request: Handshake) -> ChatProtocol:
        """Return the protocol of one connection."""
        return ChatProtocol(self, request)

    def call_later(self, seconds: float, call: Callable[[], None]) -> IDelayedCall:
        """Call something once, after a time."""
        return self._clock.callLater(seconds, call)

    def seconds(self) -> float:
        """Return the time by the clock that the reactor has now: the service gives it another when it starts."""
        return self._clock.seconds()

    # ---- who is connected

    def opened(self, protocol: ChatProtocol) -> None:
        """Count a connection that is not admitted yet; raises Closing when there are too many."""
        self._all.add(protocol)
        self._pending[protocol.address] += 1
        self._heartbeat.add(protocol)
        if self._next_beat is None:
            self._next_beat = self.call_later(BEAT, self._beat)
        if self.stopping:
            raise Closing(1012, "the server restarts")
        if len(self._all) > self.limits.connections:
            raise Closing(1013, "the server is full")
        if self._pending[protocol.address] > self.limits.pending_per_address:
            raise Closing(1013, "too many unfinished connections from this address")

    def admitted(self, protocol: ChatProtocol) -> None:
        """From `welcome` on, only the user's own limit counts."""
        if protocol in self._all and protocol not in self._admitted:
            self._admitted.add(protocol)
            self._no_longer_pending(protocol)
            self.metrics.admitted.inc()

    def closed(self, protocol: ChatProtocol) -> None:
        """Forget a connection that ended."""
        if protocol not in self._all:
            return
        self._all.discard(protocol)
        self._heartbeat.remove(protocol)
        if protocol in self._admitted:
            self._admitted.discard(protocol)
        else:
            self._no_longer_pending(protocol)
        if not self._all:
            _fire(self._gone)
            self._rest()

    def answered(self, protocol: ChatProtocol, payload: bytes) -> None:
        """A connection sent a pong."""
        self._heartbeat.answered(protocol, payload)

    def _beat(self) -> None:
        self._next_beat = self.call_later(BEAT, self._beat)
        self._heartbeat.beat()

    def _rest(self) -> None:
        """Nobody is there to be pinged."""
        beat, self._next_beat = self._next_beat, None
        if beat is not None:
            beat.cancel()

    # ---- the end

    def begin_work(self) -> None:
        """A connection carries out commands."""
        self._working += 1

    def end_work(self) -> None:
        """A connection has carried out what it was sent."""
        self._working -= 1
        if not self._working:
            _fire(self._idle)

    async def shut_down(self) -> None:
        """Finish the commands in hand, tell every client to come back, and wait for them; at most 10 s."""
        self.stopping = True
        if self._working:
            self._idle = Deferred()
            await self._within(_STOP_PATIENCE, self._idle)
        bye = encode(Bye(reason="The chat restarts.", retry_in=_RETRY_IN))
        for protocol in tuple(self._all):
            protocol.send(bye)
            protocol.close(1012, "the server restarts")
        if self._all:
            self._gone = Deferred()
            await self._within(_STOP_PATIENCE, self._gone)

    async def _within(self, seconds: float, wanted: Deferred[None]) -> None:
        late = self._clock.callLater(seconds, _fire, wanted)
        await wanted
        if late.active():
            late.cancel()

    def _no_longer_pending(self, protocol: ChatProtocol) -> None:
        self._pending[protocol.address] -= 1
        if not self._pending[protocol.address]:
            del self._pending[protocol.address]


def _fire(waiting: Deferred[None] | None) -> None:
    if waiting is not None and not waiting.called:
        waiting.callback(None)


def websocket_options(limits: Limits) -> dict[str, Any]:
    """Return Autobahn's options for production: its defaults limit nothing and never ping."""
    return {
        "webStatus": False,
        "maxFramePayloadSize": limits.frame_bytes,
        "maxMessagePayloadSize": limits.frame_bytes,
        # Dropping would show clients a reset instead of 1009 or 1007.
        "failByDrop": False,
        # The request is whole before there is a protocol for it; channel.py sees to that in time.
        "openHandshakeTimeout": 0,
        "closeHandshakeTimeout": CLOSE_PATIENCE,
        # See heartbeat.py.
        "autoPingInterval": 0,
        # Compression costs about 100 KB for each connection.
        "perMessageCompressionAccept": lambda _offers: None,
        "trustXForwardedFor": 0,
    }
