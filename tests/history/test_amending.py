"""What every log must do with changes of messages, and with questions for words."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import msgspec
import pytest

from galaxychat.messages import Message, Reaction
from galaxychat.records import (
    PINS,
    REACTION_KINDS,
    REACTION_USERS,
    Amended,
    Changed,
    Finds,
    NoSuchMessage,
    NotTheAuthor,
    Reacted,
    Search,
    TooManyPins,
    TooManyReactions,
)
from tests.history.logs import Log, revision
from tests.support.core import ANNA, BELA, CLEO, LOBBY_ID, TOPIC_ID

NOWHERE = ((LOBBY_ID, 9), (TOPIC_ID, 1), (77, 1))


@pytest.fixture(autouse=True)
def people(log: Log) -> None:
    """Everybody is there."""
    log.admit()


def seqs(messages: Sequence[Message]) -> list[int]:
    """Return the seqs of messages."""
    return [message.seq for message in messages]


def react(log: Log, emoji: str, user: int = ANNA.id, on: bool = True, seq: int = 1) -> Changed:
    """Put an emoji to a message, or take it away."""
    return log.do(log.history.react(Reacted(LOBBY_ID, seq, user, emoji, on)))


def find(log: Log, *terms: str, user: int = ANNA.id, limit: int = 50, **where: Any) -> Finds:
    """Look for words."""
    return log.do(log.history.search(Search(user, terms, **where), limit))


def found(log: Log, *terms: str, **where: Any) -> list[int]:
    """Return the seqs of what is found."""
    return seqs(find(log, *terms, **where).messages)


# ---- edit and delete


def test_edit(log: Log) -> None:
    """A message says something else under the room's next rev, and is otherwise the one it was."""
    before = log.message(LOBBY_ID, log.post("first", reply_to=log.post().seq).seq)
    amended = log.do(log.history.edit(revision(before, "second\tline\n", (BELA.id,))))
    expected = msgspec.structs.replace(before, rev=3, text="second\tline\n", edited=True, body=log.message(1, 2).body)
    assert amended.message == expected == log.message(LOBBY_ID, 2)
    assert (amended.rev, log.state().rev) == (3, 3)
    assert {user.id for user in amended.users} == {ANNA.id, BELA.id}
    assert seqs(log.do(log.history.changes(LOBBY_ID, 2)).messages) == [2]


def test_an_edit_that_changes_nothing(log: Log) -> None:
    """The same text takes no rev and does not mark the message."""
    log.post("same")
    assert log.do(log.history.edit(revision(log.message(LOBBY_ID, 1), "same"))) == Amended(1)
    assert not log.message(LOBBY_ID, 1).edited


def test_only_the_author_edits(log: Log) -> None:
    """Another one's message, one that was deleted and one that never was are refused, and take no rev."""
    log.post("hers")
    before = log.message(LOBBY_ID, 1)
    with pytest.raises(NotTheAuthor):
        log.do(log.history.edit(revision(msgspec.structs.replace(before, user=BELA.id), "mine")))
    for room, seq in NOWHERE:
        with pytest.raises(NoSuchMessage):
            log.do(log.history.edit(revision(msgspec.structs.replace(before, room=room, seq=seq), "x")))
    log.change(LOBBY_ID, 1, deleted=True)
    with pytest.raises(NoSuchMessage):
        log.do(log.history.edit(revision(before, "again")))
    assert log.state().rev == 2


def test_an_edit_moves_mentions(log: Log) -> None:
    """Who is mentioned no more has no mention to read; who is mentioned now has one."""
    log.post("x", mentions=(BELA.id,))
    log.do(log.history.edit(revision(log.message(LOBBY_ID, 1), "y", (CLEO.id,))))
    assert (log.state(BELA).mentions, log.state(CLEO).mentions) == (0, 1)
    assert (log.state(BELA).unread, log.state(CLEO).unread) == (1, 1)


def test_delete(log: Log) -> None:
    """Nothing of what was said is left: no text, body, mention or word to be found; the rest stays."""
    log.post("very secret", reply_to=log.post().seq, mentions=(BELA.id,))
    react(log, "👍", seq=2)
    before = log.message(LOBBY_ID, 2)
    amended = log.do(log.history.delete(LOBBY_ID, 2, ANNA.id))
    assert amended.message is not None
    assert amended.message == log.message(LOBBY_ID, 2)
    expected = msgspec.structs.replace(before, rev=4, text="", deleted=True, body=amended.message.body)
    assert amended.message == expected
    assert bytes(amended.message.body) == b"[]"
    assert found(log, "secret") == []
    assert (log.state(BELA).unread, log.state(BELA).mentions) == (1, 0)


def test_who_deletes(log: Log) -> None:
    """The author does, or one who need not be; a second time changes nothing."""
    log.post()
    with pytest.raises(NotTheAuthor):
        log.do(log.history.delete(LOBBY_ID, 1, BELA.id))
    for room, seq in NOWHERE:
        with pytest.raises(NoSuchMessage):
            log.do(log.history.delete(room, seq, None))
    assert log.do(log.history.delete(LOBBY_ID, 1, None)).rev == 2
    assert log.do(log.history.delete(LOBBY_ID, 1, ANNA.id)) == Amended(2)
    assert log.state().rev == 2


def test_changes_at_once(log: Log) -> None:
    """Whatever changes one room at the same time takes revs without a hole, each its own."""
    for _ in range(4):
        log.post()
    before = [log.message(LOBBY_ID, seq) for seq in range(1, 5)]
    works: list[Callable[[], Awaitable[Any]]] = [
        *(lambda one=one: log.history.edit(revision(one, "new")) for one in before[:2]),
        lambda: log.history.delete(LOBBY_ID, 3, None),
        lambda: log.history.pin(LOBBY_ID, 4, True),
        *(lambda user=user: log.history.react(Reacted(LOBBY_ID, 4, user, "👍", True)) for user in range(11, 14)),
        lambda: log.history.append(log.draft()),
    ]
    made = log.together(works)
    assert sorted(getattr(one, "rev", None) or one.seq for one in made) == list(range(5, 13))
    assert log.state().rev == 12
    assert log.message(LOBBY_ID, 4).reactions[0].count == 3


# ---- pins


def test_pins(log: Log) -> None:
    """Pinned messages are found, newest first, until they are taken off or deleted."""
    for _ in range(4):
        log.post()
    log.post(room=TOPIC_ID)
    for seq in (1, 4, 2):
        assert log.do(log.history.pin(LOBBY_ID, seq, True)).message == log.message(LOBBY_ID, seq)
    log.do(log.history.pin(TOPIC_ID, 1, True))
    assert log.do(log.history.pin(LOBBY_ID, 4, True)) == Amended(7)
    pinned = log.do(log.history.pinned(LOBBY_ID))
    assert (seqs(pinned.messages), [user.id for user in pinned.users]) == ([4, 2, 1], [ANNA.id])
    log.do(log.history.pin(LOBBY_ID, 4, False))
    log.change(LOBBY_ID, 2, deleted=True)
    assert seqs(log.do(log.history.pinned(LOBBY_ID)).messages) == [1]
    for room, seq in ((LOBBY_ID, 9), (77, 1), (LOBBY_ID, 2)):
        with pytest.raises(NoSuchMessage):
            log.do(log.history.pin(room, seq, True))


def test_a_room_has_so_many_pins(log: Log) -> None:
    """One more is refused until another goes."""
    for seq in range(1, PINS + 2):
        log.post()
        if seq <= PINS:
            log.do(log.history.pin(LOBBY_ID, 2 * seq - 1, True))
    last = log.state().rev
    with pytest.raises(TooManyPins):
        log.do(log.history.pin(LOBBY_ID, last, True))
    log.do(log.history.pin(LOBBY_ID, 1, False))
    assert log.do(log.history.pin(LOBBY_ID, last, True)).message is not None


# ---- reactions


def test_reactions(log: Log) -> None:
    """Each kind is counted, in the order in which they came, and names those who came first."""
    log.post()
    assert react(log, "👍") == Changed(2, is_new=True)
    react(log, "❤️", BELA.id)
    react(log, "👍", BELA.id)
    react(log, "👍", CLEO.id)
    assert react(log, "👍", CLEO.id) == Changed(5, is_new=False)
    message = log.message(LOBBY_ID, 1)
    assert message.reactions == (Reaction("👍", 3, (11, 12, 13)), Reaction("❤️", 1, (12,)))
    assert (message.rev, message.edited) == (5, False)
    changes = log.do(log.history.changes(LOBBY_ID, 1))
    assert list(changes.messages) == [message]
    assert [user.id for user in changes.users] == [11, 12, 13]


def test_a_reaction_is_taken_away(log: Log) -> None:
    """The next who came moves up; the last one takes the kind along."""
    log.post()
    for user in (ANNA, BELA):
        react(log, "👍", user.id)
    assert react(log, "👍", on=False) == Changed(4, is_new=True)
    assert log.message(LOBBY_ID, 1).reactions == (Reaction("👍", 1, (BELA.id,)),)
    assert react(log, "👍", on=False) == Changed(4, is_new=False)
    react(log, "👍", BELA.id, on=False)
    assert log.message(LOBBY_ID, 1).reactions == ()


def test_reactions_of_many(log: Log) -> None:
    """A few are named, all are counted."""
    log.post()
    for user in range(100, 115):
        react(log, "👍", user)
    assert log.message(LOBBY_ID, 1).reactions == (Reaction("👍", 15, tuple(range(100, 100 + REACTION_USERS))),)


def test_reactions_have_a_limit(log: Log) -> None:
    """A message has so many kinds; more of those that it has are welcome."""
    log.post()
    for kind in range(REACTION_KINDS):
        react(log, f"e{kind}")
    with pytest.raises(TooManyReactions):
        react(log, "one more")
    assert react(log, "e0", BELA.id).is_new
    react(log, "e1", on=False)
    assert react(log, "one more").is_new


def test_reactions_to_nothing(log: Log) -> None:
    """What is deleted or never was has none."""
    log.post()
    log.change(LOBBY_ID, 1, deleted=True)
    for seq in (1, 9):
        with pytest.raises(NoSuchMessage):
            react(log, "👍", seq=seq)
    assert log.state().rev == 2


# ---- search


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("Run samtools sort first", ("SAMTOOLS", "run")),
        ("Run samtools sort first", ("samtools sort",)),
        ("/data/runs/sample_1.bam", ("sample", "bam")),
        ("/data/runs/sample_1.bam", ("runs/sample_1.bam",)),
        ("chr1:100-200", ("100",)),
        ("Dvořák räumt auf", ("dvorak", "RAUMT")),
        ("don't", ("don't",)),
        ("Größe", ("größe",)),
        ("наука", ("НАУКА",)),  # noqa: RUF001
        ('he said "quoted"', ("said quoted",)),
        ("a\nb\tc", ("a b c",)),
        ("x'; DROP TABLE message; --", ("drop table",)),
        ("user@example.org", ("example",)),
        ("https://usegalaxy.eu/u/anna/h/rna", ("usegalaxy", "rna")),
        ("1e5 and 0x1f", ("1e5", "0X1F")),
        ("<b>bold</b>", ("bold",)),
    ],
)
def test_words_are_found(log: Log, text: str, terms: tuple[str, ...]) -> None:
    """Without case, accents and punctuation, whatever pasted text is made of."""
    log.post("something else")
    log.post(text)
    assert found(log, *terms) == [2]


@pytest.mark.parametrize("terms", [("sort samtools",), ("sam",), ("samtools", "missing"), ("amtools",)])
def test_words_are_not_found(log: Log, terms: tuple[str, ...]) -> None:
    """Phrases keep their order, words are whole, and all must be there."""
    log.post("samtools sort")
    assert found(log, *terms) == []


def test_search_follows_changes(log: Log) -> None:
    """What was edited is found by its new words only."""
    log.post("before")
    log.do(log.history.edit(revision(log.message(LOBBY_ID, 1), "after")))
    assert (found(log, "before"), found(log, "after")) == ([], [1])
    react(log, "👍")
    assert found(log, "after") == [1]


def test_search_stays_in_ones_rooms(log: Log) -> None:
    """Only rooms of which one is a member are looked through, all of them or one."""
    for room in (LOBBY_ID, TOPIC_ID):
        log.post("word", room)
    log.do(log.history.remove_member(TOPIC_ID, BELA.id))
    assert [one.room for one in find(log, "word").messages] == [TOPIC_ID, LOBBY_ID]
    assert [one.room for one in find(log, "word", room=TOPIC_ID).messages] == [TOPIC_ID]
    assert [one.room for one in find(log, "word", user=BELA.id).messages] == [LOBBY_ID]
    assert found(log, "word", user=BELA.id, room=TOPIC_ID) == []


def test_search_by_pages(log: Log) -> None:
    """Newest first, each page goes on where the one before ended, and the last one says so."""
    rooms = [LOBBY_ID, TOPIC_ID, LOBBY_ID, TOPIC_ID, LOBBY_ID]
    posted = [(room, log.post("word", room).seq) for room in rooms]
    seen: list[tuple[int, int]] = []
    more, after = True, None
    while more:
        finds = find(log, "word", limit=2, after=after)
        seen += [(one.room, one.seq) for one in finds.messages]
        more, after = finds.more, seen[-1]
        assert len(seen) <= len(posted)
    assert seen == posted[::-1]
    assert [user.id for user in find(log, "word").users] == [ANNA.id]


def test_a_place_that_one_may_not_see(log: Log) -> None:
    """Going on after a message of another room, or of none, finds nothing, whether or not it is there."""
    log.post("word")
    log.post("word", TOPIC_ID)
    log.do(log.history.remove_member(TOPIC_ID, BELA.id))
    assert found(log, "word", user=ANNA.id, after=(TOPIC_ID, 1)) == [1]
    for place in ((TOPIC_ID, 1), (TOPIC_ID, 2), (99, 1)):
        assert found(log, "word", user=BELA.id, after=place) == []


def test_a_page_of_finds_ends_at_its_bytes(log: Log) -> None:
    """Long messages fill a page before it has as many as it may."""
    for _ in range(30):
        log.post("word " + "x" * 30_000)
    finds = find(log, "word")
    assert 0 < len(finds.messages) < 30
    assert finds.more
