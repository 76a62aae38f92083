"""What a room's members lately missed is answered from memory as the log would answer it."""

from __future__ import annotations

from typing import Any
from unittest.mock import patch

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from msgspec import Raw

from galaxychat.messages import Message
from galaxychat.tail import KEPT, KEPT_BYTES, Tail
from tests.support.core import ANNA, BELA, NOW, Client, House


def _message(seq: int, rev: int | None = None, text: str = "") -> Message:
    return Message(room=1, seq=seq, rev=rev or seq, user=1, at=NOW, text=text, body=Raw(b"[]"))


def _asked(house: House) -> int:
    return house.history.calls.count("changes")


def _resume(client: Client, room: int, after: int) -> dict[str, Any]:
    """Come back to a room; what is named is put in order, for nobody promises one."""
    reply = client.ask("join", room=room, after=after, epoch=client.house.memory.epoch)
    assert reply["type"] == "joined"
    return reply


def test_the_second_who_comes_back_costs_no_look() -> None:
    """After a restart the first to resume has the log asked; the others miss the same."""
    house = House()
    anna = house.enter(ANNA)
    room = anna.ask("join", name="Assembly")["room"]["room"]
    for number in range(5):
        anna.ask("send", room=room, text=f"{number}", nonce=f"nonce-{number}")
    house.chat.goodbye(anna.session)
    back = [house.enter(BELA) for _ in range(3)]
    answers = [_resume(client, room, 2) for client in back]
    assert [message["seq"] for message in answers[0]["messages"]] == [3, 4, 5]
    assert answers[0]["messages"] == answers[1]["messages"] == answers[2]["messages"]
    asked = _asked(house)
    assert _resume(house.enter(BELA), room, 3)["messages"] == answers[0]["messages"][1:]
    assert _asked(house) == asked
    _resume(house.enter(BELA), room, 1)
    assert _asked(house) == asked + 1, "what is older is not in memory"


def test_no_more_than_so_much_is_kept() -> None:
    """Neither the number of messages nor their size grows without end; what is left out is asked of the log."""
    tail = Tail(0)
    tail.learn(1, more=False)
    for seq in range(1, 3 * KEPT):
        tail.add(_message(seq), ())
    assert tail.since == 2 * KEPT - 1
    assert tail.after(tail.since - 1) is None
    for seq in range(3 * KEPT, 3 * KEPT + 5):
        tail.add(_message(seq, text="x" * (KEPT_BYTES // 3)), ())
    found = tail.after(tail.since)
    assert found is not None
    assert len(found.messages) == 2
    tail.add(_message(3 * KEPT + 9, text="x" * KEPT_BYTES), ())
    assert tail.since == 3 * KEPT + 9


class AsTheLogSays(RuleBasedStateMachine):
    """Whatever is said, changed and renamed, and whoever came and went."""

    def __init__(self) -> None:
        super().__init__()
        self.house = House(message_rate=(10_000, 10_000), command_rate=(100_000, 100_000))
        self.anna, self.bela = self.house.enter(ANNA), self.house.enter(BELA)
        self.room = self.anna.ask("create", name="Here", topic="", kind="open")["room"]["room"]
        self.bela.ask("join", room=self.room)
        self.said: list[int] = []
        self.nonces = 0

    @rule(reply=st.booleans(), mention=st.booleans())
    def say(self, reply: bool, mention: bool) -> None:
        """Post a message."""
        self.nonces += 1
        answered = {"reply_to": self.said[-1]} if reply and self.said else {}
        text = f"{'@Bela ' if mention else ''}words {self.nonces}"
        sent = self.anna.ask("send", room=self.room, text=text, nonce=f"nonce-{self.nonces}", **answered)
        if sent["type"] == "sent":
            self.said.append(sent["seq"])

    @precondition(lambda self: self.said)
    @rule(data=st.data(), how=st.sampled_from(["edit", "delete", "pin", "react"]))
    def change(self, data: st.DataObject, how: str) -> None:
        """Change a message."""
        seq = data.draw(st.sampled_from(self.said))
        more: dict[str, Any] = {"edit": {"text": f"better {seq}"}, "delete": {}}.get(
            how, {"on": data.draw(st.booleans())}
        )
        if how == "react":
            more["emoji"] = "👍"
        self.anna.ask(how, room=self.room, seq=seq, **more)

    @rule(topic=st.sampled_from(["one", "two"]))
    def rename(self, topic: str) -> None:
        """Change the room."""
        self.anna.ask("change_room", room=self.room, topic=topic)

    @rule()
    def everybody_goes(self) -> None:
        """Leave the room empty, so that nothing of it is in memory."""
        for client in (self.anna, self.bela):
            self.house.chat.goodbye(client.session)
        self.anna, self.bela = self.house.enter(ANNA), self.house.enter(BELA)
        for client in (self.anna, self.bela):
            client.ask("join", room=self.room)

    @invariant()
    def is_what_the_log_says(self) -> None:
        """Coming back after any rev gives the same with the memory and without it."""
        house = self.house
        rev = house.feed.places()[self.room]
        for after in range(max(0, rev - 6), rev + 1):
            with patch.object(house.feed, "recent", lambda _room, _after: None):
                said = _resume(self.bela, self.room, after)
            kept = _resume(self.bela, self.room, after)
            for part in ("messages", "more", "room"):
                assert kept[part] == said[part], part
            named = {user["id"] for user in said["users"]}
            assert named <= {user["id"] for user in kept["users"]}


TestAsTheLogSays = AsTheLogSays.TestCase
TestAsTheLogSays.settings = settings(max_examples=30, stateful_step_count=20, deadline=None)
