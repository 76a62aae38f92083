"""How the load talks to each kind of server: what is said until one is in, and how a message is posted.

A dialect is one person's, and remembers what that person was told.
"""

from __future__ import annotations

import json
import secrets
from typing import Any

_TEXT = 0x81
#: What the load says, as long as a short sentence.
WORDS = "Has anybody mapped these reads with BWA-MEM2 yet?"
# As long as our own rooms' ids.
_ROOM = 1 << 47
Event = dict[str, Any]


def masked(payload: bytes, kind: int = _TEXT) -> bytes:
    """Return a client's frame. Its mask is zero, which is one as any other."""
    size = len(payload)
    length = bytes((0x80 | size,)) if size < 126 else b"\xfe" + size.to_bytes(2, "big")
    return bytes((kind,)) + length + bytes(4) + payload


def upgrade(path: str, port: int, cookie: str | None = None) -> bytes:
    """Return the bytes of a handshake as a browser makes it."""
    lines = [
        f"GET {path} HTTP/1.1",
        f"Host: 127.0.0.1:{port}",
        f"Origin: http://127.0.0.1:{port}",
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    ]
    if cookie is not None:
        lines.append(f"Cookie: galaxysession={cookie}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


class Plain:
    """A peer's chat over bare WebSocket: in with the handshake, everybody hears everything."""

    path = "/"

    def greeting(self, port: int, cookie: str | None, /) -> bytes:
        """Return what is said first."""
        return upgrade(self.path, port, cookie)

    def answer(self, frame: bytes) -> tuple[bytes, bool]:
        """Return what is said to a frame before one is in, and whether one is in with it."""
        raise AssertionError(f"nothing is said yet: {frame!r}")

    @property
    def in_at_once(self) -> bool:
        """Whether one is in with the answer to the handshake."""
        return True

    def opening(self) -> bytes:
        """Return what is said right after the handshake: nothing, by default."""
        return b""

    def post(self, text: str = WORDS, /) -> bytes:
        """Return the bytes that post a message."""
        return masked(self.words(text))

    def words(self, text: str) -> bytes:
        """Return the command `send`."""
        return _dump({"type": "send", "room": _ROOM, "text": text, "nonce": secrets.token_hex(8)})

    def is_message(self, frame: bytes) -> bool:
        """Whether a frame's payload is the event of a message."""
        return b'"text":' in frame


class SocketIo(Plain):
    """A peer's chat over Socket.IO version 5, by WebSocket from the start."""

    path = "/socket.io/?EIO=4&transport=websocket"

    def answer(self, frame: bytes) -> tuple[bytes, bool]:
        """Ask for the default namespace after Engine.IO's opening."""
        if frame.startswith(b"0{"):
            return masked(b"40"), False
        assert frame.startswith(b"40{"), frame
        return b"", True

    @property
    def in_at_once(self) -> bool:
        """Only with the namespace's answer."""
        return False

    def words(self, text: str) -> bytes:
        """Return the command as an event's only argument."""
        return b'42["send",' + super().words(text) + b"]"


class Chat(Plain):
    """Our own: `welcome`, then the lobby; or what `enter` says instead, a `join` or `create`."""

    path = "/galaxychat/ws"

    def __init__(self, **enter: Any) -> None:
        self._enter = enter
        self.room = 0
        self.rev = 0
        self.epoch = ""
        #: Of the newest message that one posted.
        self.nonce = ""

    def answer(self, frame: bytes) -> tuple[bytes, bool]:
        """Enter the room once let in."""
        event = json.loads(frame)
        if event["type"] == "welcome":
            self.epoch = event["epoch"]
            (lobby,) = (room["room"] for room in event["rooms"] if room["kind"] == "lobby")
            enter = self._enter or {"type": "join", "room": lobby}
            return self.command(**enter), False
        if event["type"] == "error":
            raise RuntimeError(frame.decode())
        if event["type"] == "joined":
            self.room, self.rev = event["room"]["room"], event["room"]["rev"]
        return b"", event["type"] == "joined"

    @property
    def in_at_once(self) -> bool:
        """Only with `joined`."""
        return False

    def command(self, **command: Any) -> bytes:
        """Return a command's frame."""
        return masked(_dump({**command, "id": 1}))

    def words(self, text: str) -> bytes:
        """Return the command `send`."""
        self.nonce = secrets.token_hex(8)
        return _dump({"type": "send", "id": 1, "room": self.room, "text": text, "nonce": self.nonce})

    def is_message(self, frame: bytes) -> bool:
        """Whether a frame's payload is the event of a message."""
        return frame.startswith(b'{"type":"message"')

    def again(self, behind: int) -> Chat:
        """Return a dialect that comes back to the same room, which has gone on by so many changes."""
        after = max(0, self.rev - behind)
        return Chat(type="join", room=self.room, after=after, epoch=self.epoch)


class Echo(Plain):
    """An echo that is said something twice, and comes back."""

    def __init__(self) -> None:
        self._heard = 0

    def answer(self, frame: bytes) -> tuple[bytes, bool]:
        """Say it the second time, and be in with what comes back."""
        self._heard += 1
        return (masked(frame), False) if self._heard < 2 else (b"", True)

    @property
    def in_at_once(self) -> bool:
        """Only with the second answer."""
        return False

    def opening(self) -> bytes:
        """Return what is said right after the handshake."""
        return masked(_dump({"type": "join", "room": _ROOM, "after": 1000, "epoch": "0" * 16, "id": 1}))


class Bare(Plain):
    """The bare loop: who connects first leads, and what they say goes to everybody as it is."""

    def __init__(self, frame: bytes) -> None:
        self.frame = frame

    def greeting(self, _port: int, _cookie: str | None, /) -> bytes:
        """Say nothing; the answer of a handshake comes all the same, and says that one is heard of."""
        return b""

    def post(self, _text: str = WORDS, /) -> bytes:
        """Return the frame behind its length."""
        return len(self.frame).to_bytes(4, "big") + self.frame


def _dump(command: Event) -> bytes:
    return json.dumps(command, separators=(",", ":")).encode()
