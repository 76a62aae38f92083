"""Read positions: shown at once, written together, and what becomes of them while they cannot be."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from types import SimpleNamespace
from typing import Any

import psycopg2
import pytest
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock

from galaxychat.errors import HistoryUnavailable
from galaxychat.history import positions
from galaxychat.history.positions import AT_ONCE, Positions
from galaxychat.history.read_statements import Mark
from galaxychat.messages import User
from tests.history.logs import Log, PostgresLog, ReactorLog, SQLiteLog
from tests.history.test_sqlite import Blocked, DeadDisk, traced, writer_of
from tests.support.core import ANNA, BELA, CLEO, LOBBY_ID, SITE_ROOMS, TOPIC_ID
from tests.support.postgres import PostgresCluster
from tests.support.reactor import call, run, until

_LONG = 3600.0


class Pen:
    """Writes when a test says so; `asked` are the positions of each time."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.asked: list[list[Mark]] = []
        self._answers: list[Deferred[Sequence[Mark]]] = []
        self.positions = Positions(self.clock, self._write)

    def _write(self, marks: Sequence[Mark]) -> Deferred[Sequence[Mark]]:
        self.asked.append(list(marks))
        self._answers.append(Deferred())
        return self._answers[-1]

    def done(self, again: Sequence[Mark] = ()) -> None:
        """Have written what was asked for last, all but some."""
        self._answers[-1].callback(again)

    def failed(self, problem: Exception) -> None:
        """Have written nothing."""
        self._answers[-1].errback(problem)


@pytest.fixture
def pen() -> Pen:
    """Nothing waits."""
    return Pen()


# ---- what waits


def test_the_furthest_of_each(pen: Pen) -> None:
    """However often somebody reports, one position in each room is written, and never one behind another."""
    assert [pen.positions.note(1, 7, seq) for seq in (3, 5, 4, 5)] == [3, 5, 5, 5]
    pen.positions.note(1, 8, 2)
    pen.positions.note(2, 7, 1)
    assert pen.positions.of(1) == {7: 5, 8: 2}
    assert pen.asked == []
    pen.clock.advance(1)
    assert pen.asked == [[Mark(1, 7, 5), Mark(1, 8, 2), Mark(2, 7, 1)]]
    assert pen.positions.of(1) == {7: 5, 8: 2}, "it is not written yet"
    pen.done()
    assert pen.positions.of(1) == pen.positions.of(3) == {}
    pen.clock.advance(10)
    assert len(pen.asked) == 1
    assert not pen.clock.getDelayedCalls()


def test_the_first_waits_no_longer_for_the_last(pen: Pen) -> None:
    """Positions that come all the time put nothing off: each is written within a second."""
    for seq in range(1, 41):
        pen.positions.note(seq, 7, seq)
        pen.clock.advance(0.1)
        if pen.positions.of(seq - 9):
            assert pen.asked, seq
        if len(pen._answers) and not pen._answers[-1].called:
            pen.done()
        assert not pen.positions.of(seq - 9)
    assert 4 <= len(pen.asked) <= 10


def test_while_one_is_written(pen: Pen) -> None:
    """What is read meanwhile is shown, and goes next; the same or less again does not."""
    pen.positions.note(1, 7, 3)
    pen.clock.advance(1)
    assert [pen.positions.note(1, 7, seq) for seq in (3, 2, 4)] == [3, 3, 4]
    assert pen.positions.of(1) == {7: 4}
    pen.clock.advance(10)
    pen.positions.go_along()
    assert len(pen.asked) == 1, "one at a time"
    pen.done()
    assert pen.positions.of(1) == {7: 4}
    pen.clock.advance(1)
    assert pen.asked[1:] == [[Mark(1, 7, 4)]]


def test_beside_other_writes(pen: Pen) -> None:
    """Another write takes them along, but not each of a flood of writes a single one."""
    pen.positions.go_along()
    pen.positions.note(1, 7, 3)
    pen.positions.go_along()
    assert pen.asked == []
    pen.clock.advance(0.2)
    pen.positions.go_along()
    assert pen.asked == [[Mark(1, 7, 3)]]
    pen.done()
    pen.clock.advance(10)
    assert len(pen.asked) == 1, "it does not go by itself as well"


def test_what_could_not_be_written_goes_later(pen: Pen) -> None:
    """A log that is away keeps nothing but the present position waiting; what it left over comes again."""
    pen.positions.note(1, 7, 3)
    pen.positions.note(2, 7, 3)
    for _ in range(3):
        pen.clock.advance(1)
        pen.failed(HistoryUnavailable("away"))
        assert pen.positions.of(1) == {7: 3}
    pen.positions.note(1, 7, 9)
    pen.clock.advance(1)
    assert pen.asked[3] == [Mark(1, 7, 9), Mark(2, 7, 3)]
    pen.positions.note(1, 7, 10)
    pen.done(again=[Mark(1, 7, 9)])
    assert (pen.positions.of(1), pen.positions.of(2)) == ({7: 10}, {})
    pen.clock.advance(1)
    assert pen.asked[4] == [Mark(1, 7, 10)]


def test_no_more_wait_than_there_is_room_for(pen: Pen, monkeypatch: pytest.MonkeyPatch) -> None:
    """A log that stays away does not fill the memory: who comes too late is refused, who waits may go on."""
    monkeypatch.setattr(positions, "_MOST", 2)
    pen.positions.note(1, 7, 3)
    pen.positions.note(2, 7, 3)
    with pytest.raises(HistoryUnavailable):
        pen.positions.note(3, 7, 3)
    assert pen.positions.of(3) == {}
    pen.clock.advance(1)
    pen.done()
    assert pen.positions.note(3, 7, 3) == 3


def test_a_crowd_is_cut(pen: Pen) -> None:
    """A statement holds so many; the rest follows without another pause."""
    for user in range(2 * AT_ONCE + 1):
        pen.positions.note(user, 7, 1)
    pen.clock.advance(1)
    for _ in range(2):
        pen.done()
        pen.clock.advance(0)
    pen.clock.advance(1)
    assert [len(marks) for marks in pen.asked] == [AT_ONCE, AT_ONCE, 1]


def test_a_fault_of_ours_is_not_repeated(pen: Pen, monkeypatch: pytest.MonkeyPatch) -> None:
    """What fails for no reason of the log's is said in the server's log, once, and not tried for ever."""
    told: list[str] = []
    monkeypatch.setattr(Positions, "log", SimpleNamespace(failure=told.append))
    pen.positions.note(1, 7, 3)
    pen.clock.advance(1)
    pen.failed(ZeroDivisionError())
    pen.clock.advance(10)
    assert (len(told), len(pen.asked), pen.positions.of(1)) == (1, 1, {})
    pen.positions.note(1, 7, 4)
    pen.clock.advance(1)
    assert pen.asked[1] == [Mark(1, 7, 4)]


def test_the_end(pen: Pen) -> None:
    """The last positions are written, also those that came while others were; then no more are taken."""
    pen.positions.note(1, 7, 3)
    pen.clock.advance(1)
    pen.positions.note(1, 7, 4)
    ended: Deferred[None] = Deferred.fromCoroutine(pen.positions.finish())
    steps = []
    for _ in range(2):
        pen.done()
        steps.append(ended.called)
    assert steps == [False, True]
    assert pen.asked[1:] == [[Mark(1, 7, 4)]]
    with pytest.raises(HistoryUnavailable):
        pen.positions.note(1, 7, 5)
    assert not pen.clock.getDelayedCalls()


def test_the_end_without_a_log(pen: Pen) -> None:
    """A log that is away does not keep the server from ending."""
    pen.positions.note(1, 7, 3)
    ended: Deferred[None] = Deferred.fromCoroutine(pen.positions.finish())
    for _ in range(5):
        if not ended.called:
            pen.failed(HistoryUnavailable("away"))
    assert ended.called
    assert not pen.clock.getDelayedCalls()


def test_another_log(pen: Pen) -> None:
    """What was read in a log that is gone says nothing about the one that took its place."""
    pen.positions.note(1, 7, 3)
    pen.positions.forget()
    pen.clock.advance(1)
    assert (pen.asked, pen.positions.of(1)) == ([], {})
    assert pen.positions.note(1, 7, 1) == 1


# ---- every log


@pytest.fixture
def waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is written but at the end, or beside a message."""
    monkeypatch.setattr(positions, "_ALONE_AFTER", _LONG)
    monkeypatch.setattr(positions, "_ALONG_AFTER", _LONG)


def along(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the next message take along what waits."""
    monkeypatch.setattr(positions, "_ALONG_AFTER", 0.0)


def in_the_log(log: ReactorLog, user: User = BELA, room: int = LOBBY_ID) -> int:
    """Return how far somebody has read, as it is written."""
    ((seq,),) = log.execute("SELECT read FROM member WHERE user_id = ? AND room = ?", user.id, room)
    return int(seq)


def read(log: Log, seq: int, user: User = BELA, room: int = LOBBY_ID) -> None:
    """Report a position."""
    assert log.do(log.history.set_read(room, user.id, seq)) is not None


@pytest.mark.usefixtures("waiting")
def test_shown_before_it_is_written(log: Log) -> None:
    """However one asks for a room it is as one has read it; what is said later is unread."""
    log.admit()
    for _ in range(3):
        log.post(mentions=(BELA.id,))
    log.post(room=TOPIC_ID)
    read(log, 2)
    for _ in range(2):
        state = log.state(BELA)
        assert (state.read, state.unread, state.mentions) == (2, 1, 1)
        assert log.do(log.history.rooms_of(BELA.id)) == [state, log.state(BELA, TOPIC_ID)]
        assert log.do(log.history.greeting(BELA)).rooms == [state, log.state(BELA, TOPIC_ID)]
    assert log.do(log.history.room_named("assembly", BELA.id)) == log.state(BELA, TOPIC_ID)
    assert log.state(BELA, TOPIC_ID).unread == 1
    read(log, 1, room=TOPIC_ID)
    assert log.do(log.history.room_named("assembly", BELA.id)) == log.state(BELA, TOPIC_ID)
    assert log.state(BELA, TOPIC_ID).unread == 0
    log.post()
    assert (log.state(BELA).unread, log.state(CLEO).unread) == (2, 4)
    if isinstance(log, ReactorLog):
        assert in_the_log(log) == in_the_log(log, room=TOPIC_ID) == 0


@pytest.mark.usefixtures("waiting")
def test_never_past_what_was_said_then(log: Log) -> None:
    """A position beyond the newest message is that message's, also when more is said before it is written."""
    log.admit()
    log.post()
    read(log, 99)
    log.post()
    assert (log.state(BELA).read, log.state(BELA).unread) == (1, 1)
    log.settle(SITE_ROOMS)
    assert (log.state(BELA).read, log.state(BELA).unread) == (1, 1)


@pytest.mark.usefixtures("waiting")
def test_a_stop_writes_what_waits(log: Log) -> None:
    """Who closes the log in order loses no position; none went back."""
    log.admit()
    for _ in range(3):
        log.post()
    for user, seqs in ((BELA, (1, 3, 2)), (CLEO, (2, 1))):
        for seq in seqs:
            read(log, seq, user)
    log.settle(SITE_ROOMS)
    assert [log.state(user).read for user in (ANNA, BELA, CLEO)] == [0, 3, 2]


@pytest.mark.usefixtures("waiting")
def test_who_left_has_no_position(log: Log) -> None:
    """What waits for one who leaves is not shown and does not come back with them."""
    log.admit()
    log.post()
    read(log, 1)
    log.do(log.history.remove_member(LOBBY_ID, BELA.id))
    state = log.state(BELA)
    assert (state.member, state.read, state.unread) == (False, 0, 0)
    log.post()
    log.admit(BELA)
    assert log.state(BELA).read == 2
    log.settle(SITE_ROOMS)
    assert log.state(BELA).read == 2


def test_written_without_being_asked(log: Log) -> None:
    """In a quiet room a position is in the log soon."""
    log.admit()
    log.post()
    read(log, 1)
    if isinstance(log, ReactorLog):
        there = log
        run(lambda: until(lambda: in_the_log(there) == 1))
    assert log.state(BELA).read == 1


# ---- over SQL


def noted(log: Log) -> list[list[Mark]]:
    """Return the list to which the positions of each statement are added from now on."""
    kept: Any = log.history
    seen: list[list[Mark]] = []
    write = kept.positions._write

    def advance(marks: Sequence[Mark]) -> Any:
        seen.append(sorted(marks))
        return write(marks)

    kept.positions._write = advance
    return seen


@pytest.mark.usefixtures("waiting")
def test_many_reports_are_one_row(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a crowd reports again and again costs one statement, with one row for each of them."""
    if not isinstance(log, ReactorLog):
        return
    log.admit()
    for _ in range(20):
        log.post()
    seen = noted(log)
    for seq in range(1, 20):
        log.together([partial(log.history.set_read, LOBBY_ID, user.id, seq) for user in (BELA, CLEO)])
    along(monkeypatch)
    log.post()
    log.post()
    run(lambda: until(lambda: [in_the_log(log, user) for user in (BELA, CLEO)] == [19, 19]))
    assert seen == [[Mark(BELA.id, LOBBY_ID, 19), Mark(CLEO.id, LOBBY_ID, 19)]]
    read(log, 19)
    read(log, 3)
    log.settle(SITE_ROOMS)
    assert len(seen) == 1, "what is in the log already is not written again"


@pytest.fixture
def sqlite_log(tmp_path: Any) -> Iterator[SQLiteLog]:
    """A log in a file, with people and a message in it."""
    made = SQLiteLog(tmp_path)
    made.admit()
    made.post()
    yield made
    made.close()


@pytest.mark.usefixtures("waiting")
def test_no_commit_of_their_own_in_a_file(sqlite_log: SQLiteLog, monkeypatch: pytest.MonkeyPatch) -> None:
    """A hundred reports, and then a message: one commit."""
    for _ in range(50):
        read(sqlite_log, 1)
        read(sqlite_log, 1, CLEO)
    along(monkeypatch)
    seen = traced(sqlite_log)
    posted: list[Any] = []
    with Blocked(sqlite_log):
        call(lambda: posted.append(Deferred.fromCoroutine(sqlite_log.sqlite.append(sqlite_log.draft()))))
        assert in_the_log(sqlite_log) == 0
    run(lambda: posted[0])
    assert in_the_log(sqlite_log) == in_the_log(sqlite_log, CLEO) == 1
    assert seen == ["COMMIT"] * 2, "the one that kept the writer busy, and the message's"


@pytest.mark.usefixtures("waiting")
def test_read_while_a_commit_runs(sqlite_log: SQLiteLog, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is read while positions are on their way is shown at once, and is not undone by what is written."""
    sqlite_log.post()
    read(sqlite_log, 1)
    along(monkeypatch)
    posted: list[Any] = []
    with Blocked(sqlite_log):
        call(lambda: posted.append(Deferred.fromCoroutine(sqlite_log.sqlite.append(sqlite_log.draft()))))
        assert sqlite_log.state(BELA).read == 1
        read(sqlite_log, 2)
        assert sqlite_log.state(BELA).read == 2
    run(lambda: posted[0])
    assert (sqlite_log.state(BELA).read, in_the_log(sqlite_log)) == (2, 1)
    sqlite_log.post()
    run(lambda: until(lambda: in_the_log(sqlite_log) == 2))


def test_while_the_disk_is_dead(sqlite_log: SQLiteLog) -> None:
    """Positions are answered, shown and kept while nothing can be written, and are written when it can."""
    writer = writer_of(sqlite_log)
    disk: Any = DeadDisk(writer._connection)
    writer._connection = disk
    tried = noted(sqlite_log)
    for user in (BELA, CLEO):
        read(sqlite_log, 1, user)
    run(lambda: until(lambda: len(tried) > 1))
    with pytest.raises(HistoryUnavailable):
        sqlite_log.post()
    assert [sqlite_log.state(user).read for user in (BELA, CLEO)] == [1, 1]
    assert in_the_log(sqlite_log) == 0
    disk.dead = False
    run(lambda: until(lambda: [in_the_log(sqlite_log, user) for user in (BELA, CLEO)] == [1, 1]))


# ---- several nodes


@pytest.fixture
def pair(postgres: PostgresCluster) -> Iterator[tuple[PostgresLog, PostgresLog]]:
    """Two nodes on one log, with two dozen people and messages in it."""
    url = postgres.create_schema("contract", "positions")
    first, second = PostgresLog(url), PostgresLog(url)
    first.admit(*CROWD)
    for _ in range(6):
        first.post(user=CROWD[0])
    yield first, second
    second.close()
    first.drop()


CROWD = [User(id=100 + number, name=f"n{number}") for number in range(24)]


def commits(log: PostgresLog) -> list[None]:
    """Return the list to which each transaction of a node is added from now on."""
    link: Any = log.postgres._write_link
    seen: list[None] = []
    transaction = link.transaction

    def counted(work: Callable[..., Any]) -> Any:
        seen.append(None)
        return transaction(work)

    link.transaction = counted
    return seen


@pytest.mark.postgres
@pytest.mark.usefixtures("waiting")
def test_no_commit_of_their_own_in_postgres(
    pair: tuple[PostgresLog, PostgresLog], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two dozen report how far they have read, then somebody posts: one transaction, and the other node sees it."""
    here, there = pair
    seen = commits(here)
    for user in CROWD:
        read(here, 5, user)
    assert not seen
    assert there.state(CROWD[3]).read == 0
    along(monkeypatch)
    here.post(user=CROWD[0])
    assert len(seen) == 1
    assert {there.state(user).read for user in CROWD} == {5}
    assert there.state(CROWD[3]).unread == 2


@pytest.mark.postgres
@pytest.mark.usefixtures("waiting")
def test_nodes_do_not_stand_in_each_others_way(
    pair: tuple[PostgresLog, PostgresLog], postgres: PostgresCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same people read on both nodes, noted in opposite orders, while both post: all is written, the furthest."""
    along(monkeypatch)
    before = postgres.log.count("deadlock")
    for turn in range(1, 6):
        for log, people, seq in zip(pair, (CROWD, CROWD[::-1]), (turn, turn + 1), strict=True):
            log.together([partial(log.history.set_read, LOBBY_ID, user.id, seq) for user in people])
        # Not in the same room: its row would have them take turns.
        rooms = zip(pair, (LOBBY_ID, TOPIC_ID), strict=True)
        posts = [(log, log.draft(room=room, user=CROWD[0], nonce=f"{turn} {room}")) for log, room in rooms]
        outcomes = pair[0].together([partial(log.history.append, draft) for log, draft in posts])
        assert not [one for one in outcomes if isinstance(one, Exception)]
    for log in pair:
        log.settle(SITE_ROOMS)
    for log in pair:
        assert {log.state(user).read for user in CROWD} == {6}
    assert postgres.log.count("deadlock") == before


@pytest.mark.postgres
@pytest.mark.usefixtures("waiting")
def test_a_row_in_other_hands(pair: tuple[PostgresLog, PostgresLog], monkeypatch: pytest.MonkeyPatch) -> None:
    """A message does not wait for a position whose row another transaction has: it goes later, the others now."""
    here, _ = pair
    for user in CROWD:
        read(here, 4, user)
    holder = psycopg2.connect(here.url)
    try:
        with holder.cursor() as cursor:
            cursor.execute("UPDATE member SET muted = true WHERE user_id = %s AND room = %s", (CROWD[5].id, LOBBY_ID))
        along(monkeypatch)
        assert here.post(user=CROWD[0]).seq == 7
        assert [in_the_log(here, user) for user in CROWD[4:7]] == [4, 0, 4]
        assert here.state(CROWD[5]).read == 4
        holder.commit()
    finally:
        holder.close()
    here.post(user=CROWD[0])
    assert in_the_log(here, CROWD[5]) == 4
    assert here.state(CROWD[5]).muted
