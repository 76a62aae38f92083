"""Any sequence of operations gives the same on a real log as on the one in memory."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from galaxychat.messages import User
from galaxychat.model import RoomKind
from galaxychat.records import (
    Amended,
    NameTaken,
    NonceReused,
    NoSuchMessage,
    NotTheAuthor,
    Page,
    Reacted,
    Revision,
    Search,
    TooManyPins,
    TooManyReactions,
    TooManyRooms,
    Turnover,
)
from tests.history.logs import Log, MemoryLog, SQLiteLog
from tests.support.core import NOW, SITE_ROOMS, draft, room_draft

ROOMS = st.sampled_from([1, 2, 501, 502, 503])
USERS = st.integers(1, 4)
SEQS = st.integers(0, 12)
NAMES = st.sampled_from(["Mapping", "MAPPING", "Assembly", "RNA-Seq", "é", "E\u0301"])
TOPICS = st.lists(st.sampled_from(["Assembly", "Mapping", "RNA-Seq"]), max_size=2, unique=True)
REFUSALS = (NameTaken, NonceReused, NoSuchMessage, NotTheAuthor, TooManyPins, TooManyReactions, TooManyRooms)


class SameAsMemory(RuleBasedStateMachine):
    """Two logs, asked the same."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.logs: list[Log] = [MemoryLog(), self.real()]
        self.rooms = {1, 2}
        self.room_ids = 500

    def real(self) -> Log:
        """Return the log that is to be the same."""
        return SQLiteLog(Path(self.folder.name))

    def both(self, method: str, *args: Any, **kwargs: Any) -> Any:
        """Ask both; they must give or refuse the same."""
        answers = []
        for log in self.logs:
            try:
                answers.append(log.do(getattr(log.history, method)(*args, **kwargs)))
            except REFUSALS as refusal:
                answers.append(type(refusal))
        assert plain(answers[0]) == plain(answers[1]), method
        return answers[0]

    @initialize()
    def come(self) -> None:
        """Somebody is there."""
        self.admit(1, "anna")
        self.admit(2, "bela")

    @rule(user=USERS, name=st.sampled_from(["anna", "Anna", "bela", "cleo", "ANNA."]))
    def admit(self, user: int, name: str) -> None:
        """Somebody comes, perhaps under a new name."""
        self.both("admit", User(id=user, name=f"{name}{user % 3}"))

    @rule(name=NAMES, user=USERS, per_day=st.integers(1, 4), per_user=st.integers(3, 5))
    def create(self, name: str, user: int, per_day: int, per_user: int) -> None:
        """Somebody makes a room."""
        made = room_draft(self.room_ids + 1, name, RoomKind.OPEN, user)
        if self.both("create", made, NOW, per_user, per_day) is None:
            self.room_ids += 1
            self.rooms.add(self.room_ids)

    @rule(room=ROOMS, user=USERS, most=st.integers(2, 6))
    def add_member(self, room: int, user: int, most: int) -> None:
        """Somebody enters a room."""
        if room in self.rooms:
            self.both("add_member", room, user, most)

    @rule(room=ROOMS, user=USERS)
    def remove_member(self, room: int, user: int) -> None:
        """Somebody leaves."""
        if room in self.rooms:
            self.both("remove_member", room, user)

    @rule(
        room=ROOMS,
        user=USERS,
        nonce=st.sampled_from("abcdefgh"),
        text=st.sampled_from(["x", "y" * 90_000, "é\n"]),
        reply_to=st.none() | SEQS,
        mentions=st.sets(USERS, max_size=2),
    )
    def append(self, room: int, user: int, nonce: str, text: str, reply_to: int | None, mentions: set[int]) -> None:
        """Somebody posts, perhaps not for the first time."""
        if room in self.rooms:
            self.both("append", draft(room, user, nonce, text, reply_to=reply_to, mentions=tuple(sorted(mentions))))

    @rule(room=ROOMS, user=USERS, seq=SEQS, text=st.sampled_from(["x", "é\n", "New words"]), mentions=st.sets(USERS))
    def edit(self, room: int, user: int, seq: int, text: str, mentions: set[int]) -> None:
        """Somebody edits a message, perhaps somebody else's."""
        if room in self.rooms:
            self.both("edit", Revision(room, seq, user, text, b"[]", tuple(sorted(mentions))))

    @rule(room=ROOMS, author=USERS | st.none(), seq=SEQS)
    def delete(self, room: int, author: int | None, seq: int) -> None:
        """Somebody takes a message back."""
        if room in self.rooms:
            self.both("delete", room, seq, author)

    @rule(room=ROOMS, seq=SEQS, on=st.booleans())
    def pin(self, room: int, seq: int, on: bool) -> None:
        """Somebody pins a message."""
        if room in self.rooms:
            self.both("pin", room, seq, on)
            self.both("pinned", room)

    @rule(room=ROOMS, seq=SEQS, user=USERS, emoji=st.sampled_from("abc"), on=st.booleans())
    def react(self, room: int, seq: int, user: int, emoji: str, on: bool) -> None:
        """Somebody puts an emoji to a message."""
        if room in self.rooms:
            self.both("react", Reacted(room, seq, user, emoji, on))

    @rule(
        user=USERS,
        terms=st.sampled_from([("X",), ("é",), ("e",), ("new words",), ("words", "new"), ("words new",), ("none",)]),
        room=ROOMS | st.none(),
        after=st.tuples(ROOMS, SEQS) | st.none(),
        limit=st.integers(1, 3),
    )
    def search(
        self, user: int, terms: tuple[str, ...], room: int | None, after: tuple[int, int] | None, limit: int
    ) -> None:
        """Somebody looks for words."""
        self.both("search", Search(user, terms, room, after), limit)

    @rule(names=TOPICS)
    def settle(self, names: list[str]) -> None:
        """The admin starts the server again with other rooms."""
        drafts = [SITE_ROOMS[0], *(room_draft(self.room_ids + 1 + place, name) for place, name in enumerate(names))]
        for log in self.logs:
            log.settle(drafts)
        self.rooms |= {one.room for one in drafts if self.both("room", one.room, 1)}
        self.room_ids += len(names)

    @rule(room=ROOMS, user=USERS, seq=SEQS)
    def read(self, room: int, user: int, seq: int) -> None:
        """Somebody reads."""
        if room in self.rooms:
            self.both("set_read", room, user, seq)

    @rule(room=ROOMS, user=USERS, on=st.booleans())
    def mute(self, room: int, user: int, on: bool) -> None:
        """Somebody wants quiet."""
        if room in self.rooms:
            self.both("set_muted", room, user, on)

    @rule(room=ROOMS, after=SEQS, limit=st.integers(1, 5), place=st.sampled_from(["before", "after", "around", ""]))
    def look(self, room: int, after: int, limit: int, place: str) -> None:
        """Somebody looks at pages and changes."""
        if room in self.rooms:
            self.both("page", room, limit, **({place: after} if place else {}))
            self.both("changes", room, after)

    @rule(room=ROOMS, user=USERS, prefix=st.sampled_from(["a", "A", "be", "x", ""]))
    def look_about(self, room: int, user: int, prefix: str) -> None:
        """Somebody looks at rooms and people."""
        self.both("rooms_of", user)
        self.both("greeting", User(id=user, name=f"{prefix or 'anna'}{user % 3}"))
        self.both("room_named", "mapping", user)
        self.both("people_like", prefix, 3)
        self.both("people", [1, 2, 3, 9])
        if room in self.rooms:
            self.both("room", room, user)
            self.both("members", room, prefix or None, 3)
            self.both("members_named", room, ["anna1", "ANNA1", "bela2", "anna.0", "x"])

    def teardown(self) -> None:
        """In the end every room looks the same to everybody."""
        for room in self.rooms:
            for user in range(1, 5):
                self.both("room", room, user)
            self.both("page", room, 200)
        for log in self.logs:
            log.close()
        self.folder.cleanup()


def plain(answer: Any) -> Any:
    """Return an answer in a form that compares: messages hold their body as bytes, lists may be tuples."""
    if isinstance(answer, (list, tuple)):
        return [plain(one) for one in answer]
    if isinstance(answer, Turnover):
        return answer.room, list(answer.added), list(answer.removed)
    if isinstance(answer, Amended):
        return answer.rev, plain(Page(0, [answer.message] if answer.message else [], answer.users, False, False))
    if hasattr(answer, "messages"):
        values = {name: getattr(answer, name) for name in answer.__slots__}
        messages = [(message, bytes(message.body)) for message in values.pop("messages")]
        return [repr(message).replace(repr(message.body), "") for message, _ in messages], [
            body for _, body in messages
        ], {name: plain(value) for name, value in values.items()}  # fmt: skip
    return answer


SameAsMemory.TestCase.settings = settings(max_examples=25, stateful_step_count=40, deadline=None)
TestSameAsMemory = pytest.mark.slow(SameAsMemory.TestCase)
