"""Any sequence of frames (joins, sends, edits, invitations, removals, resumes, nonsense) keeps walls standing.

Against a model that is two tables: who is in which room, and what was said in it.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from galaxychat.messages import User
from tests.core.test_messages import GOOD
from tests.support.core import LOBBY_ID, TOPIC_ID, Client, Event, House

PEOPLE = [User(id=11 + place, name=f"u{place}") for place in range(4)]
WHO, WHICH, WINDOW = st.integers(0, 3), st.integers(0, 3), st.booleans()
_UNLIMITED = (1e9, 1e9)
OPTIONS: dict[str, Any] = {"rooms_per_day": 10**6, "message_rate": _UNLIMITED, "command_rate": _UNLIMITED}

#: Commands that are about one room; those of the model's rooms are sent by rules of their own.
ABOUT_ROOMS = [(kind, fields) for kind, several in GOOD.items() for fields in several if "room" in fields]
#: What may stand in a field that should hold something else.
_ODD: st.SearchStrategy[Any] = (
    st.none() | st.booleans() | st.integers(-2, 2**63) | st.text(max_size=5) | st.just([]) | st.just({"a": 1})
)
_BYTES = st.binary(max_size=40) | st.text(max_size=40).map(str.encode)


class Walls(RuleBasedStateMachine):
    """Four people with two windows each, and up to four private, open and direct rooms."""

    def make_house(self) -> House:
        """Return a chat over the log in memory."""
        return House(**OPTIONS)

    @initialize()
    def come(self) -> None:
        """Everybody is there."""
        self.house = self.make_house()
        self.windows = [[self.house.enter(user) for _ in range(2)] for user in PEOPLE]
        self.rooms: list[int] = []
        self.kinds: dict[int, str] = {}
        self.owners: dict[int, int] = {}
        self.inside: dict[int, set[int]] = {}
        #: All that was ever said, and by whom which message is what it is now; a deleted one is "".
        self.said: dict[int, list[str]] = {}
        self.stands: dict[tuple[int, int], tuple[int, str]] = {}
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
        room = reply["room"]["room"]
        said = self.said[room]
        for message in reply["messages"]:
            assert self.stands[room, message["seq"]] == (message["user"] - PEOPLE[0].id, message["text"])
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
        seq = self.windows[who][window].peer.replies[-1]["seq"]
        self.came(room, seq, who, text)

    def came(self, room: int, seq: int, author: int, text: str) -> None:
        """Note what a message says now: all who follow hear of it."""
        self.stands[room, seq] = (author, text)
        self.said[room].append(text)
        for (each, one), rooms in self.follows.items():
            if room in rooms:
                self.may_know[each].add(text)
                heard = [event["message"] for event in self.windows[each][one].peer.heard if event["type"] == "message"]
                assert (heard[-1]["seq"], heard[-1]["text"]) == (seq, text)

    @rule(who=WHO, which=WHICH, window=WINDOW, place=st.integers(0, 9), deletes=st.booleans())
    def amend(self, who: int, which: int, window: bool, place: int, deletes: bool) -> None:
        """Somebody edits or deletes a message, perhaps another's."""
        seqs = [seq for room, seq in self.stands if room in self.rooms[which : which + 1]]
        if not seqs:
            return
        room, seq = self.rooms[which], seqs[place % len(seqs)]
        author, before = self.stands[room, seq]
        text = "" if deletes else f"{before[:40]} again {self.windows[who][window].asked}"
        fields = {} if deletes else {"text": text}
        got = self.ask(who, window, "delete" if deletes else "edit", room=room, seq=seq, **fields)
        owns = deletes and who == self.owners[room] and self.kinds[room] != "direct"
        want = self.expected(who, room, who == author or owns)
        if not deletes and not before and want in ("ok", "forbidden"):
            want = "no_such_message"
        assert got == want
        # What is deleted already stays so, which nobody needs to hear again.
        if got == "ok" and before:
            self.came(room, seq, author, text)

    @rule(who=WHO, window=WINDOW, frame=_BYTES)
    def babble(self, who: int, window: bool, frame: bytes) -> None:
        """Somebody sends bytes; they are answered once, and the connection goes on."""
        self.answered(who, window, frame, {"bad_message", "unknown_type"})

    @rule(who=WHO, window=WINDOW, which=WHICH, place=st.integers(0, 99), odd=st.dictionaries(st.integers(0, 5), _ODD))
    def pry(self, who: int, window: bool, which: int, place: int, odd: dict[int, Any]) -> None:
        """Somebody asks all sorts of things about a room of others, about the site's, or about none."""
        kind, fields = ABOUT_ROOMS[place % len(ABOUT_ROOMS)]
        others = [room for room in self.rooms if who not in self.inside[room] and self.kinds[room] != "open"]
        room = [*others, LOBBY_ID, TOPIC_ID, 999_999][which % (len(others) + 3)]
        asked = {"type": kind, "id": "pry", **fields, "room": room}
        for number, value in odd.items():
            asked[list(asked)[number % len(asked)]] = value
        refused = {"bad_message", "unknown_type"} if odd else set()
        hidden = asked.get("room") == room and room in others
        before = len(self.windows[who][window].peer.heard)
        got = self.answered(who, window, json.dumps(asked).encode(), {"no_such_room"} | refused if hidden else None)
        if hidden and got:
            assert len(self.windows[who][window].peer.heard) == before + 2

    def answered(self, who: int, window: bool, frame: bytes, allowed: set[str] | None) -> Event | None:
        """Send a frame; return its answer, of which there is one at most, and which is no fault of ours."""
        client = self.windows[who][window]
        before = len(client.peer.replies)
        self.house.finish(self.house.chat.handle(client.session, frame))
        replies = client.peer.replies[before:]
        assert len(replies) <= 1
        # Ten in a row that cannot be read would end the conversation.
        assert client.ask("rooms")["type"] == "rooms"
        if not replies:
            assert b"typing" in frame
            return None
        assert allowed is None or replies[0]["code"] in allowed
        assert replies[0].get("code") != "internal"
        return dict(replies[0])

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
        listed = {each["room"] for each in self.windows[who][window].peer.heard[0]["rooms"]} - {LOBBY_ID, TOPIC_ID}
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
                heard = {each["message"]["text"] for each in client.peer.of_type("message") if each["room"] > TOPIC_ID}
                assert heard <= self.may_know[who]

    @invariant()
    def who_follows_is_inside(self) -> None:
        """No window follows a room of which its user is no member, and revs come densely."""
        for who, windows in enumerate(getattr(self, "windows", ())):
            for client in windows:
                assert all(who in self.inside[room] for room in client.session.rooms if room > TOPIC_ID)
        assert getattr(self, "house", House()).reported == []


Walls.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
TestWalls = pytest.mark.slow(Walls.TestCase)
