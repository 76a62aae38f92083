"""One connection: bytes in, frames out. Who it is and what it says is decided elsewhere."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any

from autobahn.twisted.websocket import WebSocketServerProtocol
from autobahn.websocket.types import ConnectionRequest
from twisted.internet.interfaces import IDelayedCall
from twisted.logger import Logger

from galaxychat.errors import Closing, HistoryUnavailable
from galaxychat.fanout import frame
from galaxychat.handshake import Handshake
from galaxychat.messages import SUBPROTOCOL, User
from galaxychat.outgoing import Outgoing
from galaxychat.ports import Outlet
from galaxychat.session import Session

if TYPE_CHECKING:
    from galaxychat.factory import ChatFactory

# Not an attribute `log`: Autobahn would write every handshake to it, cookie and all.
_log = Logger(namespace="galaxychat")

# How much a client may have sent ahead before no more is read from its socket: commands, and bytes of them.
_AHEAD = 64
_AHEAD_BYTES = 262_144


class _Nowhere:
    """Implements ports.Outlet for a connection that is not open."""

    straight = None

    def write_event(self, frames: bytes) -> None:
        """Write nothing."""

    def write_rest(self, frames: bytes, sent: int) -> None:
        """Write nothing."""


_NOWHERE = _Nowhere()


class ChatProtocol(WebSocketServerProtocol):
    """Implements ports.Peer for one browser window."""

    # Looked up for every delivery: here a look at one place in memory, in the instance's dictionary three.
    __slots__ = ("outlet",)

    # Autobahn leaves this None until there is a connection; no hook of ours runs before.
    transport: Any
    # One of the factory's options.
    closeHandshakeTimeout: float

    def __init__(self, factory: ChatFactory, request: Handshake) -> None:
        super().__init__()
        self.factory = factory
        self.address = request.address
        self._cookie = request.cookie
        self._admit_within = request.admit_within
        self._session: Session | None = None
        self._out: Outgoing | None = None
        #: Where events go that are framed already: nowhere before the connection is open, and when it is closing.
        self.outlet: Outlet = _NOWHERE
        self._inbox: deque[bytes] = deque()
        self._inbox_bytes = 0
        self._busy = False
        self._deadline: IDelayedCall | None = None

    # ---- Peer

    @property
    def user(self) -> User:
        """Who was let in."""
        assert self._session is not None
        return self._session.user

    def send(self, payload: bytes, is_event: bool = True) -> None:
        """Write one text frame, unless the connection is closing."""
        if self._out is not None and self.state == self.STATE_OPEN:
            self._out.write(frame(payload), is_event)

    def close(self, code: int, reason: str) -> None:
        """Send a close frame behind what waits to be sent; Autobahn drops a peer that does not answer it."""
        if self.state != self.STATE_OPEN:
            return
        # sendClose refuses the codes of the protocol itself, 1012 and 1013 among them.
        self.sendCloseFrame(code, reason.encode()[:123])
        self._read_on()

    # ---- Pulse

    def ping(self, frame: bytes) -> None:
        """Send a ping frame, unless the connection is closing."""
        if self._out is not None and self.state == self.STATE_OPEN:
            self._out.write_ahead(frame)

    def lost(self) -> None:
        """Let go of a peer that does not answer."""
        self.wasClean = False
        self.wasNotCleanReason = "no answer to a ping"
        self.dropConnection(abort=True)

    # ---- Autobahn's hooks

    def onConnect(self, request: ConnectionRequest) -> str | None:
        """Agree on the subprotocol; origin and headers were looked at before the upgrade."""
        return SUBPROTOCOL if SUBPROTOCOL in request.protocols else None

    def onOpen(self) -> None:
        """Find out who it is while nothing more is read."""
        limits = self.factory.limits
        self._out = Outgoing(
            self.transport, limits.unsent_bytes, limits.unsent_replies, self._too_slow, self.factory.straight
        )
        self.outlet = self._out
        # The HTTP channel that read the request had registered itself.
        self.transport.unregisterProducer()
        self._out.start()
        try:
            self.factory.opened(self)
        except Closing as closing:
            self.close(closing.code, closing.reason)
            return
        self._stop_reading()
        self._deadline = self.factory.call_later(self._admit_within, self._not_in_time)
        self.factory.spawn(self._admit())

    def onMessage(self, payload: bytes, isBinary: bool) -> None:
        """Take up a command; they are carried out one after the other."""
        # Autobahn passes on what comes before the answer to our close frame, too.
        if self.state != self.STATE_OPEN:
            return
        self.factory.metrics.commands.inc()
        # An empty frame is refused as any other that is no command, and so is a binary one.
        command = b"" if isBinary else payload
        self._inbox.append(command)
        self._inbox_bytes += len(command)
        if self._is_far_ahead():
            self._stop_reading()
        if self._session is not None and not self._busy:
            self.factory.spawn(self._work(self._session))

    def onPong(self, payload: bytes) -> None:
        """The peer is there."""
        self.factory.answered(self, payload)

    def onClose(self, wasClean: bool, code: int | None, reason: str | None) -> None:
        """Leave every room; let go of what is big, for Autobahn's protocols wait for the cyclic collector."""
        self._cancel_deadline()
        self.outlet = _NOWHERE
        self.factory.closed(self)
        if self._session is not None:
            self.factory.chat.goodbye(self._session)
        if self._out is not None:
            self._out.drop()
            self._out = None
        self._inbox.clear()
        self._inbox_bytes = 0

    def failHandshake(self, reason: str, code: int = 400, responseHeaders: Any = None) -> None:
        """Refuse what only Autobahn looks at, without repeating it in the log and the status line as Autobahn would."""
        self.factory.metrics.refused(code)
        super().failHandshake("Bad WebSocket handshake", code, responseHeaders)

    def sendCloseFrame(self, code: int | None = None, reasonUtf8: bytes | None = None, isReply: bool = False) -> None:
        """Send what waits before a close frame, ours or Autobahn's: nothing may follow it."""
        self.outlet = _NOWHERE
        if self._out is not None and self.state == self.STATE_OPEN:
            self._out.flush()
            if not isReply:
                self.factory.metrics.closed(code or 1005)
        super().sendCloseFrame(code, reasonUtf8, isReply)

    def sendData(self, data: bytes, sync: bool = False, chopsize: int | None = None) -> None:
        """Write what Autobahn has to say, pings and such, with the knowledge of who keeps the order."""
        if self._out is None or sync or chopsize:
            super().sendData(data, sync, chopsize)
        else:
            self._out.write_ahead(data)

    def dropConnection(self, abort: bool = False) -> None:
        """Let go of the socket; a peer that does not take what is left for it holds it no longer than a close frame."""
        dropped = self.state != self.STATE_CLOSED
        self.outlet = _NOWHERE
        if dropped and self._out is not None:
            # Autobahn unregisters it: a transport ends when it has sent everything, but waits for a producer.
            self._out.flush()
        super().dropConnection(abort)
        if dropped and not abort:
            self._cancel_deadline()
            self._deadline = self.factory.call_later(self.closeHandshakeTimeout, self._cut)

    # ---- admission

    async def _admit(self) -> None:
        try:
            identity = await self.factory.gate.identify(self._cookie)
            if self.state != self.STATE_OPEN:
                return
            session = await self.factory.chat.welcome(identity, self)
        except Closing as closing:
            self.close(closing.code, closing.reason)
        except HistoryUnavailable:
            self.close(1013, "the chat cannot reach its log at the moment")
        except Exception:
            _log.failure("Somebody could not be let in")
            self.close(1011, "something went wrong on the server")
        else:
            self._let_in(session)
        finally:
            self._cookie = None

    def _let_in(self, session: Session) -> None:
        self._session = session
        self._cancel_deadline()
        self.factory.admitted(self)
        if self.state != self.STATE_OPEN:
            self.factory.chat.goodbye(session)
            return
        self._read_on()
        if self._inbox:
            self.factory.spawn(self._work(session))

    def _not_in_time(self) -> None:
        self._deadline = None
        self.close(1013, "not admitted in time")

    def _cut(self) -> None:
        self._deadline = None
        self.transport.abortConnection()

    def _cancel_deadline(self) -> None:
        deadline, self._deadline = self._deadline, None
        if deadline is not None:
            deadline.cancel()

    # ---- commands

    async def _work(self, session: Session) -> None:
        self._busy = True
        try:
            while self._inbox and self.state == self.STATE_OPEN and not self.factory.stopping:
                await self._handle(session, self._inbox.popleft())
                # A client that does not take its answers is no work in hand, for which an end would wait.
                if self._out is not None:
                    await self._out.replies_taken()
                if not self._is_far_ahead():
                    self._read_on()
        except Closing as closing:
            self.close(closing.code, closing.reason)
        finally:
            self._busy = False

    async def _handle(self, session: Session, command: bytes) -> None:
        self._inbox_bytes -= len(command)
        self.factory.begin_work()
        try:
            await self.factory.chat.handle(session, command)
        finally:
            self.factory.end_work()

    def _is_far_ahead(self) -> bool:
        return len(self._inbox) >= _AHEAD or self._inbox_bytes >= _AHEAD_BYTES

    def _too_slow(self) -> None:
        self.close(4001, "read too slowly; come back and go on")

    def _stop_reading(self) -> None:
        self.transport.pauseProducing()

    def _read_on(self) -> None:
        self.transport.resumeProducing()
