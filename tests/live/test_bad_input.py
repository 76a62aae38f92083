"""What a client may send that is no good: an answer for each, and the connection goes on."""

from __future__ import annotations

import json
import secrets
import unicodedata

import pytest

from galaxychat.config import Limits
from tests.support.client import Client, Refused
from tests.support.server import Server

_SEND = {"type": "send", "id": 7, "room": 1, "text": "x", "nonce": "n"}


def _frame(**fields: object) -> str:
    return json.dumps(_SEND | fields)


@pytest.mark.parametrize(
    "frame",
    [
        "",
        "not JSON",
        "null",
        "[]",
        '"send"',
        "{}",
        '{"type": null}',
        '{"type": 7}',
        '{"type": ["send"]}',
        "[" * 30_000,
        '{"type":"send","text":' + "[" * 30_000,
        '{"a":' * 20_000,
        _frame(room="1"),
        _frame(room=1.5),
        _frame(room=-1),
        _frame(room=2**53),
        _frame(room=2**64),
        _frame(room=None),
        _frame(room=True),
        _frame(text=7),
        _frame(text=None),
        _frame(text="a\0b"),
        _frame(text="a\x1b[2Jb"),
        _frame(nonce=""),
        _frame(nonce="a b"),
        _frame(nonce="x" * 65),
        _frame(nonce="n\n"),
        _frame(id={"a": 1}),
        _frame(id="x" * 65),
        _frame(id=2**70),
        _frame(reply_to="1"),
        '{"type":"send","room":1e400,"text":"x","nonce":"n"}',
        '{"type":"send","room":NaN,"text":"x","nonce":"n"}',
        '{"type":"send","room":1,"text":"\\ud800","nonce":"n"}',
        '{"type":"send","room":1,"text":"\\udc00\\ud800","nonce":"n"}',
        '{"type":"history","room":1,"before":1,"limit":1000000000}',
        '{"type":"history","room":1,"before":1,"limit":0}',
        '{"type":"history","room":1}',
        '{"type":"history","room":1,"before":1,"after":1}',
        '{"type":"history","room":1,"before":18446744073709551617}',
        '{"type":"join"}',
        '{"type":"join","room":1,"name":"x"}',
        '{"type":"read","room":1}',
        '{"type":"mute","room":1,"on":"yes"}',
        '{"type":"create","name":"x","kind":"lobby"}',
        '{"type":"users","prefix":""}',
    ],
    ids=lambda frame: repr(frame[:40]),
)
def test_unreadable_frame_is_answered(alice: Client, frame: str) -> None:
    """A frame that is no command gets `bad_message`, and the next one is carried out."""
    alice.send_frame(frame)
    error = alice.next()
    assert (error["type"], error["code"]) == ("error", "bad_message")
    assert alice.ask("rooms")["rooms"]


def test_unknown_command_is_answered_with_its_id(alice: Client) -> None:
    """A command of tomorrow is told from a mistake, and its sender knows which one it was."""
    with pytest.raises(Refused) as refused:
        alice.ask("teleport", to="Mars")
    assert refused.value.code == "unknown_type"


def test_binary_frame_is_answered(alice: Client) -> None:
    """Commands are text; the same bytes as a binary frame are none."""
    alice.send_frame(b'{"type":"rooms"}')
    assert alice.next()["code"] == "bad_message"
    assert alice.ask("rooms")["rooms"]


def test_tenth_unreadable_frame_in_a_row_ends_the_connection(server: Server) -> None:
    """A client that understands nothing of what it is told is sent away with 4400; a good command ends the row."""
    with Client.enter(server, "alice") as client:
        client.event("welcome")
        for _ in range(2):
            for _ in range(9):
                client.send_frame("?")
                assert client.next()["code"] == "bad_message"
            client.ask("rooms")
        for _ in range(10):
            client.send_frame("?")
        assert client.closed()[0] == 4400


@pytest.mark.parametrize("payload", [b"\xff", b'{"type":"ro\xc3', b"\xed\xa0\x80"])
def test_invalid_utf8_ends_the_connection(server: Server, payload: bytes) -> None:
    """Text that is no UTF-8 is a broken client: 1007, as the protocol says."""
    with Client.enter(server, "alice") as client:
        client.event("welcome")
        client.send_frame(payload, text=True)
        assert client.closed()[0] == 1007


def test_frame_above_the_limit_ends_the_connection(server: Server) -> None:
    """The largest frame is read; one byte more is 1009."""
    largest = Limits().frame_bytes
    with Client.enter(server, "alice") as client:
        client.event("welcome")
        client.send_frame(" " * largest)
        assert client.next()["code"] == "bad_message"
        client.send_frame(" " * (largest + 1))
        assert client.closed()[0] == 1009


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "empty"),
        (" \t\r\n", "empty"),
        ("\u200b\u200d\ufeff", "empty"),
        ("\u3164", "empty"),
        ("x" * 6001, "too_long"),
        ("\U0001f980" * 6001, "too_long"),
    ],
)
def test_text_that_cannot_be_a_message(alice: Client, text: str, code: str) -> None:
    """Nothing to be seen, or too much of it, is refused by name and not posted."""
    room = alice.join("Help")["room"]
    with pytest.raises(Refused) as refused:
        alice.send(room["room"], text)
    assert refused.value.code == code
    assert alice.join("Help")["room"]["rev"] == room["rev"]


def test_longest_message_fits_however_it_is_escaped(alice: Client) -> None:
    """6000 characters are accepted though each comes as two escapes of six bytes."""
    room = alice.join("Help")["room"]["room"]
    text = "\U0001f980" * 6000
    frame = json.dumps({"type": "send", "id": 1000, "room": room, "text": text, "nonce": secrets.token_hex(8)})
    assert len(frame) > 72_000
    alice.send_frame(frame)
    sent = alice.answer(1000)
    assert alice.ask("history", room=room, around=sent["seq"], limit=1)["messages"][0]["text"] == text


@pytest.mark.parametrize(
    "name",
    ["", "   ", "x" * 65, "a\nb", "a\0b", "a\u202eb", "a\u200bb", "a\u200db", "a\u2066b", "a\u3164", "a\x7fb"],
    ids=lambda name: name[:5].encode("unicode_escape").decode() or "empty",
)
def test_name_that_no_room_may_have(alice: Client, name: str) -> None:
    """Names that look like another's, or like nothing, are refused when a room is made and when it is sought."""
    with pytest.raises(Refused) as made:
        alice.ask("create", name=name)
    with pytest.raises(Refused) as sought:
        alice.ask("join", name=name)
    assert (made.value.code, sought.value.code) == ("bad_name", "bad_name")


@pytest.mark.parametrize(
    "name", ["RNA-seq 101", "  \u00c5ngstr\u00f6m  lab ", "\u751f\u7269\u60c5\u5831", "C++", "x" * 64]
)
def test_name_that_a_room_may_have(alice: Client, bob: Client, name: str) -> None:
    """Letters of any script are welcome; spaces and case do not make another room."""
    made = alice.ask("create", name=name)["room"]
    assert made["name"] == " ".join(unicodedata.normalize("NFC", name).split())
    assert bob.join(f" {name.upper()} ")["room"]["room"] == made["room"]
    with pytest.raises(Refused) as taken:
        bob.ask("create", name=name.lower())
    assert taken.value.code == "name_taken"


def test_room_that_never_was_and_message_that_is_not_there(alice: Client) -> None:
    """Numbers at the edge of what may be asked are answered as any other that names nothing."""
    room = alice.join("Help")["room"]
    with pytest.raises(Refused) as nowhere:
        alice.send(2**53 - 1, "hello")
    assert nowhere.value.code == "no_such_room"
    with pytest.raises(Refused) as nothing:
        alice.send(room["room"], "hello", reply_to=2**53 - 1)
    assert nothing.value.code == "no_such_message"
    page = alice.ask("history", room=room["room"], after=2**53 - 1, limit=200)
    assert page["messages"] == []
