"""Search: what is asked for, where, and page by page."""

from __future__ import annotations

import pytest

from galaxychat.searching import terms
from tests.core.test_chat import code, seqs
from tests.support.core import ANNA, BELA, LOBBY_ID, TOPIC_ID, Client, House


@pytest.fixture
def anna() -> Client:
    """Somebody in two rooms."""
    client = House(message_rate=(1000, 1000)).enter()
    for room in (LOBBY_ID, TOPIC_ID):
        client.ask("join", room=room)
    return client


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("one two", ("one", "two")),
        ('say "one  two" three', ("say", "one  two", "three")),
        ('"never closed', ("never closed",)),
        ('a"b"c', ("a", "b", "c")),
        ("one one", ("one",)),
        ('"" -- % * ^ ( ) " " 🎉', ()),
        ("-one *two* three:four NOT", ("-one", "*two*", "three:four", "NOT")),
        ("日本", ("日本",)),
    ],
)
def test_terms(text: str, expected: tuple[str, ...]) -> None:
    """Words and phrases in quotes; what holds neither letter nor digit is no word."""
    assert terms(text) == expected


def test_search(anna: Client) -> None:
    """All words must be there; newest first, from all rooms or from one, with the names of the authors."""
    anna.post("map the reads")
    anna.post("the reads of bela", room=TOPIC_ID)
    anna.post("the reads again")
    reply = anna.ask("search", text='reads "the reads"')
    assert [(one["room"], one["seq"]) for one in reply["messages"]] == [(LOBBY_ID, 2), (TOPIC_ID, 1), (LOBBY_ID, 1)]
    assert reply["users"] == [{"id": ANNA.id, "name": "anna"}]
    assert seqs(anna.ask("search", text="reads", room=TOPIC_ID)) == [1]
    assert seqs(anna.ask("search", text="reads map")) == [1]


@pytest.mark.parametrize(
    ("text", "want"), [("...", "empty"), ("x" * 201, "bad_message"), (" ".join(map(str, range(17))), "too_long")]
)
def test_searches_that_are_refused(anna: Client, text: str, want: str) -> None:
    """No words, or too many."""
    assert code(anna.ask("search", text=text)) == want


def test_search_by_pages(anna: Client) -> None:
    """The cursor of one answer asks for the next; the last one has none."""
    for _ in range(120):
        anna.post("word")
    found, cursor, pages = [], None, 0
    while pages == 0 or cursor is not None:
        reply = anna.ask("search", text="word", **({"cursor": cursor} if cursor else {}))
        found += seqs(reply)
        cursor = reply.get("cursor")
        pages += 1
        assert pages <= 3
    assert found == list(range(120, 0, -1))


def test_search_ends_at_walls(anna: Client) -> None:
    """A room that one may not see is looked through by nobody else, asked for by its id or not."""
    room = anna.ask("create", name="Review", kind="private")["room"]["room"]
    anna.post("hush", room=room)
    bela = anna.house.enter(BELA)
    assert seqs(anna.ask("search", text="hush")) == [1]
    assert seqs(bela.ask("search", text="hush")) == []
    assert code(bela.ask("search", text="hush", room=room)) == "no_such_room"
    assert code(bela.ask("pins", room=room)) == "no_such_room"
    assert "cursor" not in bela.ask("search", text="hush", cursor=f"{room}:1")
