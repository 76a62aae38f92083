"""The wire: every command a client may send and every event it may get, as types.

The JSON Schema in docs/protocol and the client's types are made from this module, so what is not here does
not exist. A command carries `id`, its one reply carries it as `re`. Numbers that name rooms and revisions stay
within 2**53 - 1, which is as far as a JavaScript number counts.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, ClassVar, Literal, get_args

import msgspec
from msgspec import Meta, Raw, Struct

from galaxychat.errors import Refusal
from galaxychat.model import Role, RoomKind

SUBPROTOCOL = "galaxychat.v1"
SAFE_INTEGER = 2**53 - 1

Count = Annotated[int, Meta(ge=0, le=SAFE_INTEGER)]
RoomId = Annotated[int, Meta(ge=0, le=SAFE_INTEGER, description="A random integer below 2**48.")]
Seq = Annotated[int, Meta(ge=0, le=SAFE_INTEGER, description="The revision at which a message was posted.")]
Rev = Annotated[int, Meta(ge=0, le=SAFE_INTEGER, description="The revision of a message's or room's latest change.")]
UserId = Annotated[int, Meta(ge=0, le=SAFE_INTEGER, description="galaxy_user.id")]
Time = Annotated[str, Meta(description="RFC 3339, UTC, milliseconds: 2026-05-01T12:00:00.000Z")]
CommandId = Annotated[str, Meta(max_length=64)] | Annotated[int, Meta(ge=-SAFE_INTEGER, le=SAFE_INTEGER)]
# Not `$`, which in Python stands before a last newline too; this end means the same to JavaScript.
Nonce = Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_-]+(?![\s\S])")]
PageSize = Annotated[int, Meta(ge=1, le=200)]
Cursor = Annotated[str, Meta(max_length=40, pattern=r"^[0-9]{1,16}:[0-9]{1,16}(?![\s\S])")]

#: What may be put to a message in one character: answers, feelings, and what happens in a lab.
# fmt: off
Emoji = Literal[
    "👍", "👎", "👌", "👏", "🙌", "🙏", "👋", "💪",
    "🤝", "✋", "👀", "🤞", "😀", "😄", "😁", "😂",
    "🤣", "🙂", "😉", "😊", "😍", "🤩", "😎", "🤔",
    "😐", "😕", "🙁", "😢", "😭", "😮", "😱", "😅",
    "😬", "😴", "🤯", "🥳", "❤️", "💛", "💚", "💙",
    "💔", "🔥", "✨", "⭐", "🎉", "🏆", "🚀", "💡",
    "✅", "❌", "❓", "❗", "🥇", "🔎", "💯", "⚠️",
    "⏳", "🐛", "🧬", "🔬", "🧪", "📊", "📌", "☕",
]
# fmt: on


# ---- things


class User(Struct, frozen=True):
    """A person; `name` is null for a forgotten account."""

    id: UserId
    name: str | None


class Room(Struct, frozen=True, omit_defaults=True):
    """A room as one user sees it; `unread` and `mentions` stop counting at 100.

    They count what was said up to `counted`, or to `rev` where that is not given. `with` is the other one in a direct
    room, which has no name. A `hidden` room shows itself with its next message.
    """

    room: RoomId
    name: str
    kind: RoomKind
    topic: str
    rev: Rev
    floor: Rev
    read: Seq
    unread: Count
    mentions: Count
    member: bool
    muted: bool
    present: Count
    can: tuple[str, ...]
    with_: User | None = msgspec.field(name="with", default=None)
    owner: UserId | None = None
    closed: bool = False
    archived: bool = False
    hidden: bool = False
    counted: Rev | None = None


class Reaction(Struct, frozen=True):
    """How many people put this emoji to a message, and the first ten of them."""

    emoji: str
    count: Count
    users: tuple[UserId, ...]


class Message(Struct, frozen=True, omit_defaults=True):
    """A message in its present state; a deleted one has neither text nor body.

    `nonce` stands in the live event only.
    """

    room: RoomId
    seq: Seq
    rev: Rev
    user: UserId
    at: Time
    text: str
    body: Raw
    edited: bool = False
    deleted: bool = False
    reply_to: Seq | None = None
    pinned: bool = False
    reactions: tuple[Reaction, ...] = ()
    nonce: str | None = None


class WireLimits(Struct, frozen=True):
    """What a client must know to refuse in time what the server would refuse."""

    message_chars: Count
    frame_bytes: Count
    room_name_chars: Count


# ---- commands


_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")


class Command(Struct, frozen=True, tag_field="type", omit_defaults=True):
    """What a client asks for."""

    id: CommandId | None = None

    #: Whether a read-only session may ask for it; `join` is decided where membership is known.
    leaves_trace: ClassVar[bool] = False

    def __post_init__(self) -> None:
        r"""Keep out control characters but \t, \n and \r; msgspec turns this into its own error.

        PostgreSQL cannot store NUL. A `name` is left to the rule for names, which answers `bad_name`. Lone
        surrogates never come this far: msgspec refuses them.
        """
        for field in self.__struct_fields__:
            value = getattr(self, field)
            if isinstance(value, str) and field != "name" and _CONTROL.search(value):
                raise ValueError(f"`{field}` holds a control character")


class Join(Command, frozen=True, tag="join", kw_only=True, omit_defaults=True):
    """Enter a room by `room` or by `name`, or come back to it after revision `after` of log `epoch`."""

    room: RoomId | None = None
    name: str | None = None
    after: Rev | None = None
    epoch: str | None = None

    def __post_init__(self) -> None:
        """One of the two ways to say which room."""
        super().__post_init__()
        if (self.room is None) == (self.name is None):
            raise ValueError("`join` takes either `room` or `name`")


class Leave(Command, frozen=True, tag="leave", kw_only=True, omit_defaults=True):
    """Stop being a member of a room."""

    leaves_trace: ClassVar[bool] = True
    room: RoomId


class Create(Command, frozen=True, tag="create", kw_only=True, omit_defaults=True):
    """Make a room; an open one is unlisted and joined by its exact name, a private one by invitation."""

    leaves_trace: ClassVar[bool] = True
    name: str
    kind: Literal["open", "private"] = "open"
    topic: str = ""


class Direct(Command, frozen=True, tag="direct", kw_only=True, omit_defaults=True):
    """Enter the room that one has with another user alone; there is one for each two."""

    leaves_trace: ClassVar[bool] = True
    user: UserId


class Invite(Command, frozen=True, tag="invite", kw_only=True, omit_defaults=True):
    """Make somebody a member of a private room."""

    leaves_trace: ClassVar[bool] = True
    room: RoomId
    user: UserId


class Remove(Command, frozen=True, tag="remove", kw_only=True, omit_defaults=True):
    """End somebody else's membership of a private room."""

    leaves_trace: ClassVar[bool] = True
    room: RoomId
    user: UserId


class ChangeRoom(Command, frozen=True, tag="change_room", kw_only=True, omit_defaults=True):
    """Give a room another name, topic or owner."""

    leaves_trace: ClassVar[bool] = True
    room: RoomId
    name: str | None = None
    topic: str | None = None
    owner: UserId | None = None

    def __post_init__(self) -> None:
        """Something to change."""
        super().__post_init__()
        if self.name is None and self.topic is None and self.owner is None:
            raise ValueError("`change_room` takes at least one of `name`, `topic` and `owner`")


class Send(Command, frozen=True, tag="send", kw_only=True, omit_defaults=True):
    """Post `text`; the same `nonce` again gets the first answer and posts nothing."""

    leaves_trace: ClassVar[bool] = True
    room: RoomId
    text: str
    nonce: Nonce
    reply_to: Seq | None = None


class Edit(Command, frozen=True, tag="edit", kw_only=True, omit_defaults=True):
    """Say something else in a message of one's own; nobody is notified again."""

    leaves_trace: ClassVar[bool] = True
    room: RoomId
    seq: Seq
    text: str


class Delete(Command, frozen=True, tag="delete", kw_only=True, omit_defaults=True):
    """Take back what a message says; that there was one stays to be seen."""

    leaves_trace: ClassVar[bool] = True
    room: RoomId
    seq: Seq


class Pin(Command, frozen=True, tag="pin", kw_only=True, omit_defaults=True):
    """Keep a message where everybody in the room finds it, or no longer."""

    leaves_trace: ClassVar[bool] = True
    room: RoomId
    seq: Seq
    on: bool


class React(Command, frozen=True, tag="react", kw_only=True, omit_defaults=True):
    """Put an emoji to a message, or take it away again."""

    leaves_trace: ClassVar[bool] = True
    room: RoomId
    seq: Seq
    emoji: Emoji
    on: bool


class ListPins(Command, frozen=True, tag="pins", kw_only=True, omit_defaults=True):
    """The pinned messages of a room."""

    room: RoomId


class Search(Command, frozen=True, tag="search", kw_only=True, omit_defaults=True):
    """Messages that hold all these words and "phrases in quotes", in one room or in all of one's own.

    `cursor` is that of the answer before.
    """

    text: Annotated[str, Meta(min_length=1, max_length=200)]
    room: RoomId | None = None
    cursor: Cursor | None = None


class History(Command, frozen=True, tag="history", kw_only=True, omit_defaults=True):
    """Older or newer messages, or those about one place."""

    room: RoomId
    before: Seq | None = None
    after: Seq | None = None
    around: Seq | None = None
    limit: PageSize = 50

    def __post_init__(self) -> None:
        """One place to start from."""
        super().__post_init__()
        if sum(place is not None for place in (self.before, self.after, self.around)) != 1:
            raise ValueError("`history` takes one of `before`, `after` and `around`")


class Read(Command, frozen=True, tag="read", kw_only=True, omit_defaults=True):
    """Everything up to `seq` has been seen."""

    leaves_trace: ClassVar[bool] = True
    room: RoomId
    seq: Seq


class Mute(Command, frozen=True, tag="mute", kw_only=True, omit_defaults=True):
    """Be told of nothing in this room, or again of everything."""

    leaves_trace: ClassVar[bool] = True
    room: RoomId
    on: bool


class Hide(Command, frozen=True, tag="hide", kw_only=True, omit_defaults=True):
    """Take a direct room out of one's list until its next message."""

    leaves_trace: ClassVar[bool] = True
    room: RoomId


class Ignore(Command, frozen=True, tag="ignore", kw_only=True, omit_defaults=True):
    """Neither be reached by somebody nor count what they write, or again do both."""

    leaves_trace: ClassVar[bool] = True
    user: UserId
    on: bool


class Absent(Command, frozen=True, tag="absent", kw_only=True, omit_defaults=True):
    """Leave the chat altogether, or come back to it."""

    leaves_trace: ClassVar[bool] = True
    on: bool


class ListRooms(Command, frozen=True, tag="rooms", kw_only=True, omit_defaults=True):
    """The rooms of which one is a member."""


class ListMembers(Command, frozen=True, tag="members", kw_only=True, omit_defaults=True):
    """Who belongs to a room: those present first, in pages of 200."""

    room: RoomId
    after_name: str | None = None


class FindUsers(Command, frozen=True, tag="users", kw_only=True, omit_defaults=True):
    """At most ten people whose name begins with `prefix`, of those the chat knows."""

    prefix: Annotated[str, Meta(min_length=1, max_length=255)]


class Typing(Command, frozen=True, tag="typing", kw_only=True, omit_defaults=True):
    """One is writing; passed on in small rooms only, and never answered."""

    room: RoomId


AnyCommand = (
    Join
    | Leave
    | Create
    | Direct
    | Invite
    | Remove
    | ChangeRoom
    | Send
    | Edit
    | Delete
    | Pin
    | React
    | ListPins
    | Search
    | History
    | Read
    | Mute
    | Hide
    | Ignore
    | Absent
    | ListRooms
    | ListMembers
    | FindUsers
    | Typing
)


# ---- events and replies


class Event(Struct, tag_field="type", omit_defaults=True):
    """What the server says."""


class Reply(Event, omit_defaults=True, kw_only=True):
    """The one answer to a command; `re` is the command's `id`."""

    re: CommandId | None = None


class You(Struct, frozen=True, omit_defaults=True):
    """Who the server takes this connection for; one who is `absent` may only ask to come back."""

    id: UserId
    name: str
    role: Role
    read_only: bool
    absent: bool = False


class Welcome(Event, tag="welcome", omit_defaults=True, kw_only=True):
    """The first event of an admitted connection."""

    protocol: Literal[1]
    version: str
    epoch: str
    you: You
    rooms: list[Room]
    users: list[User]
    limits: WireLimits
    ignored: list[UserId] = []
    banner: str | None = None


class Joined(Reply, tag="joined", omit_defaults=True, kw_only=True):
    """The changes since `after`, or the last page; with `reset` the page replaces all that the client holds."""

    room: Room
    messages: list[Message]
    more: bool
    users: list[User]
    reset: bool = False


class Ok(Reply, tag="ok", omit_defaults=True, kw_only=True):
    """Done; `rev` where the command made a durable change."""

    rev: Rev | None = None


class Sent(Reply, tag="sent", omit_defaults=True, kw_only=True):
    """The message is durable."""

    room: RoomId
    seq: Seq
    at: Time


class HistoryPage(Reply, tag="history", omit_defaults=True, kw_only=True):
    """Messages, oldest first."""

    room: RoomId
    messages: list[Message]
    more_before: bool
    more_after: bool
    users: list[User]


class PinList(Reply, tag="pins", omit_defaults=True, kw_only=True):
    """The pinned messages of a room, newest first."""

    room: RoomId
    messages: list[Message]
    users: list[User]


class Found(Reply, tag="found", omit_defaults=True, kw_only=True):
    """Messages that were searched for, newest first; with a `cursor` there may be more."""

    messages: list[Message]
    users: list[User]
    cursor: Cursor | None = None


class RoomList(Reply, tag="rooms", omit_defaults=True, kw_only=True):
    """All the rooms of the asker."""

    rooms: list[Room]
    users: list[User]


class MemberList(Reply, tag="members", omit_defaults=True, kw_only=True):
    """Members; the first `present` of them are here now. `next` is the `after_name` of the next page.

    `impersonated`, for moderators only, are those through whose eyes an admin looks into the room at the moment.
    """

    room: RoomId
    members: list[UserId]
    present: Count
    more: bool
    next: str | None = None
    users: list[User]
    impersonated: list[UserId] = []


class UserList(Reply, tag="users", omit_defaults=True, kw_only=True):
    """People found."""

    users: list[User]


class Error(Reply, tag="error", omit_defaults=True, kw_only=True):
    """The command was refused; the connection stays. `retry_after` is in seconds."""

    code: str
    detail: str
    retry_after: float | None = None


class MessageEvent(Event, tag="message", omit_defaults=True, kw_only=True):
    """A message was posted or changed."""

    room: RoomId
    rev: Rev
    message: Message
    users: list[User]


class ReactionEvent(Event, tag="reaction", omit_defaults=True, kw_only=True):
    """Somebody put an emoji to a message, or took it away."""

    room: RoomId
    rev: Rev
    seq: Seq
    emoji: str
    user: UserId
    on: bool
    users: list[User]


class RoomEvent(Event, tag="room", omit_defaults=True, kw_only=True):
    """A room changed: only what changed is named."""

    room: RoomId
    rev: Rev
    name: str | None = None
    topic: str | None = None
    owner: UserId | None = None
    closed: bool | None = None
    archived: bool | None = None
    floor: Rev | None = None
    reset: bool = False


class Listed(Event, tag="listed", omit_defaults=True, kw_only=True):
    """A room came into one's list, or one's own state of it changed."""

    room: Room
    users: list[User]


class Left(Event, tag="left", omit_defaults=True, kw_only=True):
    """One is no longer a member of this room."""

    room: RoomId


class IgnoreEvent(Event, tag="ignore", omit_defaults=True, kw_only=True):
    """One ignores somebody from now on, or no longer."""

    user: UserId
    on: bool
    users: list[User]


class AbsentEvent(Event, tag="absent", omit_defaults=True, kw_only=True):
    """One left the chat and is in none of its rooms, or came back and may ask for them."""

    on: bool


class ReadEvent(Event, tag="read", omit_defaults=True, kw_only=True):
    """One's own read position moved, on whatever connection; the numbers count what was said up to `counted`."""

    room: RoomId
    seq: Seq
    unread: Count
    mentions: Count
    counted: Rev


class Presence(Event, tag="presence", omit_defaults=True, kw_only=True):
    """Who came and went; in rooms of more than 200 only how many are present."""

    room: RoomId
    joined: list[UserId]
    left: list[UserId]
    present: Count
    users: list[User]


class TypingEvent(Event, tag="typing", omit_defaults=True, kw_only=True):
    """Somebody is writing."""

    room: RoomId
    user: UserId
    users: list[User]


class UserEvent(Event, tag="user", omit_defaults=True, kw_only=True):
    """Somebody goes by another name."""

    user: User


class Bye(Event, tag="bye", omit_defaults=True, kw_only=True):
    """The server goes away; come back after about `retry_in` seconds."""

    reason: str
    retry_in: float


AnyEvent = (
    Welcome
    | Joined
    | Ok
    | Sent
    | HistoryPage
    | PinList
    | Found
    | RoomList
    | MemberList
    | UserList
    | Error
    | MessageEvent
    | ReactionEvent
    | RoomEvent
    | Listed
    | Left
    | IgnoreEvent
    | AbsentEvent
    | ReadEvent
    | Presence
    | TypingEvent
    | UserEvent
    | Bye
)


# ---- bytes


class _Envelope(Struct):
    type: Any = None
    id: CommandId | None = None


class BadCommand(Refusal):
    """A frame that is no command; `re` is its id where one could be read."""

    def __init__(self, code: str, detail: str, re: CommandId | None) -> None:
        super().__init__(code, detail)
        self.re = re


_commands: msgspec.json.Decoder[AnyCommand] = msgspec.json.Decoder(AnyCommand)
_envelopes = msgspec.json.Decoder(_Envelope)
_encoder = msgspec.json.Encoder()
_QUOTED_VALUE = re.compile("^Invalid enum value '.*'", re.DOTALL)
_UNREADABLE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
#: The register of commands: the union that is decoded.
COMMANDS: tuple[type[Command], ...] = get_args(AnyCommand)
_TYPES = frozenset(command.__struct_config__.tag for command in COMMANDS)


def decode(frame: bytes) -> AnyCommand:
    """Read a command from a text frame; raises BadCommand with words for whoever wrote the client."""
    try:
        return _commands.decode(frame)
    except _UNREADABLE as problem:
        raise _refusal(frame, problem) from None


def _refusal(frame: bytes, problem: Exception) -> BadCommand:
    try:
        envelope = _envelopes.decode(frame)
    except _UNREADABLE:
        return BadCommand("bad_message", "The frame is not a JSON object with a readable type and id.", None)
    if isinstance(envelope.type, str) and envelope.type not in _TYPES:
        return BadCommand("unknown_type", "This server knows no command of that type.", envelope.id)
    detail = _words(problem) if isinstance(problem, msgspec.ValidationError) else "The frame cannot be read."
    return BadCommand("bad_message", detail, envelope.id)


def _words(problem: msgspec.ValidationError) -> str:
    """Return msgspec's words: they name fields and kinds, and after this never the values that were sent."""
    return _QUOTED_VALUE.sub("Invalid value", str(problem))


def encode(event: Event) -> bytes:
    """Write an event as the payload of a text frame."""
    return _encoder.encode(event)
