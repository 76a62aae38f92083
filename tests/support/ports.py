"""Ports for servers that a test starts itself."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager


def free_port(host: str = "127.0.0.1") -> int:
    """Return a TCP port that nobody listens on at the moment; whoever wants it should bind it soon."""
    with socket.socket() as probe:
        probe.bind((host, 0))
        port: int = probe.getsockname()[1]
    return port


@contextmanager
def held_port(host: str = "127.0.0.1") -> Iterator[int]:
    """Have a TCP port that stays one's own, also while nobody listens: connections are refused then.

    Whoever listens on it has to set SO_REUSEADDR, as servers do.
    """
    with socket.socket() as holder:
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        holder.bind((host, 0))
        yield holder.getsockname()[1]
