"""The whole way: two people over sockets, the log, and back."""

from __future__ import annotations

import pytest

from tests.support.client import Client
from tests.support.server import Server


@pytest.mark.parametrize(
    "text",
    [
        ">sp|P69905|HBA_HUMAN\nMVLSPADKTNVKAAW\n",
        "echo $HOME && rm -rf ${TMPDIR}",
        "%3Cimg src=x onerror=alert(1)%3E",
        "family: \U0001f468\u200d\U0001f469\u200d\U0001f467, flag: \U0001f1e9\U0001f1ea",
        "<script>alert('&amp;')</script>",
        "  leading, trailing\t\r\n ",
        'quotes " and \\ and \u2028 and \ufeff and e\u0301',
    ],
)
def test_text_comes_back_as_it_was_sent(alice: Client, bob: Client, text: str) -> None:
    """What somebody pastes reaches everybody, and the history, character for character."""
    room = bob.join("Help")["room"]["room"]
    alice.join(room)
    sent = alice.send(room, text)
    event = bob.event("message", room=room, rev=sent["seq"])
    assert event["message"]["text"] == text
    page = bob.ask("history", room=room, around=sent["seq"], limit=1)
    assert [message["text"] for message in page["messages"]] == [text]


def test_reply_comes_before_own_event(alice: Client) -> None:
    """An author is told that a message is safe before it appears in the room."""
    room = alice.join("Help")["room"]["room"]
    for number in range(3):
        wanted = alice.say("send", room=room, text="hello", nonce=f"order-{number}")
        seen: list[str] = []
        while len(seen) < 2:
            event = alice.next()
            if event.get("re") == wanted or event["type"] == "message":
                seen.append(event["type"])
        assert seen == ["sent", "message"]


def test_welcome_says_who_and_where(server: Server) -> None:
    """The first event names the user, their role, the log's epoch and their rooms."""
    with Client.enter(server, "alice") as client:
        welcome = client.next()
    assert welcome["type"] == "welcome"
    assert welcome["protocol"] == 1
    assert (welcome["you"]["name"], welcome["you"]["role"]) == ("alice", "admin")
    assert {room["name"] for room in welcome["rooms"]} >= {"Help", "Training", "Workflows"}
    assert welcome["epoch"]
