"""Messages that change, code in colour, and search, over real sockets: on one server, and on two nodes of a site."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.client import Client
from tests.support.nodes import log_in, nodes
from tests.support.postgres import PostgresCluster

SOON = 1.0
CODE = "Try this:\n\n```python\nfor read in reads:  # all\n    print(read)\n```\n\n```\nplain\n```"


@pytest.fixture(scope="module")
def far(postgres: PostgresCluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Client, Client]]:
    """Somebody on each of two nodes."""
    folder = tmp_path_factory.mktemp("site")
    with (
        log_in(postgres, folder / "galaxy") as galaxy,
        nodes(galaxy) as servers,
        Client.enter(servers[0], "alice") as alice,
        Client.enter(servers[1], "bob") as bob,
    ):
        for client in (alice, bob):
            client.event("welcome")
        yield alice, bob


def changes(alice: Client, bob: Client, name: str) -> None:
    """Have one change messages in every way, and see that the other holds what the log holds."""
    room = alice.ask("create", name=name)["room"]["room"]
    bob.join(room)
    seq = alice.send(room, "frist")["seq"]
    bob.event("message", room=room)
    assert alice.ask("edit", room=room, seq=seq, text="first")["rev"] == 2
    event = bob.event("message", timeout=SOON, room=room)
    assert (event["rev"], event["message"]["text"], event["message"]["edited"]) == (2, "first", True)
    assert bob.ask("react", room=room, seq=seq, emoji="👍", on=True)["rev"] == 3
    while True:
        # On another node a reaction may come as the message with its reactions.
        event = alice.next(timeout=SOON)
        if event.get("rev") == 3:
            break
    assert "👍" in str(event)
    assert alice.ask("pin", room=room, seq=seq, on=True)["rev"] == 4
    assert bob.event("message", timeout=SOON, room=room)["message"]["pinned"] is True
    page = bob.ask("history", room=room, around=seq)["messages"]
    assert page == alice.ask("pins", room=room)["messages"] == bob.ask("search", text="FIRST", room=room)["messages"]
    assert page[0]["reactions"] == [{"emoji": "👍", "count": 1, "users": [page[0]["user"] + 1]}]
    assert alice.ask("change_room", room=room, topic="new")["rev"] == 5
    assert bob.event("room", timeout=SOON, room=room)["topic"] == "new"
    assert alice.ask("delete", room=room, seq=seq)["rev"] == 6
    assert bob.event("message", timeout=SOON, room=room)["message"]["deleted"] is True
    assert bob.ask("search", text="first", room=room)["messages"] == []


def test_changes(alice: Client, bob: Client) -> None:
    """Edit, reaction, pin, topic and deletion reach everybody in the room, and stay."""
    changes(alice, bob, "Changes")


@pytest.mark.postgres
@pytest.mark.slow
def test_changes_on_two_nodes(far: tuple[Client, Client]) -> None:
    """The same, from one node to the other."""
    changes(*far, "Changes")


@pytest.mark.postgres
@pytest.mark.slow
def test_changes_at_once_on_two_nodes(far: tuple[Client, Client]) -> None:
    """Reactions from both nodes to one message: every rev comes once and in order, and both end with the same."""
    alice, bob = far
    room = alice.ask("create", name="At once")["room"]["room"]
    bob.join(room)
    seq = alice.send(room, "vote")["seq"]
    for number in range(20):
        for client in far:
            client.say("react", room=room, seq=seq, emoji="👍", on=number % 2 == 0)
    last = alice.ask("history", room=room, around=seq)["messages"][0]["rev"]
    for client in far:
        revs: list[int] = []
        while not revs or revs[-1] < 41:
            event = client.next(timeout=5)
            revs += [event["rev"]] if event.get("room") == room and "re" not in event and "rev" in event else []
        assert revs[-20:] == list(range(revs[-1] - 19, 42))
    assert last <= 41
    assert alice.ask("join", room=room, after=0)["messages"] == bob.ask("join", room=room, after=0)["messages"]


def test_code_has_colours(alice: Client, bob: Client) -> None:
    """A block that names its language is coloured by the server, whose runs are as long as the code."""
    room = alice.ask("create", name="Code")["room"]["room"]
    bob.join(room)
    alice.send(room, CODE)
    _, python, plain = bob.event("message", room=room)["message"]["body"]
    assert python[:3] == ["pre", "python", "for read in reads:  # all\n    print(read)"]
    assert ["k", 3] in python[3]
    assert ["c", 5] in python[3]
    assert sum(length for _, length in python[3]) == len(python[2])
    assert plain == ["pre", "", "plain"]
