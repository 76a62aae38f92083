"""Every way in which the server ends a connection, and what its clients are told."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.support.client import Client, Refused, Silent, small_socket
from tests.support.delivery import both_ways
from tests.support.galaxy_sqlite import ScratchGalaxy
from tests.support.server import IN_GOOD_ORDER, Server

# More of the longest messages than the server and two sockets, one of them small, can hold.
_MANY = 600
# More changes than a resume brings one after the other.
_MORE_THAN_A_RESUME = 220
_END = "That was all."


@pytest.mark.parametrize(
    "cookie",
    [
        lambda galaxy: None,
        lambda galaxy: "",
        lambda galaxy: "not hex",
        lambda galaxy: "0123456789abcdef" * 17,
        lambda galaxy: "0123456789abcdef" * 3,
        lambda galaxy: galaxy.cookie("alice")[:-16],
        lambda galaxy: galaxy.cookie_of("f" * 32),
        lambda galaxy: galaxy.cookie_of(galaxy.cookie("alice")),
        lambda galaxy: galaxy.anonymous_cookie(),
    ],
    ids=["none", "empty", "no hex", "too long", "wrong secret", "cut off", "unknown", "of another kind", "anonymous"],
)
def test_who_is_not_logged_in(server: Server, cookie: Callable[[ScratchGalaxy], str | None]) -> None:
    """Whatever is wrong with a cookie, the answer is the same 4401."""
    with Client.open(server, cookie(server.galaxy)) as client:
        assert client.closed() == (4401, "log in to Galaxy")


def test_who_logged_out(server: Server) -> None:
    """A session that Galaxy ended opens nothing any more."""
    cookie = server.galaxy.cookie("carol")
    with Client.open(server, cookie) as client:
        client.event("welcome")
    server.galaxy.write("UPDATE galaxy_session SET is_valid = 0 WHERE session_key IS NOT NULL AND user_id = 3")
    with Client.open(server, cookie) as client:
        assert client.closed()[0] == 4401


def test_another_id_secret(galaxy: ScratchGalaxy) -> None:
    """After Galaxy's secret was changed and the chat restarted, old cookies let nobody in, and new ones do."""
    old = galaxy.cookie("alice")
    with Server(galaxy) as server:
        with Client.open(server, old) as client:
            client.event("welcome")
            galaxy.configure({"id_secret": "another secret of the site"}, {})
            assert server.terminate() == IN_GOOD_ORDER
            assert client.closed()[0] == 1012
        server.start()
        with Client.open(server, old) as client:
            assert client.closed() == (4401, "log in to Galaxy")
        galaxy.write("INSERT INTO galaxy_session (user_id, session_key, is_valid) VALUES (1, ?, 1)", "ab" * 16)
        with Client.open(server, galaxy.cookie_of("ab" * 16)) as client:
            assert client.event("welcome")["you"]["name"] == "alice"


@pytest.mark.parametrize(
    ("change", "words"),
    [("deleted = 1", "deleted"), ("purged = 1", "deleted"), ("username = NULL", "public name")],
)
def test_who_may_not_come_in(server: Server, change: str, words: str) -> None:
    """One whom Galaxy knows and the chat refuses is told why, with 4403."""
    name = f"refused{abs(hash(change)) % 10**6}"
    server.galaxy.add(name)
    cookie = server.galaxy.cookie(name)
    server.galaxy.write(f"UPDATE galaxy_user SET {change} WHERE username = ?", name)
    with Client.open(server, cookie) as client:
        code, reason = client.closed()
    assert code == 4403
    assert words in reason


def test_connections_of_one_user(galaxy: ScratchGalaxy) -> None:
    """A window too many is sent away with 4409, and may come when another has gone."""
    galaxy.configure({}, {"limits": {"connections_per_user": 2}})
    with Server(galaxy) as server, ExitStack() as windows:
        first = windows.enter_context(Client.enter(server, "bob"))
        first.event("welcome")
        windows.enter_context(Client.enter(server, "bob")).event("welcome")
        with Client.enter(server, "bob") as third:
            assert third.closed()[0] == 4409
        windows.enter_context(Client.enter(server, "carol")).event("welcome")
        first.connection.close()
        windows.enter_context(Client.enter(server, "bob")).event("welcome")


def test_connections_in_all(galaxy: ScratchGalaxy) -> None:
    """One more than the server may hold is sent away with 1013, those inside stay."""
    galaxy.configure({}, {"limits": {"connections": 2}})
    with Server(galaxy) as server, ExitStack() as windows:
        inside = [windows.enter_context(Client.enter(server, name)) for name in ("alice", "bob")]
        for client in inside:
            client.event("welcome")
        with Client.enter(server, "carol") as third:
            assert third.closed()[0] == 1013
        for client in inside:
            assert client.ask("rooms")["rooms"]


def test_admission_while_galaxys_database_hangs(galaxy: ScratchGalaxy) -> None:
    """Nobody is let in, nobody waits for ever, and no address holds more than its share of the door."""
    galaxy.configure({}, {"limits": {"admission_timeout": 2, "pending_per_address": 3}})
    with Server(galaxy) as server, ExitStack() as windows:
        inside = windows.enter_context(Client.enter(server, "alice"))
        inside.event("welcome")
        cookie = galaxy.cookie("bob")
        with galaxy.locked():
            began = time.monotonic()
            waiting = [windows.enter_context(Client.open(server, cookie)) for _ in range(3)]
            one_too_many = windows.enter_context(Client.open(server, cookie))
            assert one_too_many.closed() == (1013, "too many unfinished connections from this address")
            for client in waiting:
                assert client.closed() == (1013, "not admitted in time")
            assert time.monotonic() - began > 1.5
            assert inside.ask("rooms")["rooms"]
        windows.enter_context(Client.open(server, cookie)).event("welcome")


def test_galaxys_database_away(galaxy: ScratchGalaxy) -> None:
    """A database that does not answer is told as 4002 and on /readyz; nobody is taken for a stranger."""
    with Server(galaxy) as server:
        cookie = galaxy.cookie("bob")
        with galaxy.locked(), Client.open(server, cookie) as client:
            assert server.get("/healthz")[0] == 200
            assert server.get("/readyz") == (503, "Galaxy's database does not answer.\n")
            assert client.closed() == (4002, "Galaxy's database does not answer")
        with Client.open(server, cookie) as client:
            client.event("welcome")
        assert server.get("/readyz")[0] == 200


@both_ways
def test_peer_that_does_not_answer_pings(galaxy: ScratchGalaxy, fast_path: bool) -> None:
    """A peer that vanished is dropped after the ping's time, and others see it go."""
    galaxy.configure({}, {"limits": {"ping_interval": 2, "ping_timeout": 2}, "fast_path": fast_path})
    with Server(galaxy) as server, Client.enter(server, "alice") as alice:
        room = alice.join("Help")["room"]["room"]
        with Silent(server, galaxy.cookie("bob")) as gone:
            gone.say("join", room=room)
            alice.event("presence", joined=[2])
            began = time.monotonic()
            assert alice.event("presence", left=[2])["present"] == 1
            assert time.monotonic() - began > 2
            gone.read_to_end()
        assert alice.ask("rooms")["rooms"], "one who answers stays"


@both_ways
def test_slow_reader(galaxy: ScratchGalaxy, fast_path: bool) -> None:
    """One who stands still is cut with 4001, misses nothing after coming back, and keeps nobody else waiting."""
    rates = {"rate_messages": 10_000, "rate_per_second": 10_000}
    limits = {"unsent_bytes": 131_072, "ping_interval": 2, "ping_timeout": 10, **rates}
    galaxy.configure({}, {"limits": limits, "fast_path": fast_path})
    with ExitStack() as stack:
        server = stack.enter_context(Server(galaxy))
        reader = stack.enter_context(Client.enter(server, "carol"))
        author = stack.enter_context(Client.enter(server, "alice"))
        slow = stack.enter_context(Client.enter(server, "bob", max_queue=1, sock=small_socket(server)))
        room = author.join("Help")["room"]["room"]
        reader.join(room)
        slow.join(room)
        with ThreadPoolExecutor() as threads:
            reading = threads.submit(_read_to_the_end, reader)
            posted: list[int] = []
            while 'galaxychat_closed_total{code="4001"} 1.0' not in server.get("/metrics")[1]:
                assert len(posted) < _MANY
                posted += [author.send(room, "x" * 5900)["seq"] for _ in range(20)]
            # At once: one who has not read on 10 s after the cut is dropped without a word.
            ending = threads.submit(slow.closed, 20)
            posted += [author.send(room, "short")["seq"] for _ in range(_MORE_THAN_A_RESUME)]
            posted.append(author.send(room, _END)["seq"])
            assert reading.result() == posted
            assert ending.result() == (4001, "read too slowly; come back and go on")
        seen = [event["rev"] for event in slow.kept("message")]
        assert seen == posted[: len(seen)], "what was sent before the cut is in order"
        assert 0 < len(seen) < len(posted)
        with Client.enter(server, "bob") as back:
            assert _resumed(back, room, seen, posted[0]) == posted


def _read_to_the_end(reader: Client) -> list[int]:
    """Return the revs of all messages up to the one that says it is the last."""
    revs, text = [], ""
    while text != _END:
        event = reader.event("message")
        revs.append(event["rev"])
        text = event["message"]["text"]
    return revs


def _resumed(client: Client, room: int, held: list[int], first: int) -> list[int]:
    """Come back to a room as the wire says; return the revs of the messages that are held then, from `first` on."""
    joined = client.join(room, after=held[-1], epoch=client.event("welcome")["epoch"])
    page = [message["rev"] for message in joined["messages"]]
    if not joined.get("reset"):
        return held + page
    held = page
    while held[0] > first:
        older = client.ask("history", room=room, before=held[0], limit=200)
        held = [message["rev"] for message in older["messages"]] + held
    return held


@both_ways
def test_answers_that_nobody_takes(galaxy: ScratchGalaxy, fast_path: bool) -> None:
    """One who asks and does not read is asked to wait, costs bounded memory, and does not hold up the end."""
    galaxy.configure({}, {"fast_path": fast_path})
    with Server(galaxy) as server, Client.enter(server, "alice") as alice:
        room = alice.join("Help")["room"]["room"]
        for number in range(15):
            alice.send(room, f"{number}" + "x" * 5900)
        with Silent(server, galaxy.cookie("bob")) as silent:
            silent.socket.settimeout(1)
            with pytest.raises(TimeoutError):
                silent.say("history", times=100_000, room=room, before=2**53 - 1, limit=200)
            assert alice.ask("rooms")["rooms"]
            began = time.monotonic()
            server.ask_to_end()
            alice.event("bye")
            assert time.monotonic() - began < 4.5, "an end that waits for commands in hand takes 5 s"
            assert alice.closed()[0] == 1012


@both_ways
def test_end_of_the_server(galaxy: ScratchGalaxy, fast_path: bool) -> None:
    """SIGTERM: everybody hears `bye`, then 1012; the process ends within seconds; what was acknowledged is there."""
    galaxy.configure({}, {"fast_path": fast_path})
    with Server(galaxy) as server:
        with Client.enter(server, "alice") as alice, Client.enter(server, "bob") as bob:
            welcome = alice.event("welcome")
            room = alice.join("Help")["room"]["room"]
            bob.join(room)
            seq = alice.send(room, "before the end")["seq"]
            began = time.monotonic()
            server.ask_to_end()
            for client in (alice, bob):
                assert client.event("bye")["retry_in"] > 0
                assert client.closed()[0] == 1012
            assert server.wait() == IN_GOOD_ORDER
            assert time.monotonic() - began < 8
        server.start()
        with Client.enter(server, "alice") as alice:
            assert alice.event("welcome")["epoch"] == welcome["epoch"]
            joined = alice.join(room, after=0, epoch=welcome["epoch"])
            assert [(message["seq"], message["text"]) for message in joined["messages"]] == [(seq, "before the end")]
            assert "reset" not in joined
        assert server.terminate() == IN_GOOD_ORDER
        assert "Traceback" not in server.output


def test_unix_socket(galaxy: ScratchGalaxy, socket_path: Path) -> None:
    """Behind a proxy on the same machine a socket file serves as a port does, also after a crash."""
    with Server(galaxy, endpoint=f"unix:{socket_path}") as server:
        for _ in range(2):
            with Client.open_unix(socket_path, galaxy.cookie("alice")) as alice:
                assert alice.event("welcome")["you"]["name"] == "alice"
                assert alice.join("Help")["room"]["name"] == "Help"
            server.kill()
            server.start()
        assert server.terminate() == IN_GOOD_ORDER
        assert re.search(rf"Serving /galaxychat/ at {re.escape(str(socket_path))}", server.output)


def test_rate_of_messages(galaxy: ScratchGalaxy) -> None:
    """Over the rate one is told when to go on, over all windows together, and a repetition costs nothing."""
    galaxy.configure({}, {"limits": {"rate_messages": 3, "rate_per_second": 0.1}})
    with Server(galaxy) as server, Client.enter(server, "bob") as one, Client.enter(server, "bob") as other:
        room = one.join("Help")["room"]["room"]
        first = one.send(room, "1", nonce="a")
        other.send(room, "2", nonce="b")
        one.send(room, "3", nonce="c")
        with pytest.raises(Refused) as refused:
            other.send(room, "4", nonce="d")
        assert refused.value.code == "rate_limited"
        assert 0 < refused.value.error["retry_after"] <= 10
        again = other.send(room, "1", nonce="a")
        assert (again["seq"], again["at"]) == (first["seq"], first["at"])
