"""What the log takes and gives, and what it refuses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from galaxychat.messages import Message, User
from galaxychat.model import RoomKind

PAGE_BYTES = 256 * 1024
RESUME_CHANGES = 200
#: How many messages of a room may be pinned, how many kinds of emoji a message may have, and how many names a
#: reaction is shown with.
PINS = 50
REACTION_KINDS = 20
REACTION_USERS = 10


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
