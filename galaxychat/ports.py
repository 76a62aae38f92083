"""What the core asks of the world, as protocols; the adapters are chosen in service.py.

A Twisted Deferred is awaitable, so these `async` methods fit Twisted's adapters and plain coroutines alike.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from galaxychat.messages import Message, User
from galaxychat.model import RoomKind

PAGE_BYTES = 256 * 1024
RESUME_CHANGES = 200
#: How many messages of a room may be pinned, how many kinds of emoji a message may have, and how many names a
#: reaction is shown with.
PINS = 50
REACTION_KINDS = 20
REACTION_USERS = 10


class Outlet(Protocol):
    """Where the events of one connection go, framed already."""

    @property
    def straight(self) -> Callable[[bytes], int] | None:
        """The socket's own `send`, while nothing waits to be sent before; raises OSError, returns what it took."""

    def write_rest(self, frames: bytes, sent: int) -> None:
        """Write what `straight` has not taken, all but the first `sent` bytes."""

    def write_event(self, frames: bytes) -> None:
        """Write frames, one or several; does nothing when the connection has ended."""


class Peer(Protocol):
    """The other end of one connection that was let in."""

    @property
    def user(self) -> User:
        """Who it is."""

    def send(self, payload: bytes, is_event: bool = True) -> None:
        """Write one text frame; does nothing when the connection has ended.

        Events count against what a slow reader may leave unread; replies make the reader's next command wait.
        """

    @property
    def outlet(self) -> Outlet:
        """Where many events for many peers go in."""

    def close(self, code: int, reason: str) -> None:
        """End the connection in good order."""


class Fanout(Protocol):
    """Writes the same frames to many peers."""

    def __call__(self, payloads: Sequence[bytes], peers: Collection[Peer]) -> None:
        """Write each of `payloads` as a text frame, in order, to each of `peers` that is still connected."""


class Spawn(Protocol):
    """Runs a coroutine by itself; what it raises is logged."""

    def __call__(self, work: Coroutine[Any, Any, None]) -> None:
        """Start `work`."""


@dataclass(frozen=True, slots=True)
class RoomState:
    """A room and one user's standing in it, as the log knows them.

    `unread` and `mentions` stop at 100 and are 0 for one who is no member. `other` is who a direct room is shared
    with; it has no owner. A `hidden` room is out of the user's list until its next message. `owner_name` is None for
    an owner of whom the log knows no more.
    """

    room: int
    name: str
    kind: RoomKind
    topic: str
    rev: int
    floor: int
    owner: int | None
    closed: bool
    archived: bool
    member: bool
    muted: bool
    read: int
    unread: int
    mentions: int
    hidden: bool = False
    other: User | None = None
    owner_name: str | None = None


@dataclass(frozen=True, slots=True)
class RoomDraft:
    """A room to be made; `name_key` is what names are compared by, None for kinds without a unique name.

    `sole` names what else there may be one of: the room of two users, the room of a Galaxy group.
    """

    room: int
    kind: RoomKind
    name: str
    name_key: str | None
    topic: str
    owner: int | None
    sole: str | None = None


@dataclass(frozen=True, slots=True)
class RoomChange:
    """What a room is to have from now on; None for what stays. `name_key` goes with `name`, for rooms found by it."""

    name: str | None = None
    name_key: str | None = None
    topic: str | None = None
    owner: int | None = None


@dataclass(frozen=True, slots=True)
class Changed:
    """The room's rev, and whether there was anything to change: else the rev is an old one."""

    rev: int
    is_new: bool


@dataclass(frozen=True, slots=True)
class Turnover:
    """Who was added to a room and who was removed."""

    room: int
    added: Sequence[int] = ()
    removed: Sequence[int] = ()


@dataclass(frozen=True, slots=True)
class Own:
    """What a user chose for themselves in all rooms: whom they ignore, and whether they left the chat."""

    absent: bool
    ignored: Sequence[User]


@dataclass(frozen=True, slots=True)
class Draft:
    """A message to be posted: `body` is the token tree as JSON, `at` a wire time, `digest` names room and text."""

    room: int
    user: int
    nonce: str
    digest: bytes
    at: str
    text: str
    body: bytes
    mentions: tuple[int, ...]
    reply_to: int | None


@dataclass(frozen=True, slots=True)
class Posted:
    """Where a draft stands in the log; `repeated` when its nonce had been answered before."""

    room: int
    seq: int
    at: str
    repeated: bool = False


@dataclass(frozen=True, slots=True)
class Revision:
    """What a message of `user` is to say from now on; `body` is the token tree as JSON."""

    room: int
    seq: int
    user: int
    text: str
    body: bytes
    mentions: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Amended:
    """The room's rev, and the message as it is now with who is named in it; None if there was nothing to change."""

    rev: int
    message: Message | None = None
    users: Sequence[User] = ()


@dataclass(frozen=True, slots=True)
class Reacted:
    """Whose reaction to which message comes or goes."""

    room: int
    seq: int
    user: int
    emoji: str
    on: bool


@dataclass(frozen=True, slots=True)
class Search:
    """Words and phrases that a message must hold, all of them, in the rooms of `user`, or in `room` of those.

    `after` is the room and seq of the last message found before.
    """

    user: int
    terms: tuple[str, ...]
    room: int | None = None
    after: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Finds:
    """Messages, newest first, who is named in them, and whether there are more."""

    messages: Sequence[Message]
    users: Sequence[User]
    more: bool = False


@dataclass(frozen=True, slots=True)
class Changes:
    """Messages changed after a revision, in order of `rev`, with the room's `rev` read in the same statement.

    `complete` is False when there is more than a resume may carry; the client must then start over. `users` are
    the authors and those mentioned. `more` says whether the room has messages before the first one here.
    """

    rev: int
    messages: Sequence[Message]
    users: Sequence[User]
    more: bool
    complete: bool


@dataclass(frozen=True, slots=True)
class Page:
    """A run of messages, oldest first, whether there are more on either side, and who is named in them."""

    rev: int
    messages: Sequence[Message]
    users: Sequence[User]
    more_before: bool
    more_after: bool


@dataclass(frozen=True, slots=True)
class Greeting:
    """What a user finds on coming in: what they chose, and their rooms, lobby first; none for one who left the chat.

    `known` is False for one who is to be admitted first: a new person, another name, a new room of everybody's.
    """

    own: Own
    rooms: Sequence[RoomState]
    known: bool


class NameTaken(Exception):
    """Another room of the lobby, persistent and open ones goes by that name."""


class NonceReused(Exception):
    """That nonce was used by this user for another room or text."""


class NoSuchMessage(Exception):
    """What a reply points at does not exist, or was deleted."""


class NotTheAuthor(Exception):
    """The message is somebody else's."""


class TooManyPins(Exception):
    """The room has as many pinned messages as it may."""


class TooManyReactions(Exception):
    """The message has as many kinds of reactions as it may."""


class TooManyRooms(Exception):
    """The user is a member of, or made today, as many rooms as they may."""


class History(Protocol):
    """The room log. Every method raises HistoryUnavailable when the log cannot be reached or written.

    What a method returns is durable: it survives the death of the process. But for `set_read`, which says less.
    """

    @property
    def epoch(self) -> str:
        """The log's random name; another one means that clients must start over."""

    async def admit(self, user: User) -> None:
        """Remember a person's name of today and make them a member of every lobby and persistent room."""

    async def greeting(self, user: User) -> Greeting:
        """Return what a user finds on coming in."""

    async def rooms_of(self, user_id: int) -> list[RoomState]:
        """Return the rooms of which a user is a member, lobby first, then by name."""

    async def room(self, room: int, user_id: int) -> RoomState | None:
        """Return a room and the user's standing in it."""

    async def room_named(self, name_key: str, user_id: int) -> RoomState | None:
        """Return the lobby, persistent or open room that goes by that name."""

    async def create(self, draft: RoomDraft, now: str, rooms_per_user: int, rooms_per_day: int) -> None:
        """Make a room with its owner as member; raises NameTaken, TooManyRooms."""

    async def direct(self, draft: RoomDraft, other: int, now: str, rooms_per_day: int) -> int:
        """Return the room of `draft.owner` and another user, made if there was none; raises TooManyRooms.

        It is in the owner's list from now on, in the other's with its first message.
        """

    async def change_room(self, room: int, change: RoomChange) -> Changed:
        """Change a room under its next rev; raises NameTaken."""

    async def add_member(self, room: int, user_id: int, rooms_per_user: int) -> None:
        """Make a user a member who has read everything; nothing changes for a member. Raises TooManyRooms."""

    async def remove_member(self, room: int, user_id: int) -> None:
        """End a membership; nothing changes for one who is none."""

    async def set_members(self, sole: str, user_ids: Collection[int]) -> Turnover:
        """Have exactly these members in the room that there is one of."""

    async def kept(self, pairs: Collection[tuple[int, int]]) -> set[tuple[int, int]]:
        """Return which of these rooms and users are memberships."""

    async def append(self, draft: Draft) -> Posted:
        """Post a message; raises NonceReused, NoSuchMessage (for `reply_to`), Refusal (no such room)."""

    async def answered(self, user_id: int, nonce: str, digest: bytes) -> Posted | None:
        """Return the first answer to a nonce, or None if it is new; raises NonceReused."""

    async def edit(self, revision: Revision) -> Amended:
        """Replace what a message says; raises NoSuchMessage (also for a deleted one), NotTheAuthor."""

    async def delete(self, room: int, seq: int, author: int | None) -> Amended:
        """Take back what a message says; raises NoSuchMessage, NotTheAuthor if it is not by `author`.

        With None it may be anybody's. Nothing changes where it was deleted before.
        """

    async def pin(self, room: int, seq: int, on: bool) -> Amended:
        """Pin a message, or no longer; raises NoSuchMessage, TooManyPins."""

    async def react(self, reacted: Reacted) -> Changed:
        """Put an emoji to a message, or take it away; raises NoSuchMessage, TooManyReactions."""

    async def pinned(self, room: int) -> Finds:
        """Return the pinned messages of a room, newest first, up to a page's bytes."""

    async def search(self, search: Search, limit: int) -> Finds:
        """Return at most `limit` messages that are not deleted; at most 256 KiB."""

    async def changes(self, room: int, after: int) -> Changes:
        """Return what changed after a revision, up to what a resume may carry."""

    async def page(
        self,
        room: int,
        limit: int,
        before: int | None = None,
        after: int | None = None,
        around: int | None = None,
    ) -> Page:
        """Return at most `limit` messages at a place, or the newest where none is given; at most 256 KiB."""

    async def set_read(self, room: int, user_id: int, seq: int) -> RoomState | None:
        """Move a member's read position, never backwards and never past the room's rev; return the room as it is then.

        From then on this node shows the position everywhere. It becomes durable soon, in one commit with others, or
        when the log is closed in order: if the process dies, what was read within the last second may show as unread
        again. While the log cannot be written positions wait, as many as there is room for.
        """

    async def set_muted(self, room: int, user_id: int, on: bool) -> None:
        """Mute or unmute a room for one user."""

    async def hide(self, room: int, user_id: int) -> None:
        """Take a room out of a member's list until its next message."""

    async def own(self, user_id: int) -> Own:
        """Return what a user chose for themselves."""

    async def set_absent(self, user_id: int, on: bool) -> None:
        """Remember that a person left the chat, or came back."""

    async def set_ignored(self, user_id: int, other: int, on: bool) -> None:
        """Remember whom a user ignores, or no longer."""

    async def reachable(self, user_id: int, asker: int) -> User | None:
        """Return a person who is known, not absent, and does not ignore `asker`."""

    async def members(self, room: int, after_name: str | None, limit: int) -> list[User]:
        """Return members whose name sorts after `after_name`, in order of their names; not those absent."""

    async def members_named(self, room: int, names: Sequence[str]) -> dict[str, int]:
        """Return the ids of the members meant by `names`: the exact name, else the only one but for case.

        Not those absent.
        """

    async def people(self, user_ids: Collection[int]) -> list[User]:
        """Return persons by id; unknown ids are left out."""

    async def people_like(self, prefix: str, limit: int) -> list[User]:
        """Return persons whose name begins with `prefix`, but for case; not those absent."""


class Colouring(Protocol):
    """Knows programming languages."""

    async def __call__(self, language: str, code: str, /) -> list[tuple[str, int]] | None:
        """Return runs of a class of markup.COLOURS and a length, together as long as `code`.

        None where the language is not known, or it would take too long.
        """


class Directory(Protocol):
    """What Galaxy knows of people who may not be connected."""

    async def admissible(self, user_ids: Collection[int]) -> frozenset[int]:
        """Return which of these users would be let in now; raises GalaxyUnavailable."""
