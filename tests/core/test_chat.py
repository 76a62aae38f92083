"""The use cases, from a frame to the frames that follow from it."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import chain
from typing import Any

import pytest

from galaxychat.chat import Chat
from galaxychat.errors import Closing, HistoryUnavailable
from galaxychat.messages import COMMANDS, Command, User
from galaxychat.model import RoomKind
from galaxychat.records import RESUME_CHANGES
from tests.core.test_messages import GOOD, tag, validator
from tests.support.core import (
    ANNA,
    BELA,
    CLEO,
    LOBBY_ID,
    SITE_ROOMS,
    TOPIC_ID,
    Client,
    Event,
    House,
    Task,
    draft,
    finish,
    room_draft,
)

AWAY = HistoryUnavailable("away")
#: What the owner of an open room can do in it.
OWNERS = ["send", "leave", "change", "edit_any", "pin"]


@pytest.fixture
def house() -> House:
    """A chat with a lobby and one persistent room."""
    return House()


def joined(house: House, *users: User, room: int = LOBBY_ID) -> list[Client]:
    """Let people in and into a room; what they heard on the way is forgotten."""
    clients = [house.enter(user) for user in users]
    for client in clients:
        assert client.ask("join", room=room)["type"] == "joined"
    for client in clients:
        client.forget()
    return clients


def made(client: Client, name: str = "Mapping") -> int:
    """Let somebody make an open room."""
    reply = client.ask("create", name=name)
    assert reply["type"] == "joined"
    return int(reply["room"]["room"])


def code(reply: Event) -> str:
    """Return the code of an error."""
    assert reply["type"] == "error", reply
    return str(reply["code"])


def seqs(reply: Event) -> list[int]:
    """Return the seqs of a page."""
    return [message["seq"] for message in reply["messages"]]


def names(event: Event) -> set[str]:
    """Return the names that an event explains its ids with."""
    return {user["name"] for user in event["users"]}


# ---- the register


def test_every_command_has_a_handler(house: House) -> None:
    """A command in the wire without a use case would be answered `internal`."""
    assert set(house.chat._handlers) == set(COMMANDS)


@pytest.mark.parametrize("command", COMMANDS, ids=tag)
@pytest.mark.parametrize("place", ["member", "stranger", "nowhere"])
def test_every_command_is_answered_once(house: House, command: type[Command], place: str) -> None:
    """Where it is allowed and where it is not, one reply carries the command's id; typing alone gets none."""
    (bela,) = joined(house, BELA)
    room = {"member": LOBBY_ID, "stranger": made(house.enter(ANNA)), "nowhere": 999}[place]
    for fields in GOOD[tag(command)]:
        wanted = {**fields, **({"room": room} if "room" in fields else {})}
        bela.forget()
        bela.start(tag(command), **wanted)
        answers = bela.peer.replies
        assert [answer.get("re") for answer in answers] == ([] if tag(command) == "typing" else [bela.asked])
        for event in bela.peer.heard:
            validator("AnyEvent").validate(event)
    assert house.reported == []


@pytest.mark.parametrize("command", COMMANDS, ids=tag)
@pytest.mark.parametrize("problem", [AWAY, ValueError("a fault")], ids=["away", "fault"])
@pytest.mark.parametrize("nth", range(6))
def test_every_command_survives_the_log(house: House, command: type[Command], problem: Exception, nth: int) -> None:
    """Whichever call of the log fails, there is one answer, `unavailable` or `internal` if the work was not done."""
    (anna,) = joined(house, ANNA)
    made(anna)
    anna.forget()
    fields = {**GOOD[tag(command)][0], **({"room": 1000} if tag(command) == "leave" else {})}
    house.history.fail_nth(nth, problem)
    anna.start(tag(command), **fields)
    failed = house.history.failed
    (answer,) = anna.peer.replies or [{"type": "none"}]
    if answer["type"] == "error" and failed:
        assert answer["code"] == ("unavailable" if problem is AWAY else "internal")
        assert answer["retry_after"] > 0
        assert "fault" not in answer["detail"]
    assert bool(house.reported) == (failed and problem is not AWAY)
    house.history.fail_nth(-1, problem)
    assert anna.ask("rooms")["type"] == "rooms"


def test_frames_that_are_no_command(house: House) -> None:
    """Nonsense is answered with an error, ten times in a row with the end."""
    anna = house.enter()
    for number in range(10):
        task = house.loop.start(house.chat.handle(anna.session, b'{"type":"x","id":%d}' % number))
    assert [reply["re"] for reply in anna.peer.replies] == list(range(10))
    assert {code(reply) for reply in anna.peer.replies} == {"unknown_type"}
    assert isinstance(task.error, Closing)
    assert task.error.code == 4400


# ---- welcome


def test_welcome(house: House) -> None:
    """The first event says who one is, what rooms one has, and what the limits are."""
    (welcome,) = house.enter().peer.heard
    validator("Welcome").validate(welcome)
    assert welcome["you"] == {"id": ANNA.id, "name": "anna", "role": "user", "read_only": False}
    assert [(room["name"], room["kind"], room["can"]) for room in welcome["rooms"]] == [
        ("All Chats", "lobby", ["send"]),
        ("Assembly", "persistent", ["send"]),
    ]
    assert all(room["member"] and not room["unread"] for room in welcome["rooms"])
    assert (welcome["protocol"], welcome["epoch"], names(welcome)) == (1, house.memory.epoch, {"anna"})
    assert welcome["limits"] == {"message_chars": 6000, "frame_bytes": 131072, "room_name_chars": 64}


def test_welcome_counts_what_was_missed(house: House) -> None:
    """Who comes back sees how many messages of others wait, and how many of them name them."""
    house.enter(BELA).go()
    (anna,) = joined(house, ANNA)
    anna.post("one")
    anna.post("@bela two")
    lobby = house.enter(BELA).peer.heard[0]["rooms"][0]
    assert (lobby["unread"], lobby["mentions"], lobby["read"]) == (2, 1, 0)
    lobby = house.enter(ANNA).peer.heard[0]["rooms"][0]
    assert (lobby["unread"], lobby["mentions"]) == (0, 0)


def test_newcomers_have_read_everything(house: House) -> None:
    """A first visit does not begin with the unread messages of years."""
    (anna,) = joined(house, ANNA)
    anna.post()
    lobby = house.enter(CLEO).peer.heard[0]["rooms"][0]
    assert (lobby["unread"], lobby["read"], lobby["rev"]) == (0, 1, 1)


def test_too_many_windows(house: House) -> None:
    """One connection too many is closed with its own code, and when one goes there is room again."""
    house = House(per_user=2)
    first, _second = house.enter(), house.enter()
    with pytest.raises(Closing) as caught:
        house.enter()
    assert caught.value.code == 4409
    house.enter(BELA)
    first.go()
    house.enter()


def test_a_failed_welcome_takes_no_place(house: House) -> None:
    """Who could not be greeted is not counted as connected."""
    house = House(per_user=1)
    house.history.fail("greeting", AWAY)
    with pytest.raises(HistoryUnavailable):
        house.enter()
    house.enter()


def test_welcome_is_read_again_when_it_is_out_of_date(house: House) -> None:
    """A room joined in another window while this one is let in is in its welcome, or is told after it."""
    anna = house.enter(BELA)
    room = made(anna)
    first = house.enter()
    gate = house.history.wait_after("greeting")
    peers = []

    async def come() -> None:
        peers.append(await house.chat.welcome(first.session.identity, first.peer))

    first.forget()
    task = house.loop.start(come())
    first.ask("join", room=room)
    house.loop.open(gate)
    assert task.error is None
    (welcome,) = first.peer.of_type("welcome")
    assert room in [each["room"] for each in welcome["rooms"]]


# ---- join


def test_join(house: House) -> None:
    """The reply holds the room as it is now and its last fifty messages; then come presence and what is new."""
    (anna,) = joined(house, ANNA)
    for number in range(60):
        house.clock.now += 1
        anna.post(f"m{number}")
    bela = house.enter(BELA)
    bela.forget()
    reply = bela.ask("join", room=LOBBY_ID)
    assert seqs(reply) == list(range(11, 61))
    assert (reply["more"], reply.get("reset"), reply["room"]["rev"]) == (True, None, 60)
    assert (reply["room"]["present"], names(reply)) == (2, {"anna"})
    assert bela.peer.types() == ["joined", "presence"]
    anna.post("new")
    assert bela.revs() == [61]
    assert anna.peer.of_type("presence")[-1]["joined"] == [BELA.id]


def test_join_by_name(house: House) -> None:
    """A name finds the room in whatever case and form, and an open room takes in who knows its name."""
    room = made(house.enter(), "Café  Mapping")
    bela = house.enter(BELA)
    assert bela.ask("join", name="cafe\u0301 MAPPING")["room"]["room"] == room
    assert bela.ask("join", name=" all chats")["room"]["room"] == LOBBY_ID
    assert code(bela.ask("join", name="mapping")) == "no_such_room"
    assert code(bela.ask("join", name="a\0b")) == "bad_name"
    assert code(bela.ask("join", name="x" * 65)) == "bad_name"
    assert code(bela.ask("join", room=999)) == "no_such_room"


@pytest.mark.parametrize("kind", [RoomKind.PRIVATE, RoomKind.DIRECT, RoomKind.GROUP])
@pytest.mark.parametrize("command", [one for one in COMMANDS if "room" in one.__struct_fields__], ids=tag)
def test_walled_rooms_are_not_there(kind: RoomKind, command: type[Command]) -> None:
    """Whatever a stranger asks of a walled room is answered like a room that never was."""
    house = House(site_rooms=[*SITE_ROOMS, room_draft(50, "Secret", kind)])
    anna = house.enter()
    answers = []
    for room in (50, 51):
        anna.forget()
        anna.start(tag(command), **{**GOOD[tag(command)][0], "room": room})
        answers.append([{**event, "re": None} for event in anna.peer.heard])
    assert answers[0] == answers[1]


def test_a_new_member_hears_of_it_in_every_window(house: House) -> None:
    """A room that one joins or makes appears in all of one's windows; joining it again is no news."""
    first, second = house.enter(), house.enter()
    bela = house.enter(BELA)
    mine = made(first)
    (listed,) = second.peer.of_type("listed")
    assert (listed["room"]["room"], listed["room"]["member"], listed["room"]["can"]) == (mine, True, OWNERS)
    assert names(listed) == {"anna"}
    bela.ask("join", room=mine)
    bela.ask("join", room=mine)
    assert [len(client.peer.of_type("listed")) for client in (first, second, bela)] == [1, 1, 1]


def test_a_window_that_only_looks_is_told_what_it_can(house: House) -> None:
    """An admin who looks through a user's eyes is not offered what only the user may do."""
    admin = house.enter(read_only=True)
    anna = house.enter()
    made(anna)
    assert [client.peer.of_type("listed")[0]["room"].get("can") for client in (anna, admin)] == [OWNERS, []]


def test_new_members_are_told_even_if_the_page_fails(house: House) -> None:
    """The membership is durable before the page is read: other windows learn of it, and the repeat succeeds."""
    room = made(house.enter())
    first, second = house.enter(BELA), house.enter(BELA)
    house.history.fail("page", AWAY)
    assert code(first.ask("join", room=room)) == "unavailable"
    assert len(second.peer.of_type("listed")) == 1
    assert set(house.rooms.present(room)) == {ANNA.id}
    assert first.ask("join", room=room)["type"] == "joined"


def test_rooms_per_user() -> None:
    """As many rooms as one may have, and no more, made or joined; leaving one makes room."""
    house = House(rooms_per_user=3)
    anna, bela = house.enter(), house.enter(BELA)
    first = made(anna, "a")
    assert code(anna.ask("create", name="b")) == "too_many"
    second = made(bela, "b")
    assert code(anna.ask("join", room=second)) == "too_many"
    assert anna.ask("leave", room=first)["type"] == "ok"
    assert anna.ask("join", room=second)["type"] == "joined"


def test_rooms_per_day() -> None:
    """So many rooms a day, counted until midnight."""
    house = House(rooms_per_day=2)
    anna = house.enter()
    made(anna, "a")
    made(anna, "b")
    assert code(anna.ask("create", name="c")) == "too_many"
    house.clock.now += 12 * 3600
    made(anna, "c")


def test_create(house: House) -> None:
    """A room has the name, topic and owner that were asked for; its name is then taken."""
    anna, bela = house.enter(), house.enter(BELA)
    room = anna.ask("create", name="  Read  mapping ", topic=" all of  it ")["room"]
    assert (room["name"], room["topic"], room["kind"], room["owner"]) == ("Read mapping", "all of it", "open", ANNA.id)
    assert (room["rev"], room["member"], room["present"]) == (0, True, 1)
    for name in ("read MAPPING", "All Chats", "assembly"):
        assert code(bela.ask("create", name=name)) == "name_taken"
    assert code(bela.ask("create", name="a\u200bb")) == "bad_name"
    assert code(bela.ask("create", name="c", topic="x" * 501)) == "too_long"


# ---- resuming


def test_resume(house: House) -> None:
    """With `after`, only what changed since comes, and nothing when nothing did."""
    (anna,) = joined(house, ANNA)
    for _ in range(5):
        anna.post()
    bela = house.enter(BELA)
    reply = bela.ask("join", room=LOBBY_ID, after=3, epoch=house.memory.epoch)
    assert (seqs(reply), reply["more"], reply.get("reset"), reply["room"]["rev"]) == ([4, 5], True, None, 5)
    reply = bela.ask("join", room=LOBBY_ID, after=5)
    assert (seqs(reply), reply["more"], reply.get("reset")) == ([], True, None)
    anna.post()
    assert bela.revs() == [6]


@pytest.mark.parametrize("resume", [{"after": 6}, {"after": 3, "epoch": "another"}])
def test_what_cannot_be_resumed_starts_over(house: House, resume: dict[str, Any]) -> None:
    """A rev that never was, or a log of another name, gets the last page with `reset`."""
    (anna,) = joined(house, ANNA)
    for _ in range(5):
        anna.post()
    reply = anna.ask("join", room=LOBBY_ID, **resume)
    assert (seqs(reply), reply["reset"], reply["room"]["rev"]) == ([1, 2, 3, 4, 5], True, 5)


def test_who_missed_too_much_starts_over(house: House) -> None:
    """More than 200 changes are not sent one by one."""
    anna = house.enter()
    for number in range(RESUME_CHANGES + 1):
        finish(house.memory.append(draft(LOBBY_ID, BELA.id, f"n{number}")))
    reply = anna.ask("join", room=LOBBY_ID, after=0)
    assert (len(reply["messages"]), reply["reset"], reply["more"]) == (50, True, True)
    assert len(anna.ask("join", room=LOBBY_ID, after=1)["messages"]) == RESUME_CHANGES


# ---- send


def test_send(house: House) -> None:
    """The author is answered first, then everybody in the room gets the message, once and with the author's name."""
    anna, bela = joined(house, ANNA, BELA)
    reply = anna.post("*hi* @bela", nonce="n1")
    assert reply == {"type": "sent", "re": anna.asked, "room": LOBBY_ID, "seq": 1, "at": "2026-05-01T12:00:00.000Z"}
    assert anna.peer.types() == ["sent", "message"]
    (event,) = bela.peer.heard
    assert event == anna.peer.heard[1]
    message = event["message"]
    assert (event["rev"], message["seq"], message["user"], message["text"]) == (1, 1, ANNA.id, "*hi* @bela")
    assert message["body"] == [["p", ["em", ["text", "hi"]], ["text", " "], ["mention", BELA.id]]]
    assert (message["nonce"], names(event)) == ("n1", {"anna", "bela"})


def test_a_nonce_stands_in_the_live_event_only(house: House) -> None:
    """What is read from the log names no nonce."""
    (anna,) = joined(house, ANNA)
    anna.post()
    assert "nonce" not in anna.ask("join", room=LOBBY_ID)["messages"][0]


def test_the_same_again_is_posted_once(house: House) -> None:
    """A repeated send gets the first answer, from whatever window and rate, and nobody hears of it twice."""
    house = House(message_rate=(2, 0.001))
    anna, bela = joined(house, ANNA, BELA)
    first = anna.post("a", nonce="n1")
    for client in (anna, house.enter(), anna, anna):
        again = client.post("a", nonce="n1")
        assert (again["type"], again["seq"], again["at"]) == ("sent", first["seq"], first["at"])
    assert bela.revs() == [1]
    assert anna.post("b")["type"] == "sent"
    assert anna.post("a", nonce="n1")["seq"] == 1
    assert code(anna.post("c")) == "rate_limited"


def test_a_nonce_belongs_to_one_message(house: House) -> None:
    """Another text or room under the same nonce is refused, over the rate too; another user's nonce is their own."""
    house = House(message_rate=(4, 0.001))
    anna, bela = joined(house, ANNA, BELA)
    anna.post("a", nonce="n1")
    assert code(anna.post("b", nonce="n1")) == "nonce_reused"
    assert code(anna.post("a", nonce="n1", room=TOPIC_ID)) == "nonce_reused"
    assert bela.post("b", nonce="n1")["seq"] == 2
    anna.post("c")
    assert code(anna.post("d")) == "rate_limited"
    assert code(anna.post("b", nonce="n1")) == "nonce_reused"
    assert bela.revs() == [1, 2, 3]


def test_the_rate_of_messages(house: House) -> None:
    """Over the rate, `retry_after` says how long; then it goes through. The rate is the user's, not the window's."""
    house = House(message_rate=(2, 2))
    (anna,) = joined(house, ANNA)
    anna.post()
    house.enter().post(nonce="other")
    reply = anna.post(nonce="late")
    assert (code(reply), reply["retry_after"]) == ("rate_limited", 0.5)
    house.clock.now += reply["retry_after"]
    assert anna.post(nonce="late")["type"] == "sent"


def test_what_was_not_posted_costs_nothing(house: House) -> None:
    """A log that is away, before or while a message is written, does not use up the rate."""
    house = House(message_rate=(1, 0.001))
    (anna,) = joined(house, ANNA)
    for method in ("append", "members_named"):
        house.history.fail(method, AWAY)
        assert code(anna.post("@bela", nonce="n")) == "unavailable"
    assert anna.post("@bela", nonce="n")["type"] == "sent"


def test_sending_where_one_does_not_listen(house: House) -> None:
    """A member need not follow the room; a stranger must join; the looks into the log that this takes have a rate."""
    house = House(command_rate=(3, 0.001))
    anna, bela = house.enter(), house.enter(BELA)
    room = made(anna)
    assert bela.post()["type"] == "sent"
    assert code(bela.post(room=room)) == "not_in_room"
    assert code(bela.post(room=999)) == "no_such_room"
    assert code(bela.post(room=999)) == "rate_limited"


@pytest.mark.parametrize(
    ("text", "problem"), [("", "empty"), (" \n\u200b", "empty"), ("x" * 6001, "too_long"), ("a\0", "bad_message")]
)
def test_texts_that_are_refused(house: House, text: str, problem: str) -> None:
    """A text that shows nothing, or too much, costs nothing and reaches nobody."""
    house = House(message_rate=(1, 0.001))
    anna, bela = joined(house, ANNA, BELA)
    assert code(anna.post(text)) == problem
    assert bela.peer.heard == []
    assert anna.post("ok")["type"] == "sent"


def test_replies(house: House) -> None:
    """An answer points at a message of the same room that is there."""
    anna, bela = joined(house, ANNA, BELA)
    anna.post("a")
    assert bela.post("b", reply_to=1)["seq"] == 2
    assert anna.peer.heard[-1]["message"]["reply_to"] == 1
    assert code(bela.post("c", reply_to=9)) == "no_such_message"
    assert code(bela.post("c", room=TOPIC_ID, reply_to=1)) == "no_such_message"


def test_mentions_of_the_room(house: House) -> None:
    """Only members are mentioned: exactly, else by the one name that differs in case; trailing dots are given back."""
    upper = User(id=21, name="Bela")
    anna, _bela, _upper = joined(house, ANNA, BELA, upper)
    house.enter(CLEO)
    room = made(anna)
    anna.post("@bela @Bela @BELA. @CLEO... @nobody", nonce="a")
    body = anna.peer.of_type("message")[-1]["message"]["body"]
    assert [part[1] for part in body[0][1:] if part[0] == "mention"] == [BELA.id, upper.id, CLEO.id]
    anna.post("@bela", room=room, nonce="b")
    assert anna.peer.of_type("message")[-1]["message"]["body"] == [["p", ["text", "@bela"]]]


# ---- leave


def test_leave(house: House) -> None:
    """Leaving ends membership and following in all of one's windows; others see one go."""
    anna, bela, window = house.enter(), house.enter(BELA), house.enter(BELA)
    room = made(anna)
    for client in (bela, window):
        client.ask("join", room=room)
    for client in (anna, bela, window):
        client.forget()
    assert bela.ask("leave", room=room)["type"] == "ok"
    assert (bela.peer.types(), window.peer.types()) == (["ok", "left"], ["left"])
    assert anna.peer.heard[-1]["left"] == [BELA.id]
    anna.post("x", room=room)
    assert (bela.revs(room), window.revs(room)) == ([], [])
    assert code(window.ask("history", room=room, before=9)) == "not_in_room"
    assert room not in [one["room"] for one in bela.ask("rooms")["rooms"]]
    assert code(bela.ask("leave", room=LOBBY_ID)) == "forbidden"
    assert code(bela.ask("leave", room=room)) == "not_in_room"


def test_goodbye(house: House) -> None:
    """A connection that ends leaves its rooms and stays a member."""
    anna, bela = joined(house, ANNA, BELA)
    bela.go()
    assert anna.peer.heard[-1]["left"] == [BELA.id]
    assert house.connected.of(BELA.id) == ()
    assert house.enter(BELA).peer.heard[0]["rooms"][0]["member"]


# ---- looking


def test_history(house: House) -> None:
    """Pages before, after and around a place, oldest first, saying whether there is more on either side."""
    (anna,) = joined(house, ANNA)
    for _ in range(9):
        anna.post()

    def page(**where: int) -> tuple[list[int], bool, bool]:
        reply = anna.ask("history", room=LOBBY_ID, **where)
        assert names(reply) == ({"anna"} if reply["messages"] else set())
        return seqs(reply), reply["more_before"], reply["more_after"]

    assert page(before=5, limit=2) == ([3, 4], True, True)
    assert page(after=5, limit=2) == ([6, 7], True, True)
    assert page(around=5, limit=4) == ([4, 5, 6, 7], True, True)
    assert page(before=99) == ([*range(1, 10)], False, False)
    assert page(before=1) == ([], False, False)


def test_read(house: House) -> None:
    """The position moves in all of one's windows, never backwards and never beyond the newest."""
    (anna,) = joined(house, ANNA)
    bela, window = house.enter(BELA), house.enter(BELA)
    for text in ("a", "@bela", "c"):
        anna.post(text)
    for client in (bela, window):
        client.forget()
    for seq in (1, 99, 2):
        assert bela.ask("read", room=LOBBY_ID, seq=seq)["type"] == "ok"
    told = [(event["seq"], event["unread"], event["mentions"]) for event in window.peer.of_type("read")]
    assert told == [(1, 2, 1), (3, 0, 0), (3, 0, 0)]
    assert bela.peer.types() == ["ok", "read"] * 3
    assert anna.peer.of_type("read") == []


def test_counts_say_what_they_know_of(house: House) -> None:
    """A message may overtake the number that does not count it yet, and the client can tell."""
    anna, bela = joined(house, ANNA, BELA)
    anna.post("one")
    gate = house.history.wait_after("set_read")
    bela.start("read", room=LOBBY_ID, seq=1)
    anna.post("two")
    house.loop.open(gate)
    assert [kind for kind in bela.peer.types() if kind in ("message", "read")] == ["message", "message", "read"]
    (told,) = bela.peer.of_type("read")
    assert (told["seq"], told["unread"], told["counted"]) == (1, 0, 1)
    gate = house.history.wait_before("page")
    window = house.enter(BELA)
    window.start("join", room=LOBBY_ID)
    anna.post("three")
    house.loop.open(gate)
    (reply,) = window.peer.replies
    assert (seqs(reply), reply["room"]["rev"]) == ([1, 2, 3], 3)
    assert (reply["room"]["unread"], reply["room"]["counted"]) == (1, 2)
    assert "counted" not in window.ask("join", room=LOBBY_ID)["room"]


def test_mute(house: House) -> None:
    """Muting shows in all of one's windows and is kept."""
    anna, window = house.enter(), house.enter()
    for on in (True, False, True):
        anna.ask("mute", room=LOBBY_ID, on=on)
    assert [event["room"]["muted"] for event in window.peer.of_type("listed")] == [True, False, True]
    assert house.enter().peer.heard[0]["rooms"][0]["muted"]


def test_rooms(house: House) -> None:
    """One's own rooms, lobby first, and who owns them."""
    anna, bela = house.enter(), house.enter(BELA)
    made(bela, "Zoo")
    bela.ask("join", name="All Chats")
    anna.ask("join", name="zoo")
    reply = anna.ask("rooms")
    assert [room["name"] for room in reply["rooms"]] == ["All Chats", "Assembly", "Zoo"]
    assert ([room["present"] for room in reply["rooms"]], names(reply)) == ([1, 0, 2], {"bela"})


def test_users(house: House) -> None:
    """People the chat knows, by the beginning of their name in whatever case, ten at most."""
    for number in range(15):
        house.enter(User(id=100 + number, name=f"Maria{number:02}"))
    anna = house.enter()
    assert [user["name"] for user in anna.ask("users", prefix="mARIA")["users"]] == [
        f"Maria{one:02}" for one in range(10)
    ]
    assert anna.ask("users", prefix="maria14")["users"] == [{"id": 114, "name": "Maria14"}]
    assert anna.ask("users", prefix="%")["users"] == []


def everybody(client: Client) -> list[list[int]]:
    """Return the pages of the lobby's members."""
    pages: list[list[int]] = []
    place: dict[str, str] = {}
    while True:
        reply = client.ask("members", room=LOBBY_ID, **place)
        pages.append(reply["members"])
        assert {user["id"] for user in reply["users"]} == set(reply["members"])
        assert len(reply["members"]) <= 200
        assert len(set(reply["members"])) == len(reply["members"])
        if not reply["more"]:
            return pages
        place = {"after_name": reply["next"]}


@pytest.mark.parametrize("size", [1, 199, 200, 201, 450])
def test_members(house: House, size: int) -> None:
    """Pages of 200 hold everybody, and the first begins with who is here, wherever in the alphabet they stand."""
    people = [User(id=1000 + number, name=f"u{number:04}") for number in range(size)]
    for user in people:
        finish(house.memory.admit(user))
    last, first = house.enter(people[-1]), house.enter(people[0])
    last.ask("join", room=LOBBY_ID)
    pages = everybody(first)
    assert pages[0][0] == people[-1].id
    assert first.ask("members", room=LOBBY_ID)["present"] == 1
    assert set(chain(*pages)) == {user.id for user in people}


def test_members_of_a_full_house(house: House) -> None:
    """With more than 200 present the first page is theirs alone, and the others are still reached."""
    people = [User(id=1000 + number, name=f"u{number:04}") for number in range(230)]
    clients = [house.enter(user) for user in people]
    for client in clients[10:]:
        client.ask("join", room=LOBBY_ID)
    assert set(chain(*everybody(clients[0]))) == {user.id for user in people}


def test_typing(house: House) -> None:
    """Typing is passed on to who follows the room, now and then, and never answered."""
    anna, bela = joined(house, ANNA, BELA)
    for pause in (0, 1, 2.5):
        house.clock.now += pause
        anna.start("typing", room=LOBBY_ID)
    assert [event["user"] for event in bela.peer.of_type("typing")] == [ANNA.id, ANNA.id]
    anna.start("typing", room=TOPIC_ID)
    anna.start("typing", room=999)
    assert anna.peer.replies == []
    assert len(bela.peer.heard) == 2


def test_typing_in_large_rooms(house: House) -> None:
    """With more than 25 present nobody is told."""
    users = [User(id=100 + number, name=f"u{number}") for number in range(26)]
    clients = joined(house, *users)
    clients[0].start("typing", room=LOBBY_ID)
    assert clients[1].peer.of_type("typing") == []
    clients[-1].go()
    house.clock.now += 9
    clients[0].start("typing", room=LOBBY_ID)
    assert len(clients[1].peer.of_type("typing")) == 1


# ---- who only looks


def test_read_only(house: House) -> None:
    """An impersonation sees what its user sees; every trace is refused, and joining anew is one."""
    room = made(house.enter(BELA))
    house.enter().go()
    admin = house.enter(read_only=True)
    assert admin.peer.heard[0]["you"]["read_only"]
    assert [one["can"] for one in admin.peer.heard[0]["rooms"]] == [[], []]
    assert admin.ask("join", room=LOBBY_ID)["type"] == "joined"
    assert code(admin.ask("join", room=room)) == "read_only"
    for kind in ("send", "read", "mute", "leave", "create"):
        assert code(admin.ask(kind, **GOOD[kind][0])) == "read_only"
    for kind in ("history", "rooms", "members", "users"):
        assert admin.ask(kind, **GOOD[kind][0])["type"] != "error"


def test_looking_admits_nobody(house: House) -> None:
    """An impersonated user who never came is not made a member or known by it."""
    admin = house.enter(CLEO, read_only=True)
    assert admin.peer.heard[0]["rooms"] == []
    assert finish(house.memory.people([CLEO.id])) == []


def test_archived_rooms(house: House) -> None:
    """A room off the admin's list can be read by who wrote in it, takes no message and nobody new."""
    (anna,) = joined(house, ANNA, room=TOPIC_ID)
    anna.post("a", room=TOPIC_ID)
    anna.go()
    house.memory.settle(SITE_ROOMS[:1], "2026-06-01T00:00:00.000Z")
    anna, bela = house.enter(), house.enter(BELA)
    reply = anna.ask("join", room=TOPIC_ID)
    assert (seqs(reply), reply["room"]["archived"], reply["room"]["can"]) == ([1], True, [])
    assert code(anna.post("b", room=TOPIC_ID)) == "forbidden"
    assert code(bela.ask("join", room=TOPIC_ID)) == "forbidden"


# ---- races


def test_a_message_during_the_joins_fetch(house: House) -> None:
    """What is posted while the page is read comes after it, once, whether or not the page holds it."""
    anna = joined(house, ANNA)[0]
    for wait in (house.history.wait_before, house.history.wait_after):
        client = house.enter(BELA)
        client.forget()
        gate = wait("page")
        client.start("join", room=LOBBY_ID)
        anna.post()
        assert client.peer.heard == []
        house.loop.open(gate)
        page = seqs(client.peer.replies[0])
        assert client.peer.heard[0]["type"] == "joined"
        assert [*page, *client.revs()] == list(range(1, anna.revs()[-1] + 1))
        client.go()


def test_two_who_enter_an_empty_room_at_once(house: House) -> None:
    """The one whose page is older, but sent later, misses nothing."""
    anna, bela, cleo = house.enter(), house.enter(BELA), house.enter(CLEO)
    gate = house.history.wait_after("page")
    anna.start("join", room=LOBBY_ID)
    cleo.post()
    bela.ask("join", room=LOBBY_ID)
    house.loop.open(gate)
    cleo.post(nonce="second")
    (reply,) = anna.peer.replies
    assert [*seqs(reply), *anna.revs()] == [1, 2]


JOIN_STEPS = ["room", "add_member", "page"]


@pytest.mark.parametrize("method", JOIN_STEPS)
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_a_connection_that_ends_during_join_leaves_no_ghost(house: House, method: str, after: bool) -> None:
    """Wherever the join waits when its connection ends, nobody is left present."""
    room = made(house.enter())
    bela, window = house.enter(BELA), house.enter(BELA)
    gate = (house.history.wait_after if after else house.history.wait_before)(method)
    task = bela.start("join", room=room)
    assert not task.done
    bela.go()
    house.loop.open(gate)
    assert task.error is None
    assert set(house.rooms.present(room)) == {ANNA.id}
    assert bela.session.rooms.keys() <= {room}
    assert len(window.peer.of_type("listed")) == (1 if room in rooms_of(window) else 0)


def rooms_of(client: Client) -> list[int]:
    """Return the rooms of which a user is a member."""
    return [room["room"] for room in client.ask("rooms")["rooms"]]


@pytest.mark.parametrize(("method", "after"), [("room", True), ("page", False), ("page", True)])
def test_leaving_in_another_window_during_join(house: House, method: str, after: bool) -> None:
    """Wherever the join waits when its user leaves the room, the connection does not follow it in the end."""
    anna = house.enter()
    room = made(anna)
    bela, window = house.enter(BELA), house.enter(BELA)
    window.ask("join", room=room)
    bela.forget()
    gate = (house.history.wait_after if after else house.history.wait_before)(method)
    bela.start("join", room=room)
    assert window.ask("leave", room=room)["type"] == "ok"
    house.loop.open(gate)
    assert [code(reply) for reply in bela.peer.replies] == ["not_in_room"]
    assert bela.peer.types().count("left") == 1
    assert set(house.rooms.present(room)) == {ANNA.id}
    anna.post("x", room=room)
    assert bela.revs(room) == []


def overtaken(house: House, anna: Client, hurry: Callable[[], object]) -> Task:
    """Let anna post something, and something happen between its being durable and its being answered."""
    gate = house.history.wait_after("append")
    task = anna.start("send", room=LOBBY_ID, text="mine", nonce="mine")
    hurry()
    house.loop.open(gate)
    assert task.done
    return task


def test_sent_comes_before_ones_own_message(house: House) -> None:
    """However soon the room hears of a message, its author is answered first, and misses and doubles nothing."""
    anna, bela = joined(house, ANNA, BELA)
    overtaken(house, anna, lambda: bela.post("theirs"))
    assert anna.peer.types() == ["sent", "message", "message"]
    assert (anna.revs(), bela.revs()) == ([1, 2], [1, 2])
    anna.forget()
    overtaken(house, anna, lambda: house.enter(CLEO).ask("join", room=LOBBY_ID))
    assert [kind for kind in anna.peer.types() if kind != "presence"] == ["sent"]
    assert anna.post(nonce="next")["seq"] == 3
    assert anna.peer.types()[-2:] == ["sent", "message"]


def test_sent_comes_first_when_another_node_rings(house: House) -> None:
    """A doorbell for a message that is being answered does not overtake the answer."""
    anna, bela = joined(house, ANNA, BELA)
    overtaken(house, anna, lambda: house.feed.heard(LOBBY_ID, 1))
    assert anna.peer.types() == ["sent", "message"]
    assert (anna.revs(), bela.revs()) == ([1], [1])


def test_a_refused_post_lets_events_go_on(house: House) -> None:
    """What was held back for an answer comes also when the answer is an error."""
    anna, bela = joined(house, ANNA, BELA)
    gate = house.history.wait_before("append")
    anna.start("send", room=LOBBY_ID, text="x", nonce="x", reply_to=99)
    bela.post("theirs")
    house.loop.open(gate)
    assert code(anna.peer.replies[0]) == "no_such_message"
    bela.post("more", nonce="more")
    assert anna.revs() == [1, 2]


def test_leaving_or_ending_during_a_post(house: House) -> None:
    """A message that is being written when its author goes is posted, and its author stays away."""
    anna, bela = joined(house, ANNA, BELA)
    overtaken(house, anna, anna.go)
    assert bela.revs() == [1]
    assert set(house.rooms.present(LOBBY_ID)) == {BELA.id}


def test_a_join_that_fails_can_be_repeated(house: House) -> None:
    """A resume that meets a log which is away is answered `unavailable`; the same join then misses nothing."""
    anna, bela = joined(house, ANNA, BELA)
    anna.post()
    house.history.fail("changes", AWAY)
    assert code(bela.ask("join", room=LOBBY_ID, after=0)) == "unavailable"
    anna.post(nonce="second")
    bela.forget()
    assert seqs(bela.ask("join", room=LOBBY_ID, after=0)) == [1, 2]
    anna.post(nonce="third")
    assert bela.revs() == [3]


def test_the_chat_needs_no_clock_of_its_own() -> None:
    """Nothing in a conversation names a time but the message's own, which is the one that was given."""
    house = House()
    house.clock.now += 61.25
    (anna,) = joined(house, ANNA)
    assert anna.post()["at"] == "2026-05-01T12:01:01.250Z"
    assert isinstance(house.chat, Chat)
    assert json.dumps(anna.peer.heard).count("2026-") == 2
