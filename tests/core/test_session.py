"""One conversation: rates, ten unreadable commands in a row, read-only sessions."""

from __future__ import annotations

import json

import pytest

from galaxychat import messages
from galaxychat.errors import Closing, Refusal
from galaxychat.limits import Buckets
from galaxychat.messages import COMMANDS, BadCommand, Command, Ok, decode
from galaxychat.model import Identity, Role
from galaxychat.session import BAD_IN_A_ROW, TYPING_EVERY, Pace, Session, slow_down
from tests.core.test_messages import GOOD, tag
from tests.support.core import ANNA, Event, FakePeer

TRACES = {
    *("leave", "create", "delete", "direct", "edit", "pin", "react", "invite", "remove", "change_room"),
    *("send", "read", "mute", "hide", "ignore", "absent"),
}


def conversation(read_only: bool = False, messages_at_once: float = 3, commands_at_once: float = 5) -> Session:
    """Return a session of anna's."""
    pace = Pace(Buckets(messages_at_once, 1), Buckets(commands_at_once, 2))
    return Session(Identity(ANNA.id, "anna", Role.USER, 1, read_only), FakePeer(ANNA), pace)


def heard(session: Session) -> list[Event]:
    """Return what the session's peer was sent."""
    assert isinstance(session.peer, FakePeer)
    return session.peer.heard


def command(kind: str, **fields: object) -> Command:
    """Return a good command of a type."""
    return decode(json.dumps({"type": kind, **GOOD[kind][0], **fields}).encode())


def bad(session: Session, code: str = "bad_message") -> None:
    """Answer an unreadable frame."""
    session.refuse(BadCommand(code, "No.", None))


def test_answers_carry_the_id() -> None:
    """A reply and an error have the command's id as `re`; a command without one gets none back."""
    session = conversation()
    session.begin(command("rooms", id="a"), 0.0)
    session.reply(Ok())
    session.begin(command("rooms"), 0.0)
    session.reply(Ok())
    session.begin(command("rooms", id=0), 0.0)
    session.refuse(Refusal("forbidden", "No."))
    session.refuse(BadCommand("bad_message", "No.", 7))
    assert [event.get("re") for event in heard(session)] == ["a", None, 0, 7]


def test_there_is_one_answer() -> None:
    """What goes wrong after the answer was given is no second answer, and the next command has its own."""
    session = conversation()
    session.begin(command("rooms", id=1), 0.0)
    session.reply(Ok())
    session.refuse(Refusal("internal", "Too late."))
    session.begin(command("rooms", id=2), 0.0)
    session.refuse(Refusal("internal", "In time."))
    assert [(event["type"], event["re"]) for event in heard(session)] == [("ok", 1), ("error", 2)]


@pytest.mark.parametrize("code", ["bad_message", "unknown_type"])
def test_ten_unreadable_commands_in_a_row_end_it(code: str) -> None:
    """The tenth is answered too, and then the conversation is over."""
    session = conversation()
    for _ in range(BAD_IN_A_ROW - 1):
        bad(session, code)
    with pytest.raises(Closing) as caught:
        bad(session, "unknown_type")
    assert caught.value.code == 4400
    assert len(caught.value.reason.encode()) <= 123
    assert len(heard(session)) == BAD_IN_A_ROW == 10


def test_any_other_answer_ends_the_row() -> None:
    """A reply, or a refusal for another reason, begins the count anew."""
    session = conversation()
    for other in (lambda: session.reply(Ok()), lambda: session.refuse(Refusal("no_such_room", "No."))):
        for _ in range(BAD_IN_A_ROW - 1):
            bad(session)
        session.begin(command("rooms"), 0.0)
        other()
    for _ in range(BAD_IN_A_ROW - 1):
        bad(session)
    with pytest.raises(Closing):
        bad(session)


def test_commands_have_a_rate() -> None:
    """So many commands at once; then `rate_limited` with the seconds to wait, and after those it goes on."""
    session = conversation(commands_at_once=2)
    for _ in range(2):
        session.begin(command("rooms"), 10.0)
    with pytest.raises(Refusal) as caught:
        session.begin(command("rooms"), 10.0)
    assert (caught.value.code, caught.value.retry_after) == ("rate_limited", 0.5)
    session.begin(command("rooms"), 10.5)


def test_messages_have_a_rate_of_their_own() -> None:
    """`send` costs no command, and a command costs no message."""
    session = conversation(messages_at_once=1, commands_at_once=1)
    session.begin(command("rooms"), 0.0)
    for _ in range(3):
        session.begin(command("send"), 0.0)
    assert session.take_message(0.0) == 0
    assert session.take_message(0.0) == 1
    session.give_message_back(0.0)
    assert session.take_message(0.0) == 0


def test_a_look_into_the_log_costs_a_command() -> None:
    """A message that needs the log before its rate is known cannot be repeated without end."""
    session = conversation(commands_at_once=1)
    session.take_look(0.0)
    with pytest.raises(Refusal, match="rate_limited"):
        session.take_look(0.0)


@pytest.mark.parametrize("seconds", [1e-9, 0.0004, 0.0011, 0.5, 1 / 3])
def test_who_waits_as_told_has_waited_enough(seconds: float) -> None:
    """`retry_after` is rounded up, never down and never to nothing."""
    told = slow_down(seconds).retry_after
    assert told is not None
    assert seconds <= told <= seconds + 0.001


@pytest.mark.parametrize("kind", COMMANDS, ids=tag)
def test_read_only_sessions_leave_no_trace(kind: type[Command]) -> None:
    """An impersonation may look at everything and change nothing, whatever the command."""
    session = conversation(read_only=True)
    assert kind.leaves_trace == (tag(kind) in TRACES)
    if kind.leaves_trace:
        with pytest.raises(Refusal, match="read_only"):
            session.begin(command(tag(kind)), 0.0)
    else:
        session.begin(command(tag(kind)), 0.0)
    conversation().begin(command(tag(kind)), 0.0)


def test_typing_is_passed_on_now_and_then() -> None:
    """At most once in three seconds in each room, and never for one who only looks."""
    session = conversation()
    one, two = messages.Typing(room=1), messages.Typing(room=2)
    assert [session.may_type(one, 10.0), session.may_type(one, 12.9), session.may_type(two, 12.9)] == [
        True,
        False,
        True,
    ]
    assert session.may_type(one, 10.0 + TYPING_EVERY)
    session.forget_room(1)
    assert session.may_type(one, 13.1)
    assert not conversation(read_only=True).may_type(one, 10.0)


def test_before_welcome_nothing_is_said() -> None:
    """What happens to a user while one of their windows is let in is noted there, to be read again."""
    session = conversation()
    session.hear(b"{}")
    assert (heard(session), session.missed_something) == ([], True)
    session.greeted = True
    session.hear(b'{"type":"ok"}')
    assert heard(session) == [{"type": "ok"}]
