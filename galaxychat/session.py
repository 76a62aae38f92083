"""One conversation: who is talking, where they are subscribed, and whether what they ask for is legal now."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

from galaxychat import access
from galaxychat.errors import Closing, Refusal
from galaxychat.limits import Buckets
from galaxychat.messages import (
    Absent,
    BadCommand,
    Command,
    CommandId,
    Error,
    Event,
    Reply,
    Send,
    Typing,
    User,
    encode,
)
from galaxychat.model import Identity
from galaxychat.ports import Peer
from galaxychat.records import RoomState

BAD_IN_A_ROW = 10
TYPING_EVERY = 3.0
_UNREADABLE = frozenset({"bad_message", "unknown_type"})


@dataclass(frozen=True, slots=True)
class Pace:
    """The buckets of all users: messages, and commands of every other kind."""

    messages: Buckets
    commands: Buckets


class Session:
    """One admitted connection. Its commands are carried out one after the other, so replies come in order."""

    def __init__(self, identity: Identity, peer: Peer, pace: Pace) -> None:
        self.identity = identity
        self.user = User(id=identity.user_id, name=identity.name)
        self.peer = peer
        #: The rooms this connection follows, each as it was when it joined; None until its page was read.
        self.rooms: dict[int, RoomState | None] = {}
        self.ended = False
        #: Whether the user left the chat from within: they may only ask to come back.
        self.absent = False
        #: Whether `welcome` was sent, and whether what it says may be out of date already.
        self.greeted = False
        self.missed_something = False
        self._pace = pace
        self._asked: CommandId | None = None
        self._answered = False
        self._unreadable = 0
        self._typed: dict[int, float] = {}

    def become(self, identity: Identity) -> None:
        """Take over what Galaxy says of the same user now: another name, another role."""
        self.identity = identity
        self.user = User(id=identity.user_id, name=identity.name)

    def begin(self, command: Command, now: float) -> None:
        """Take up a command; raises Refusal when it is not legal now. `now` is in steady seconds."""
        self._asked = command.id
        self._answered = False
        if command.leaves_trace and self.identity.read_only:
            raise access.read_only()
        if self.absent and not isinstance(command, Absent):
            raise Refusal("forbidden", "You left the chat; come back first.")
        if not isinstance(command, Send):
            self._wait(self._pace.commands.take(self.identity.user_id, now))

    def take_message(self, now: float) -> float:
        """Take one message from the user's rate; return 0, or the seconds until there is one."""
        return self._pace.messages.take(self.identity.user_id, now)

    def take_look(self, now: float) -> None:
        """Pay for a look into the log that a message needs; raises Refusal."""
        self._wait(self._pace.commands.take(self.identity.user_id, now))

    def give_message_back(self, now: float) -> None:
        """A message that had been posted before costs nothing."""
        self._pace.messages.give_back(self.identity.user_id, now)

    def may_type(self, command: Typing, now: float) -> bool:
        """Whether it is time to pass on that this user is writing in that room."""
        if self.identity.read_only or now - self._typed.get(command.room, -TYPING_EVERY) < TYPING_EVERY:
            return False
        self._typed[command.room] = now
        return True

    def forget_room(self, room: int) -> None:
        """Drop what was kept about a room that this connection no longer follows."""
        self.rooms.pop(room, None)
        self._typed.pop(room, None)

    def reply(self, reply: Reply) -> None:
        """Answer the command in hand."""
        self._unreadable = 0
        self._answered = True
        self._answer(reply)

    def refuse(self, refusal: Refusal) -> None:
        """Answer with an error, unless there was an answer; raises Closing 4400 after ten unreadable ones in a row."""
        if isinstance(refusal, BadCommand):
            self._asked = refusal.re
        elif self._answered:
            # What failed after the answer concerns others; a second answer would be taken for another command's.
            return
        self._unreadable = self._unreadable + 1 if refusal.code in _UNREADABLE else 0
        self._answer(Error(code=refusal.code, detail=refusal.detail, retry_after=refusal.retry_after))
        if self._unreadable >= BAD_IN_A_ROW:
            raise Closing(4400, "Ten commands in a row could not be read.")

    def tell(self, event: Event) -> None:
        """Send an event to this connection alone."""
        self.peer.send(encode(event))

    def hear(self, payload: bytes) -> None:
        """Pass on what concerns all of this user's sessions; before `welcome` it is only noted."""
        if self.greeted:
            self.peer.send(payload)
        else:
            self.missed_something = True

    @staticmethod
    def _wait(seconds: float) -> None:
        if seconds:
            raise slow_down(seconds)

    def _answer(self, reply: Reply) -> None:
        reply.re = self._asked
        self.peer.send(encode(reply), is_event=False)


def slow_down(seconds: float) -> Refusal:
    """Return the refusal of one who is over their rate."""
    # Rounded up: who waits as long as this says is not refused again.
    return Refusal("rate_limited", "That was too fast; wait a moment.", ceil(seconds * 1000) / 1000)
