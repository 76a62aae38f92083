"""A client of the chat that shares no code with the server."""

from __future__ import annotations

import json
import secrets
import socket
import time
from collections import deque
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from websockets.exceptions import ConnectionClosed
from websockets.sync import client as websockets

from tests.support.server import Server

SUBPROTOCOL = "galaxychat.v1"
Event = dict[str, Any]
_PATIENCE = 10.0

# Typed Any: newer versions of the library overload them by what they return.
_connect: Any = websockets.connect
_unix_connect: Any = websockets.unix_connect


class Refused(Exception):
    """The answer to a command was `error`; `code` says which."""

    def __init__(self, error: Event) -> None:
        super().__init__(error)
        self.code: str = error["code"]
        self.error = error


class Client:
    """One connection. What comes while an answer is awaited is kept for `event`, in its order."""

    def __init__(self, opening: AbstractContextManager[websockets.ClientConnection]) -> None:
        self._open = ExitStack()
        self.connection = self._open.enter_context(opening)
        self._kept: deque[Event] = deque()
        self._next_id = 0

    @classmethod
    def open(cls, server: Server, cookie: str | None, **options: Any) -> Client:
        """Open a socket as a browser on the server's own page would; whether one is let in is another matter."""
        headers = {} if cookie is None else {"Cookie": f"galaxysession={cookie}"}
        headers |= options.pop("additional_headers", {})
        options = {"compression": None, "ping_interval": None, "max_size": None, **options}
        return cls(
            _connect(
                f"ws://127.0.0.1:{server.port}{server.base}/ws",
                origin=f"http://127.0.0.1:{server.port}",
                subprotocols=[SUBPROTOCOL],
                additional_headers=headers,
                proxy=None,
                **options,
            )
        )

    @classmethod
    def open_unix(cls, path: Path, cookie: str) -> Client:
        """Open a socket as nginx would pass it on to a unix socket."""
        return cls(
            _unix_connect(
                str(path),
                "ws://chat.example.org/galaxychat/ws",
                origin="http://chat.example.org",
                additional_headers={"Cookie": f"galaxysession={cookie}"},
                compression=None,
            )
        )

    @classmethod
    def enter(cls, server: Server, name: str, **options: Any) -> Client:
        """Log somebody in to Galaxy, and have them let in here; `welcome` is the next event."""
        return cls.open(server, server.galaxy.cookie(name), **options)

    def __enter__(self) -> Self:
        """Use it."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave."""
        self._open.close()

    def say(self, type_: str, **fields: Any) -> int:
        """Send a command and return its id; its reply is an event with that `re`."""
        self._next_id += 1
        self.connection.send(json.dumps({"type": type_, "id": self._next_id, **fields}))
        return self._next_id

    def ask(self, type_: str, timeout: float = _PATIENCE, **fields: Any) -> Event:
        """Send a command and return its reply; raises Refused."""
        return self.answer(self.say(type_, **fields), timeout)

    def answer(self, wanted: int, timeout: float = _PATIENCE) -> Event:
        """Return the reply to a command that was sent; raises Refused."""
        reply = self._first(lambda event: event.get("re") == wanted, timeout)
        if reply["type"] == "error":
            raise Refused(reply)
        return reply

    def event(self, type_: str, timeout: float = _PATIENCE, **fields: Any) -> Event:
        """Return the next event of that type with these fields; those before it are kept."""
        return self._first(
            lambda event: (
                event["type"] == type_
                and "re" not in event
                and all(event.get(key) == value for key, value in fields.items())
            ),
            timeout,
        )

    def kept(self, type_: str) -> list[Event]:
        """Return the events of that type that were received and not taken yet."""
        return [event for event in self._kept if event["type"] == type_ and "re" not in event]

    def join(self, room: int | str, **fields: Any) -> Event:
        """Enter a room by id or name; return `joined`."""
        return self.ask("join", **({"name": room} if isinstance(room, str) else {"room": room}), **fields)

    def send(self, room: int, text: str, nonce: str | None = None, **fields: Any) -> Event:
        """Post a message; return `sent`."""
        return self.ask("send", room=room, text=text, nonce=nonce or secrets.token_hex(8), **fields)

    def send_frame(self, frame: str | bytes, *, text: bool | None = None) -> None:
        """Send a frame as it is; `text` says of which kind, where its type does not."""
        self.connection.send(frame, text=text)

    def next(self, timeout: float = _PATIENCE) -> Event:
        """Return the next event or reply of all."""
        if self._kept:
            return self._kept.popleft()
        return self._receive(timeout)

    def closed(self, timeout: float = _PATIENCE) -> tuple[int, str]:
        """Return the code and reason with which the server ends the connection; what comes before it is kept."""
        end = time.monotonic() + timeout
        try:
            while True:
                self._kept.append(self._receive(end - time.monotonic()))
        except ConnectionClosed as closed:
            return (closed.rcvd.code, closed.rcvd.reason) if closed.rcvd else (1006, "")

    def _first(self, wanted: Any, timeout: float) -> Event:
        for place, event in enumerate(self._kept):
            if wanted(event):
                del self._kept[place]
                return event
        end = time.monotonic() + timeout
        while True:
            event = self._receive(end - time.monotonic())
            if wanted(event):
                return event
            self._kept.append(event)

    def _receive(self, timeout: float) -> Event:
        if timeout <= 0:
            raise TimeoutError(f"not received; kept: {list(self._kept)[-5:]}")
        frame = self.connection.recv(timeout)
        assert isinstance(frame, str), "the server sent a binary frame"
        event: Event = json.loads(frame)
        return event


class Silent:
    """A socket that was opened as a WebSocket and then neither reads nor answers: a peer that is gone."""

    def __init__(self, server: Server, cookie: str) -> None:
        self.socket = small_socket(server)
        self.socket.sendall(handshake(server.base, server.port, cookie))
        # Nobody may speak before the answer, which ends at a blank line.
        self.answer = b""
        while not self.answer.endswith(b"\r\n\r\n"):
            self.answer += self.socket.recv(1)

    def __enter__(self) -> Self:
        """Use it."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the socket."""
        self.socket.close()

    def say(self, type_: str, times: int = 1, **fields: Any) -> None:
        """Send a command so many times as a masked frame; the mask is zero, which is one as any other."""
        payload = json.dumps({"type": type_, **fields}).encode()
        assert len(payload) < 126
        for _ in range(times):
            self.socket.sendall(bytes((0x81, 0x80 | len(payload))) + bytes(4) + payload)

    def read_to_end(self) -> bytes:
        """Read until the server has closed the socket, in whatever way."""
        chunks = []
        try:
            while chunk := self.socket.recv(65536):
                chunks.append(chunk)
        except ConnectionResetError:
            pass
        return b"".join(chunks)


def small_socket(server: Server) -> socket.socket:
    """Return a connected socket that holds little of what its user does not read."""
    opened = socket.socket()
    opened.settimeout(_PATIENCE)
    # To be set before: the window is agreed on while connecting.
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)
    opened.connect(("127.0.0.1", server.port))
    return opened


def handshake(base: str, port: int, cookie: str | None = None, **headers: str) -> bytes:
    """Return the bytes of a handshake as a browser makes it; `headers` add to it."""
    lines = [
        f"GET {base}/ws HTTP/1.1",
        f"Host: 127.0.0.1:{port}",
        f"Origin: http://127.0.0.1:{port}",
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        *([] if cookie is None else [f"Cookie: galaxysession={cookie}"]),
        *(f"{name.replace('_', '-')}: {value}" for name, value in headers.items()),
    ]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")
