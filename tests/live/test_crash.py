"""What was acknowledged is there, exactly once and in order, whatever happens to the process."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed

from tests.support.client import Client
from tests.support.delivery import both_ways
from tests.support.galaxy_sqlite import ScratchGalaxy
from tests.support.server import Server

_ROUNDS = 3
_AUTHORS = ("alice", "bob", "carol", "dave")
_BEFORE_THE_KILL = 60
_RATES = {"rate_messages": 10_000, "rate_per_second": 10_000, "rate_commands": 100_000}


class _Author:
    """Sends at full speed, each message after the one before it was acknowledged, until the server is gone."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.acknowledged: dict[str, int] = {}
        self.unsure: str | None = None
        self._number = 0

    def send_until_the_end(self, client: Client, room: int, enough: threading.Semaphore) -> None:
        try:
            while True:
                self.send_one(client, room)
                enough.release()
        except (ConnectionClosed, OSError):
            return

    def send_one(self, client: Client, room: int) -> None:
        if self.unsure is None:
            self._number += 1
            self.unsure = f"{self.name}-{self._number}"
        sent = client.send(room, f"text of {self.unsure}", nonce=self.unsure)
        self.acknowledged[self.unsure] = sent["seq"]
        self.unsure = None


@both_ways
def test_kill_in_a_burst(galaxy: ScratchGalaxy, fast_path: bool) -> None:
    """Killed again and again in mid-burst, with what was not acknowledged sent again, the log has each once."""
    galaxy.configure({}, {"limits": _RATES, "fast_path": fast_path})
    galaxy.add("dave", "reader")
    authors = [_Author(name) for name in _AUTHORS]
    view: dict[int, str] = {}
    last = 0
    with Server(galaxy) as server:
        for _ in range(_ROUNDS):
            with Client.enter(server, "reader") as reader:
                room = reader.join("Help")["room"]["room"]
                last = _follow(view, last, reader.join(room, after=last)["messages"])
                _burst(server, authors, room)
                last = _follow(view, last, _until_the_end(reader))
            server.start()
        with Client.enter(server, "alice") as alice:
            joined = alice.join(room)
            for author in authors:
                if author.unsure is not None:
                    with Client.enter(server, author.name) as client:
                        author.send_one(client, room)
            rev = alice.join(room, after=joined["room"]["rev"])["room"]["rev"]
        with Client.enter(server, "reader") as reader:
            last = _follow(view, last, reader.join(room, after=last)["messages"])
    rows = _log(galaxy.log, room)
    assert [seq for seq, _ in rows] == list(range(1, rev + 1)), "revisions are dense"
    assert last == rev
    assert view == dict(rows), "what a client that came back holds is what the log holds"
    acknowledged = {nonce: seq for author in authors for nonce, seq in author.acknowledged.items()}
    assert {f"text of {nonce}": seq for nonce, seq in acknowledged.items()} == {text: seq for seq, text in rows}
    assert len(acknowledged) >= _ROUNDS * _BEFORE_THE_KILL
    for author in authors:
        assert list(author.acknowledged.values()) == sorted(author.acknowledged.values()), "each author's order"


def _burst(server: Server, authors: list[_Author], room: int) -> None:
    """Let everybody send, and kill the server when enough was acknowledged."""
    enough = threading.Semaphore(0)
    clients = [Client.enter(server, author.name) for author in authors]
    threads = [
        threading.Thread(target=author.send_until_the_end, args=(client, room, enough), daemon=True)
        for author, client in zip(authors, clients, strict=True)
    ]
    for thread in threads:
        thread.start()
    for _ in range(_BEFORE_THE_KILL):
        assert enough.acquire(timeout=10)
    server.kill()
    for thread in threads:
        thread.join(10)
        assert not thread.is_alive()


def _until_the_end(reader: Client) -> Iterator[dict[str, Any]]:
    """Give the messages that a connection still had when the server died."""
    try:
        while True:
            event = reader.next()
            if event["type"] == "message":
                yield event["message"]
    except ConnectionClosed:
        return


def _follow(view: dict[int, str], last: int, messages: Any) -> int:
    """Take messages as a client does; return the last rev."""
    for message in messages:
        assert message["rev"] == last + 1, "nothing missing, nothing twice"
        view[message["seq"]] = message["text"]
        last = message["rev"]
    return last


def _log(path: Path, room: int) -> list[tuple[int, str]]:
    with closing(sqlite3.connect(path)) as connection:
        rows = connection.execute("SELECT seq, text FROM message WHERE room = ? ORDER BY seq", (room,))
        return [(seq, text) for seq, text in rows]


def test_come_back(server: Server) -> None:
    """With `after` and the epoch one gets what was missed; what cannot be resumed is answered with the last page."""
    with Client.enter(server, "alice") as alice, Client.enter(server, "bob") as bob:
        epoch = bob.event("welcome")["epoch"]
        made = alice.ask("create", name="Coming back")["room"]["room"]
        bob.join(made)
        first = alice.send(made, "one")["seq"]
        bob.event("message", rev=first)
        bob.ask("rooms")
    with Client.enter(server, "alice") as alice, Client.enter(server, "bob") as bob:
        missed = alice.send(made, "two")["seq"]
        joined = bob.join(made, after=first, epoch=epoch)
        assert [message["seq"] for message in joined["messages"]] == [missed]
        assert "reset" not in joined
        assert joined["room"]["rev"] == missed
        assert bob.join(made, after=missed, epoch=epoch)["messages"] == []
        for after, of in ((first, "another epoch"), (missed + 1, epoch)):
            joined = bob.join(made, after=after, epoch=of)
            assert joined["reset"] is True
            assert [message["text"] for message in joined["messages"]] == ["one", "two"]


@pytest.mark.parametrize("missed", [200, 201])
def test_come_back_after_much(server: Server, missed: int) -> None:
    """Up to 200 changes are sent after each other; more, and the client starts over from the last page."""
    with Client.enter(server, "alice") as alice:
        room = alice.ask("create", name=f"Much {missed}")["room"]["room"]
        first = alice.send(room, "seen")["seq"]
        for number in range(missed):
            alice.send(room, f"{number}")
        joined = alice.join(room, after=first)
    assert joined.get("reset", False) is (missed > 200)
    assert len(joined["messages"]) == (50 if missed > 200 else 200)
    assert joined["messages"][-1]["text"] == f"{missed - 1}"
