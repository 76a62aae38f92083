"""The wire: what is refused, what is understood, and that the schema says the same."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from galaxychat import messages, schema
from galaxychat.messages import COMMANDS, SAFE_INTEGER, BadCommand, Command, Event, decode, encode
from galaxychat.model import Role, RoomKind

SCHEMA_FILE = Path(__file__).parents[2] / "docs" / "protocol" / "schema.json"
SCHEMA: dict[str, Any] = schema.build()

#: One good frame of each command, without `id`; a new command is asked for here by a test.
GOOD: dict[str, list[dict[str, Any]]] = {
    "join": [{"room": 1}, {"name": "Assembly"}, {"room": 1, "after": 0, "epoch": "e"}],
    "leave": [{"room": 1}],
    "create": [{"name": "Assembly"}, {"name": "A", "kind": "open", "topic": "t"}, {"name": "A", "kind": "private"}],
    "direct": [{"user": 12}],
    "invite": [{"room": 1, "user": 12}],
    "remove": [{"room": 1, "user": 12}],
    "change_room": [{"room": 1, "topic": "t"}, {"room": 1, "name": "B", "owner": 12}],
    "hide": [{"room": 1}],
    "ignore": [{"user": 12, "on": True}],
    "absent": [{"on": False}],
    "send": [{"room": 1, "text": "a\tb\r\nc", "nonce": "a-B_9"}, {"room": 1, "text": "", "nonce": "n", "reply_to": 3}],
    "edit": [{"room": 1, "seq": 2, "text": "b"}],
    "delete": [{"room": 1, "seq": 2}],
    "pin": [{"room": 1, "seq": 2, "on": True}],
    "react": [{"room": 1, "seq": 2, "emoji": "👍", "on": True}, {"room": 1, "seq": 2, "emoji": "❤️", "on": False}],
    "pins": [{"room": 1}],
    "search": [{"text": "x"}, {"text": '"a b" c', "room": 1}, {"text": "x", "cursor": f"{SAFE_INTEGER}:3"}],
    "history": [{"room": 1, "before": 5}, {"room": 1, "after": 0, "limit": 200}, {"room": 1, "around": 5, "limit": 1}],
    "read": [{"room": SAFE_INTEGER, "seq": SAFE_INTEGER}],
    "mute": [{"room": 1, "on": True}],
    "rooms": [{}],
    "members": [{"room": 1}, {"room": 1, "after_name": "anna"}],
    "users": [{"prefix": "a"}],
    "typing": [{"room": 1}],
}
FRAMES = [{"type": kind, **fields} for kind, several in GOOD.items() for fields in several]


def refused(frame: bytes | str) -> BadCommand:
    """Return the refusal of a frame."""
    with pytest.raises(BadCommand) as caught:
        decode(frame if isinstance(frame, bytes) else frame.encode())
    return caught.value


def tag(command: type[Command]) -> str:
    """Return the `type` of a command."""
    return str(command.__struct_config__.tag)


def validator(name: str) -> jsonschema.Draft202012Validator:
    """Return a validator of one definition of the schema."""
    return jsonschema.Draft202012Validator({"$ref": f"#/$defs/{name}", "$defs": SCHEMA["$defs"]})


@pytest.mark.parametrize("command", COMMANDS, ids=tag)
def test_every_command_has_examples(command: type[Command]) -> None:
    """A command that is added brings the examples that the tests below are made of."""
    assert {type(decode(json.dumps({"type": tag(command), **fields}).encode())) for fields in GOOD[tag(command)]} == {
        command
    }


@pytest.mark.parametrize("frame", FRAMES, ids=json.dumps)
@pytest.mark.parametrize("command_id", [None, 0, -SAFE_INTEGER, "x" * 64, ""])
def test_commands_are_understood(frame: dict[str, Any], command_id: object) -> None:
    """A good frame becomes the command with its fields, and goes back to the same frame."""
    whole = frame if command_id is None else {**frame, "id": command_id}
    command = decode(json.dumps(whole).encode())
    assert command.id == command_id
    assert decode(msgspec.json.encode(command)) == command
    given_again = json.loads(msgspec.json.encode(command))
    assert {key: value for key, value in whole.items() if given_again.get(key) != value} in ({}, {"kind": "open"})


@pytest.mark.parametrize("frame", FRAMES, ids=json.dumps)
def test_unknown_fields_are_ignored(frame: dict[str, Any]) -> None:
    """A newer client's fields do not matter."""
    assert decode(json.dumps({**frame, "x": [{"y": None}]}).encode()) == decode(json.dumps(frame).encode())


@pytest.mark.parametrize(
    "frame",
    [
        b"",
        b" ",
        b"x",
        b"null",
        b"3",
        b'"rooms"',
        b"[]",
        b'[{"type":"rooms"}]',
        b"{}",
        b'{"type":"rooms"',
        b'{"type":"rooms"} {}',
        b'{"type":"rooms",}',
        b'\xef\xbb\xbf{"type":"rooms"}',
        b'{"type":"rooms"}'.decode().encode("utf-16"),
        b'{"type":null}',
        b'{"type":5}',
        b'{"type":["rooms"]}',
        b'{"type":"rooms","x":NaN}',
        b"[" * 30_000,
        b'{"type":"rooms","x":' + b"[" * 30_000,
        b'{"type":' + b"[" * 30_000,
        b'{"a":' * 30_000,
        b"\xff",
        b'{"type":"send","room":1,"nonce":"n","text":"\xff"}',
        b'{"type":"send","room":1,"nonce":"n","text":"\xed\xa0\x80"}',
        b'{"type":"send","room":1,"nonce":"n","text":"\\ud800"}',
        b'{"type":"send","room":1,"nonce":"n","text":"\\udc00\\ud800"}',
        b'{"type":"send","room":1,"nonce":"n","text":"a\nb"}',
    ],
    ids=lambda frame: repr(frame[:40]),
)
def test_what_is_no_json_object_is_refused(frame: bytes) -> None:
    """Bytes that no JSON parser takes, or that are no command's object, get `bad_message`."""
    assert refused(frame).code == "bad_message"


@pytest.mark.parametrize(
    "fields",
    [
        {"type": "history", "room": 1, "before": 5, "limit": 10**9},
        {"type": "history", "room": 1, "before": 5, "limit": 0},
        {"type": "history", "room": 1, "before": 5, "limit": 201},
        {"type": "history", "room": 1, "before": 5, "limit": None},
        {"type": "history", "room": 1},
        {"type": "history", "room": 1, "before": 5, "after": 6},
        {"type": "history", "before": 5},
        {"type": "join"},
        {"type": "join", "room": 1, "name": "a"},
        {"type": "join", "room": -1},
        {"type": "join", "room": 2**53},
        {"type": "join", "room": 2**64},
        {"type": "join", "room": -(2**64)},
        {"type": "join", "room": 10**400},
        {"type": "join", "room": "1"},
        {"type": "join", "room": 1.0},
        {"type": "join", "room": 1e300},
        {"type": "join", "room": True},
        {"type": "join", "room": [1]},
        {"type": "join", "room": 1, "after": -1},
        {"type": "join", "room": 1, "epoch": 3},
        {"type": "mute", "room": 1, "on": 1},
        {"type": "mute", "room": 1, "on": "true"},
        {"type": "mute", "room": 1},
        {"type": "send", "room": 1, "text": "a"},
        {"type": "send", "room": 1, "text": None, "nonce": "n"},
        {"type": "send", "room": 1, "text": "a", "nonce": ""},
        {"type": "send", "room": 1, "text": "a", "nonce": "x" * 65},
        {"type": "send", "room": 1, "text": "a", "nonce": "a b"},
        {"type": "send", "room": 1, "text": "a", "nonce": "ä"},
        {"type": "send", "room": 1, "text": "a", "nonce": "a\n"},
        {"type": "send", "room": 1, "text": "a", "nonce": "n", "reply_to": -1},
        {"type": "create", "name": "a", "kind": "lobby"},
        {"type": "create", "name": 3},
        {"type": "users", "prefix": ""},
        {"type": "users", "prefix": "x" * 256},
        {"type": "read", "room": 1, "seq": 2**53},
    ],
    ids=str,
)
def test_wrong_fields_are_refused_by_id(fields: dict[str, Any]) -> None:
    """A field of the wrong kind or size gets `bad_message` with the command's own id."""
    refusal = refused(json.dumps({**fields, "id": "the-id"}))
    assert (refusal.code, refusal.re) == ("bad_message", "the-id")


@pytest.mark.parametrize(
    "command_id", [1.5, True, [], {}, "x" * 65, 2**53, -(2**53), 2**64, 10**400], ids=lambda one: repr(one)[:20]
)
def test_bad_ids_are_not_echoed(command_id: object) -> None:
    """An id that no reply could carry makes the frame bad, and is not sent back."""
    refusal = refused(json.dumps({"type": "rooms", "id": command_id}))
    assert (refusal.code, refusal.re) == ("bad_message", None)


CONTROLS = [chr(code) for code in (*range(32), *range(0x7F, 0xA0)) if chr(code) not in "\t\n\r"]


@pytest.mark.parametrize("char", CONTROLS, ids=lambda char: f"U+{ord(char):04X}")
def test_control_characters_are_refused(char: str) -> None:
    r"""Only \t, \n and \r may stand in text; NUL could not even be stored."""
    frame = {"type": "send", "id": 7, "room": 1, "nonce": "n", "text": f"a{char}b"}
    assert (refused(json.dumps(frame)).code, refused(json.dumps(frame)).re) == ("bad_message", 7)


@pytest.mark.parametrize("kind", ["join", "create"])
def test_names_are_left_to_the_rule_for_names(kind: str) -> None:
    """A control character in a name comes through, to be answered `bad_name`."""
    assert decode(json.dumps({"type": kind, "name": "a\0b"}).encode())


@pytest.mark.parametrize("kind", ["", "Rooms", "rooms ", "sends", "error", "welcome", "créé", "\u0000"])
def test_unknown_types_are_told_apart(kind: str) -> None:
    """A command of a newer client gets `unknown_type`, which says that it may be left out."""
    refusal = refused(json.dumps({"type": kind, "id": 3}))
    assert (refusal.code, refusal.re) == ("unknown_type", 3)


@pytest.mark.parametrize(
    "fields",
    [
        {"type": "create", "name": "a", "kind": "SECRET"},
        {"type": "SECRET"},
        {"type": "send", "room": "SECRET", "text": "a", "nonce": "n"},
        {"type": "send", "room": 1, "text": "a", "nonce": "SECRET SECRET"},
        {"type": "send", "room": 1, "text": "SECRET\0", "nonce": "n"},
        {"type": "users", "prefix": "SECRET" * 100},
    ],
    ids=str,
)
def test_refusals_quote_nothing(fields: dict[str, Any]) -> None:
    """What was sent may be private: the words of a refusal, which may be logged, never hold it."""
    assert "SECRET" not in refused(json.dumps(fields)).detail


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from(sorted(GOOD)),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
FIELD_NAMES = sorted({"type", "id"}.union(*(command.__struct_fields__ for command in COMMANDS)))
near_commands = st.fixed_dictionaries(
    {"type": st.sampled_from(sorted(GOOD))}, optional={name: json_values for name in FIELD_NAMES if name != "type"}
)


@given(st.binary(max_size=300) | st.text(max_size=100).map(lambda text: text.encode("utf-8", "surrogatepass")))
@settings(max_examples=100, deadline=None)
def test_any_bytes_are_a_command_or_refused(frame: bytes) -> None:
    """No bytes raise anything but BadCommand."""
    with contextlib.suppress(BadCommand):
        decode(frame)


@given(json_values | near_commands)
@settings(max_examples=100, deadline=None)
def test_any_json_is_a_command_or_refused(value: Any) -> None:
    """No JSON raises anything but BadCommand, and what is taken can be given back."""
    try:
        command = decode(json.dumps(value).encode())
    except BadCommand as refusal:
        encode(messages.Error(re=refusal.re, code=refusal.code, detail=refusal.detail))
    else:
        assert decode(msgspec.json.encode(command)) == command


@given(st.dictionaries(st.sampled_from(["room", "seq", "after", "before", "around", "limit"]), st.integers()))
@settings(max_examples=50, deadline=None)
def test_numbers_stay_within_javascript(fields: dict[str, int]) -> None:
    """Whatever integers are sent, those that are taken are countable in a browser and storable in a database."""
    for kind in ("join", "history", "read"):
        try:
            command = decode(json.dumps({"type": kind, **fields}).encode())
        except BadCommand:
            continue
        assert all(
            0 <= value <= SAFE_INTEGER
            for value in (getattr(command, field) for field in command.__struct_fields__)
            if isinstance(value, int)
        )


# ---- the schema


USER = messages.User(id=1, name="anna")
NOBODY = messages.User(id=2, name=None)
ROOM = messages.Room(
    room=1,
    name="All Chats",
    kind=RoomKind.LOBBY,
    topic="",
    rev=3,
    floor=0,
    read=2,
    unread=1,
    mentions=0,
    member=True,
    muted=False,
    present=1,
    can=("send",),
    owner=1,
    archived=True,
)
BODY = [
    ["p", ["text", "a"], ["br"], ["code", "b"], ["em", ["strong", ["text", "c"]]], ["mention", 2]],
    ["pre", "python", "d"],
    ["quote", ["p", ["link", "https://example.org", ["text", "e"]]]],
    ["ol", 3, ["li", ["text", "f"]]],
    ["ul", ["li"]],
]
MESSAGE = messages.Message(
    room=1,
    seq=2,
    rev=3,
    user=1,
    at="2026-05-01T12:00:00.000Z",
    text="a",
    body=msgspec.Raw(msgspec.json.encode(BODY)),
    edited=True,
    reply_to=1,
    pinned=True,
    reactions=(messages.Reaction("👍", 11, tuple(range(10))),),
    nonce="n",
)
EVENTS: list[Event] = [
    messages.Welcome(
        protocol=1,
        version="1",
        epoch="e",
        you=messages.You(1, "anna", Role.ADMIN, False),
        rooms=[ROOM],
        users=[USER],
        limits=messages.WireLimits(6000, 131072, 64),
        banner="b",
    ),
    messages.Joined(re=1, room=ROOM, messages=[MESSAGE], more=True, users=[USER, NOBODY], reset=True),
    messages.Ok(re="a", rev=3),
    messages.Sent(re=2, room=1, seq=2, at="2026-05-01T12:00:00.000Z"),
    messages.HistoryPage(re=3, room=1, messages=[MESSAGE], more_before=True, more_after=False, users=[USER]),
    messages.PinList(re=3, room=1, messages=[MESSAGE], users=[USER]),
    messages.Found(re=3, messages=[MESSAGE], users=[USER], cursor="1:2"),
    messages.RoomList(re=4, rooms=[ROOM], users=[]),
    messages.MemberList(
        re=5, room=1, members=[1, 2], present=1, more=True, next="anna", users=[USER, NOBODY], impersonated=[2]
    ),
    messages.UserList(re=6, users=[USER]),
    messages.Error(re=7, code="rate_limited", detail="Wait.", retry_after=0.5),
    messages.MessageEvent(room=1, rev=3, message=MESSAGE, users=[USER]),
    messages.ReactionEvent(room=1, rev=4, seq=2, emoji="👍", user=1, on=True, users=[USER]),
    messages.RoomEvent(room=1, rev=4, name="n", topic="t", owner=1, closed=True, archived=False, floor=2, reset=True),
    messages.Listed(room=ROOM, users=[]),
    messages.Left(room=1),
    messages.IgnoreEvent(user=2, on=True, users=[NOBODY]),
    messages.AbsentEvent(on=True),
    messages.ReadEvent(room=1, seq=3, unread=0, mentions=0, counted=3),
    messages.Presence(room=1, joined=[1], left=[2], present=1, users=[USER, NOBODY]),
    messages.TypingEvent(room=1, user=1, users=[USER]),
    messages.UserEvent(user=messages.User(id=1, name="anna")),
    messages.Bye(reason="restart", retry_in=3.5),
]


def test_every_event_has_an_example() -> None:
    """An event that is added brings the example that the test below needs."""
    assert {type(event) for event in EVENTS} == set(messages.AnyEvent.__args__)


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__name__)
def test_events_conform_to_the_schema(event: Event) -> None:
    """What the server writes is what docs/protocol says, and only one event is meant by it."""
    written = json.loads(encode(event))
    validator(type(event).__name__).validate(written)
    validator("AnyEvent").validate(written)
    others = [kind.__name__ for kind in messages.AnyEvent.__args__ if kind is not type(event)]
    assert not [name for name in others if validator(name).is_valid(written)]


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__name__)
def test_events_can_be_read_again(event: Event) -> None:
    """An encoded event decodes to an equal one."""
    assert encode(msgspec.json.decode(encode(event), type=type(event))) == encode(event)


@pytest.mark.parametrize("frame", FRAMES, ids=json.dumps)
def test_commands_conform_to_the_schema(frame: dict[str, Any]) -> None:
    """What the server takes is what docs/protocol says."""
    validator("AnyCommand").validate(frame)
    validator("AnyCommand").validate(json.loads(msgspec.json.encode(decode(json.dumps(frame).encode()))))


@pytest.mark.parametrize("nonce", ["a\n", "a b", "", "x" * 65])
def test_the_schema_refuses_the_same_nonces(nonce: str) -> None:
    """The pattern means the same to a JSON Schema validator."""
    assert not validator("Send").is_valid({"type": "send", "room": 1, "text": "a", "nonce": nonce})


def test_the_schema_is_a_schema() -> None:
    """The schema itself is valid."""
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


def test_the_schema_file_is_current() -> None:
    """docs/protocol/schema.json was written from these very types."""
    assert schema.main(["--check", str(SCHEMA_FILE)]) == 0


def test_a_stale_schema_file_is_noticed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The check fails, with words, for a file that is absent or differs, and passes once it was written."""
    file = tmp_path / "docs" / "schema.json"
    assert schema.main(["--check", str(file)]) == 1
    assert schema.main([str(file)]) == 0
    assert schema.main(["--check", str(file)]) == 0
    file.write_text(file.read_text(encoding="utf-8").replace("nonce", "once"), encoding="utf-8")
    assert schema.main(["--check", str(file)]) == 1
    assert "make docs" in capsys.readouterr().err
