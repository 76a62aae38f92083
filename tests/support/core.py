"""A chat without a reactor: peers that remember what they are told, a clock set by hand, coroutines driven by hand."""

from __future__ import annotations

import json
import sys
from collections import deque
from collections.abc import Awaitable, Callable, Collection, Coroutine, Generator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar, cast

from galaxychat.bells import Bell
from galaxychat.burst import Tempo
from galaxychat.chat import Chat
from galaxychat.connected import Connected
from galaxychat.entering import Entering
from galaxychat.errors import GalaxyUnavailable
from galaxychat.feed import Feed
from galaxychat.history.memory import MemoryHistory
from galaxychat.limits import Buckets, name_key
from galaxychat.messages import User
from galaxychat.model import Identity, Role, RoomKind
from galaxychat.ports import History, Outlet, Peer, Spawn
from galaxychat.records import Draft, RoomDraft
from galaxychat.rooms import Rooms
from galaxychat.session import Pace, Session
from galaxychat.site import Rules, Site, World
from tests.support import delivery

T = TypeVar("T")
Event = dict[str, Any]

NOW = "2026-05-01T12:00:00.000Z"
LOBBY_ID, TOPIC_ID = 1, 2
ANNA, BELA, CLEO = User(id=11, name="anna"), User(id=12, name="bela"), User(id=13, name="cleo")


class Windows:
    """Where a busy room's events wait for each other until a test looks: it is slower than any window."""

    def __init__(self) -> None:
        self._calls: list[Callable[[], None]] = []

    def later(self, _seconds: float, call: Callable[[], None]) -> None:
        """Remember what is called at the end of a window."""
        self._calls.append(call)

    def end(self) -> None:
        """Let all of them end."""
        calls, self._calls = self._calls, []
        for call in calls:
            call()


class FakePeer:
    """Implements ports.Peer: remembers what was sent, in order."""

    def __init__(self, user: User, windows: Windows | None = None) -> None:
        self.user = user
        self._windows = windows or Windows()
        self._heard: list[Event] = []
        self.replies: list[Event] = []
        self.closed: tuple[int, str] | None = None

    @property
    def heard(self) -> list[Event]:
        """All that was sent, once nothing waits any more."""
        self._windows.end()
        return self._heard

    def send(self, payload: bytes, is_event: bool = True) -> None:
        """Remember one frame."""
        event = json.loads(payload)
        self._heard.append(event)
        if not is_event:
            self.replies.append(event)

    @property
    def outlet(self) -> Outlet:
        """Never asked for: the fan-out of these tests sends payloads."""
        raise AssertionError

    def close(self, code: int, reason: str) -> None:
        """Remember the end."""
        self.closed = (code, reason)

    def types(self) -> list[str]:
        """Return the types of all that was heard."""
        return [event["type"] for event in self.heard]

    def of_type(self, kind: str) -> list[Event]:
        """Return what was heard of one type."""
        return [event for event in self.heard if event["type"] == kind]


def fan_out(payloads: Sequence[bytes], peers: Collection[Peer]) -> None:
    """Send payloads to each of many."""
    for peer in tuple(peers):
        for payload in payloads:
            peer.send(payload)


# ---- coroutines by hand


class Gate:
    """Where a coroutine waits until a test lets it go on."""

    def __init__(self) -> None:
        self.open = False

    def __await__(self) -> Generator[Gate, None, None]:
        """Wait for as long as the gate is shut."""
        while not self.open:
            yield self


@dataclass
class Task:
    """A coroutine under way: its result or what it raised, once it is done."""

    work: Coroutine[Any, Any, Any]
    waits_at: Gate | None = None
    done: bool = False
    result: Any = None
    error: BaseException | None = None

    def advance(self) -> None:
        """Go on to the next shut gate, or to the end."""
        try:
            self.waits_at = self.work.send(None)
        except StopIteration as end:
            self.done, self.result = True, end.value
        except BaseException as problem:
            self.done, self.error = True, problem


class Loop:
    """Runs coroutines as a Deferred would: at once until the first wait, and on when the gate opens."""

    def __init__(self) -> None:
        self.tasks: list[Task] = []

    def start(self, work: Coroutine[Any, Any, Any]) -> Task:
        """Begin a coroutine."""
        task = Task(work)
        self.tasks.append(task)
        task.advance()
        return task

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Implement ports.Spawn."""
        self.start(work)

    def open(self, gate: Gate) -> None:
        """Open a gate and let everybody go on who can."""
        gate.open = True
        while ready := [task for task in self.tasks if not task.done and task.waits_at and task.waits_at.open]:
            for task in ready:
                task.advance()

    def failures(self) -> list[BaseException]:
        """Return what tasks raised."""
        return [task.error for task in self.tasks if task.error is not None]


def finish(work: Awaitable[T]) -> T:
    """Run what never waits to its end."""

    async def whole() -> T:
        return await work

    task = Task(whole())
    task.advance()
    assert task.done, "it waits for something"
    if task.error is not None:
        raise task.error
    return cast(T, task.result)


class SlowHistory:
    """A log whose next call of a method waits at a gate, before or after it is carried out, or fails."""

    def __init__(self, inner: MemoryHistory) -> None:
        self.inner = inner
        self.calls: list[str] = []
        self.failed = False
        self._plans: dict[str, deque[Callable[[Awaitable[Any]], Awaitable[Any]]]] = {}
        self._until_failure = -1
        self._problem: Exception = AssertionError()

    def wait_before(self, method: str) -> Gate:
        """Let the next call wait before it does anything."""
        gate = Gate()

        async def plan(call: Awaitable[Any]) -> Any:
            await gate
            return await call

        self._plans.setdefault(method, deque()).append(plan)
        return gate

    def wait_after(self, method: str) -> Gate:
        """Let the next call do its work, and wait before it returns."""
        gate = Gate()

        async def plan(call: Awaitable[Any]) -> Any:
            result = await call
            await gate
            return result

        self._plans.setdefault(method, deque()).append(plan)
        return gate

    def fail(self, method: str, problem: Exception) -> None:
        """Let the next call raise without doing anything."""

        async def plan(call: Coroutine[Any, Any, Any]) -> Any:
            call.close()
            raise problem

        self._plans.setdefault(method, deque()).append(cast(Any, plan))

    def fail_nth(self, calls: int, problem: Exception) -> None:
        """Let the call after so many others raise, whichever it is; none for -1."""
        self._until_failure, self._problem, self.failed = calls, problem, False

    def _next_fails(self) -> bool:
        self._until_failure -= 1
        return self._until_failure == -1

    def __getattr__(self, name: str) -> Any:
        """Return the log's own attribute, or a method that follows the plan."""
        own = getattr(self.inner, name)
        if not callable(own):
            return own

        async def planned(*args: Any, **kwargs: Any) -> Any:
            self.calls.append(name)
            if self._next_fails():
                self.failed = True
                raise self._problem
            plans = self._plans.get(name)
            call = own(*args, **kwargs)
            return await (plans.popleft()(call) if plans else call)

        return planned


# ---- a house


@dataclass
class FakeDirectory:
    """Implements ports.Directory: everybody is welcome in Galaxy but those named here."""

    unwelcome: set[int] = field(default_factory=set)
    away: bool = False

    async def admissible(self, user_ids: Collection[int]) -> frozenset[int]:
        """Return those who are welcome."""
        if self.away:
            raise GalaxyUnavailable("away")
        return frozenset(user_ids) - self.unwelcome


@dataclass
class HandClock:
    """Seconds that pass when a test says so."""

    now: float = 1000.0
    began: datetime = datetime(2026, 5, 1, 12, tzinfo=UTC)

    def steady(self) -> float:
        """Return seconds."""
        return self.now

    def utc(self) -> datetime:
        """Return the time of day."""
        return self.began + timedelta(seconds=self.now - 1000.0)


def room_draft(room: int, name: str, kind: RoomKind = RoomKind.PERSISTENT, owner: int | None = None) -> RoomDraft:
    """Return a room to be made."""
    return RoomDraft(room=room, kind=kind, name=name, name_key=name_key(name), topic="", owner=owner)


SITE_ROOMS = (room_draft(LOBBY_ID, "All Chats", RoomKind.LOBBY), room_draft(TOPIC_ID, "Assembly"))


def draft(room: int, user: int, nonce: str, text: str = "hello", **changes: Any) -> Draft:
    """Return a message to be posted."""
    values: dict[str, Any] = {
        "digest": f"{room}{text}".encode()[:16],
        "at": NOW,
        "body": json.dumps([["p", ["text", text]]]).encode(),
        "mentions": (),
        "reply_to": None,
    }
    return Draft(room=room, user=user, nonce=nonce, text=text, **{**values, **changes})


@dataclass
class House:
    """A chat over the log in memory, all of it in a test's hands."""

    rooms_per_user: int = 100
    rooms_per_day: int = 20
    per_user: int = 20
    site_rooms: Sequence[RoomDraft] = SITE_ROOMS
    message_rate: tuple[float, float] = (20, 2)
    command_rate: tuple[float, float] = (100, 20)
    clock: HandClock = field(default_factory=HandClock)
    loop: Loop = field(default_factory=Loop)
    reported: list[BaseException | None] = field(default_factory=list)
    directory: FakeDirectory = field(default_factory=FakeDirectory)
    audited: list[str] = field(default_factory=list)
    rung: list[Bell] = field(default_factory=list)
    #: Another log than the one in memory, how to wait for it, and how what is done beside runs then.
    log: History | None = None
    finish: Callable[[Awaitable[Any]], Any] = finish
    spawn: Spawn | None = None

    def __post_init__(self) -> None:
        """Put the parts together as the server does."""
        self.memory = MemoryHistory(self.site_rooms)
        self.history = SlowHistory(self.memory)
        self.windows = Windows()
        self.rooms = Rooms(fan_out, Tempo(self.clock.steady, self.windows.later) if delivery.fast_path() else None)
        log = self.log or cast(History, self.history)
        self.feed = Feed(log, self.rooms, self.spawn or self.loop.spawn)
        self.connected = Connected(self.per_user)
        self._room_ids = iter(range(1000, 2000))
        world = World(
            *(self.clock.steady, self.clock.utc, lambda: next(self._room_ids), self._report),
            *(self.rung.extend, self.audited.append),
        )
        rules = Rules(6000, 131072, self.rooms_per_user, self.rooms_per_day)
        self.site = Site(log, self.directory, self.feed, self.rooms, self.connected, rules, world)
        self.entering = Entering(self.site)
        self.chat = Chat(
            self.site, self.entering, Pace(Buckets(*self.message_rate), Buckets(*self.command_rate)), "test"
        )

    def _report(self, _words: str) -> None:
        self.reported.append(sys.exc_info()[1])

    def enter(
        self, user: User = ANNA, role: Role = Role.USER, read_only: bool = False, impersonator: int | None = None
    ) -> Client:
        """Let somebody in."""
        identity = Identity(user.id, user.name or "", role, 1, read_only, impersonator)
        peer = FakePeer(user, self.windows)
        return Client(self, self.finish(self.chat.welcome(identity, peer)), peer)


@dataclass
class Client:
    """Somebody who was let in."""

    house: House
    session: Session
    peer: FakePeer
    asked: int = 0

    def start(self, kind: str, /, **fields: Any) -> Task:
        """Send a command that may have to wait."""
        self.asked += 1
        frame = json.dumps({"type": kind, "id": self.asked, **fields}).encode()
        return self.house.loop.start(self.house.chat.handle(self.session, frame))

    def ask(self, kind: str, /, **fields: Any) -> Event:
        """Send a command and return its one reply."""
        before = len(self.peer.replies)
        self.asked += 1
        frame = json.dumps({"type": kind, "id": self.asked, **fields}).encode()
        self.house.finish(self.house.chat.handle(self.session, frame))
        self.house.windows.end()
        (reply,) = self.peer.replies[before:]
        return reply

    def post(self, text: str = "hello", room: int = LOBBY_ID, nonce: str | None = None, **fields: Any) -> Event:
        """Send a message."""
        return self.ask("send", room=room, text=text, nonce=nonce or f"n{self.session.user.id}-{self.asked}", **fields)

    def go(self) -> None:
        """End the connection."""
        self.house.chat.goodbye(self.session)

    def forget(self) -> None:
        """Let a test look at what comes from here on."""
        self.peer.heard.clear()
        self.peer.replies.clear()

    def revs(self, room: int = LOBBY_ID) -> list[int]:
        """Return the revs of the room's live events, in the order in which they came."""
        return [event["rev"] for event in self.peer.heard if "rev" in event and event.get("room") == room]
