"""What one connection still has to send, counted, so that a reader who stands still costs bounded memory.

Twisted's transport takes 64 KiB and then asks its producer to pause; what comes after that waits here.
"""

from __future__ import annotations

import socket
from collections import deque
from collections.abc import Callable

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IPushProducer, ITransport
from zope.interface import implementer

# Bytes. More than fits between a server and a browser far away, for the kernel resends by itself.
_KERNEL_HOLDS = 131_072


def bound_kernel(listening: socket.socket) -> None:
    """Have the kernel keep no more unsent bytes than these for each connection that a socket accepts.

    Otherwise it takes up to 4 MiB (net.ipv4.tcp_wmem) for a reader who stands still, beside what is counted here.
    """
    option = getattr(socket, "TCP_NOTSENT_LOWAT", None)
    if option is not None and listening.family in (socket.AF_INET, socket.AF_INET6):
        listening.setsockopt(socket.IPPROTO_TCP, option, _KERNEL_HOLDS)


@implementer(IPushProducer)
class Outgoing:
    """The frames of one connection on their way into its transport. Sizes are in bytes."""

    def __init__(self, transport: ITransport, events_most: int, replies_most: int, overrun: Callable[[], None]) -> None:
        self._transport = transport
        self._events_most = events_most
        self._replies_most = replies_most
        self._overrun = overrun
        self._paused = False
        self._waiting: deque[tuple[bytes, bool]] = deque()
        self._events = 0
        self._replies = 0
        self._drained: Deferred[None] | None = None

    def write(self, frame: bytes, is_event: bool) -> None:
        """Send a frame, or keep it until the transport takes more; calls `overrun` above the limit for events."""
        if not self._paused:
            self._transport.write(frame)
            return
        self._waiting.append((frame, is_event))
        self._count(len(frame), is_event)
        if self._events > self._events_most:
            self._overrun()

    def flush(self) -> None:
        """Hand everything to the transport, which is about to be closed."""
        while self._waiting:
            self._transport.write(self._next())

    async def replies_taken(self) -> None:
        """Wait while more replies are unsent than a client may leave lying."""
        if self._replies > self._replies_most:
            self._drained = Deferred()
            await self._drained

    def drop(self) -> None:
        """Forget everything: the connection has ended."""
        self._waiting.clear()
        self._events = self._replies = 0
        self._wake()

    def pauseProducing(self) -> None:
        """The transport has enough."""
        self._paused = True

    def resumeProducing(self) -> None:
        """The transport takes more."""
        self._paused = False
        while self._waiting and not self._paused:
            self._transport.write(self._next())
        if self._replies <= self._replies_most:
            self._wake()

    def stopProducing(self) -> None:
        """The transport is gone."""
        self._paused = True
        self.drop()

    def _next(self) -> bytes:
        frame, is_event = self._waiting.popleft()
        self._count(-len(frame), is_event)
        return frame

    def _count(self, size: int, is_event: bool) -> None:
        if is_event:
            self._events += size
        else:
            self._replies += size

    def _wake(self) -> None:
        drained, self._drained = self._drained, None
        if drained is not None:
            drained.callback(None)
