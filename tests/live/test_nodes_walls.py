"""Walls hold on every node: who comes in, goes, is put out or hands over on one does so on the other."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from tests.support.client import Client, Refused
from tests.support.galaxy_sqlite import ScratchGalaxy
from tests.support.nodes import database_of, log_in, nodes
from tests.support.postgres import PostgresCluster
from tests.support.server import Server

pytestmark = [pytest.mark.postgres, pytest.mark.slow]

_GROUPS = (
    "CREATE TABLE galaxy_group (id INTEGER PRIMARY KEY, name VARCHAR(255), deleted BOOLEAN)",
    "CREATE TABLE user_group_association (id INTEGER PRIMARY KEY, user_id INTEGER, group_id INTEGER)",
    "INSERT INTO galaxy_group VALUES (1, 'Lab', 0)",
)


@pytest.fixture(scope="module")
def galaxy(postgres: PostgresCluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ScratchGalaxy]:
    """A Galaxy with a group, which the chat follows every 2 s."""
    folder = tmp_path_factory.mktemp("walls") / "galaxy"
    with log_in(postgres, folder, session_check_interval=2, group_rooms=["Lab"]) as made:
        for statement in _GROUPS:
            made.write(statement)
        yield made


@pytest.fixture(scope="module")
def pair(galaxy: ScratchGalaxy) -> Iterator[list[Server]]:
    """Two running nodes."""
    with nodes(galaxy) as servers:
        yield servers


@pytest.fixture
def alice(pair: list[Server]) -> Iterator[Client]:
    """Somebody on the first node."""
    with Client.enter(pair[0], "alice") as client:
        client.event("welcome")
        yield client


@pytest.fixture
def windows(pair: list[Server]) -> Iterator[list[Client]]:
    """Another person's windows, one on each node."""
    with Client.enter(pair[0], "bob") as near, Client.enter(pair[1], "bob") as far:
        yield [near, far]


def met(windows: list[Client]) -> int:
    """Take each window's `welcome`; return whose they are."""
    (user,) = {window.event("welcome")["you"]["id"] for window in windows}
    return int(user)


def code(client: Client, command: str, **fields: Any) -> str:
    """Return "ok" or the code with which a command is refused."""
    try:
        client.ask(command, **fields)
    except Refused as refused:
        return refused.code
    return "ok"


def test_invited_and_removed(alice: Client, windows: list[Client]) -> None:
    """Windows on both nodes are told of an invitation; after a removal none hears or finds the room, nor resumes."""
    bob = met(windows)
    room = alice.ask("create", name="Review", kind="private")["room"]["room"]
    for window in windows:
        assert code(window, "join", room=room) == "no_such_room"
    alice.ask("invite", room=room, user=bob)
    for window in windows:
        assert window.event("listed")["room"]["room"] == room
        window.join(room)
    seq = alice.send(room, "inside")["seq"]
    for window in windows:
        window.event("message", room=room, rev=seq)
    alice.ask("remove", room=room, user=bob)
    alice.send(room, "after the removal")
    for window in windows:
        window.event("left", room=room)
        assert code(window, "join", room=room, after=seq) == "no_such_room"
        assert code(window, "send", room=room, text="still here", nonce=f"n{seq}") == "no_such_room"
        assert code(window, "history", room=room, after=0) == "no_such_room"
        assert window.kept("message") == []
    assert alice.ask("members", room=room)["present"] == 1


def test_handed_over(alice: Client, windows: list[Client], pair: list[Server]) -> None:
    """The new owner's windows may put others out at once, the old one's no more, on whichever node."""
    bob = met(windows)
    room = alice.ask("create", name="Handed over", kind="private")["room"]["room"]
    alice.ask("invite", room=room, user=bob)
    for window in windows:
        assert "remove" not in window.event("listed")["room"]["can"]
        window.join(room)
    rev = alice.ask("change_room", room=room, owner=bob)["rev"]
    for window in windows:
        assert window.event("room", room=room, rev=rev)["owner"] == bob
        assert "remove" in window.event("listed")["room"]["can"]
    with Client.enter(pair[1], "alice") as elsewhere:
        owner = elsewhere.event("welcome")["you"]["id"]
        elsewhere.join(room)
        windows[0].ask("remove", room=room, user=owner)
        elsewhere.event("left", room=room)
    alice.event("left", room=room)
    assert code(alice, "change_room", room=room, topic="mine") == "no_such_room"


def test_a_room_of_two(alice: Client, windows: list[Client]) -> None:
    """It is one room, from whichever node it is asked for; the other's windows see it with the first message."""
    bob = met(windows)
    room = alice.ask("direct", user=bob)["room"]["room"]
    assert [window.kept("listed") for window in windows] == [[], []]
    alice.send(room, "are you there?")
    for window in windows:
        listed = window.event("listed")
        assert (listed["room"]["room"], listed["room"]["unread"]) == (room, 1)
    other = listed["room"]["with"]["id"]
    assert windows[1].ask("direct", user=other)["room"]["room"] == room


def test_a_group(galaxy: ScratchGalaxy, alice: Client, windows: list[Client]) -> None:
    """Whoever comes into Galaxy's group has its room on every node; who leaves it is out on every node."""
    bob = met(windows)
    galaxy.write("INSERT INTO user_group_association (user_id, group_id) VALUES (?, 1)", bob)
    for window in windows:
        listed = window.event("listed")["room"]
        assert (listed["kind"], listed["name"]) == ("group", "Lab")
        window.join(listed["room"])
    assert code(alice, "join", room=listed["room"]) == "no_such_room"
    galaxy.write("DELETE FROM user_group_association")
    for window in windows:
        window.event("left", room=listed["room"])
        assert code(window, "join", room=listed["room"], after=0) == "no_such_room"


def test_what_another_role_hears(
    postgres: PostgresCluster, galaxy: ScratchGalaxy, alice: Client, windows: list[Client]
) -> None:
    """Whoever listens to the nodes' notifications hears numbers, whatever is said and done behind the walls."""
    bob = met(windows)
    with closing(postgres.connect(database_of(galaxy))) as connection, connection.cursor() as cursor:
        cursor.execute("CREATE ROLE eavesdropper")
        cursor.execute("SET ROLE eavesdropper")
        cursor.execute("SELECT 'galaxychat_' || md5('public')")
        (channel,) = cursor.fetchone() or ("",)
        cursor.execute(f'LISTEN "{channel}"')
        room = alice.ask("create", name="Secret plan", kind="private", topic="hush")["room"]["room"]
        alice.ask("invite", room=room, user=bob)
        for window in windows:
            window.join(room)
            window.say("typing", room=room)
        seq = alice.send(room, "hush @bob")["seq"]
        alice.ask("edit", room=room, seq=seq, text="hush again")
        alice.ask("remove", room=room, user=bob)
        for window in windows:
            window.event("left", room=room)
        connection.poll()
        heard = [notification.payload for notification in connection.notifies]
    assert f"r{room}:{seq}" in " ".join(heard)
    assert all(re.fullmatch(r"[0-9a-f-]+( [a-z]\d+:\d+)+", payload) for payload in heard), heard


def test_leaving_the_chat(alice: Client, windows: list[Client]) -> None:
    """Who leaves from one window has left in all; others see them go; coming back is told everywhere, too."""
    bob = met(windows)
    room = alice.join("Help")["room"]["room"]
    for window in windows:
        window.join(room)
    windows[0].ask("absent", on=True)
    for window in windows:
        assert window.event("absent")["on"] is True
        assert code(window, "join", room=room) == "forbidden"
    alice.event("presence", room=room, left=[bob])
    assert code(alice, "direct", user=bob) == "no_such_user"
    assert bob not in {user["id"] for user in alice.ask("users", prefix="b")["users"]}
    windows[1].ask("absent", on=False)
    for window in windows:
        assert window.event("absent")["on"] is False
        window.join(room)
