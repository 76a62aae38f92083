"""What every log must do, whatever it is kept in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import msgspec
import pytest

from galaxychat.messages import Message, User
from galaxychat.model import RoomKind
from galaxychat.records import (
    PAGE_BYTES,
    RESUME_CHANGES,
    NameTaken,
    NonceReused,
    NoSuchMessage,
    Page,
    Posted,
    RoomDraft,
    TooManyRooms,
)
from tests.history.logs import Log
from tests.support.core import ANNA, BELA, CLEO, LOBBY_ID, NOW, SITE_ROOMS, TOPIC_ID, room_draft

MINE = 500


def seqs(messages: Sequence[Message]) -> list[int]:
    """Return the seqs of messages."""
    return [message.seq for message in messages]


def page(log: Log, limit: int = 50, room: int = LOBBY_ID, **where: int) -> Page:
    """Return a page."""
    return log.do(log.history.page(room, limit, **where))


def create(log: Log, name: str = "Mapping", room: int = MINE, owner: User = ANNA, **limits: Any) -> RoomDraft:
    """Make an open room."""
    draft = room_draft(room, name, RoomKind.OPEN, owner.id)
    values = {"now": NOW, "rooms_per_user": 100, "rooms_per_day": 20, **limits}
    log.do(log.history.create(draft, **values))
    return draft


def read(log: Log, user: User, seq: int, room: int = LOBBY_ID) -> tuple[int, int, int]:
    """Have somebody read up to there; return their position, unread and mentions as they are told."""
    state = log.do(log.history.set_read(room, user.id, seq))
    assert state == log.state(user, room)
    return state.read, state.unread, state.mentions


def big(char: str = "x") -> str:
    """Return a text of which about a dozen fill a page."""
    return char * 6000


# ---- posting


def test_revisions_are_dense(log: Log) -> None:
    """Each message takes the room's next rev, and rooms count apart."""
    log.admit()
    assert [log.post().seq for _ in range(3)] == [1, 2, 3]
    assert log.post(room=TOPIC_ID).seq == 1
    assert log.state().rev == 3


def test_revisions_are_dense_under_load(log: Log) -> None:
    """Whatever arrives at once gets numbers without hole or repetition, in the order in which it came."""
    log.admit()
    drafts = [log.draft(room=room, user=user) for _ in range(40) for room in (1, 2) for user in (ANNA, BELA)]
    posted = log.together([lambda draft=draft: log.history.append(draft) for draft in drafts])  # type: ignore[misc]
    for room in (LOBBY_ID, TOPIC_ID):
        assert [one.seq for one in posted if one.room == room] == list(range(1, 81))
        assert seqs(page(log, 200, room).messages) == list(range(1, 81))


def test_what_is_posted_can_be_read(log: Log) -> None:
    """A message comes back with every field as it was posted, without its nonce."""
    log.admit()
    first = log.post("first")
    text = 'tab\t "quotes" \\ 👩‍👩‍👧 日本\r\nline'
    posted = log.post(text, user=BELA, reply_to=first.seq, mentions=(ANNA.id,))
    (message,) = page(log, 1).messages
    body = bytes(message.body)
    assert message == Message(
        room=LOBBY_ID, seq=2, rev=2, user=BELA.id, at=NOW, text=text, body=message.body, reply_to=1
    )
    assert msgspec.json.decode(body) == [["p", ["text", text]]]
    assert posted == Posted(LOBBY_ID, 2, NOW)


def test_the_same_nonce_again(log: Log) -> None:
    """A repetition gets the first answer, marked as such, and posts nothing; even when the message is gone."""
    log.admit()
    draft = log.draft()
    first = log.do(log.history.append(draft))
    again = log.do(log.history.append(replace(draft, at="2026-05-02T12:00:00.000Z", body=b"[]")))
    assert (first.repeated, again) == (False, replace(first, repeated=True))
    log.change(LOBBY_ID, first.seq, deleted=True)
    assert log.do(log.history.append(draft)) == again
    assert log.do(log.history.answered(ANNA.id, draft.nonce, draft.digest)) == again
    assert log.state().rev == 2


def test_the_same_nonce_at_once(log: Log) -> None:
    """A send that is repeated before it is answered is posted once."""
    log.admit()
    draft = log.draft()
    posted = log.together([lambda: log.history.append(draft)] * 5)
    assert {one.seq for one in posted} == {1}
    assert sorted(one.repeated for one in posted) == [False, True, True, True, True]
    assert log.post().seq == 2


def test_a_nonce_for_something_else(log: Log) -> None:
    """Another text or room under a used nonce is refused and takes no number; other users may use it."""
    log.admit()
    log.post("a", nonce="n")
    for other in (log.draft("b", nonce="n"), log.draft("a", TOPIC_ID, nonce="n")):
        with pytest.raises(NonceReused):
            log.do(log.history.append(other))
        with pytest.raises(NonceReused):
            log.do(log.history.answered(ANNA.id, "n", other.digest))
    assert log.post("b", user=BELA, nonce="n").seq == 2
    assert log.do(log.history.answered(ANNA.id, "fresh", b"")) is None
    assert log.state(room=TOPIC_ID).rev == 0


def test_answers_point_at_what_is_there(log: Log) -> None:
    """`reply_to` is a message of that room which was not deleted; a refusal takes no number."""
    log.admit()
    log.post()
    assert log.post(reply_to=1).seq == 2
    log.change(LOBBY_ID, 1, deleted=True)
    for room, seq in ((LOBBY_ID, 1), (LOBBY_ID, 9), (LOBBY_ID, 0), (TOPIC_ID, 2)):
        with pytest.raises(NoSuchMessage):
            log.post(room=room, reply_to=seq)
    assert log.post().seq == 4


def test_a_room_that_is_not_there(log: Log) -> None:
    """A message for no room is refused alone: what is written with it is posted, and takes no number more."""
    log.admit()
    drafts = [log.draft(), log.draft(room=77), log.draft()]
    posted = log.together([lambda draft=draft: log.history.append(draft) for draft in drafts])  # type: ignore[misc]
    assert [getattr(one, "code", None) or one.seq for one in posted] == [1, "no_such_room", 2]
    assert log.state().rev == 2


# ---- changes


def test_changes(log: Log) -> None:
    """What changed after a rev comes once, in its present state, in order of rev, with the room's rev."""
    log.admit()
    for _ in range(4):
        log.post()
    log.change(LOBBY_ID, 2)
    log.change(LOBBY_ID, 1, deleted=True)
    log.change(LOBBY_ID, 2)
    changes = log.do(log.history.changes(LOBBY_ID, 3))
    assert [(one.seq, one.rev) for one in changes.messages] == [(4, 4), (1, 6), (2, 7)]
    assert [(one.edited, one.deleted) for one in changes.messages] == [(False, False), (False, True), (True, False)]
    assert (changes.rev, changes.complete, changes.more) == (7, True, False)
    changes = log.do(log.history.changes(LOBBY_ID, 5))
    assert seqs(changes.messages) == [1, 2]


def test_changes_name_their_people(log: Log) -> None:
    """Authors and those mentioned are named, as they are called today."""
    log.admit()
    log.post(mentions=(CLEO.id,))
    log.post(user=BELA)
    log.admit(User(id=CLEO.id, name="cleopatra"))
    changes = log.do(log.history.changes(LOBBY_ID, 0))
    assert list(changes.users) == [ANNA, BELA, User(id=CLEO.id, name="cleopatra")]
    assert list(log.do(log.history.changes(LOBBY_ID, 1)).users) == [BELA]
    assert list(page(log, 1).users) == [BELA]


def test_nothing_changed(log: Log) -> None:
    """At the newest rev there is nothing, which is complete; `more` tells of what was before."""
    log.admit()
    nothing = log.do(log.history.changes(LOBBY_ID, 0))
    assert (list(nothing.messages), nothing.rev, nothing.complete, nothing.more) == ([], 0, True, False)
    log.post()
    nothing = log.do(log.history.changes(LOBBY_ID, 1))
    assert (list(nothing.messages), nothing.rev, nothing.complete, nothing.more) == ([], 1, True, True)


@pytest.mark.parametrize(("after", "complete"), [(2, False), (3, True), (5, True), (6, False)])
def test_where_nobody_can_go_on(log: Log, after: int, complete: bool) -> None:
    """Below the floor and above the room's rev there is no resuming."""
    log.admit()
    for _ in range(5):
        log.post()
    log.set_floor(LOBBY_ID, 3)
    changes = log.do(log.history.changes(LOBBY_ID, after))
    assert (changes.complete, changes.rev) == (complete, 5)
    assert bool(changes.messages) == (after == 3)
    assert log.state().floor == 3


def test_too_many_changes(log: Log) -> None:
    """Two hundred are sent, two hundred and one are not."""
    log.admit()
    drafts = [log.draft() for _ in range(RESUME_CHANGES + 1)]
    log.together([lambda draft=draft: log.history.append(draft) for draft in drafts])  # type: ignore[misc]
    enough = log.do(log.history.changes(LOBBY_ID, 1))
    assert (len(enough.messages), enough.complete) == (RESUME_CHANGES, True)
    too_many = log.do(log.history.changes(LOBBY_ID, 0))
    assert (list(too_many.messages), too_many.complete, too_many.rev) == ([], False, RESUME_CHANGES + 1)


@pytest.mark.parametrize("char", ["x", "日", "\n", '"'], ids=["x", "three bytes", "newline", "quote"])
def test_no_more_than_a_frame_carries(log: Log, char: str) -> None:
    """A page ends at 256 KiB of what goes over the wire, and a resume beyond that is none."""
    log.admit()
    drafts = [log.draft(big(char)) for _ in range(30)]
    log.together([lambda draft=draft: log.history.append(draft) for draft in drafts])  # type: ignore[misc]
    for where in ({}, {"after": 0}, {"before": 31}, {"around": 15}):
        found = page(log, 200, **where)
        assert 2 <= len(found.messages) < 30
        assert PAGE_BYTES - 100_000 < len(msgspec.json.encode(list(found.messages))) <= PAGE_BYTES
        assert found.more_before or found.more_after
    assert seqs(page(log, 200).messages)[-1] == 30
    assert seqs(page(log, 200, after=0).messages)[0] == 1
    around = seqs(page(log, 200, around=15).messages)
    assert around[0] < 15 < around[-1]
    assert not log.do(log.history.changes(LOBBY_ID, 0)).complete
    assert log.do(log.history.changes(LOBBY_ID, 28)).complete


def test_a_page_is_never_empty_for_size(log: Log) -> None:
    """One message that is larger than a page comes alone."""
    log.admit()
    for text in ("a", "x" * PAGE_BYTES, "b"):
        log.post(text)
    assert seqs(page(log, before=3).messages) == [2]
    assert seqs(page(log, after=1).messages) == [2]
    assert 2 in seqs(page(log, around=2).messages)
    assert 2 not in seqs(page(log).messages)


# ---- pages


PAGES: list[tuple[dict[str, int], list[int], bool, bool]] = [
    ({}, [10, 11, 12], True, False),
    ({"before": 13}, [10, 11, 12], True, False),
    ({"before": 5}, [2, 3, 4], True, True),
    ({"before": 3}, [1, 2], False, True),
    ({"before": 1}, [], False, False),
    ({"before": 999}, [10, 11, 12], True, False),
    ({"after": 0}, [1, 2, 3], False, True),
    ({"after": 5}, [6, 7, 8], True, True),
    ({"after": 10}, [11, 12], True, False),
    ({"after": 12}, [], False, False),
    ({"after": 999}, [], False, False),
    ({"around": 5}, [5, 6, 7], True, True),
    ({"around": 1}, [1, 2, 3], False, True),
    ({"around": 12}, [12], True, False),
    ({"around": 0}, [1, 2], False, True),
    ({"around": 999}, [12], True, False),
]


@pytest.mark.parametrize(("where", "expected", "before", "after"), PAGES, ids=[str(each[0]) for each in PAGES])
def test_pages(log: Log, where: dict[str, int], expected: list[int], before: bool, after: bool) -> None:
    """A page is what lies nearest to its place, oldest first, and says whether there is more on either side."""
    log.admit()
    for _ in range(12):
        log.post()
        log.post(room=TOPIC_ID)
    found = page(log, 3, **where)
    assert (seqs(found.messages), found.more_before, found.more_after, found.rev) == (expected, before, after, 12)


def test_the_smallest_page_about_a_place_holds_it(log: Log) -> None:
    """`around` with a limit of one is the message itself."""
    log.admit()
    for _ in range(3):
        log.post()
    assert seqs(page(log, 1, around=2).messages) == [2]


def test_holes_in_seq(log: Log) -> None:
    """A rev that was no message leaves a hole among the seqs, which no page stumbles over."""
    log.admit()
    log.post()
    log.change(LOBBY_ID, 1)
    log.post()
    assert seqs(page(log).messages) == [1, 3]
    assert seqs(page(log, around=2).messages) == [1, 3]
    assert seqs(log.do(log.history.changes(LOBBY_ID, 1)).messages) == [1, 3]


def test_an_empty_room(log: Log) -> None:
    """There is nothing in a room in which nothing was said."""
    for where in ({}, {"before": 5}, {"after": 0}, {"around": 0}):
        assert page(log, **where) == Page(0, page(log).messages, page(log).users, False, False)
        assert list(page(log, **where).messages) == []


# ---- read, unread, muted


def test_unread(log: Log) -> None:
    """Messages of others after one's position count, deleted ones and one's own do not, and mentions apart."""
    log.admit()
    log.post()
    log.post(mentions=(BELA.id,))
    log.post(mentions=(BELA.id, CLEO.id))
    log.post(user=BELA, mentions=(BELA.id,))
    assert (log.state(BELA).unread, log.state(BELA).mentions) == (3, 2)
    assert (log.state(ANNA).unread, log.state(ANNA).mentions) == (1, 0)
    assert (log.state(CLEO).unread, log.state(CLEO).mentions) == (4, 1)
    log.change(LOBBY_ID, 3, deleted=True)
    assert (log.state(BELA).unread, log.state(BELA).mentions) == (2, 1)
    assert [(room.unread, room.mentions) for room in log.do(log.history.rooms_of(BELA.id))] == [(2, 1), (0, 0)]


def test_unread_stops_at_a_hundred(log: Log) -> None:
    """No number above a hundred is counted out."""
    log.admit()
    drafts = [log.draft(mentions=(BELA.id,)) for _ in range(105)]
    log.together([lambda draft=draft: log.history.append(draft) for draft in drafts])  # type: ignore[misc]
    assert (log.state(BELA).unread, log.state(BELA).mentions) == (100, 100)
    assert read(log, BELA, 6) == (6, 99, 99)


def test_reading(log: Log) -> None:
    """The position moves forward only, and not beyond the room's rev."""
    log.admit()
    for _ in range(3):
        log.post(mentions=(BELA.id,))
    marks = [read(log, BELA, seq) for seq in (2, 1, 0, 99, 2)]
    assert marks == [(2, 1, 1)] * 3 + [(3, 0, 0)] * 2
    log.post()
    assert log.state(BELA).unread == 1
    assert log.state(ANNA).read == 0


def test_reading_where_one_is_no_member(log: Log) -> None:
    """Nobody has a position in a room that they left."""
    log.admit()
    create(log)
    assert read(log, BELA, 5, MINE) == (0, 0, 0)
    assert log.do(log.history.set_read(77, BELA.id, 5)) is None
    log.do(log.history.set_muted(MINE, BELA.id, True))
    assert not log.state(BELA, MINE).member


def test_muted(log: Log) -> None:
    """A room is muted for one user, and counts go on."""
    log.admit()
    log.do(log.history.set_muted(LOBBY_ID, ANNA.id, True))
    log.post(user=BELA)
    assert (log.state().muted, log.state().unread, log.state(BELA).muted) == (True, 1, False)
    log.do(log.history.set_muted(LOBBY_ID, ANNA.id, False))
    assert not log.state().muted


# ---- members


def test_everybody_is_in_the_sites_rooms(log: Log) -> None:
    """Who is let in is a member of the lobby and the persistent rooms, having read everything; once."""
    log.post()
    log.admit(BELA)
    log.post(mentions=(BELA.id,))
    log.admit(BELA)
    rooms = log.do(log.history.rooms_of(BELA.id))
    assert [(room.room, room.kind, room.read, room.unread) for room in rooms] == [
        (LOBBY_ID, RoomKind.LOBBY, 1, 1),
        (TOPIC_ID, RoomKind.PERSISTENT, 0, 0),
    ]
    assert log.do(log.history.rooms_of(CLEO.id)) == []
    assert not log.state(CLEO).member


def test_a_new_member_has_read_everything(log: Log) -> None:
    """Entering a room does not begin with its history unread; entering again changes nothing; leaving forgets."""
    log.admit()
    create(log)
    log.post(room=MINE)
    log.do(log.history.add_member(MINE, BELA.id, 100))
    assert (log.state(BELA, MINE).member, log.state(BELA, MINE).read) == (True, 1)
    log.post(room=MINE, mentions=(BELA.id,))
    log.do(log.history.add_member(MINE, BELA.id, 0))
    assert (log.state(BELA, MINE).unread, log.state(BELA, MINE).mentions) == (1, 1)
    for _ in range(2):
        log.do(log.history.remove_member(MINE, BELA.id))
    state = log.state(BELA, MINE)
    assert (state.member, state.read, state.unread, state.mentions) == (False, 0, 0, 0)
    log.do(log.history.add_member(MINE, BELA.id, 100))
    assert log.state(BELA, MINE).unread == 0


def test_rooms_per_user(log: Log) -> None:
    """All memberships count; where there are enough, neither joining nor making adds one, or leaves a room behind."""
    log.admit()
    create(log, "a", 501)
    create(log, "b", 502, BELA)
    with pytest.raises(TooManyRooms):
        log.do(log.history.add_member(502, ANNA.id, 3))
    with pytest.raises(TooManyRooms):
        create(log, "c", 503, rooms_per_user=3)
    assert log.do(log.history.room(503, ANNA.id)) is None
    create(log, "c", 503, BELA)
    log.do(log.history.remove_member(501, ANNA.id))
    log.do(log.history.add_member(502, ANNA.id, 3))


def test_rooms_per_day(log: Log) -> None:
    """What one made today counts, whether or not one is still in it; tomorrow it does not."""
    log.admit()
    create(log, "a", 501, rooms_per_day=2)
    create(log, "b", 502, rooms_per_day=2)
    log.do(log.history.remove_member(501, ANNA.id))
    with pytest.raises(TooManyRooms):
        create(log, "c", 503, rooms_per_day=2)
    create(log, "c", 503, BELA, rooms_per_day=2)
    create(log, "d", 504, now="2026-05-02T00:00:00.000Z", rooms_per_day=2)


def test_members(log: Log) -> None:
    """Members come in order of their names, in pages from a name on."""
    people = [User(id=number, name=name) for number, name in enumerate(["b", "a", "Z", "é", "日", "aa"], 100)]
    log.admit(*people)
    ordered = ["Z", "a", "aa", "b", "é", "日"]
    assert [user.name for user in log.do(log.history.members(LOBBY_ID, None, 10))] == ordered
    assert [user.name for user in log.do(log.history.members(LOBBY_ID, None, 2))] == ordered[:2]
    assert [user.name for user in log.do(log.history.members(LOBBY_ID, "a", 3))] == ordered[2:5]
    assert log.do(log.history.members(LOBBY_ID, "日", 3)) == []
    create(log, owner=people[0])
    assert log.do(log.history.members(MINE, None, 10)) == [people[0]]


def test_a_rename_shows_everywhere(log: Log) -> None:
    """Persons are known by id; the name of today is found, the old one is not."""
    log.admit()
    log.post()
    renamed = User(id=ANNA.id, name="Johanna")
    log.admit(renamed)
    assert log.do(log.history.people([ANNA.id])) == [renamed]
    assert list(page(log).users) == [renamed]
    assert log.do(log.history.people_like("anna", 10)) == []
    assert log.do(log.history.people_like("JOH", 10)) == [renamed]
    assert log.do(log.history.members_named(LOBBY_ID, ["anna", "johanna"])) == {"johanna": ANNA.id}


def test_members_named(log: Log) -> None:
    """The exact name is meant, else the only one that is the same but for case; and only members are."""
    people = [User(id=number, name=name) for number, name in enumerate(["bob", "Bob", "Eve", "straße"], 100)]
    log.admit(*people)
    create(log, owner=people[2])
    names = ["bob", "Bob", "BOB", "eve", "EVE", "STRASSE", "nobody", "%", "b_b"]
    meant = {"bob": 100, "Bob": 101, "eve": 102, "EVE": 102, "STRASSE": 103}
    assert log.do(log.history.members_named(LOBBY_ID, names)) == meant
    assert log.do(log.history.members_named(MINE, names)) == {"eve": 102, "EVE": 102}
    assert log.do(log.history.members_named(LOBBY_ID, [])) == {}


def test_people(log: Log) -> None:
    """Persons come by id, in that order, and unknown ones are left out; so many as a page names."""
    log.admit(*(User(id=number, name=f"u{number}") for number in range(100, 130)))
    assert [user.id for user in log.do(log.history.people([129, 3, 100]))] == [100, 129]
    assert log.do(log.history.people(())) == []
    assert len(log.do(log.history.people(range(1000)))) == 30


def test_people_like(log: Log) -> None:
    """A prefix finds names in whatever case, by name, no more than asked for, and is no pattern."""
    names = ["maria", "Marius", "MARK", "mary", "100%", "a_b", "axb", "日本", "Émile"]
    log.admit(*(User(id=number, name=name) for number, name in enumerate(names, 100)))

    def like(prefix: str, limit: int = 10) -> list[str | None]:
        return [user.name for user in log.do(log.history.people_like(prefix, limit))]

    assert like("mar") == ["maria", "Marius", "MARK", "mary"]
    assert like("MAR", 2) == ["maria", "Marius"]
    assert (like("%"), like("_"), like("a_"), like("10"), like("日"), like("e\u0301")) == (
        [],
        [],
        ["a_b"],
        ["100%"],
        ["日本"],
        ["Émile"],
    )


# ---- rooms


def test_create(log: Log) -> None:
    """A room is made with its owner in it, and is found by id and name."""
    log.admit()
    draft = create(log)
    state = log.state(room=MINE)
    assert (state.name, state.kind, state.owner, state.member) == ("Mapping", RoomKind.OPEN, ANNA.id, True)
    assert (state.rev, state.floor, state.topic, state.archived, state.closed) == (0, 0, "", False, False)
    assert log.do(log.history.room_named(str(draft.name_key), ANNA.id)) == state
    assert log.do(log.history.room_named("mapp", ANNA.id)) is None
    assert log.do(log.history.room(999, ANNA.id)) is None
    assert not log.state(BELA, MINE).member


@pytest.mark.parametrize("name", ["mapping CAFÉ", "Mapping Cafe\u0301", "MAPPING CAFE\u0301", "all chats", "ASSEMBLY"])
def test_names_are_unique(log: Log, name: str) -> None:
    """Case and composition do not make another name, among open rooms and those of the site."""
    log.admit()
    create(log, "Mapping Café")
    with pytest.raises(NameTaken):
        create(log, name, 501, BELA)
    assert log.do(log.history.room(501, BELA.id)) is None


def test_names_at_once(log: Log) -> None:
    """Of two who make a room of one name at the same time, one does."""
    log.admit()
    drafts = [room_draft(501, "Mapping", RoomKind.OPEN, ANNA.id), room_draft(502, "mapping", RoomKind.OPEN, BELA.id)]
    made = log.together([lambda draft=draft: log.history.create(draft, NOW, 100, 20) for draft in drafts])  # type: ignore[misc]
    assert made[0] is None
    assert isinstance(made[1], NameTaken)


def test_names_that_need_not_be_unique(log: Log) -> None:
    """Rooms without a key are never found by name, and there may be many of one name."""
    log.admit()
    for room in (601, 602):
        draft = replace(room_draft(room, "us", RoomKind.PRIVATE, ANNA.id), name_key=None)
        log.do(log.history.create(draft, NOW, 100, 20))
    assert log.do(log.history.room_named("us", ANNA.id)) is None
    create(log, "us", 603)


def test_rooms_of(log: Log) -> None:
    """The lobby comes first, then rooms by name, whatever their case and order of making."""
    log.admit()
    for room, name in ((501, "zebra"), (502, "Yak"), (503, "aardvark")):
        create(log, name, room)
    rooms = log.do(log.history.rooms_of(ANNA.id))
    assert [room.name for room in rooms] == ["All Chats", "aardvark", "Assembly", "Yak", "zebra"]
    assert [log.state(room=room.room) for room in rooms] == rooms


# ---- the admin's rooms


def test_the_same_rooms_again(log: Log) -> None:
    """A restart without changes changes nothing, whatever ids it would have given."""
    log.admit()
    log.post()
    before = log.do(log.history.rooms_of(ANNA.id))
    log.settle([replace(draft, room=draft.room + 90) for draft in SITE_ROOMS])
    assert log.do(log.history.rooms_of(ANNA.id)) == before
    assert log.post().seq == 2


def test_a_new_persistent_room(log: Log) -> None:
    """A room that is added is there, and who comes next is a member."""
    log.admit(ANNA)
    log.settle([*SITE_ROOMS, room_draft(3, "RNA-Seq")])
    assert not log.state(room=3).member
    log.admit(ANNA)
    assert log.state(room=3).member


def test_a_room_taken_off_the_list(log: Log) -> None:
    """It is archived under a rev of its own, left to those who wrote in it, and takes in nobody new."""
    log.admit(ANNA, BELA)
    log.post(room=TOPIC_ID)
    log.settle(SITE_ROOMS[:1])
    state = log.state(room=TOPIC_ID)
    assert (state.archived, state.rev, state.member) == (True, 2, True)
    assert not log.state(BELA, TOPIC_ID).member
    log.admit(CLEO)
    assert not log.state(CLEO, TOPIC_ID).member
    log.settle(SITE_ROOMS[:1])
    assert log.state(room=TOPIC_ID).rev == 2
    assert not log.state().archived


def test_a_room_listed_again(log: Log) -> None:
    """It is back under its old id with all that was said, and everybody is a member again."""
    log.admit(ANNA, BELA)
    log.post(room=TOPIC_ID)
    log.settle(SITE_ROOMS[:1])
    log.settle([SITE_ROOMS[0], room_draft(77, "ASSEMBLY")])
    state = log.state(room=TOPIC_ID)
    assert (state.archived, state.rev, state.name, state.kind) == (False, 3, "ASSEMBLY", RoomKind.PERSISTENT)
    log.admit(BELA)
    assert log.state(BELA, TOPIC_ID).member
    assert seqs(page(log, room=TOPIC_ID).messages) == [1]
    assert log.do(log.history.room(77, ANNA.id)) is None


def test_a_users_room_becomes_the_admins(log: Log) -> None:
    """An open room whose name the admin lists is taken over, with its members and messages, and has no owner."""
    log.admit()
    create(log, "RNA-Seq")
    log.do(log.history.add_member(MINE, BELA.id, 100))
    log.post(room=MINE)
    log.settle([*SITE_ROOMS, room_draft(3, "rna-seq")])
    state = log.state(BELA, MINE)
    assert (state.kind, state.name, state.owner, state.rev, state.unread) == (
        RoomKind.PERSISTENT,
        "rna-seq",
        None,
        2,
        1,
    )
    assert state.member
    assert log.do(log.history.room(3, ANNA.id)) is None
    log.admit(CLEO)
    assert log.state(CLEO, MINE).member


def test_users_rooms_are_left_alone(log: Log) -> None:
    """Settling archives the admin's own rooms only."""
    log.admit()
    create(log)
    log.settle(SITE_ROOMS[:1])
    assert not log.state(room=MINE).archived
    assert log.state(room=MINE).member


def test_the_log_has_a_name(log: Log) -> None:
    """The epoch is there, and stays over a restart."""
    epoch = log.history.epoch
    assert epoch
    log.settle(SITE_ROOMS)
    assert log.history.epoch == epoch
