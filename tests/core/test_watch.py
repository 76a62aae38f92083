"""Sessions in use are asked about again: who may stay, under which name, and with which rights."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

import pytest

from galaxychat.errors import Closing, GalaxyUnavailable, HistoryUnavailable
from galaxychat.messages import User
from galaxychat.model import Identity, Role
from galaxychat.sessionrow import SessionRow
from galaxychat.watch import AGAIN_AFTER, Source, Watch
from tests.support.core import ANNA, BELA, CLEO, LOBBY_ID, Client, Gate, House, finish

INTERVAL, GRACE = 30.0, 300.0


@dataclass
class Galaxy:
    """Galaxy's sessions by id; whose is not here was never."""

    people: dict[int, Identity] = field(default_factory=dict)
    refused: dict[int, Closing] = field(default_factory=dict)
    asked: list[set[int]] = field(default_factory=list)
    away: bool = False
    #: Where its answer waits.
    slow: Gate | None = None

    async def sessions(self, session_ids: Collection[int]) -> Mapping[int, SessionRow]:
        """Return those that are there; the user's id stands for the row's."""
        self.asked.append(set(session_ids))
        if self.slow is not None:
            await self.slow
        if self.away:
            raise GalaxyUnavailable("away")
        return {
            number: SessionRow(number, True, None, number, None, None, False, False, True)
            for number in session_ids
            if number in self.people
        }

    def judge(self, row: SessionRow | None) -> Identity:
        """Say who it is, or why they may not stay."""
        if row is None:
            raise Closing(4401, "log in to Galaxy")
        if row.session_id in self.refused:
            raise self.refused[row.session_id]
        return self.people[row.session_id]


@dataclass
class Town:
    """A chat, and the Galaxy behind it."""

    house: House = field(default_factory=House)
    galaxy: Galaxy = field(default_factory=Galaxy)

    def __post_init__(self) -> None:
        """Begin to watch."""
        source = Source(self.galaxy.sessions, self.galaxy.judge, INTERVAL, GRACE)
        self.watch = Watch(self.house.site, source)

    def enter(self, user: User, session: int, role: Role = Role.USER, read_only: bool = False) -> Client:
        """Let somebody in by a session of their own."""
        client = self.house.enter(user, role, read_only)
        client.session.identity = replace(client.session.identity, session_id=session)
        self.galaxy.people[session] = client.session.identity
        client.ask("join", room=LOBBY_ID)
        return client

    def become(self, session: int, **changes: object) -> None:
        """Let Galaxy say something else of a user."""
        self.galaxy.people[session] = replace(self.galaxy.people[session], **changes)  # type: ignore[arg-type]

    def pass_time(self, seconds: float) -> None:
        """Look as often as the server does."""
        for _ in range(int(seconds)):
            self.house.clock.now += 1
            finish(self.watch.look_when_due())


def end_of(client: Client) -> tuple[int, str] | None:
    """Return how a connection was ended."""
    return client.peer.closed


@pytest.fixture
def town() -> Town:
    """Nobody is there yet."""
    return Town()


def test_one_question_for_all(town: Town) -> None:
    """However many sessions: one question every 30 s, and none while nobody is there."""
    town.pass_time(60)
    assert town.galaxy.asked == []
    for number in range(50):
        town.enter(User(id=100 + number, name=f"u{number}"), number)
    town.pass_time(90)
    assert town.galaxy.asked == [set(range(50))] * 3


@pytest.mark.parametrize(("code", "reason"), [(4401, "log in to Galaxy"), (4403, "this account was deleted")])
def test_who_may_not_stay(town: Town, code: int, reason: str) -> None:
    """The connection ends with the code and the words with which it would not have begun; others' go on."""
    anna, bela = town.enter(ANNA, 1), town.enter(BELA, 2)
    town.pass_time(INTERVAL)
    assert end_of(anna) is None
    town.galaxy.refused[1] = Closing(code, reason)
    town.pass_time(INTERVAL)
    assert end_of(anna) == (code, reason)
    assert end_of(bela) is None


def test_a_session_that_is_gone_or_another_users(town: Town) -> None:
    """A row that was deleted, or that came to belong to somebody else, ends what was let in by it."""
    anna, bela = town.enter(ANNA, 1), town.enter(BELA, 2)
    del town.galaxy.people[1]
    town.become(2, user_id=99)
    town.pass_time(INTERVAL)
    assert (end_of(anna), end_of(bela)) == ((4401, "log in to Galaxy"),) * 2


def test_while_galaxy_is_away(town: Town) -> None:
    """Those inside stay for the grace since the last good answer, and no longer; it is asked often meanwhile."""
    anna = town.enter(ANNA, 1)
    # The first look is made at once, this ends with the second.
    town.pass_time(1 + INTERVAL)
    town.galaxy.away = True
    town.pass_time(GRACE - 2)
    assert end_of(anna) is None
    assert len(town.galaxy.asked) > (GRACE - INTERVAL) / AGAIN_AFTER - 2
    town.pass_time(INTERVAL)
    assert end_of(anna) == (4002, "Galaxy's database does not answer")


def test_galaxy_comes_back(town: Town) -> None:
    """The grace begins anew with each good answer, which is looked for as soon as there may be one."""
    anna = town.enter(ANNA, 1)
    for _ in range(3):
        town.galaxy.away = True
        town.pass_time(GRACE - 10)
        town.galaxy.away = False
        town.pass_time(AGAIN_AFTER + INTERVAL)
    assert end_of(anna) is None
    town.galaxy.refused[1] = Closing(4401, "log in to Galaxy")
    town.galaxy.away = True
    town.pass_time(INTERVAL)
    town.galaxy.away = False
    town.pass_time(AGAIN_AFTER)
    assert end_of(anna) == (4401, "log in to Galaxy")


def test_each_has_a_grace_of_their_own(town: Town) -> None:
    """Who was let in later, before Galaxy went away for good, stays for as long as the others did."""
    anna = town.enter(ANNA, 1)
    town.pass_time(1 + INTERVAL)
    bela = town.enter(BELA, 2)
    town.galaxy.away = True
    town.pass_time(GRACE)
    assert (end_of(anna), end_of(bela)) == ((4002, "Galaxy's database does not answer"), None)
    town.pass_time(INTERVAL)
    assert end_of(bela) == (4002, "Galaxy's database does not answer")


def test_coming_and_going_while_galaxy_is_asked(town: Town) -> None:
    """An answer concerns those who were asked about: not who came since, and nothing is done about who went."""
    anna, bela = town.enter(ANNA, 1), town.enter(BELA, 2)
    town.galaxy.refused[1] = Closing(4401, "log in to Galaxy")
    town.become(2, name="adalbert")
    town.galaxy.slow = slow = Gate()
    asking = town.house.loop.start(town.watch.look())
    cleo = town.enter(CLEO, 3)
    del town.galaxy.people[3]
    anna.go()
    bela.go()
    town.house.loop.open(slow)
    assert asking.result is True
    assert (end_of(anna), end_of(bela), end_of(cleo)) == (None, None, None)
    assert cleo.peer.of_type("user") == []
    assert not town.house.loop.failures()


def test_another_name(town: Town) -> None:
    """It is told once to each who sees it, however many windows its bearer has, and what comes later has it."""
    one, two, bela = town.enter(ANNA, 1), town.enter(ANNA, 2), town.enter(BELA, 3)
    alone = town.house.enter()
    alone.session.identity = replace(alone.session.identity, session_id=1)
    bela.forget()
    for session in (1, 2):
        town.become(session, name="anne")
    town.pass_time(INTERVAL)
    event = {"type": "user", "user": {"id": ANNA.id, "name": "anne"}}
    assert bela.peer.of_type("user") == [event]
    assert all(event in client.peer.of_type("user") for client in (one, two, alone))
    assert finish(town.house.memory.people([ANNA.id])) == [User(ANNA.id, "anne")]
    bela.forget()
    town.pass_time(2 * INTERVAL)
    assert bela.peer.heard == []
    two.post("new name")
    assert bela.peer.of_type("message")[0]["users"] == [{"id": ANNA.id, "name": "anne"}]


def test_another_name_in_a_large_room(town: Town) -> None:
    """Where many are present only oneself is told; others see it with the next message."""
    anna = town.enter(ANNA, 1)
    crowd = [town.house.enter(User(id=200 + number, name=f"c{number:02}")) for number in range(25)]
    for number, client in enumerate(crowd):
        client.session.identity = replace(client.session.identity, session_id=300 + number)
        town.galaxy.people[300 + number] = client.session.identity
        client.ask("join", room=LOBBY_ID)
    town.become(1, name="anne")
    town.pass_time(INTERVAL)
    assert len(anna.peer.of_type("user")) == 1
    assert all(not client.peer.of_type("user") for client in crowd)


def test_another_name_while_the_log_is_away(town: Town) -> None:
    """It is written down and told as soon as that is possible."""
    anna, bela = town.enter(ANNA, 1), town.enter(BELA, 2)
    town.become(1, name="anne")
    town.house.history.fail("admit", HistoryUnavailable("away"))
    town.pass_time(INTERVAL)
    assert bela.peer.of_type("user") == []
    town.pass_time(INTERVAL)
    assert len(bela.peer.of_type("user")) == 1
    assert anna.session.user.name == "anne"


def test_who_only_looks_writes_no_name(town: Town) -> None:
    """An admin who looks through somebody's eyes leaves nothing in their name, also when it changes."""
    town.house.enter().go()
    looking = town.enter(ANNA, 1, read_only=True)
    town.become(1, name="anne")
    town.pass_time(INTERVAL)
    assert {"type": "user", "user": {"id": ANNA.id, "name": "anne"}} in looking.peer.of_type("user")
    assert finish(town.house.memory.people([ANNA.id])) == [ANNA]


def test_another_role(town: Town) -> None:
    """Who was made a moderator, or is none any more, may do what they now may, and their windows are told so."""
    anna, bela = town.enter(ANNA, 1), town.enter(BELA, 2)
    room = bela.ask("create", name="Mapping")["room"]["room"]
    anna.ask("join", room=room)
    for role, may in ((Role.MODERATOR, True), (Role.USER, False)):
        anna.forget()
        town.become(1, role=role)
        town.pass_time(INTERVAL)
        shown = {event["room"]["room"]: event["room"]["can"] for event in anna.peer.of_type("listed")}
        assert ("change" in shown[room]) is may
        assert LOBBY_ID in shown
        reply = anna.ask("change_room", room=room, topic=f"by a {role}")
        assert reply.get("code") == (None if may else "forbidden")
    anna.forget()
    town.pass_time(INTERVAL)
    assert anna.peer.heard == []
