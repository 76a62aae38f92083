"""How far somebody has read: at once for all who ask this node, and kept over an end of the server."""

from __future__ import annotations

import json
import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import Any

from tests.support.client import Client
from tests.support.galaxy_sqlite import ScratchGalaxy
from tests.support.server import IN_GOOD_ORDER, Server


def _written(log: Path, room: int) -> int:
    """Return how far the reader has read, as the log has it."""
    with closing(sqlite3.connect(log)) as connection:
        sql = "SELECT max(read) FROM member WHERE room = ?"
        ((seq,),) = connection.execute(sql, (room,)).fetchall()
    return int(seq)


def _talk(server: Server, messages: int) -> int:
    """Say something where bob hears it, and never read it oneself; return the room."""
    with Client.enter(server, "alice") as alice, Client.enter(server, "bob") as bob:
        room = int(alice.ask("create", name="To be read")["room"]["room"])
        bob.join(room)
        for number in range(messages):
            alice.send(room, f"{number}")
        return room


def _seen(client: Client, room: int) -> tuple[int, int]:
    """Return somebody's position and unread messages, as they are told when they come."""
    states: list[dict[str, Any]] = client.event("welcome")["rooms"]
    (state,) = [state for state in states if state["room"] == room]
    return state["read"], state["unread"]


def test_at_once(server: Server) -> None:
    """Whoever comes, looks, joins or asks for the badge right after the answer is shown what was read."""
    room = _talk(server, 3)
    cookie = server.galaxy.cookie("bob")
    headers = {"Cookie": f"galaxysession={cookie}"}
    with Client.open(server, cookie) as bob:
        assert _seen(bob, room) == (0, 3)
        for seq in range(1, 4):
            bob.ask("read", room=room, seq=seq)
            badge = json.loads(server.get("/galaxychat/me", headers)[1])
            assert badge["unread"] == 3 - seq
            assert bob.event("read", room=room) == {
                "type": "read",
                "room": room,
                "seq": seq,
                "unread": 3 - seq,
                "mentions": 0,
                "counted": 3,
            }
            with Client.open(server, cookie) as other:
                assert _seen(other, room) == (seq, 3 - seq)
                shown = [each for each in other.ask("rooms")["rooms"] if each["room"] == room]
                shown += [other.join(room)["room"], other.join("To be read")["room"]]
                assert [(each["read"], each["unread"]) for each in shown] == [(seq, 3 - seq)] * 3


def test_a_stop_keeps_them(galaxy: ScratchGalaxy) -> None:
    """What was read in the last moment before SIGTERM is in the log."""
    with Server(galaxy) as server:
        room = _talk(server, 2)
        with Client.enter(server, "bob") as bob:
            bob.ask("read", room=room, seq=2)
            assert server.terminate() == IN_GOOD_ORDER
        assert _written(galaxy.log, room) == 2
        server.start()
        with Client.enter(server, "bob") as bob:
            assert _seen(bob, room) == (2, 0)
        assert server.terminate() == IN_GOOD_ORDER
    assert "Traceback" not in server.output


def test_a_kill_takes_the_last_second_at_most(galaxy: ScratchGalaxy) -> None:
    """What was read within the last second before a kill may show as unread again; older positions do not go back."""
    with Server(galaxy) as server:
        room = _talk(server, 3)
        with Client.enter(server, "bob") as bob:
            bob.ask("read", room=room, seq=1)
            end = time.monotonic() + 10
            while _written(galaxy.log, room) < 1:
                assert time.monotonic() < end, "it is written without anybody's doing"
                time.sleep(0.05)
            bob.ask("read", room=room, seq=2)
            server.kill()
        server.start()
        with Client.enter(server, "bob") as bob:
            assert _seen(bob, room) in {(1, 2), (2, 1)}
            bob.ask("read", room=room, seq=3)
            assert bob.event("read", room=room)["unread"] == 0
        assert server.terminate() == IN_GOOD_ORDER
        assert _written(galaxy.log, room) == 3
