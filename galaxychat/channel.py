"""The HTTP side of a socket: every request must have come whole within a time that cannot be drawn out."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from twisted.internet.interfaces import IAddress, IDelayedCall
from twisted.internet.protocol import connectionDone
from twisted.python.failure import Failure
from twisted.web.http import HTTPChannel
from twisted.web.resource import IResource
from twisted.web.server import Site

from galaxychat.web import ChatRequest


class ChatChannel(HTTPChannel):
    """One socket before it becomes a WebSocket.

    Twisted's own time-out starts again with every byte, so that one byte each half second lives on for ever.
    """

    transport: Any
    within: float = 10.0
    clock: Callable[[], float] = staticmethod(time.monotonic)
    _late: IDelayedCall | None = None
    _began: float = 0.0

    def connectionMade(self) -> None:
        """Begin to wait for the first request."""
        super().connectionMade()
        self._wait()

    def allContentReceived(self) -> None:
        """Stop waiting: the request is whole."""
        self._waited()
        super().allContentReceived()

    def requestDone(self, request: Any) -> None:
        """Wait for the next request of the same socket."""
        # Before the next request of a pipeline begins, which happens within.
        self._wait()
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
        self.setTimeout(None)

    def _wait(self) -> None:
        self._waited()
        self._began = self.clock()
        self._late = self.callLater(self.within, self._abort)

    def _waited(self) -> None:
        late, self._late = self._late, None
        if late is not None and late.active():
            late.cancel()

    def _abort(self) -> None:
        self._late = None
        if self.transport is not None:
            self.transport.abortConnection()


class ChatSite(Site):
    """Twisted's Site without a request log (it names addresses), tracebacks or a banner."""

    displayTracebacks = False
    # Not Twisted's wrapper, which can change to HTTP/2: a WebSocket needs HTTP/1.1.
    protocol: Any = ChatChannel

    def __init__(self, resource: IResource, csp: bytes, within: float, reactor: Any) -> None:
        request = type("Request", (ChatRequest,), {"csp": csp})
        super().__init__(resource, requestFactory=request, timeout=within, reactor=reactor)
        self._within = within

    def buildProtocol(self, addr: IAddress | None) -> Any:
        """Return the channel of one socket."""
        channel = super().buildProtocol(addr)
        if channel is not None:
            channel.within = self._within
        return channel

    def log(self, request: Any) -> None:
        """Log no request."""
