"""What one connection still has to send, counted, so that a reader who stands still costs bounded memory.

A frame for a plain socket on which nothing waits goes to the kernel at once: through the transport it would cost a
turn of the reactor and two of epoll, three times as much. Everything else goes by the transport, which asks its
producer to pause when it has enough, or says when a plain socket's has gone; what comes meanwhile waits here.
"""

from __future__ import annotations

import socket
from collections import deque
from collections.abc import Callable
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IPullProducer, IPushProducer
from twisted.internet.tcp import Connection
from zope.interface import implementer

# Bytes of waiting frames that a transport is given at once.
_AT_ONCE = 65_536
# Bytes. More than fits between a server and a browser far away, for the kernel resends by itself.
_KERNEL_HOLDS = 131_072


def bound_kernel(listening: socket.socket) -> None:
    """Have the kernel keep no more unsent bytes than these for each connection that a socket accepts.

    Otherwise it takes up to 4 MiB (net.ipv4.tcp_wmem) for a reader who stands still, beside what is counted here.
    """
    option = getattr(socket, "TCP_NOTSENT_LOWAT", None)
    if option is not None and listening.family in (socket.AF_INET, socket.AF_INET6):
        listening.setsockopt(socket.IPPROTO_TCP, option, _KERNEL_HOLDS)


@implementer(IPushProducer, IPullProducer)
class Outgoing:
    """The frames of one connection on their way into its transport. Sizes are in bytes."""

    # `straight` is looked up for every delivery; and there are as many of these as connections.
    __slots__ = (
        "_drained",
        "_events",
        "_events_most",
        "_overrun",
        "_paused",
        "_replies",
        "_replies_most",
        "_send",
        "_transport",
        "_waiting",
        "straight",
    )

    def __init__(
        self,
        transport: Any,
        events_most: int,
        replies_most: int,
        overrun: Callable[[], None],
        straight: bool = True,
    ) -> None:
        """`straight` says that frames may go past the transport where it is a plain socket's."""
        self._transport = transport
        self._events_most = events_most
        self._replies_most = replies_most
        self._overrun = overrun
        self._paused = False
        self._waiting: deque[tuple[bytes, bool]] = deque()
        self._events = 0
        self._replies = 0
        self._drained: Deferred[None] | None = None
        self._send = _sender(transport) if straight else None
        #: The socket's `send`, while the transport is known to hold nothing.
        self.straight: Callable[[bytes], int] | None = None

    def start(self) -> None:
        """Be asked by the transport: when it has gone empty if the socket is a plain one, else when to pause."""
        self._transport.registerProducer(self, self._send is None)
        # It asks at once, and holds the answer to the handshake still.
        self.straight = None

    def write_event(self, frames: bytes) -> None:
        """Send events, framed already; one frame or several."""
        self.write(frames, True)

    def write_rest(self, frames: bytes, sent: int) -> None:
        """Send what `straight` has not taken."""
        self.straight = None
        self._give(frames[sent:])

    def write(self, frame: bytes, is_event: bool) -> None:
        """Send a frame, or keep it until the transport takes more; calls `overrun` above the limit for events."""
        if self.straight is not None:
            self._write_straight(self.straight, frame)
            return
        if not self._paused:
            self._give(frame)
            return
        self._waiting.append((frame, is_event))
        self._count(len(frame), is_event)
        if self._events > self._events_most:
            self._overrun()

    def write_ahead(self, frame: bytes) -> None:
        """Send a frame before those that wait: one that says nothing of a room, or the last."""
        if self.straight is not None:
            self._write_straight(self.straight, frame)
        else:
            self._give(frame)

    def flush(self) -> None:
        """Hand everything to the transport, which is about to be closed."""
        self.straight = None
        while self._waiting:
            self._transport.write(self._next())

    async def replies_taken(self) -> None:
        """Wait while more replies are unsent than a client may leave lying."""
        if self._replies > self._replies_most:
            self._drained = Deferred()
            await self._drained

    def drop(self) -> None:
        """Forget everything: the connection has ended."""
        self.straight = None
        self._send = None
        self._waiting.clear()
        self._events = self._replies = 0
        self._wake()

    def pauseProducing(self) -> None:
        """The transport has enough."""
        self._paused = True
        self.straight = None

    def resumeProducing(self) -> None:
        """The transport takes more."""
        self._paused = False
        while self._waiting and not self._paused:
            self._give(self._next())
        self.straight = None if self._paused else self._send
        if self._replies <= self._replies_most:
            self._wake()

    def stopProducing(self) -> None:
        """The transport is gone."""
        self._paused = True
        self.drop()

    def _write_straight(self, send: Callable[[bytes], int], frames: bytes) -> None:
        try:
            sent = send(frames)
        except OSError:
            # Full, or gone: the transport finds out which, and waits or ends.
            sent = 0
        if sent != len(frames):
            self.write_rest(frames, sent)

    def _give(self, frames: bytes) -> None:
        self._paused = self._paused or self._send is not None
        self._transport.write(frames)

    def _next(self) -> bytes:
        """Take the next frame; as many as pass where the transport has to go empty before it is given more."""
        frames = [self._pop()]
        size = len(frames[0])
        while self._send is not None and self._waiting and size + len(self._waiting[0][0]) <= _AT_ONCE:
            frames.append(self._pop())
            size += len(frames[-1])
        return b"".join(frames)

    def _pop(self) -> bytes:
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


def _sender(transport: Any) -> Callable[[bytes], int] | None:
    """Return the `send` of the socket behind a transport, if nothing lies between: no TLS, no test's own."""
    if not isinstance(transport, Connection) or transport.TLS:
        return None
    send: Callable[[bytes], int] = transport.getHandle().send
    return send
