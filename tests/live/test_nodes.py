"""Two nodes of one site: whatever happens on one is seen on the other."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.support.client import Client, Refused
from tests.support.nodes import database_of, log_in, nodes
from tests.support.postgres import PostgresCluster
from tests.support.server import Server, galaxychat

pytestmark = [pytest.mark.postgres, pytest.mark.slow]

#: Seconds until a bell is heard, far below the 2 s after which a node looks anyway.
_SOON = 1.0


@pytest.fixture(scope="module")
def pair(postgres: PostgresCluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Server]]:
    """Two running nodes that ask Galaxy every 2 s."""
    folder = tmp_path_factory.mktemp("site")
    with log_in(postgres, folder / "galaxy", session_check_interval=2) as galaxy, nodes(galaxy) as servers:
        yield servers


@pytest.fixture
def alice(pair: list[Server]) -> Iterator[Client]:
    """An admin on the first node."""
    with Client.enter(pair[0], "alice") as client:
        client.event("welcome")
        yield client


@pytest.fixture
def bob(pair: list[Server]) -> Iterator[Client]:
    """A user on the second node."""
    with Client.enter(pair[1], "bob") as client:
        client.event("welcome")
        yield client


def user_id(server: Server, name: str) -> int:
    """Return somebody's id, as `welcome` says it."""
    with Client.enter(server, name) as client:
        return int(client.event("welcome")["you"]["id"])


def room_of(client: Client, name: str) -> int:
    """Make a room of the test's own."""
    return int(client.ask("create", name=name)["room"]["room"])


def test_one_site(pair: list[Server]) -> None:
    """Both nodes, started at once on nothing, serve the same log with the same rooms."""
    welcomes = []
    for server in pair:
        with Client.enter(server, "alice") as client:
            welcomes.append(client.event("welcome"))
    assert welcomes[0]["epoch"] == welcomes[1]["epoch"]
    rooms = [[(room["room"], room["name"]) for room in welcome["rooms"]] for welcome in welcomes]
    assert rooms[0] == rooms[1]
    assert [room["kind"] for room in welcomes[0]["rooms"]].count("lobby") == 1


def test_messages(alice: Client, bob: Client) -> None:
    """What is said on one node is heard on the other soon, in order, with who said it; and the other way round."""
    room = room_of(alice, "Messages")
    bob.join(room)
    for number in range(20):
        sent = (alice if number % 2 else bob).send(room, f"{number}")
        for client in (alice, bob):
            event = client.event("message", timeout=_SOON, room=room)
            assert (event["rev"], event["message"]["text"]) == (sent["seq"], f"{number}")
    assert {user["name"] for user in event["users"]} == {"alice"}


def test_the_answer_comes_first(alice: Client, bob: Client) -> None:
    """On the author's connection `sent` comes before the message, also while the other node rings all the time."""
    room = room_of(alice, "The answer first")
    bob.join(room)
    for number in range(20):
        bob.say("send", room=room, text="meanwhile", nonce=f"bob-{number}")
        nonce = f"alice-{number}"
        wanted = alice.say("send", room=room, text="mine", nonce=nonce)
        seen: list[str] = []
        while len(seen) < 2:
            event = alice.next()
            if event.get("re") == wanted:
                seen.append("sent")
            elif event["type"] == "message" and event["message"]["text"] == "mine":
                seen.append("message")
        assert seen == ["sent", "message"]


def test_the_same_message_over_both_nodes(pair: list[Server], alice: Client) -> None:
    """A message that is repeated on the other node is the same message."""
    room = room_of(alice, "Repeated")
    first = alice.send(room, "once", nonce="over-both")
    with Client.enter(pair[1], "alice") as other:
        assert other.send(room, "once", nonce="over-both")["seq"] == first["seq"]
        with pytest.raises(Refused) as caught:
            other.send(room, "another text", nonce="over-both")
    assert caught.value.code == "nonce_reused"


def test_read_positions(pair: list[Server], alice: Client, bob: Client) -> None:
    """What is read in one window is read in the user's window on the other node."""
    room = room_of(alice, "Read")
    bob.join(room)
    seq = alice.send(room, "to be read")["seq"]
    with Client.enter(pair[0], "bob") as other:
        state = next(each for each in other.event("welcome")["rooms"] if each["room"] == room)
        assert state["unread"] == 1
        bob.ask("read", room=room, seq=seq)
        # It waits for others for half a second before it is written.
        mark = other.event("read", room=room)
        assert (mark["seq"], mark["unread"]) == (seq, 0)


def test_mute_join_and_leave(pair: list[Server], alice: Client, bob: Client) -> None:
    """A room that is entered, muted or left in one window is so in the window on the other node."""
    room = room_of(alice, "Standing")
    with Client.enter(pair[0], "bob") as other:
        other.event("welcome")
        bob.join(room)
        assert other.event("listed", timeout=_SOON)["room"]["room"] == room
        bob.ask("mute", room=room, on=True)
        assert other.event("listed", timeout=_SOON)["room"]["muted"] is True
        other.join(room)
        bob.ask("leave", room=room)
        assert other.event("left", timeout=_SOON)["room"] == room
        with pytest.raises(Refused) as caught:
            other.send(room, "after leaving")
        assert caught.value.code == "not_in_room"


def test_typing(alice: Client, bob: Client) -> None:
    """Who is writing shows on the other node."""
    room = room_of(alice, "Typing")
    bob.join(room)
    alice.say("typing", room=room)
    event = bob.event("typing", timeout=_SOON, room=room)
    assert [user["name"] for user in event["users"]] == ["alice"]


def test_presence(pair: list[Server], alice: Client) -> None:
    """Who comes and goes on one node does so on the other; a second window on another node changes nothing."""
    room = room_of(alice, "Presence")
    bob_id = user_id(pair[0], "bob")
    with Client.enter(pair[1], "bob") as far:
        far.join(room)
        event = alice.event("presence", timeout=3, room=room)
        if not event["joined"] or event["joined"] != [bob_id]:
            event = alice.event("presence", timeout=3, room=room)
        assert (event["joined"], event["present"]) == ([bob_id], 2)
        with Client.enter(pair[0], "bob") as near:
            assert near.join(room)["room"]["present"] == 2
        assert [one["id"] for one in alice.ask("members", room=room)["users"]].count(bob_id) == 1
    event = alice.event("presence", timeout=3, room=room)
    assert (event["joined"], event["left"], event["present"]) == ([], [bob_id], 1)


def test_another_name(pair: list[Server], bob: Client) -> None:
    """Who is renamed in Galaxy is so on both nodes, in their own window and in others'."""
    galaxy = pair[0].galaxy
    galaxy.add("to_be_renamed")
    room = room_of(bob, "Names")
    with Client.enter(pair[0], "to_be_renamed") as renamed:
        user = renamed.event("welcome")["you"]["id"]
        renamed.join(room)
        assert user in bob.event("presence", timeout=3, room=room, joined=[user])["joined"]
        galaxy.write("UPDATE galaxy_user SET username = 'renamed' WHERE id = ?", user)
        for client in (renamed, bob):
            assert client.event("user", timeout=6)["user"] == {"id": user, "name": "renamed"}


def test_logging_out(pair: list[Server]) -> None:
    """A session that ends in Galaxy ends on both nodes."""
    galaxy = pair[0].galaxy
    cookie = galaxy.cookie("carol")
    windows = [Client.open(server, cookie) for server in pair]
    for window in windows:
        window.event("welcome")
    galaxy.write(
        "UPDATE galaxy_session SET is_valid = 0 WHERE user_id = (SELECT id FROM galaxy_user WHERE username = 'carol')"
    )
    for window in windows:
        with window:
            assert window.closed(timeout=6)[0] == 4401


def test_the_command_beside_them(pair: list[Server]) -> None:
    """`check-config` says what there is; it changes nothing and shows no password."""
    arguments = ("check-config", "--galaxy-config", str(pair[0].galaxy.config))
    done = galaxychat(*arguments, folder=pair[0].galaxy.folder)
    assert done.returncode == 0, done.stderr
    assert "The log's database answers, and holds a log." in done.stdout


def test_a_schema_of_galaxys_own_database(postgres: PostgresCluster, tmp_path_factory: pytest.TempPathFactory) -> None:
    """The log may be a schema beside others' tables; two logs in one database do not disturb each other."""
    folder = tmp_path_factory.mktemp("schemas")
    with log_in(postgres, folder / "one") as one, log_in(postgres, folder / "two") as two:
        name = database_of(one)
        with closing(postgres.connect(name)) as connection, connection.cursor() as cursor:
            cursor.execute("CREATE SCHEMA one; CREATE SCHEMA two; CREATE TABLE room (others INTEGER)")
        for galaxy, schema in ((one, "one"), (two, "two")):
            galaxy.configure({}, {"history": f"{postgres.url(name)}?options=-csearch_path%3D{schema}"})
        with nodes(one) as ones, nodes(two, 1) as others:
            clients = [Client.enter(server, "alice") for server in (*ones, *others)]
            for client in clients:
                client.event("welcome")
                client.join("Help")
            here, there, stranger = clients
            room = here.join("Help")["room"]["room"]
            here.send(room, "in one schema")
            assert there.event("message", timeout=_SOON, room=room)["message"]["text"] == "in one schema"
            here.ask("read", room=room, seq=1)
            assert there.event("read", room=room)["seq"] == 1
            assert stranger.join("Help")["messages"] == []
            assert not stranger.kept("left")
            for client in clients:
                client.__exit__(None, None, None)
        with closing(postgres.connect(name)) as connection, connection.cursor() as cursor:
            cursor.execute(
                "SELECT table_schema, count(*) FROM information_schema.tables WHERE table_name = 'message' GROUP BY 1"
            )
            assert dict(cursor.fetchall()) == {"one": 1, "two": 1}


def test_a_newer_log(postgres: PostgresCluster, tmp_path_factory: pytest.TempPathFactory) -> None:
    """A log that a later version wrote is refused with one line and status 1, by the server and by check-config."""
    with log_in(postgres, tmp_path_factory.mktemp("newer") / "galaxy") as galaxy:
        with nodes(galaxy, 1):
            pass
        with closing(postgres.connect(database_of(galaxy))) as connection, connection.cursor() as cursor:
            cursor.execute("INSERT INTO schema_change VALUES (999, '0999_later.sql')")
        server = Server(galaxy)
        server.launch()
        assert server.wait() == 1
        lines = [line for line in server.output.splitlines() if "schema 999" in line]
        assert len(lines) == 1
        assert "upgrade galaxychat" in lines[0]
        assert "Traceback" not in server.output
        done = galaxychat("check-config", "--galaxy-config", str(galaxy.config), folder=galaxy.folder)
        assert done.returncode == 1
        assert "schema 999" in done.stderr


def test_another_epoch(postgres: PostgresCluster, tmp_path_factory: pytest.TempPathFactory) -> None:
    """After `new-epoch` every client of every node is sent away, and starts over when it comes back."""
    with log_in(postgres, tmp_path_factory.mktemp("epoch") / "galaxy") as galaxy, nodes(galaxy) as servers:
        clients = [Client.enter(server, "alice") for server in servers]
        for client in clients:
            epoch = client.event("welcome")["epoch"]
            room = client.join("Help")["room"]["room"]
        seq = clients[0].send(room, "before")["seq"]
        done = galaxychat("new-epoch", "--galaxy-config", str(galaxy.config), folder=galaxy.folder)
        assert (done.returncode, done.stderr) == (0, "")
        began = time.monotonic()
        for client in clients:
            with client:
                assert client.closed(timeout=5)[0] == 1012
        assert time.monotonic() - began < 5
        with Client.enter(servers[1], "alice") as client:
            assert client.event("welcome")["epoch"] != epoch
            joined = client.join(room, after=seq, epoch=epoch)
            assert joined["reset"] is True
            assert client.send(room, "after")["seq"] == seq + 1
            assert client.event("message", timeout=_SOON, room=room)["rev"] == seq + 1


def test_a_backup(postgres: PostgresCluster, tmp_path: Path) -> None:
    """A dump that was made while nodes run is read into another database; after `new-epoch` clients start over."""
    with log_in(postgres, tmp_path / "galaxy") as galaxy:
        with nodes(galaxy, 1) as (server,), Client.enter(server, "alice") as alice:
            epoch = alice.event("welcome")["epoch"]
            room = room_of(alice, "Kept")
            alice.send(room, "before the backup")
            postgres.dump(database_of(galaxy), tmp_path / "log.dump")
            after = alice.send(room, "after the backup")["seq"]
        postgres.drop_database(database_of(galaxy))
        postgres.create_database(database_of(galaxy))
        postgres.restore(tmp_path / "log.dump", database_of(galaxy))
        done = galaxychat("new-epoch", "--galaxy-config", str(galaxy.config), folder=galaxy.folder)
        assert (done.returncode, done.stderr) == (0, "")
        with nodes(galaxy, 1) as (server,), Client.enter(server, "alice") as alice:
            joined = alice.join(room, after=after, epoch=epoch)
            assert joined["reset"] is True
            assert [message["text"] for message in joined["messages"]] == ["before the backup"]
            assert alice.send(room, "after the restore")["seq"] == after
            (found,) = alice.ask("search", text="backup")["messages"]
            assert found["text"] == "before the backup"


@pytest.mark.parametrize("encoding", ["SQL_ASCII", "LATIN1"])
def test_a_database_in_another_encoding(postgres: PostgresCluster, tmp_path: Path, encoding: str) -> None:
    """A database that cannot hold every text is refused with one line and status 1."""
    with log_in(postgres, tmp_path / "galaxy") as galaxy:
        name = database_of(galaxy)
        postgres.drop_database(name)
        with closing(postgres.connect()) as connection, connection.cursor() as cursor:
            cursor.execute(
                f"CREATE DATABASE {name} ENCODING '{encoding}' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0"
            )
        server = Server(galaxy)
        server.launch()
        try:
            assert server.wait() == 1
        finally:
            server.kill()
        (line,) = (line for line in server.output.splitlines() if "UTF8" in line)
        assert encoding in line
        done = galaxychat("check-config", "--galaxy-config", str(galaxy.config), folder=galaxy.folder)
        assert done.returncode == 1
        assert encoding in done.stderr
        assert "Traceback" not in server.output
