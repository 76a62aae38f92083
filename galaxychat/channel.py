"""The HTTP side of a socket: every request must have come whole within a time that cannot be drawn out."""

from __future__ import annotations

import time
from collections.abc import Callable
from io import BytesIO
from typing import Any

from twisted.internet.interfaces import IAddress, IDelayedCall
from twisted.internet.protocol import connectionDone
from twisted.python.failure import Failure
from twisted.web.http import HTTPChannel
from twisted.web.resource import IResource
from twisted.web.server import Site

from galaxychat.web import ChatRequest

# How long an answer may take, and after it how long the socket is kept for another request.
_ANSWER_WITHIN = 60.0
_BODY_BYTES = 16_384


class ChatChannel(HTTPChannel):
    """One socket before it becomes a WebSocket.

    Twisted's own time-out starts again with every byte, so that one byte each half second lives on for ever, and
    stops while an answer is written, so that one who does not read it does as well.
    """

    transport: Any
    within: float = 10.0
    clock: Callable[[], float] = staticmethod(time.monotonic)
    _late: IDelayedCall | None = None
    _began: float = 0.0
    _between: bool = False

    def connectionMade(self) -> None:
        """Begin to wait for the first request."""
        super().connectionMade()
        self._begin()

    def dataReceived(self, data: bytes) -> None:
        """The time of a further request runs from its first byte: a proxy may keep the socket for long before it."""
        if self._between:
            self._begin()
        super().dataReceived(data)

    def allContentReceived(self) -> None:
        """The request is whole."""
        self._wait(_ANSWER_WITHIN)
        super().allContentReceived()

    def requestDone(self, request: Any) -> None:
        """Wait until the answer is taken, and for the next request of the same socket."""
        # Before the next request of a pipeline begins, which happens within.
        self._wait(_ANSWER_WITHIN)
        self._between = True
        super().requestDone(request)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Stop waiting: nobody is there."""
        self._waited()
        super().connectionLost(reason)

    def seconds_left(self) -> float:
        """Return how much of the time to be let in remains, at least a tenth of a second."""
        return max(0.1, self._began + self.within - self.clock())

    def upgraded(self) -> None:
        """Let go of a socket that is a WebSocket from here on."""
        self._waited()

    def _begin(self) -> None:
        self._between = False
        self._began = self.clock()
        self._wait(self.within)

    def _wait(self, seconds: float) -> None:
        self._waited()
        self._late = self.callLater(seconds, self._abort)

    def _waited(self) -> None:
        late, self._late = self._late, None
        if late is not None and late.active():
            late.cancel()

    def _abort(self) -> None:
        self._late = None
        if self.transport is not None:
            self.transport.abortConnection()


class _Body(BytesIO):
    """The beginning of a request's body: nobody here reads more, and Twisted would fill the disk with the rest."""

    def write(self, data: Any) -> int:
        return super().write(data[: max(0, _BODY_BYTES - self.tell())])


class ChatSite(Site):
    """Twisted's Site without a request log (it names addresses), tracebacks or a banner."""

    displayTracebacks = False
    # Not Twisted's wrapper, which can change to HTTP/2: a WebSocket needs HTTP/1.1.
    protocol: Any = ChatChannel

    def __init__(self, resource: IResource, csp: bytes, within: float, reactor: Any) -> None:
        request = type("Request", (ChatRequest,), {"csp": csp})
        # No time-out of Twisted's: it would say addresses in the log, and ours is stricter.
        super().__init__(resource, requestFactory=request, timeout=None, reactor=reactor)
        self._within = within

    def buildProtocol(self, addr: IAddress | None) -> Any:
        """Return the channel of one socket."""
        channel = super().buildProtocol(addr)
        if channel is not None:
            channel.within = self._within
        return channel

    def getContentFile(self, length: int | None) -> BytesIO:
        """Return where the body of a request goes, whatever length it names."""
        return _Body()

    def log(self, request: Any) -> None:
        """Log no request."""
