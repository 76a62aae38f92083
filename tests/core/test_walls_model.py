"""Any sequence of joins, sends, invitations, removals and resumes keeps what is behind a wall there.

Against a model that is two tables: who is in which room, and what was said in it.
"""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from galaxychat.messages import User
from tests.support.core import Client, Event, House

PEOPLE = [User(id=11 + place, name=f"u{place}") for place in range(4)]
WHO, WHICH, WINDOW = st.integers(0, 3), st.integers(0, 3), st.booleans()
_UNLIMITED = (1e9, 1e9)


class Walls(RuleBasedStateMachine):
    """Four people with two windows each, and up to four private, open and direct rooms."""

    @initialize()
    def come(self) -> None:
        """Everybody is there."""
        self.house = House(rooms_per_day=10**6, message_rate=_UNLIMITED, command_rate=_UNLIMITED)
        self.windows = [[self.house.enter(user) for _ in range(2)] for user in PEOPLE]
        self.rooms: list[int] = []
        self.kinds: dict[int, str] = {}
        self.owners: dict[int, int] = {}
        self.inside: dict[int, set[int]] = {}
        self.said: dict[int, list[str]] = {}
        self.may_know: list[set[str]] = [set() for _ in PEOPLE]
        self.follows: dict[tuple[int, bool], set[int]] = {
            (who, window): set() for who in range(4) for window in (False, True)
        }

    def ask(self, who: int, window: bool, kind: str, /, **fields: Any) -> str:
        """Return "ok" or the code of the refusal."""
        client: Client = self.windows[who][window]
        reply: Event = client.ask(kind, **fields)
        return str(reply.get("code", "ok"))

    def made(self, room: int, kind: str, owner: int, inside: set[int]) -> None:
        """Note a room."""
        self.rooms.append(room)
        self.kinds[room], self.owners[room], self.inside[room], self.said[room] = kind, owner, inside, []

    @rule(who=WHO, kind=st.sampled_from(["private", "private", "open"]), window=WINDOW)
    def create(self, who: int, kind: str, window: bool) -> None:
        """Somebody makes a room."""
        if len(self.rooms) < 4:
            room = self.windows[who][window].ask("create", name=f"r{len(self.rooms)}", kind=kind)["room"]["room"]
            self.made(room, kind, who, {who})
            self.follows[who, window].add(room)

    @rule(who=WHO, other=WHO, window=WINDOW)
    def direct(self, who: int, other: int, window: bool) -> None:
        """Somebody turns to another."""
        reply = self.windows[who][window].ask("direct", user=PEOPLE[other].id)
        if who == other:
            assert reply["code"] == "no_such_user"
            return
        room = reply["room"]["room"]
        if room not in self.rooms:
            assert not any(self.inside[each] == {who, other} and self.kinds[each] == "direct" for each in self.rooms)
            self.made(room, "direct", -1, {who, other})
        self.took(who, reply)
        self.follows[who, window].add(room)

    @rule(who=WHO, which=WHICH, window=WINDOW, after=st.none() | st.integers(0, 5))
    def join(self, who: int, which: int, window: bool, after: int | None) -> None:
        """Somebody comes, or comes back with an old rev."""
        if which >= len(self.rooms):
            return
        room = self.rooms[which]
        reply = self.windows[who][window].ask("join", room=room, **({} if after is None else {"after": after}))
        if who not in self.inside[room] and self.kinds[room] != "open":
            assert reply["code"] == "no_such_room"
            return
        assert reply["type"] == "joined"
        self.inside[room].add(who)
        self.took(who, reply)
        self.follows[who, window].add(room)

    def took(self, who: int, reply: Event) -> None:
        """A page shows what was said; a member may know all of that, also what came before them."""
        texts = [message["text"] for message in reply["messages"]]
        said = self.said[reply["room"]["room"]]
        assert set(texts) <= set(said)
        self.may_know[who] |= set(said)

    @rule(who=WHO, which=WHICH, window=WINDOW)
    def send(self, who: int, which: int, window: bool) -> None:
        """Somebody says something, which all who follow hear, and nobody else."""
        if which >= len(self.rooms):
            return
        room = self.rooms[which]
        text = f"{room}:{len(self.said[room])}:{who}:{self.windows[who][window].asked}"
        got = self.ask(who, window, "send", room=room, text=text, nonce=f"n{who}-{sum(map(len, self.said.values()))}")
        if who not in self.inside[room]:
            assert got == ("not_in_room" if self.kinds[room] == "open" else "no_such_room")
            return
        assert got == "ok"
        self.said[room].append(text)
        for (each, one), rooms in self.follows.items():
            if room in rooms:
                self.may_know[each].add(text)
                assert text in str(self.windows[each][one].peer.heard[-3:])

    @rule(who=WHO, other=WHO, which=WHICH, window=WINDOW)
    def invite(self, who: int, other: int, which: int, window: bool) -> None:
        """Somebody lets another in."""
        if which >= len(self.rooms):
            return
        room = self.rooms[which]
        got = self.ask(who, window, "invite", room=room, user=PEOPLE[other].id)
        want = self.expected(who, room, self.kinds[room] == "private")
        assert got == ("no_such_user" if want == "ok" and who == other else want)
        if got == "ok":
            self.inside[room].add(other)

    @rule(who=WHO, other=WHO, which=WHICH, window=WINDOW)
    def remove(self, who: int, other: int, which: int, window: bool) -> None:
        """Somebody puts another out."""
        if which >= len(self.rooms):
            return
        room = self.rooms[which]
        got = self.ask(who, window, "remove", room=room, user=PEOPLE[other].id)
        want = self.expected(who, room, self.kinds[room] == "private" and who == self.owners[room])
        if want == "ok" and who == other:
            want = "forbidden"
        assert got == ("no_such_user" if want == "ok" and other not in self.inside[room] else want)
        if got == "ok":
            self.out(other, room)

    @rule(who=WHO, which=WHICH, window=WINDOW)
    def leave(self, who: int, which: int, window: bool) -> None:
        """Somebody goes; the owner of a private room last."""
        if which >= len(self.rooms):
            return
        room, kind = self.rooms[which], self.kinds[self.rooms[which]]
        stays = kind == "private" and who == self.owners[room] and len(self.inside[room]) > 1
        got = self.ask(who, window, "leave", room=room)
        assert got == self.expected(who, room, kind != "direct" and not stays)
        if got == "ok":
            self.out(who, room)

    @rule(who=WHO, other=WHO, which=WHICH)
    def hand_over(self, who: int, other: int, which: int) -> None:
        """Somebody gives a room away."""
        if which >= len(self.rooms):
            return
        room = self.rooms[which]
        got = self.ask(who, False, "change_room", room=room, owner=PEOPLE[other].id)
        want = self.expected(who, room, who == self.owners[room])
        assert got == ("no_such_user" if want == "ok" and other not in self.inside[room] else want)
        if got == "ok":
            self.owners[room] = other

    @rule(who=WHO, window=WINDOW)
    def reconnect(self, who: int, window: bool) -> None:
        """A window goes and comes back; its welcome names the rooms of its user, and no others."""
        self.windows[who][window].go()
        self.windows[who][window] = self.house.enter(PEOPLE[who])
        self.follows[who, window] = set()
        listed = {each["room"] for each in self.windows[who][window].peer.heard[0]["rooms"]} - {1, 2}
        mine = {room for room, people in self.inside.items() if who in people}
        assert listed <= mine
        assert {room for room in mine - listed if self.kinds[room] != "direct" or self.said[room]} == set()

    def expected(self, who: int, room: int, allowed: bool) -> str:
        """Return what a command for some of those inside is answered."""
        if who not in self.inside[room]:
            return "not_in_room" if self.kinds[room] == "open" else "no_such_room"
        return "ok" if allowed else "forbidden"

    def out(self, who: int, room: int) -> None:
        """Note that somebody is a stranger again, in all windows."""
        self.inside[room].discard(who)
        for window in (False, True):
            if room in self.follows[who, window]:
                assert "left" in self.windows[who][window].peer.types()
            self.follows[who, window].discard(room)

    @invariant()
    def nobody_knows_more(self) -> None:
        """What any window ever heard of a room is what its user might know."""
        for who, windows in enumerate(getattr(self, "windows", ())):
            for client in windows:
                heard = {event["message"]["text"] for event in client.peer.of_type("message")}
                assert heard <= self.may_know[who]

    @invariant()
    def who_follows_is_inside(self) -> None:
        """No window follows a room of which its user is no member, and revs come densely."""
        for who, windows in enumerate(getattr(self, "windows", ())):
            for client in windows:
                assert all(who in self.inside[room] for room in client.session.rooms if room > 2)
        assert getattr(self, "house", House()).reported == []


Walls.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
TestWalls = pytest.mark.slow(Walls.TestCase)
