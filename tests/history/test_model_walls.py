"""The same for rooms with walls, and for what users chose for themselves, on every real log."""

from __future__ import annotations

from itertools import count

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import rule, run_state_machine_as_test

from galaxychat.limits import name_key
from galaxychat.model import RoomKind
from galaxychat.records import RoomChange, RoomDraft
from tests.history.logs import Log, PostgresLog
from tests.history.test_model import NAMES, ROOMS, USERS, SameAsMemory
from tests.support.core import NOW, SITE_ROOMS
from tests.support.postgres import PostgresCluster

_databases = count()
_GROUPS = st.sampled_from(["group a", "group b"])


class SameBehindWalls(SameAsMemory):
    """Two logs, asked the same about private, direct and group rooms."""

    def _id(self) -> int:
        self.room_ids += 1
        self.rooms.add(self.room_ids)
        return self.room_ids

    @rule(name=NAMES, user=USERS)
    def private(self, name: str, user: int) -> None:
        """Somebody makes a private room; its name is nobody's else business."""
        draft = RoomDraft(self.room_ids + 1, RoomKind.PRIVATE, name, None, "", user)
        if self.both("create", draft, NOW, 5, 5) is None:
            self._id()

    @rule(user=USERS, other=USERS, per_day=st.integers(0, 3))
    def direct(self, user: int, other: int, per_day: int) -> None:
        """Somebody turns to another, perhaps not for the first time."""
        # Nobody is reached whom the chat does not know.
        if user == other or len(self.both("people", [user, other])) < 2:
            return
        first, second = sorted((user, other))
        draft = RoomDraft(self.room_ids + 1, RoomKind.DIRECT, "", None, "", user, f"direct {first} {second}")
        if self.both("direct", draft, other, NOW, per_day) == draft.room:
            self._id()

    @rule(names=st.lists(_GROUPS, max_size=2, unique=True))
    def groups(self, names: list[str]) -> None:
        """The admin starts the server again with rooms for other groups."""
        drafts = [RoomDraft(self._id(), RoomKind.GROUP, name, None, "", None, name) for name in names]
        for log in self.logs:
            log.settle([*SITE_ROOMS, *drafts])
        self.rooms = {room for room in self.rooms if self.both("room", room, 1)}

    @rule(group=_GROUPS, users=st.sets(USERS))
    def set_members(self, group: str, users: set[int]) -> None:
        """Galaxy's group changes."""
        self.both("set_members", group, users)
        self.both("set_members", group, users)

    @rule(
        room=ROOMS,
        name=st.none() | NAMES,
        topic=st.none() | st.sampled_from(["", "t"]),
        owner=st.none() | USERS,
    )
    def change_room(self, room: int, name: str | None, topic: str | None, owner: int | None) -> None:
        """Somebody changes a room; what the admin named keeps its name."""
        state = self.both("room", room, 1)
        if state is None:
            return
        key = name_key(name) if name is not None and state.kind is RoomKind.OPEN else None
        theirs = state.kind in (RoomKind.OPEN, RoomKind.PRIVATE)
        changed = RoomChange(name, key, topic, owner) if theirs else RoomChange(topic=topic)
        self.both("change_room", room, changed)

    @rule(room=ROOMS, user=USERS)
    def hide(self, room: int, user: int) -> None:
        """Somebody hides a room until its next message."""
        if room in self.rooms:
            self.both("hide", room, user)

    @rule(user=USERS, on=st.booleans())
    def absent(self, user: int, on: bool) -> None:
        """Somebody leaves the chat, or comes back."""
        self.both("set_absent", user, on)

    @rule(user=USERS, other=USERS, on=st.booleans())
    def ignore(self, user: int, other: int, on: bool) -> None:
        """Somebody ignores another."""
        self.both("set_ignored", user, other, on)

    @rule(user=USERS, other=USERS)
    def ask(self, user: int, other: int) -> None:
        """Somebody asks who is where."""
        self.both("own", user)
        self.both("reachable", user, other)
        self.both("kept", [(room, each) for room in (*self.rooms, 9999) for each in (user, other)])
        self.both("kept", [])
        self.both("rooms_of", user)
        for room in self.rooms:
            self.both("members", room, None, 9)


_OFTEN = settings(max_examples=20, stateful_step_count=40, deadline=None)
# A database for each example: what goes wrong is told as it was found, to make it shorter would take long.
_SELDOM = settings(_OFTEN, max_examples=6, phases=(Phase.explicit, Phase.reuse, Phase.generate))
SameBehindWalls.TestCase.settings = _OFTEN
TestSameBehindWalls = pytest.mark.slow(SameBehindWalls.TestCase)


@pytest.mark.slow
@pytest.mark.postgres
def test_the_same_on_postgresql(postgres: PostgresCluster) -> None:
    """Whatever is done in whatever order, PostgreSQL's log answers as the one in memory."""

    class OnPostgresql(SameBehindWalls):
        def real(self) -> Log:
            self.database = f"model_{next(_databases)}"
            return PostgresLog(postgres.create_database(self.database))

        def teardown(self) -> None:
            super().teardown()
            postgres.drop_database(self.database)

    run_state_machine_as_test(OnPostgresql, settings=_SELDOM)
