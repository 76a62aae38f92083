"""A stranger beside a walled room, on a running server: nothing of it reaches them, nor anybody's log."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.client import Client, Refused
from tests.support.galaxy_sqlite import ScratchGalaxy
from tests.support.server import IN_GOOD_ORDER, Server

_SECRETS = ("Plan Zwetschge", "topic-quitte", "text-mirabelle", "renamed-schlehe")


def _live(alice: Client, bob: Client) -> tuple[int, int]:
    """Let a private room and a room of two live through everything; return them."""
    bob_id = bob.event("welcome")["you"]["id"]
    room = alice.ask("create", kind="private", name=_SECRETS[0], topic=_SECRETS[1])["room"]["room"]
    alice.ask("invite", room=room, user=bob_id)
    bob.join(room)
    for client in (alice, bob):
        client.say("typing", room=room)
        seq = client.send(room, f"{_SECRETS[2]} for @carol")["seq"]
        client.ask("read", room=room, seq=seq)
    alice.ask("change_room", room=room, name=_SECRETS[3])
    alice.ask("remove", room=room, user=bob_id)
    pair: int = alice.ask("direct", user=bob_id)["room"]["room"]
    alice.send(pair, _SECRETS[2])
    return room, pair


def _pry(carol: Client, rooms: tuple[int, int]) -> list[Any]:
    """Return all that a stranger is answered."""
    answers: list[Any] = [carol.ask("rooms"), carol.ask("users", prefix="z")]
    asked: list[tuple[str, dict[str, Any]]] = [("join", {"name": name}) for name in (_SECRETS[0], _SECRETS[3])]
    for room in rooms:
        asked += [
            ("join", {"room": room}),
            ("join", {"room": room, "after": 1}),
            ("history", {"room": room, "after": 0}),
            ("members", {"room": room}),
            ("send", {"room": room, "text": "let me in", "nonce": f"n{room}"}),
            ("invite", {"room": room, "user": 3}),
            ("leave", {"room": room}),
        ]
    for command, fields in asked:
        with pytest.raises(Refused) as caught:
            carol.ask(command, **fields)
        assert caught.value.code == "no_such_room", command
        answers.append(caught.value.error)
    return answers


def test_a_stranger_learns_nothing(tmp_path: Path) -> None:
    """Events, answers, completions, the page for the badge, metrics and the log hold nothing of what is walled."""
    galaxy = ScratchGalaxy(tmp_path / "galaxy")
    with Server(galaxy) as server:
        cookie = galaxy.cookie("carol")
        with Client.open(server, cookie) as carol:
            lobby = carol.event("welcome")["rooms"][0]["room"]
            carol.join(lobby)
            with Client.enter(server, "alice") as alice, Client.enter(server, "bob") as bob:
                rooms = _live(alice, bob)
                heard = _pry(carol, rooms)
                alice.join(lobby)
                alice.send(lobby, "the end")
                heard.append(carol.event("message", room=lobby))
            kinds = ("listed", "message", "presence", "typing", "read", "room", "left")
            beside = [event for kind in kinds for event in carol.kept(kind)]
        pages = [server.get("/metrics")[1], server.get(f"{server.base}/me", {"Cookie": f"galaxysession={cookie}"})[1]]
        assert server.terminate() == IN_GOOD_ORDER
    everything = [json.dumps([*heard, *beside]), *pages, server.output]
    for secret in (*_SECRETS, *map(str, rooms)):
        assert all(secret not in text for text in everything), secret
    assert {event["room"] for event in beside} <= {lobby}
