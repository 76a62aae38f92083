"""Who may do what, asked of the whole chat over every log: each command of the register, in each kind of room.

A command that is added later enters by itself: it is refused to strangers and read-only sessions, and must be
allowed to everybody inside unless it has a line in `ONLY`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from galaxychat.messages import COMMANDS, Command, Delete, Edit, Pin, React, User
from galaxychat.model import WALLED, Role, RoomKind
from galaxychat.records import RoomDraft
from tests.core.test_messages import GOOD, tag
from tests.history.logs import Log
from tests.support.core import LOBBY_ID, SITE_ROOMS, TOPIC_ID, Client, Event, House

OWNER, MEMBER, STRANGER, MODERATOR, SPARE = (User(id=21 + place, name=f"u{place}") for place in range(5))
ROLES = ("stranger", "member", "owner", "moderator", "read-only")
GROUP_ID, NOWHERE = 77, 999_999
GROUP = RoomDraft(GROUP_ID, RoomKind.GROUP, "g", None, "", None, "group g")
WITH_ROOM = [command for command in COMMANDS if "room" in command.__struct_fields__]

#: What is done to a message: here to one's own, if there is one.
MESSAGES = {Edit, Delete, Pin, React}

_USERS = {RoomKind.OPEN, RoomKind.PRIVATE}
#: Where the command is for some of those inside only: the kinds of room, and in each of them for whom.
ONLY: dict[str, dict[RoomKind, set[str]]] = {
    # The owner of a private room hands it over first.
    "leave": {RoomKind.OPEN: {"member", "owner", "moderator"}, RoomKind.PRIVATE: {"member", "moderator"}},
    "invite": {RoomKind.PRIVATE: {"member", "owner", "moderator"}},
    "remove": {RoomKind.PRIVATE: {"owner", "moderator"}},
    "change_room": {**{kind: {"owner", "moderator"} for kind in _USERS}, RoomKind.GROUP: {"moderator"}},
    "pin": {
        **{kind: {"owner", "moderator"} for kind in _USERS},
        **{kind: {"moderator"} for kind in (RoomKind.LOBBY, RoomKind.PERSISTENT, RoomKind.GROUP)},
    },
    "hide": {RoomKind.DIRECT: {"member"}},
}


@dataclass
class Town:
    """A chat over some log with one room of each kind, and people in every role."""

    house: House
    rooms: dict[RoomKind, int]
    people: dict[str, Client]
    #: A message of each user in each room in which they may write.
    said: dict[tuple[int, int], int]

    def ask(self, role: str, kind: str, /, **fields: Any) -> Event:
        """Return the one reply, or what stands for none; without the id."""
        client = self.people[role]
        if kind == "typing":
            return self._typing(client, **fields)
        return {**client.ask(kind, **fields), "re": None}

    def _typing(self, client: Client, **fields: Any) -> Event:
        # It is never answered; whether it was passed on is seen by who is in the room.
        client.forget()
        self.house.clock.now += 10
        self.house.finish(self.house.chat.handle(client.session, b'{"type":"typing","room":%d}' % fields["room"]))
        return {"type": "none", "heard": client.peer.heard}


@pytest.fixture
def town(log: Log) -> Town:
    """People, and a room of each kind; direct rooms hold two, so some roles are not in them."""
    log.settle([*SITE_ROOMS, GROUP])
    house = House(log=log.history, finish=log.do, command_rate=(1e6, 1e6), message_rate=(1e6, 1e6))
    people = {
        "owner": house.enter(OWNER),
        "member": house.enter(MEMBER),
        "moderator": house.enter(MODERATOR, Role.MODERATOR),
        "stranger": house.enter(STRANGER),
        "spare": house.enter(SPARE),
    }
    people["read-only"] = house.enter(MEMBER, read_only=True)
    made = {kind: people["owner"].ask("create", name=f"a {kind}", kind=kind)["room"]["room"] for kind in sorted(_USERS)}
    for role in ("member", "moderator"):
        people[role].ask("join", room=made[RoomKind.OPEN])
        people["owner"].ask("invite", room=made[RoomKind.PRIVATE], user=people[role].session.user.id)
    log.do(log.history.set_members("group g", [MEMBER.id, OWNER.id, MODERATOR.id]))
    direct = people["owner"].ask("direct", user=MEMBER.id)["room"]["room"]
    rooms = {
        RoomKind.LOBBY: LOBBY_ID,
        RoomKind.PERSISTENT: TOPIC_ID,
        RoomKind.GROUP: GROUP_ID,
        RoomKind.DIRECT: direct,
        **made,
    }
    said = {(room, user.id): say(log, room, user) for room in rooms.values() for user in (OWNER, MEMBER, MODERATOR)}
    said |= {(room, STRANGER.id): say(log, room, STRANGER) for room in (LOBBY_ID, TOPIC_ID)}
    town = Town(house, rooms, people, said)
    refresh(town, RoomKind.PRIVATE, made[RoomKind.PRIVATE])
    return town


def say(log: Log, room: int, user: User) -> int:
    """Have somebody say something in a room, and return its seq."""
    return log.do(log.history.append(log.draft("said", room, user, nonce=f"said-{room}-{user.id}"))).seq


def fields_for(command: type[Command], room: int, nonce: str) -> list[dict[str, Any]]:
    """Return good fields of a command, about this room."""
    several = []
    for fields in GOOD[tag(command)]:
        wanted = {key: value for key, value in fields.items() if key not in ("name", "owner", "reply_to", "after")}
        if "room" in fields:
            several.append({**wanted, "room": room})
    for fields in several:
        fields.update({"text": nonce} if tag(command) == "edit" else {})
        fields.update({"user": SPARE.id} if "user" in fields else {})
        fields.update({"nonce": nonce, "text": "x"} if "nonce" in fields else {})
        fields.update({"topic": nonce} if tag(command) == "change_room" else {})
        fields.update({"before": 5} if tag(command) == "history" and "around" not in fields else {})
    return several


def said_by(town: Town, log: Log, room: int, author: int) -> int:
    """Return the seq of a message of somebody's that is still there, or of somebody else's."""
    seq = town.said.get((room, author))
    if seq is None:
        return town.said[room, OWNER.id]
    if log.message(room, seq).deleted:
        page = log.do(log.history.append(log.draft("again", room, User(author, None), nonce=f"again-{room}-{author}")))
        town.said[room, author] = seq = page.seq
    return seq


def role_in(role: str, kind: RoomKind) -> str:
    """Return what somebody is in a room of that kind: of two nobody else is in it, and nobody moderates it."""
    if role == "moderator" and kind is RoomKind.DIRECT:
        return "stranger"
    return "member" if role == "owner" and kind not in _USERS else role


def expected(command: type[Command], kind: RoomKind, role: str) -> str:
    """Return "ok" or the code of the refusal."""
    if role == "stranger" and kind not in (RoomKind.LOBBY, RoomKind.PERSISTENT):
        if kind in WALLED:
            return "no_such_room"
        return "ok" if tag(command) == "join" else "not_in_room"
    if role == "read-only" and command.leaves_trace:
        return "read_only"
    role = "member" if role == "stranger" else role
    only = ONLY.get(tag(command))
    return "ok" if only is None or role in only.get(kind, ()) else "forbidden"


@pytest.mark.parametrize("command", WITH_ROOM, ids=tag)
def test_every_command_in_every_room_by_everybody(town: Town, log: Log, command: type[Command]) -> None:
    """Each cell is answered as the table says; and to strangers a walled room is, word for word, none at all."""
    wrong = []
    for kind, room in town.rooms.items():
        for role in ROLES:
            real = role_in(role, kind)
            mine = said_by(town, log, room, town.people[role].session.user.id)
            before = contents(town, room)
            for place, fields in enumerate(fields_for(command, room, f"{kind}-{role}-")):
                fields.update({"nonce": f"{fields['nonce']}{place}"} if "nonce" in fields else {})
                fields.update({"seq": mine} if command in MESSAGES else {})
                reply = town.ask(role, tag(command), **fields)
                want = expected(command, kind, real)
                got = reply.get("code", "ok")
                if tag(command) != "typing" and got != want:
                    wrong.append((kind, role, want, got))
                if want == "no_such_room":
                    nowhere = town.ask(role, tag(command), **{**fields, "room": NOWHERE})
                    assert {**reply, "room": 0} == {**nowhere, "room": 0}
            if real in ("stranger", "read-only") and kind in WALLED:
                assert contents(town, room) == before, (kind, role)
            refresh(town, kind, room)
    assert wrong == []


@pytest.mark.parametrize("name", ["a private", "g", "", "group g", "direct 21 22"])
def test_walled_rooms_have_no_names(town: Town, name: str) -> None:
    """Nobody comes into a private, direct or group room by its name, not even a member of it."""
    for role in ("stranger", "member", "owner", "moderator"):
        reply = town.ask(role, "join", name=name)
        assert (reply["type"], reply["code"]) == ("error", "bad_name" if not name else "no_such_room")


@pytest.mark.parametrize("command", COMMANDS, ids=tag)
def test_nothing_names_a_walled_room_to_a_stranger(town: Town, command: type[Command]) -> None:
    """Whatever a stranger asks, with or without a room, no answer holds what is behind the walls."""
    private = town.rooms[RoomKind.PRIVATE]
    town.ask("owner", "change_room", room=private, name="Hush Walls", topic="hush topic")
    town.ask("owner", "join", room=private)
    # In words that the examples look for.
    town.ask("owner", "send", room=private, text="hush x a b c @u2", nonce="hush")
    stranger = town.people["stranger"]
    stranger.forget()
    for fields in GOOD[tag(command)]:
        if tag(command) != "absent":
            town.ask("stranger", tag(command), **fields)
    heard = strings(stranger.peer.heard)
    assert not [text for text in heard if "hush" in text.lower()]
    assert not {*map(str, walled(town))} & set(heard)


def walled(town: Town) -> list[int]:
    """Return the ids of the rooms behind walls."""
    return [room for kind, room in town.rooms.items() if kind in WALLED]


def strings(value: Any) -> list[str]:
    """Return all that a JSON value holds, as texts."""
    if isinstance(value, dict):
        return [text for each in value.values() for text in strings(each)]
    if isinstance(value, list):
        return [text for each in value for text in strings(each)]
    return [str(value)]


def contents(town: Town, room: int) -> Any:
    """Return what a room holds, as its owner's log says."""
    log, do = town.house.site.history, town.house.finish
    state = do(log.room(room, OWNER.id))
    members = do(log.members(room, None, 100))
    return state.rev, state.topic, state.owner, [user.id for user in members if user != STRANGER]


def refresh(town: Town, kind: RoomKind, room: int) -> None:
    """Have everybody where they were: who left is back, who was invited is out again."""
    log, do = town.house.site.history, town.house.finish
    if kind in _USERS:
        for user in (OWNER, MEMBER, MODERATOR):
            do(log.add_member(room, user.id, 100))
        do(log.remove_member(room, STRANGER.id))
        do(log.remove_member(room, SPARE.id))
        if kind is RoomKind.PRIVATE:
            do(log.add_member(room, SPARE.id, 100))


def test_the_rows_mean_something() -> None:
    """A command that was renamed leaves no line behind."""
    assert set(ONLY) <= {tag(command) for command in COMMANDS}
