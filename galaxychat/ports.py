"""What the core asks of the world, as protocols; the adapters are chosen in assembly.py.

A Twisted Deferred is awaitable, so these `async` methods fit Twisted's adapters and plain coroutines alike.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Coroutine, Sequence
from typing import Any, Protocol

from galaxychat.messages import User
from galaxychat.records import (
    Amended,
    Changed,
    Changes,
    Draft,
    Finds,
    Greeting,
    Own,
    Page,
    Posted,
    Reacted,
    Revision,
    RoomChange,
    RoomDraft,
    RoomState,
    Search,
    Turnover,
)


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
        """Return runs of a class of tokens.COLOURS and a length, together as long as `code`.

        None where the language is not known, or it would take too long.
        """


class Directory(Protocol):
    """What Galaxy knows of people who may not be connected."""

    async def admissible(self, user_ids: Collection[int]) -> frozenset[int]:
        """Return which of these users would be let in now; raises GalaxyUnavailable."""
