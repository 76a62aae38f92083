"""Rooms with walls: who comes in, who goes, and what the others hear of it."""

from __future__ import annotations

from typing import Any

import pytest

from galaxychat.bells import Bell, Kind
from galaxychat.errors import HistoryUnavailable
from galaxychat.messages import User
from galaxychat.model import Role, RoomKind
from galaxychat.records import RoomDraft
from galaxychat.walls import Walls, sole_of
from tests.core.test_chat import code, names, seqs
from tests.support.core import ANNA, BELA, CLEO, LOBBY_ID, SITE_ROOMS, TOPIC_ID, Client, House, finish

GROUP = RoomDraft(77, RoomKind.GROUP, "Lab", None, "", None, sole_of("Lab"))


@pytest.fixture
def house() -> House:
    """A chat with a lobby, a persistent room and the room of a group."""
    return House(site_rooms=(*SITE_ROOMS, GROUP))


def private(owner: Client, *invited: Client, name: str = "Review") -> int:
    """Make a private room; everybody enters it, and what they heard on the way is forgotten."""
    room = int(owner.ask("create", name=name, kind="private")["room"]["room"])
    for client in invited:
        assert owner.ask("invite", room=room, user=client.session.user.id)["type"] == "ok"
        assert client.ask("join", room=room)["type"] == "joined"
    for client in (owner, *invited):
        client.forget()
    return room


def direct(one: Client, other: User) -> int:
    """Enter the room of two."""
    return int(one.ask("direct", user=other.id)["room"]["room"])


# ---- private rooms


def test_a_private_room_is_told_to_nobody(house: House) -> None:
    """Its maker is in it alone; others hear nothing, and find it neither by name nor by id."""
    anna, bela = house.enter(), house.enter(BELA)
    bela.forget()
    reply = anna.ask("create", name="Review", kind="private", topic="t")
    assert (reply["room"]["kind"], reply["room"]["owner"]) == ("private", ANNA.id)
    assert reply["room"]["can"] == ["send", "leave", "invite", "remove", "change", "edit_any", "pin"]
    assert bela.peer.heard == []
    assert code(bela.ask("join", name="Review")) == code(bela.ask("join", room=reply["room"]["room"])) == "no_such_room"
    assert code(anna.ask("join", name="Review")) == "no_such_room"


def test_names_of_private_rooms_say_nothing(house: House) -> None:
    """The same name may be taken again, for a private and for an open room: it does not tell what there is."""
    anna, bela = house.enter(), house.enter(BELA)
    first = private(anna)
    assert bela.ask("create", name="Review", kind="private")["type"] == "joined"
    opened = bela.ask("create", name="Review")
    assert opened["type"] == "joined"
    assert anna.ask("join", name="review")["room"]["room"] == opened["room"]["room"] != first
    assert anna.ask("change_room", room=first, name="REVIEW")["type"] == "ok"
    assert code(bela.ask("change_room", room=opened["room"]["room"], name="assembly")) == "name_taken"


@pytest.mark.parametrize("name", ["a\u202eb", "\u200b", "a\u200db", "a\x00b", "\u2800", "", "x" * 65, "\u2066x"])
def test_names_that_deceive(house: House, name: str) -> None:
    """Bidi overrides, zero-width and control characters make no name, for whatever kind of room, nor later."""
    anna = house.enter()
    room = private(anna)
    for reply in (
        anna.ask("create", name=name, kind="private"),
        anna.ask("create", name=name),
        anna.ask("change_room", room=room, name=name),
        anna.ask("join", name=name),
    ):
        assert code(reply) == "bad_name"
    assert anna.ask("rooms")["rooms"][-1]["name"] == "Review"


def test_an_invitation(house: House) -> None:
    """All windows of the invited see the room at once, with everything read; a second invitation changes nothing."""
    anna, one, two = house.enter(), house.enter(BELA), house.enter(BELA)
    room = private(anna)
    anna.post("before", room=room)
    for _ in range(2):
        one.forget()
        two.forget()
        assert anna.ask("invite", room=room, user=BELA.id)["type"] == "ok"
        for window in (one, two):
            (listed,) = window.peer.heard
            assert (listed["type"], listed["room"]["room"], listed["room"]["unread"]) == ("listed", room, 0)
            assert names(listed) == {"anna"}
    assert seqs(one.ask("join", room=room)) == [1]
    assert one.peer.of_type("joined")[0]["room"]["can"] == ["send", "leave", "invite"]


def test_members_invite_members(house: House) -> None:
    """Who was invited may invite, but neither remove nor change."""
    anna, bela, cleo = house.enter(), house.enter(BELA), house.enter(CLEO)
    room = private(anna, bela)
    assert bela.ask("invite", room=room, user=CLEO.id)["type"] == "ok"
    assert code(bela.ask("remove", room=room, user=CLEO.id)) == "forbidden"
    assert code(bela.ask("change_room", room=room, topic="x")) == "forbidden"
    assert cleo.ask("join", room=room)["type"] == "joined"


def test_a_removal_is_at_once(house: House) -> None:
    """All windows of who is removed are told, hear no more, and find the room gone, whatever they ask."""
    anna, one, two = house.enter(), house.enter(BELA), house.enter(BELA)
    room = private(anna, one)
    two.ask("join", room=room)
    anna.post("before", room=room)
    anna.forget()
    assert anna.ask("remove", room=room, user=BELA.id)["type"] == "ok"
    assert anna.peer.of_type("presence")[0]["left"] == [BELA.id]
    for window in (one, two):
        assert window.peer.of_type("left") == [{"type": "left", "room": room}]
        window.forget()
    anna.post("after", room=room)
    assert one.peer.heard == two.peer.heard == []
    for fields in ({}, {"after": 1}, {"after": 0, "epoch": "memory"}):
        assert code(one.ask("join", room=room, **fields)) == "no_such_room"
    assert code(two.post("me too", room=room)) == "no_such_room"
    assert code(two.ask("history", room=room, before=9)) == "no_such_room"
    assert room not in [each["room"] for each in one.ask("rooms")["rooms"]]
    assert room not in [each["room"] for each in house.enter(BELA).peer.heard[0]["rooms"]]


def test_a_removal_while_the_room_is_entered(house: House) -> None:
    """A page that was read before the removal is not sent after it."""
    anna, bela = house.enter(), house.enter(BELA)
    room = private(anna, bela)
    anna.post("secret", room=room)
    bela.forget()
    gate = house.history.wait_after("page")
    bela.start("join", room=room)
    anna.ask("remove", room=room, user=BELA.id)
    house.loop.open(gate)
    assert [reply["code"] for reply in bela.peer.replies] == ["no_such_room"]
    assert "secret" not in str(bela.peer.heard)


def test_who_may_not_be_removed(house: House) -> None:
    """The owner stays whoever asks; one does not remove oneself; of others only members are known."""
    anna, bela = house.enter(), house.enter(BELA, Role.MODERATOR)
    room = private(anna, bela)
    assert code(bela.ask("remove", room=room, user=ANNA.id)) == "forbidden"
    assert code(anna.ask("remove", room=room, user=ANNA.id)) == "forbidden"
    assert code(anna.ask("remove", room=room, user=CLEO.id)) == code(anna.ask("remove", room=room, user=999))
    assert code(anna.ask("remove", room=room, user=CLEO.id)) == "no_such_user"


def test_an_owner_hands_over_before_leaving(house: House) -> None:
    """A room does not stay behind without an owner; the last one may go and take it along."""
    anna, bela = house.enter(), house.enter(BELA)
    room = private(anna, bela)
    assert code(anna.ask("leave", room=room)) == "forbidden"
    assert code(anna.ask("change_room", room=room, owner=CLEO.id)) == "no_such_user"
    reply = anna.ask("change_room", room=room, owner=BELA.id)
    assert reply["rev"] == 1
    assert bela.peer.of_type("room") == [{"type": "room", "room": room, "rev": 1, "owner": BELA.id}]
    assert "remove" in bela.peer.of_type("listed")[0]["room"]["can"]
    assert "remove" not in anna.peer.of_type("listed")[0]["room"]["can"]
    assert anna.ask("leave", room=room)["type"] == "ok"
    assert bela.ask("leave", room=room)["type"] == "ok"
    assert code(anna.ask("join", room=room)) == "no_such_room"


def test_moderators_have_no_key(house: House) -> None:
    """An admin who was not invited is a stranger; one who was may remove and change."""
    anna, admin = house.enter(), house.enter(CLEO, Role.ADMIN)
    room = private(anna)
    assert code(admin.ask("history", room=room, before=9)) == "no_such_room"
    anna.ask("invite", room=room, user=CLEO.id)
    assert admin.ask("change_room", room=room, topic="calm")["rev"] == 1


def test_a_change_of_a_room(house: House) -> None:
    """It takes one rev and names what changed alone; what is as it was takes none; who resumes learns of it."""
    anna, bela = house.enter(), house.enter(BELA)
    room = private(anna, bela)
    anna.post(room=room)
    assert anna.ask("change_room", room=room, name="  Re   View ", topic="t")["rev"] == 2
    assert anna.ask("change_room", room=room, topic="t")["rev"] == 2
    (event,) = bela.peer.of_type("room")
    assert event == {"type": "room", "room": room, "rev": 2, "name": "Re View", "topic": "t"}
    assert [bela.revs(room), anna.revs(room)] == [[1, 2], [1, 2]]
    shown = bela.ask("join", room=room, after=1)["room"]
    assert (shown["name"], shown["topic"], shown["rev"]) == ("Re View", "t", 2)
    assert code(anna.ask("change_room", room=room)) == "bad_message"
    assert code(anna.ask("change_room", room=room, topic="x" * 501)) == "too_long"


def test_what_the_admin_named_keeps_its_name(house: House) -> None:
    """Of the admin's rooms an admin may change the topic; the name stands in Galaxy's configuration."""
    admin = house.enter(CLEO, Role.ADMIN)
    for room in (LOBBY_ID, TOPIC_ID):
        assert admin.ask("change_room", room=room, topic="be kind")["type"] == "ok"
        assert code(admin.ask("change_room", room=room, name="x")) == "forbidden"
        assert code(admin.ask("change_room", room=room, owner=CLEO.id)) == "forbidden"
        assert code(house.enter().ask("change_room", room=room, topic="x")) == "forbidden"


# ---- rooms of two


def test_a_direct_room(house: House) -> None:
    """One for each two, the same from both sides; the other sees it with its first message, unread."""
    anna, second, bela = house.enter(), house.enter(), house.enter(BELA)
    bela.forget()
    reply = anna.ask("direct", user=BELA.id)
    room = reply["room"]["room"]
    assert (reply["room"]["kind"], reply["room"]["with"], reply["room"]["read"]) == (
        *("direct", {"id": BELA.id, "name": "bela"}),
        0,
    )
    assert "owner" not in reply["room"]
    assert reply["room"]["can"] == ["send", "hide"]
    assert [each["room"]["room"] for each in second.peer.of_type("listed")] == [room]
    assert bela.peer.heard == []
    assert room not in [each["room"] for each in bela.ask("rooms")["rooms"]]
    bela.forget()
    anna.post("hello", room=room)
    (listed,) = bela.peer.heard
    assert (listed["room"]["with"], listed["room"]["unread"]) == ({"id": ANNA.id, "name": "anna"}, 1)
    assert names(listed) == {"anna"}
    assert house.rung == [Bell(Kind.STANDING, BELA.id, room)]
    assert direct(bela, ANNA) == room
    assert code(house.enter(CLEO).ask("join", room=room)) == "no_such_room"


def test_who_follows_is_not_told_again(house: House) -> None:
    """A message in a room that the other follows is a message and nothing else."""
    anna, bela = house.enter(), house.enter(BELA)
    room = direct(anna, BELA)
    bela.ask("join", room=room)
    bela.forget()
    house.rung.clear()
    anna.post(room=room)
    assert (bela.peer.types(), house.rung) == (["message"], [])


def test_a_room_of_two_can_be_hidden(house: House) -> None:
    """It is marked so in every window, and shows itself with the next message; it cannot be left."""
    anna, bela = house.enter(), house.enter(BELA)
    room = direct(anna, BELA)
    anna.post(room=room)
    anna.forget()
    assert code(anna.ask("leave", room=room)) == "forbidden"
    assert anna.ask("hide", room=room)["type"] == "ok"
    assert anna.peer.of_type("listed")[0]["room"]["hidden"]
    assert bela.ask("join", room=room)["type"] == "joined"
    bela.post("are you there?", room=room)
    (shown,) = [each for each in house.enter().peer.heard[0]["rooms"] if each["kind"] == "direct"]
    assert (shown["room"], shown.get("hidden", False), shown["unread"]) == (room, False, 1)
    anna.ask("hide", room=room)
    assert "hidden" not in anna.ask("direct", user=BELA.id)["room"]
    assert code(anna.ask("hide", room=LOBBY_ID)) == "forbidden"


def reasons(house: House, anna: Client) -> dict[str, User]:
    """Return somebody who cannot be reached for each reason there is."""
    people = {reason: User(id=300 + place, name=f"x{place}") for place, reason in enumerate(("gone", "away", "cold"))}
    clients = {reason: house.enter(user) for reason, user in people.items()}
    house.directory.unwelcome = {people["gone"].id}
    clients["away"].ask("absent", on=True)
    clients["cold"].ask("ignore", user=anna.session.user.id, on=True)
    return {**people, "unknown": User(id=999, name=None), "oneself": ANNA}


def test_no_such_user_is_one_answer(house: House) -> None:
    """Unknown, deleted, opted out, absent, ignoring, oneself: nothing in the answer tells which."""
    anna = house.enter()
    room = private(anna)
    people = reasons(house, anna)
    answers = set()
    for user in people.values():
        for reply in (anna.ask("direct", user=user.id), anna.ask("invite", room=room, user=user.id)):
            answers.add(str({**reply, "re": 0}))
    assert len(answers) == 1
    assert "no_such_user" in answers.pop()
    assert [user.id for user in finish(house.memory.members(room, None, 9))] == [ANNA.id]


def test_galaxy_away_means_later(house: House) -> None:
    """Whether somebody may be reached is not guessed."""
    anna = house.enter()
    house.enter(BELA)
    house.directory.away = True
    for reply in (anna.ask("direct", user=BELA.id), anna.ask("users", prefix="b")):
        assert (code(reply), reply["retry_after"]) == ("unavailable", 1)


def test_rooms_of_two_are_not_made_without_end(house: House) -> None:
    """They count among the rooms made in a day, but not among those one may be in: others make them."""
    house = House(rooms_per_day=1, rooms_per_user=3)
    anna, bela, cleo = house.enter(), house.enter(BELA), house.enter(CLEO)
    room = direct(anna, BELA)
    assert direct(anna, BELA) == room
    assert code(anna.ask("direct", user=CLEO.id)) == "too_many"
    direct(bela, CLEO)
    assert bela.ask("create", name="x")["code"] == "too_many"
    assert cleo.ask("create", name="x")["type"] == "joined"


# ---- ignoring, and leaving the chat


def test_whom_one_ignores_counts_for_nothing(house: House) -> None:
    """Their messages are neither unread nor mentions, and bring no hidden room back; the windows agree on it."""
    anna, second, bela = house.enter(), house.enter(), house.enter(BELA)
    room = direct(bela, ANNA)
    bela.post(room=room)
    anna.ask("hide", room=room)
    anna.forget()
    second.forget()
    anna.ask("ignore", user=BELA.id, on=True)
    event = {"type": "ignore", "user": BELA.id, "on": True, "users": [{"id": BELA.id, "name": "bela"}]}
    assert (anna.peer.of_type("ignore"), second.peer.heard) == ([event], [event])
    second.forget()
    bela.post("@anna", room=room)
    bela.post("@anna")
    assert second.peer.heard == []
    welcome = house.enter().peer.heard[0]
    assert welcome["ignored"] == [BELA.id]
    assert names(welcome) == {"anna", "bela"}
    counts = [(each["unread"], each["mentions"], each.get("hidden", False)) for each in welcome["rooms"]]
    assert counts == [(0, 0, False), (0, 0, True), (0, 0, False)]
    anna.ask("ignore", user=BELA.id, on=False)
    assert [each["unread"] for each in anna.ask("rooms")["rooms"]] == [1, 2, 0]
    assert code(anna.ask("ignore", user=999, on=True)) == code(anna.ask("ignore", user=ANNA.id, on=True))


def test_leaving_the_chat(house: House) -> None:
    """Who is absent is in no room, not listed, completed nor mentioned, and may only ask to come back."""
    anna, second, bela = house.enter(), house.enter(), house.enter(BELA)
    for client in (anna, second, bela):
        client.ask("join", room=LOBBY_ID)
    bela.forget()
    assert anna.ask("absent", on=True)["type"] == "ok"
    assert bela.peer.of_type("presence")[0]["left"] == [ANNA.id]
    assert [each.peer.of_type("absent") for each in (anna, second)] == [[{"type": "absent", "on": True}]] * 2
    second.forget()
    bela.post("@anna")
    assert second.peer.heard == []
    assert bela.peer.of_type("message")[0]["message"]["body"] == [["p", ["text", "@anna"]]]
    assert [user["name"] for user in bela.ask("members", room=LOBBY_ID)["users"]] == ["bela"]
    assert bela.ask("users", prefix="a")["users"] == []
    for client in (anna, second, late := house.enter()):
        assert code(client.ask("join", room=LOBBY_ID)) == code(client.ask("rooms")) == "forbidden"
    welcome = late.peer.heard[0]
    assert (welcome["rooms"], welcome["you"]["absent"]) == ([], True)
    assert second.ask("absent", on=False)["type"] == "ok"
    assert anna.peer.of_type("absent")[-1]["on"] is False
    assert anna.ask("rooms")["rooms"][0]["unread"] == 1
    assert anna.ask("join", room=LOBBY_ID)["type"] == "joined"


# ---- rooms of groups, and the look from time to time


class Lab:
    """Galaxy's groups."""

    def __init__(self, *users: User) -> None:
        self.members = {user.id for user in users}

    async def group_members(self, groups: Any) -> dict[str, set[int]]:
        """Return who is in it."""
        return {group: set(self.members) for group in groups}


def test_a_group_has_a_room(house: House) -> None:
    """Its members have it, and nobody else; who leaves the group is out at the next look, in every window."""
    lab = Lab(ANNA, BELA)
    walls = Walls(house.site, house.entering, lab, ["Lab"], 30)
    anna, bela, cleo = house.enter(), house.enter(BELA), house.enter(CLEO)
    finish(walls.look_when_due())
    for client in (anna, bela):
        assert client.peer.of_type("listed")[0]["room"]["kind"] == "group"
        assert client.ask("join", room=77)["type"] == "joined"
    anna.forget()
    assert cleo.peer.types() == ["welcome"]
    assert code(cleo.ask("join", room=77)) == "no_such_room"
    lab.members = {BELA.id, CLEO.id}
    finish(walls.look_when_due())
    assert anna.peer.heard == []
    house.clock.now += 30
    finish(walls.look_when_due())
    assert anna.peer.of_type("left") == [{"type": "left", "room": 77}]
    bela.post("without anna", room=77)
    assert "without" not in str(anna.peer.heard)
    assert code(anna.ask("join", room=77, after=0)) == "no_such_room"
    assert cleo.ask("join", room=77)["type"] == "joined"


def test_a_look_finds_what_no_bell_told(house: House) -> None:
    """A membership that ended on another node ends what windows here follow, at the next look at the latest."""
    anna, bela = house.enter(), house.enter(BELA)
    room = private(anna, bela)
    walls = Walls(house.site, house.entering, Lab(), [], 30)
    finish(walls.look())
    assert bela.peer.heard == []
    finish(house.memory.remove_member(room, BELA.id))
    assert code(bela.post("still here", room=room)) == "no_such_room"
    finish(walls.look())
    assert bela.peer.of_type("left") == [{"type": "left", "room": room}]
    assert room not in bela.session.rooms


def test_a_look_that_fails_is_made_again(house: House) -> None:
    """Nobody is put out or let in because the log was away for a moment."""
    walls = Walls(house.site, house.entering, Lab(ANNA), ["Lab"], 30)
    anna = house.enter()
    house.history.fail("set_members", HistoryUnavailable("away"))
    finish(walls.look())
    assert anna.peer.types() == ["welcome"]
    finish(walls.look())
    assert anna.peer.types() == ["welcome", "listed"]


# ---- impersonation


def test_an_impersonation_is_audited_by_ids(house: House) -> None:
    """The log says who came in as whom, and no name; the session is marked as one that only looks."""
    admin = house.enter(BELA, read_only=True, impersonator=7)
    assert house.audited == ["Impersonation: user 7 comes in as user 12, read only, by session 1"]
    assert admin.peer.heard[0]["you"]["read_only"] is True
    house.enter(BELA, impersonator=7)
    assert house.audited[1].endswith("user 12, with all rights, by session 1")
    house.enter(BELA)
    assert len(house.audited) == 2
    assert "bela" not in str(house.audited)


def test_an_impersonation_is_marked_for_moderators(house: House) -> None:
    """Among the members of a room they see whom an admin looks through at the moment; others do not."""
    looking = house.enter(BELA, read_only=True, impersonator=7)
    bela, anna = house.enter(BELA), house.enter()
    moderator, admin = house.enter(CLEO, Role.MODERATOR), house.enter(User(id=7, name="ada"), Role.ADMIN)
    for client in (looking, bela, anna, moderator, admin):
        client.ask("join", room=LOBBY_ID)
    for client in (moderator, admin):
        assert client.ask("members", room=LOBBY_ID)["impersonated"] == [BELA.id]
    assert "impersonated" not in moderator.ask("members", room=TOPIC_ID)
    for client in (anna, bela, looking):
        assert "impersonated" not in client.ask("members", room=LOBBY_ID)
    looking.go()
    assert "impersonated" not in moderator.ask("members", room=LOBBY_ID)
