"""The bare loop: one process that sends the same bytes to the same number of sockets, and does nothing else.

Whoever connects first leads: four bytes of length, then what everybody is sent.
With the path of a database as argument, a row is committed first, as durably as the chat's log does it.
"""

from __future__ import annotations

import select
import socket
import sqlite3
import sys
from collections.abc import Callable

_EVERYBODY = 4096
# The end of a handshake, so that those who connect know when they are heard of.
_IN = b"HTTP/1.1 101 In\r\n\r\n"


def main() -> None:
    """Serve until the leader goes."""
    keep = _log(sys.argv[1]) if len(sys.argv) > 1 else None
    with socket.create_server(("127.0.0.1", 0), backlog=_EVERYBODY) as listening:
        print(listening.getsockname()[1], flush=True)
        leader, _ = listening.accept()
        leader.send(_IN)
        with leader:
            _serve(listening, leader, keep)


def _serve(listening: socket.socket, leader: socket.socket, keep: Callable[[bytes], None] | None) -> None:
    everybody = [leader]
    listening.setblocking(False)
    epoll = select.epoll()
    epoll.register(listening, select.EPOLLIN)
    epoll.register(leader, select.EPOLLIN)
    while True:
        for fd, _ in epoll.poll():
            if fd == leader.fileno():
                frame = _read(leader)
                if not frame:
                    return
                if keep is not None:
                    keep(frame)
                for each in everybody:
                    each.send(frame)
            else:
                opened, _ = listening.accept()
                opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                opened.setblocking(False)
                opened.send(_IN)
                everybody.append(opened)


def _read(leader: socket.socket) -> bytes:
    length = leader.recv(4, socket.MSG_WAITALL)
    return leader.recv(int.from_bytes(length, "big"), socket.MSG_WAITALL) if length else b""


def _log(path: str) -> Callable[[bytes], None]:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("CREATE TABLE message (id INTEGER PRIMARY KEY, frame BLOB NOT NULL)")

    def keep(frame: bytes) -> None:
        connection.execute("INSERT INTO message (frame) VALUES (?)", (frame,))

    return keep


if __name__ == "__main__":
    main()
