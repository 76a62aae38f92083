"""A crowd of clients in one event loop, each as the wire says a client shall be: it resumes, and repeats its nonce.

Frames are read and written by hand, so that thousands fit beside the server on a small machine.
"""

from __future__ import annotations

import asyncio
import json
import random
import secrets
import socket
import sqlite3
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field
from typing import Any, Self

from tests.support.client import handshake
from tests.support.galaxy_sqlite import ScratchGalaxy
from tests.support.server import Server

Event = dict[str, Any]
#: Limits that no test meets by talking much.
RATES = {"rate_messages": 10_000, "rate_per_second": 10_000, "rate_commands": 100_000, "commands_per_second": 10_000}
_PATIENCE = 30.0
_TEXT, _CLOSE, _PING, _PONG = 0x81, 0x88, 0x89, 0x8A


class Lost(Exception):
    """The connection ended; the argument is the close code, 1006 where there was none."""


class Refused(Exception):
    """The answer was `error`; the argument is its code."""


class Line(asyncio.Protocol):
    """One WebSocket."""

    transport: asyncio.Transport

    def __init__(self, request: bytes, hear: Callable[[Event], None], unread: bytes | None = None) -> None:
        """Frames that begin with `unread` are thrown away."""
        self._request = request
        self._hear = hear
        self._unread = unread
        self._buffer = bytearray()
        self._upgraded = False
        loop = asyncio.get_running_loop()
        #: The close code.
        self.ended: asyncio.Future[int] = loop.create_future()
        #: The first line of the answer to the handshake, "" if there was none.
        self.answer = ""
        #: How many pings came, each answered at once.
        self.pings = 0

    def connection_made(self, transport: Any) -> None:
        """Ask for the upgrade."""
        self.transport = transport
        transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        """Take what came."""
        self._buffer += data
        if not self._upgraded:
            head, found, rest = self._buffer.partition(b"\r\n\r\n")
            if not found:
                return
            self.answer = head.split(b"\r\n", 1)[0].decode()
            self._upgraded = True
            self._buffer = bytearray(rest)
        while (frame := self._frame()) is not None:
            self._take(*frame)

    def connection_lost(self, exc: Exception | None) -> None:
        """It is over, in whatever way."""
        self._end(1006)

    def say(self, command: Event) -> None:
        """Send a command."""
        self.write(_TEXT, json.dumps(command).encode())

    def write(self, kind: int, payload: bytes) -> None:
        """Send one frame. Its mask is zero, which is one as any other."""
        size = len(payload)
        length = bytes((0x80 | size,)) if size < 126 else b"\xfe" + size.to_bytes(2, "big")
        self.transport.write(bytes((kind,)) + length + bytes(4) + payload)

    def _frame(self) -> tuple[int, bytes] | None:
        buffer = self._buffer
        if len(buffer) < 2:
            return None
        size, start = buffer[1], 2
        if size >= 126:
            start = 4 if size == 126 else 10
            size = int.from_bytes(buffer[2:start], "big")
        if len(buffer) < start + size or len(buffer) < start:
            return None
        kind, payload = buffer[0], bytes(buffer[start : start + size])
        del buffer[: start + size]
        return kind, payload

    def _take(self, kind: int, payload: bytes) -> None:
        if kind == _TEXT:
            if self._unread is None or not payload.startswith(self._unread):
                self._hear(json.loads(payload))
        elif kind == _PING:
            self.pings += 1
            self.write(_PONG, payload)
        elif kind == _CLOSE:
            self.write(_CLOSE, payload[:2])
            self._end(int.from_bytes(payload[:2], "big"))

    def _end(self, code: int) -> None:
        if not self.ended.done():
            self.ended.set_result(code)


@dataclass
class Held:
    """What a client holds of one room: from `first` on everything, up to `last`."""

    last: int = 0
    texts: dict[int, str] = field(default_factory=dict)


@dataclass
class Sent:
    """A message on its way, or acknowledged."""

    nonce: str
    room: int
    text: str
    seq: int | None = None


@dataclass(eq=False)
class Talker:
    """A person with one window, over all of its connections."""

    server: Server
    name: str
    cookie: str
    #: Where the proxy says that they sit: each address has its own share of the door.
    address: str = "127.0.0.1"
    #: How many bytes the kernel holds that were not read; 0 leaves it to the kernel, which holds megabytes.
    receive_buffer: int = 0
    follows: Sequence[int] = ()
    #: Whether others' messages are read, which takes most of a crowd's time.
    reads: bool = True
    rooms: dict[int, Held] = field(default_factory=dict)
    acknowledged: list[Sent] = field(default_factory=list)
    unsure: Sent | None = None
    codes: Counter[int] = field(default_factory=Counter)
    resets: int = 0
    gaps: int = 0
    entered: int = 0
    quiet: bool = False
    epoch: str = ""
    epoch_held: str = ""
    line: Line | None = None
    listener: Callable[[Event], None] | None = None
    _asked: dict[int, asyncio.Future[Event]] = field(default_factory=dict)
    _number: int = 0
    _welcome: asyncio.Future[Event] | None = None
    _ended: bool = False

    async def __aenter__(self) -> Self:
        """Come in."""
        await self.enter()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Go."""
        self.leave()

    async def enter(self) -> None:
        """Connect, be let in, and follow the rooms from where one was; raises Lost, OSError or Refused."""
        self._welcome = asyncio.get_running_loop().create_future()
        await self.connect()
        await self._or_lost(self._welcome)
        for room in self.follows:
            await self.join(room)
        self.entered += 1

    async def connect(self) -> Line:
        """Open the socket and ask for the upgrade, no more."""
        loop = asyncio.get_running_loop()
        forwarded = {} if self.address == "127.0.0.1" else {"X_Forwarded_For": self.address}
        request = handshake(self.server.base, self.server.port, self.cookie, **forwarded)
        opened = socket.socket()
        opened.setblocking(False)
        if self.receive_buffer:
            # To be set before: the window is agreed on while connecting.
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, self.receive_buffer)
        await loop.sock_connect(opened, ("127.0.0.1", self.server.port))
        _, self.line = await loop.create_connection(lambda: Line(request, self._hear), sock=opened)
        self.line.ended.add_done_callback(self._over)
        return self.line

    def leave(self) -> None:
        """Close the socket, without a word."""
        self._ended = True
        if self.line is not None:
            self.line.transport.abort()

    def stand_still(self) -> None:
        """Read nothing any more, until `read_on`."""
        assert self.line is not None
        self.line.transport.pause_reading()

    def read_on(self) -> None:
        """Read again, if there is anything to read from."""
        assert self.line is not None
        if not self.line.transport.is_closing():
            self.line.transport.resume_reading()

    async def read_back(self, room: int) -> None:
        """Read what is older than what is held, back to the first message."""
        held = self.rooms[room]
        more = True
        while more:
            page = await self.ask("history", room=room, before=min(held.texts), limit=200)
            held.texts.update((message["seq"], message["text"]) for message in page["messages"])
            more = page["more_before"]

    def back(self) -> None:
        """After `leave`: be there again, to come in."""
        self._ended = False
        self.line = None

    async def stay(self, *, says: int | None = None, pause: float = 0.0, back_within: float = 0.2) -> None:
        """Come in, and come back whenever the connection ends, until `leave`; talk in the room `says` until `quiet`."""
        while not self._ended:
            with suppress(Lost, OSError, Refused):
                await self.enter()
                while says is not None and (self.unsure or not self.quiet):
                    await self.send(says, f"{self.name}: {len(self.acknowledged)}")
                    await asyncio.sleep(pause)
                assert self.line is not None
                await self.line.ended
            if not self._ended:
                await asyncio.sleep(random.uniform(back_within / 2, back_within))

    async def ask(self, type_: str, **fields: Any) -> Event:
        """Send a command and return its answer; raises Lost or Refused."""
        if self.line is None or self.line.ended.done():
            raise Lost(1006)
        self._number += 1
        answer: asyncio.Future[Event] = asyncio.get_running_loop().create_future()
        self._asked[self._number] = answer
        self.line.say({"type": type_, "id": self._number, **fields})
        reply = await self._or_lost(answer)
        if reply["type"] == "error":
            raise Refused(reply["code"])
        return reply

    async def join(self, room: int) -> Event:
        """Enter a room, from where one was."""
        held = self.rooms.get(room)
        resume = {} if held is None else {"after": held.last, "epoch": self.epoch_held}
        return await self.ask("join", room=room, **resume)

    async def follow(self, room: int) -> Event:
        """Enter a room, and again each time that one comes back."""
        self.follows = [*self.follows, room]
        return await self.join(room)

    async def send(self, room: int, text: str) -> int:
        """Post a message, or the one again that was not acknowledged; returns its seq; raises Lost or Refused."""
        if self.unsure is None:
            self.unsure = Sent(secrets.token_hex(8), room, text)
        unsure = self.unsure
        reply = await self.ask("send", room=unsure.room, text=unsure.text, nonce=unsure.nonce)
        unsure.seq = reply["seq"]
        self.acknowledged.append(unsure)
        self.unsure = None
        return int(reply["seq"])

    async def caught_up(self, room: int, rev: int, timeout: float = _PATIENCE) -> None:
        """Return once everything up to `rev` is held."""
        async with asyncio.timeout(timeout):
            while (held := self.rooms.get(room)) is None or held.last < rev:
                await asyncio.sleep(0.01)

    async def _or_lost(self, answer: asyncio.Future[Event]) -> Event:
        assert self.line is not None
        either: set[asyncio.Future[Any]] = {answer, self.line.ended}
        await asyncio.wait(either, timeout=_PATIENCE, return_when=asyncio.FIRST_COMPLETED)
        if answer.done():
            return answer.result()
        if self.line.ended.done():
            raise Lost(self.line.ended.result())
        raise TimeoutError(f"no answer within {_PATIENCE:g} s")

    def _over(self, ended: asyncio.Future[int]) -> None:
        self.codes[ended.result()] += 1
        self._asked.clear()

    def _hear(self, event: Event) -> None:
        if self.listener is not None:
            self.listener(event)
        if (re := event.get("re")) is not None:
            if event["type"] == "joined":
                self._take_page(event)
            if (answer := self._asked.pop(re, None)) is not None and not answer.done():
                answer.set_result(event)
        elif event["type"] == "welcome":
            self.epoch = event["epoch"]
            if self._welcome is not None and not self._welcome.done():
                self._welcome.set_result(event)
        elif "rev" in event:
            self._take_change(event)

    def _take_page(self, joined: Event) -> None:
        room = joined["room"]["room"]
        held = self.rooms.setdefault(room, Held())
        if joined.get("reset"):
            self.resets += 1
            held.texts.clear()
        for message in joined["messages"]:
            held.texts[message["seq"]] = sys.intern(message["text"])
        held.last = joined["room"]["rev"]
        self.epoch_held = self.epoch

    def _take_change(self, event: Event) -> None:
        held = self.rooms.get(event["room"])
        if held is None or event["rev"] <= held.last:
            return
        if event["rev"] != held.last + 1:
            self.gaps += 1
            return
        held.last = event["rev"]
        if event["type"] == "message":
            # One copy for a whole crowd.
            held.texts[event["message"]["seq"]] = sys.intern(event["message"]["text"])


def crowd(server: Server, count: int, prefix: str = "member") -> list[Talker]:
    """Have so many more people in Galaxy, each logged in; nobody is connected yet."""
    galaxy = server.galaxy
    names = [f"{prefix}{number}" for number in range(count)]
    keys = [secrets.token_hex(16) for _ in names]
    with closing(sqlite3.connect(galaxy.database)) as connection, connection:
        connection.executemany(
            """INSERT INTO galaxy_user (email, username, password, external, deleted, purged, active)
               VALUES (? || '@example.org', ?1, '', 0, 0, 0, 1)""",
            [(name,) for name in names],
        )
        connection.executemany(
            """INSERT INTO galaxy_session (user_id, session_key, is_valid)
               SELECT id, ?, 1 FROM galaxy_user WHERE username = ?""",
            list(zip(keys, names, strict=True)),
        )
    return [
        Talker(server, name, _cookie(galaxy, key), f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}")
        for number, (name, key) in enumerate(zip(names, keys, strict=True), start=1)
    ]


def _cookie(galaxy: ScratchGalaxy, key: str) -> str:
    return galaxy.cookie_of(key)


async def enter_all(talkers: Sequence[Talker], at_once: int = 100) -> None:
    """Let everybody come in, so many at a time."""
    turns = asyncio.Semaphore(at_once)

    async def one(talker: Talker) -> None:
        async with turns:
            await talker.enter()

    await asyncio.gather(*(one(talker) for talker in talkers))


async def settle(talkers: Sequence[Talker], room: int) -> int:
    """Let everybody finish what they were saying and hear what the others said; return the room's rev."""
    for talker in talkers:
        talker.quiet = True
    async with asyncio.timeout(_PATIENCE):
        while any(talker.unsure for talker in talkers):
            await asyncio.sleep(0.01)
    # Answers come before events: what was acknowledged last need not have been heard by anybody yet.
    rev = max(
        *(talker.rooms[room].last for talker in talkers),
        *(sent.seq or 0 for talker in talkers for sent in talker.acknowledged if sent.room == room),
    )
    await asyncio.gather(*(talker.caught_up(room, rev) for talker in talkers))
    return rev


def said(talkers: Sequence[Talker]) -> int:
    """Return how many messages were acknowledged to them."""
    return sum(len(talker.acknowledged) for talker in talkers)


async def heard_more(talkers: Sequence[Talker], messages: int) -> None:
    """Return when so many more messages were acknowledged."""
    enough = said(talkers) + messages
    async with asyncio.timeout(_PATIENCE):
        while said(talkers) < enough:
            await asyncio.sleep(0.005)


async def lobby(talker: Talker) -> int:
    """Return the id of the room that everybody is in; the talker must be in."""
    rooms = (await talker.ask("rooms"))["rooms"]
    return next(int(room["room"]) for room in rooms if room["kind"] == "lobby")
