"""A stranger beside a walled room, on a running server: nothing of it reaches them, nor anybody's log."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.core.test_messages import GOOD
from tests.support.client import Client, Refused
from tests.support.galaxy_sqlite import ScratchGalaxy
from tests.support.nodes import log_in
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
        client.ask("edit", room=room, seq=seq, text=f"{_SECRETS[2]} again")
        client.ask("react", room=room, seq=seq, emoji="\U0001f44d", on=True)
    alice.ask("pin", room=room, seq=seq, on=True)
    alice.ask("delete", room=room, seq=seq)
    alice.ask("change_room", room=room, name=_SECRETS[3])
    alice.ask("remove", room=room, user=bob_id)
    pair: int = alice.ask("direct", user=bob_id)["room"]["room"]
    alice.send(pair, _SECRETS[2])
    return room, pair


def _pry(carol: Client, rooms: tuple[int, int]) -> list[Any]:
    """Return all that a stranger is answered."""
    answers: list[Any] = [carol.ask("rooms"), carol.ask("users", prefix="z")]
    answers += [carol.ask("search", text=secret.partition("-")[2] or secret) for secret in _SECRETS]
    asked: list[tuple[str, dict[str, Any]]] = [("join", {"name": name}) for name in (_SECRETS[0], _SECRETS[3])]
    for room in rooms:
        asked.append(("join", {"room": room, "after": 0}))
        asked += [
            (command, {**fields, "room": room})
            for command, several in GOOD.items()
            for fields in several
            if "room" in fields and command != "typing"
        ]
        carol.say("typing", room=room)
    for command, fields in asked:
        with pytest.raises(Refused) as caught:
            carol.ask(command, **fields)
        assert caught.value.code == "no_such_room", command
        answers.append(caught.value.error)
    return answers


@contextmanager
def _sqlite(tmp_path: Path, _request: pytest.FixtureRequest) -> Iterator[ScratchGalaxy]:
    yield ScratchGalaxy(tmp_path / "galaxy")


@contextmanager
def _postgres(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[ScratchGalaxy]:
    with log_in(request.getfixturevalue("postgres"), tmp_path / "galaxy") as galaxy:
        yield galaxy


@pytest.mark.parametrize("galaxy_of", [_sqlite, pytest.param(_postgres, marks=pytest.mark.postgres)])
def test_a_stranger_learns_nothing(tmp_path: Path, request: pytest.FixtureRequest, galaxy_of: Any) -> None:
    """Events, answers, completions, the page for the badge, metrics and the log hold nothing of what is walled."""
    with galaxy_of(tmp_path, request) as galaxy:
        _watch(galaxy)


def _watch(galaxy: ScratchGalaxy) -> None:
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
            kinds = ("listed", "message", "reaction", "presence", "typing", "read", "room", "left", "user")
            beside = [event for kind in kinds for event in carol.kept(kind)]
        pages = [server.get("/metrics")[1], server.get(f"{server.base}/me", {"Cookie": f"galaxysession={cookie}"})[1]]
        assert server.terminate() == IN_GOOD_ORDER
    everything = [json.dumps([*heard, *beside]), *pages, server.output]
    for secret in (*_SECRETS, *map(str, rooms)):
        assert all(secret not in text for text in everything), secret
    assert {event.get("room", lobby) for event in beside} <= {lobby}
