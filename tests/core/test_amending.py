"""Edit, delete, pin, react: who may, what is answered, and what the room hears."""

from __future__ import annotations

from typing import Any

import pytest

from galaxychat.errors import HistoryUnavailable
from galaxychat.model import Role
from galaxychat.records import PINS
from tests.core.test_chat import code, seqs
from tests.support.core import ANNA, BELA, CLEO, LOBBY_ID, Client, House


@pytest.fixture
def house() -> House:
    """A chat."""
    return House()


@pytest.fixture
def anna(house: House) -> Client:
    """Somebody in the lobby who said something."""
    return present(house, say=True)


@pytest.fixture
def bela(house: House, anna: Client) -> Client:
    """Somebody else."""
    return present(house, BELA)


def present(house: House, user: Any = ANNA, role: Role = Role.USER, say: bool = False) -> Client:
    """Let somebody come into the lobby."""
    client = house.enter(user, role)
    client.ask("join", room=LOBBY_ID)
    if say:
        client.post("first")
    client.forget()
    return client


def test_an_edit_reaches_the_room(anna: Client, bela: Client) -> None:
    """The author is answered first; everybody sees the message as it is now, once, under the next rev."""
    reply = anna.ask("edit", room=LOBBY_ID, seq=1, text="see `this`, @bela")
    assert (reply["type"], reply["rev"]) == ("ok", 2)
    assert anna.peer.types()[-2:] == ["ok", "message"]
    (event,) = bela.peer.of_type("message")
    message = event["message"]
    assert (event["rev"], message["seq"], message["rev"], message["edited"]) == (2, 1, 2, True)
    assert message["body"] == [
        ["p", ["text", "see "], ["code", "this"], ["text", ", "], ["mention", BELA.id]],
    ]
    assert {user["id"] for user in event["users"]} == {ANNA.id, BELA.id}
    assert "nonce" not in message


def test_an_edit_that_changes_nothing_is_no_event(anna: Client, bela: Client) -> None:
    """It is answered with the rev that there is, and nobody hears of it."""
    assert anna.ask("edit", room=LOBBY_ID, seq=1, text="first")["rev"] == 1
    assert bela.peer.heard == []


@pytest.mark.parametrize(
    ("fields", "want"),
    [
        ({"seq": 9, "text": "x"}, "no_such_message"),
        ({"seq": 1, "text": " \u200b"}, "empty"),
        ({"seq": 1, "text": "x" * 6001}, "too_long"),
        ({"seq": 2, "text": "x"}, "forbidden"),
    ],
)
def test_edits_that_are_refused(anna: Client, bela: Client, fields: dict[str, Any], want: str) -> None:
    """Nothing, too much, nowhere, and somebody else's."""
    bela.post("second")
    assert code(anna.ask("edit", room=LOBBY_ID, **fields)) == want


def test_a_deleted_message_stays_as_a_mark(anna: Client, bela: Client) -> None:
    """Everybody sees that there was one and nothing of it, also who comes later."""
    assert anna.ask("delete", room=LOBBY_ID, seq=1)["rev"] == 2
    (event,) = bela.peer.of_type("message")
    assert (event["message"]["deleted"], event["message"]["text"], event["message"]["body"]) == (True, "", [])
    assert anna.ask("delete", room=LOBBY_ID, seq=1)["rev"] == 2
    assert len(bela.peer.of_type("message")) == 1
    for kind, fields in (
        ("edit", {"text": "x"}),
        ("react", {"emoji": "👍", "on": True}),
    ):
        assert code(anna.ask(kind, room=LOBBY_ID, seq=1, **fields)) == "no_such_message"
    assert code(anna.post("x", reply_to=1)) == "no_such_message"


def test_who_deletes(house: House, anna: Client, bela: Client) -> None:
    """Not a member what another one said; a moderator does, and an owner in their own room."""
    assert code(bela.ask("delete", room=LOBBY_ID, seq=1)) == "forbidden"
    moderator = present(house, CLEO, Role.MODERATOR)
    assert moderator.ask("delete", room=LOBBY_ID, seq=1)["type"] == "ok"
    room = bela.ask("create", name="mine")["room"]["room"]
    anna.ask("join", room=room)
    anna.post("x", room=room)
    assert bela.ask("delete", room=room, seq=1)["type"] == "ok"
    assert code(moderator.ask("delete", room=room, seq=1)) == "not_in_room"


def test_reactions_are_told(anna: Client, bela: Client) -> None:
    """Each that comes or goes is one event of its own; the same again is none."""
    for on, rev in ((True, 2), (True, 2), (False, 3)):
        assert bela.ask("react", room=LOBBY_ID, seq=1, emoji="👍", on=on)["rev"] == rev
    first, second = anna.peer.of_type("reaction")
    users = [{"id": BELA.id, "name": "bela"}]
    assert first == {
        "type": "reaction",
        "room": LOBBY_ID,
        "rev": 2,
        "seq": 1,
        "emoji": "👍",
        "user": BELA.id,
        "on": True,
        "users": users,
    }
    assert (second["rev"], second["on"]) == (3, False)
    assert bela.peer.types()[:2] == ["ok", "reaction"]


def test_reactions_survive_a_resume(anna: Client, bela: Client) -> None:
    """Who comes back finds them at the message, with the names of those who gave them."""
    bela.ask("react", room=LOBBY_ID, seq=1, emoji="🧬", on=True)
    reply = anna.ask("join", room=LOBBY_ID, after=1)
    assert reply["messages"][0]["reactions"] == [{"emoji": "🧬", "count": 1, "users": [BELA.id]}]
    assert {user["id"] for user in reply["users"]} == {ANNA.id, BELA.id}


def test_an_unknown_emoji(anna: Client) -> None:
    """What is not in the set is no reaction."""
    assert code(anna.ask("react", room=LOBBY_ID, seq=1, emoji="x", on=True)) == "bad_message"


def test_pins(house: House, anna: Client) -> None:
    """A moderator pins; everybody sees it at once and finds it later."""
    assert code(anna.ask("pin", room=LOBBY_ID, seq=1, on=True)) == "forbidden"
    moderator = present(house, CLEO, Role.MODERATOR)
    assert "pin" in moderator.ask("rooms")["rooms"][0]["can"]
    assert moderator.ask("pin", room=LOBBY_ID, seq=1, on=True)["rev"] == 2
    assert anna.peer.of_type("message")[0]["message"]["pinned"] is True
    reply = anna.ask("pins", room=LOBBY_ID)
    assert (reply["type"], reply["room"], seqs(reply)) == ("pins", LOBBY_ID, [1])
    assert moderator.ask("pin", room=LOBBY_ID, seq=1, on=False)["rev"] == 3
    assert seqs(anna.ask("pins", room=LOBBY_ID)) == []


def test_too_many_pins(house: House, anna: Client) -> None:
    """The words say how many there may be."""
    moderator = present(house, CLEO, Role.MODERATOR)
    house.clock.now += 1000
    for place in range(PINS):
        house.clock.now += 10
        anna.post()
        assert moderator.ask("pin", room=LOBBY_ID, seq=2 + 2 * place, on=True)["type"] == "ok"
    reply = moderator.ask("pin", room=LOBBY_ID, seq=1, on=True)
    assert (code(reply), str(PINS) in reply["detail"]) == ("too_many", True)


@pytest.mark.parametrize(
    ("method", "kind", "fields"),
    [
        ("edit", "edit", {"text": "x"}),
        ("delete", "delete", {}),
        ("react", "react", {"emoji": "👍", "on": True}),
    ],
)
def test_the_log_is_away(house: House, anna: Client, method: str, kind: str, fields: dict[str, Any]) -> None:
    """It says so, nothing is held back for ever, and the same command works when the log is back."""
    house.history.fail(method, HistoryUnavailable("away"))
    assert code(anna.ask(kind, room=LOBBY_ID, seq=1, **fields)) == "unavailable"
    assert anna.ask(kind, room=LOBBY_ID, seq=1, **fields)["rev"] == 2
    assert anna.revs() == [2]


def test_a_change_elsewhere_shows_the_room_as_it_is(house: House, anna: Client) -> None:
    """What another node changed comes as one event each: messages as they are, and the room's new topic."""
    moderator = present(house, CLEO, Role.ADMIN)
    other = House(log=house.site.history, finish=house.finish)
    far = other.enter(BELA, Role.ADMIN)
    far.ask("join", room=LOBBY_ID)
    far.ask("change_room", room=LOBBY_ID, topic="new")
    far.ask("react", room=LOBBY_ID, seq=1, emoji="👍", on=True)
    far.ask("react", room=LOBBY_ID, seq=1, emoji="🔥", on=True)
    house.feed.heard(LOBBY_ID, 4)
    for client in (anna, moderator):
        assert client.revs() == [2, 3, 4]
    assert [event["type"] for event in anna.peer.heard if "rev" in event] == ["room", "room", "message"]
    assert anna.peer.of_type("room")[0]["topic"] == "new"
    assert "topic" not in anna.peer.of_type("room")[1]
    assert [each["emoji"] for each in anna.peer.of_type("message")[0]["message"]["reactions"]] == ["👍", "🔥"]
