"""Pings for all connections by one timer: whoever does not answer in time is gone.

Autobahn's own would be three timers for each ping of each connection: measured, two fifths of what ten thousand
people cost who say nothing.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Protocol

#: Seconds between two looks at who is due: so much later than configured a ping may come, or a silence be noticed.
BEAT = 0.5
_PING = 0x89
_PAYLOAD_BYTES = 4


class Pulse(Protocol):
    """A connection that is pinged."""

    def ping(self, frame: bytes) -> None:
        """Send a ping frame, unless the connection is closing."""

    def lost(self) -> None:
        """Let go of a peer that does not answer."""


class Heartbeat:
    """Pings each connection so many seconds after its last answer; `interval` and `timeout` are in seconds.

    Only the echo of the ping that is pending counts: a peer that sends but never reads must not live for ever.
    """

    def __init__(self, interval: float, timeout: float, seconds: Callable[[], float]) -> None:
        self._interval = interval
        self._timeout = timeout
        self._seconds = seconds
        # Both in order of time, since what is added is always due last.
        self._due: dict[Pulse, float] = {}
        self._pending: dict[Pulse, tuple[float, bytes]] = {}

    def add(self, pulse: Pulse) -> None:
        """Begin to ping a connection."""
        self._due[pulse] = self._seconds() + self._interval

    def remove(self, pulse: Pulse) -> None:
        """Stop pinging a connection that ended."""
        self._due.pop(pulse, None)
        self._pending.pop(pulse, None)

    def answered(self, pulse: Pulse, payload: bytes) -> None:
        """Take a pong."""
        pending = self._pending.get(pulse)
        if pending is not None and pending[1] == payload:
            del self._pending[pulse]
            self.add(pulse)

    def beat(self) -> None:
        """Ping whom it is time to ping, and let go of those who are silent; to be called every `BEAT` seconds."""
        now = self._seconds()
        while self._pending and next(iter(self._pending.values()))[0] <= now:
            silent = next(iter(self._pending))
            del self._pending[silent]
            silent.lost()
        payload = secrets.token_bytes(_PAYLOAD_BYTES)
        frame = bytes((_PING, len(payload))) + payload
        while self._due and next(iter(self._due.values())) <= now:
            pulse = next(iter(self._due))
            del self._due[pulse]
            self._pending[pulse] = now + self._timeout, payload
            pulse.ping(frame)
