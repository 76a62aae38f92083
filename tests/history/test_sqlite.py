"""The log in a file: its place, its schema, how it writes, and what becomes of it when it cannot."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Coroutine, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from twisted.internet.defer import Deferred, gatherResults

from galaxychat.errors import HistoryUnavailable, StartError
from galaxychat.history import place, schema
from galaxychat.history.sqlite import SQLiteHistory
from galaxychat.history.writer import Writer
from galaxychat.records import NonceReused, NoSuchMessage, Posted
from tests.history.logs import SQLiteLog
from tests.support.core import ANNA, LOBBY_ID, NOW, SITE_ROOMS
from tests.support.reactor import call, reactor, run


@pytest.fixture
def log(tmp_path: Path) -> Iterator[SQLiteLog]:
    """A log in a folder that is not there yet."""
    made = SQLiteLog(tmp_path / "new" / "folder")
    made.admit()
    yield made
    made.close()


def open_fails(path: Path) -> str:
    """Return the one line with which a log is refused."""
    with pytest.raises(StartError) as caught:
        SQLiteHistory(reactor, path).open(SITE_ROOMS, NOW)
    (line,) = str(caught.value).splitlines()
    return line


def writer_of(log: SQLiteLog) -> Writer:
    """Return the thread that writes."""
    return log.sqlite._writer


# ---- the schema


def test_the_schema_is_numbered_and_recorded(log: SQLiteLog) -> None:
    """Every file of the schema was applied, in order, and says so in the log."""
    steps = schema.files("sqlite")
    assert [number for number, _, _ in steps] == list(range(1, len(steps) + 1))
    assert log.execute("SELECT number, name FROM schema_change ORDER BY number") == [
        (number, name) for number, name, _ in steps
    ]


def test_a_newer_log_is_refused(log: SQLiteLog) -> None:
    """A log that a later version wrote is not touched, and the line says what to do."""
    log.close()
    log.execute("INSERT INTO schema_change VALUES (999, '0999_later.sql')")
    line = open_fails(log.path)
    assert "schema 999" in line
    assert "upgrade galaxychat" in line
    log.execute("DELETE FROM schema_change WHERE number = 999")
    log._open(SITE_ROOMS, NOW)


def test_a_migration_is_all_or_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A step that fails leaves no part of itself, and the log can be opened by the version before."""
    steps = schema.files("sqlite")
    broken = (steps[-1][0] + 1, "broken.sql", "CREATE TABLE half (a);\nCREATE TABLE half (a);\n")
    with monkeypatch.context() as patched:
        patched.setattr(schema, "files", lambda _dialect: [*steps, broken])
        assert "half" in open_fails(tmp_path / "log.sqlite")
    log = SQLiteLog(tmp_path)
    assert not log.execute("SELECT 1 FROM sqlite_master WHERE name = 'half'")
    log.close()


def test_the_epoch_is_random_and_stays(tmp_path: Path) -> None:
    """Two logs have two names, each keeps its own over a restart."""
    logs = [SQLiteLog(tmp_path / name) for name in ("a", "b")]
    epochs = [log.history.epoch for log in logs]
    assert len(set(epochs)) == 2
    for log in logs:
        log.settle(SITE_ROOMS)
    assert [log.history.epoch for log in logs] == epochs
    for log in logs:
        log.close()


def test_what_was_acknowledged_is_there_after_a_restart(log: SQLiteLog) -> None:
    """Messages, answers to nonces and positions are in the file."""
    draft = log.draft("a")
    log.do(log.history.append(draft))
    log.do(log.history.set_read(LOBBY_ID, ANNA.id, 1))
    log.settle(SITE_ROOMS)
    assert log.do(log.history.append(draft)) == Posted(LOBBY_ID, 1, NOW, repeated=True)
    assert (log.state().read, log.post().seq) == (1, 2)


KILLED = """
import os, sys
from pathlib import Path
from tests.history.logs import SQLiteLog
log = SQLiteLog(Path(sys.argv[1]))
log.admit()
print(log.post("the last words").seq, flush=True)
os.kill(os.getpid(), 9)
"""


@pytest.mark.slow
def test_what_was_acknowledged_survives_a_kill(tmp_path: Path) -> None:
    """A process that is killed right after its answer leaves the message, and the file to the next process."""
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, str(tmp_path)], stdout=subprocess.PIPE, text=True, check=False, timeout=60
    )
    assert (killed.returncode, killed.stdout) == (-9, "1\n")
    log = SQLiteLog(tmp_path)
    assert [message.text for message in log.do(log.history.page(LOBBY_ID, 9)).messages] == ["the last words"]
    log.close()


def test_commits_reach_the_disk(log: SQLiteLog) -> None:
    """A write-ahead log, synced at each commit: what survives the loss of power is what was acknowledged."""

    def pragmas(cursor: Any) -> dict[str, Any]:
        names = ("journal_mode", "synchronous", "foreign_keys")
        return {name: cursor.execute(f"PRAGMA {name}").fetchone()[0] for name in names}

    assert log.do(writer_of(log).run(pragmas)) == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}


# ---- its place


def test_a_second_server_is_refused(log: SQLiteLog) -> None:
    """Two processes on one log would give out the same revisions; and the first one is not disturbed."""
    assert "Another galaxychat uses the log" in open_fails(log.path)
    assert log.post().seq == 1
    log.close()
    log._open(SITE_ROOMS, NOW)


def test_another_process_is_refused(log: SQLiteLog) -> None:
    """The claim holds between processes, and ends with the one that made it."""
    code = "import sys; from pathlib import Path; from galaxychat.history import place; place.claim(Path(sys.argv[1]))"
    command = [sys.executable, "-c", code, str(log.path)]
    refused = subprocess.run(command, stderr=subprocess.PIPE, text=True, check=False, timeout=60)
    assert "Another galaxychat uses the log" in refused.stderr
    log.close()
    assert subprocess.run(command, check=False, timeout=60).returncode == 0
    log._open(SITE_ROOMS, NOW)


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    """A folder that cannot be made, or a log that is one, is refused in a line that names the setting."""
    (tmp_path / "file").touch()
    assert "set `history`" in open_fails(tmp_path / "file" / "log.sqlite")
    (tmp_path / "log.sqlite").mkdir()
    assert "cannot be opened" in open_fails(tmp_path / "log.sqlite")
    (tmp_path / "log.sqlite").rmdir()
    SQLiteLog(tmp_path).close()


def test_a_file_of_something_else(tmp_path: Path) -> None:
    """What is no database is left as it is."""
    file = tmp_path / "log.sqlite"
    file.write_text("notes of somebody's\n" * 100, encoding="utf-8")
    assert "cannot be opened" in open_fails(file)
    assert file.read_text(encoding="utf-8").startswith("notes")


MOUNTS = """\
rootfs / rootfs rw 0 0
/dev/sda1 / ext4 rw,relatime 0 0
server:/export /data nfs4 rw,vers=4.2 0 0
/dev/sdb1 /data/local xfs rw 0 0
//server/share /mnt/my\\040share cifs rw 0 0
tmpfs /database tmpfs rw 0 0
me@host:/ /home/me/far fuse.sshfs rw 0 0
/dev/sdc1 /twice ext4 rw 0 0
server:/b /twice nfs rw 0 0
"""


@pytest.mark.parametrize(
    ("folder", "kind"),
    [
        ("/var/lib", "ext4"),
        ("/", "ext4"),
        ("/data", "nfs4"),
        ("/data/galaxy/chat", "nfs4"),
        ("/data/local/chat", "xfs"),
        ("/database", "tmpfs"),
        ("/database2", "ext4"),
        ("/mnt/my share/chat", "cifs"),
        ("/home/me/far/away", "fuse.sshfs"),
        ("/twice/chat", "nfs"),
    ],
)
def test_file_systems(tmp_path: Path, folder: str, kind: str) -> None:
    """The file system of a folder is that of the longest mount point above it, and of the last mount there."""
    mounts = tmp_path / "mounts"
    mounts.write_text(MOUNTS, encoding="utf-8")
    assert place.filesystem(Path(folder), mounts) == kind


def test_where_the_system_does_not_say(tmp_path: Path) -> None:
    """Without a list of mounts nothing is known, which is no reason to refuse."""
    assert place.filesystem(tmp_path, tmp_path / "absent") == ""


@pytest.mark.parametrize("kind", ["nfs", "nfs4", "cifs", "ceph", "lustre", "fuse.sshfs"])
def test_network_file_systems_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    """SQLite loses data over a network: the log is refused before a byte of it is written."""
    monkeypatch.setattr(place, "filesystem", lambda _folder: kind)
    line = open_fails(tmp_path / "log.sqlite")
    assert kind in line
    assert "local disk" in line
    assert list(tmp_path.iterdir()) == []


# ---- writing


class Blocked:
    """A write that keeps the writer busy until it is let go, so that what comes meanwhile waits."""

    def __init__(self, log: SQLiteLog) -> None:
        self._log = log
        self._begun, self._go_on = threading.Event(), threading.Event()

    def __enter__(self) -> Blocked:
        """Begin, and return when the writer is busy."""
        call(self._ask)
        assert self._begun.wait(10)
        return self

    def _ask(self) -> None:
        # Returning the Deferred would make `call` wait for it.
        writer_of(self._log).run(self._work)

    def _work(self, _cursor: Any) -> None:
        self._begun.set()
        assert self._go_on.wait(10)

    def __exit__(self, *_: object) -> None:
        """Let it go on."""
        self._go_on.set()


def queued(log: SQLiteLog, works: list[Any]) -> list[Any]:
    """Ask for all that while the writer is busy, then let it go on; return what each gave or raised."""
    outcomes: list[Deferred[Any]] = []

    def ask() -> None:
        for work in works:
            outcome: Deferred[Any] = Deferred.fromCoroutine(work())
            outcomes.append(outcome.addErrback(lambda failure: failure.value))

    with Blocked(log):
        call(ask)

    async def whole() -> list[Any]:
        results: list[Any] = await gatherResults(outcomes)
        return results

    return run(whole())


def traced(log: SQLiteLog) -> list[str]:
    """Return the list to which each commit and rollback of the writer is added from now on."""
    seen: list[str] = []
    ends = ("COMMIT", "ROLLBACK")
    writer_of(log)._connection.set_trace_callback(lambda sql: seen.append(sql) if sql in ends else None)
    return seen


def append(log: SQLiteLog, text: str = "hello", **fields: Any) -> Callable[[], Coroutine[Any, Any, Posted]]:
    """Return an append to be made later."""
    return partial(log.sqlite.append, log.draft(text, **fields))


def appends(log: SQLiteLog, count: int) -> list[Any]:
    """Return that many appends to be made."""
    return [append(log) for _ in range(count)]


def test_group_commit(log: SQLiteLog) -> None:
    """What arrives while a commit runs shares the next one, in the order in which it came."""
    seen = traced(log)
    works = [*appends(log, 30), lambda: log.history.set_muted(LOBBY_ID, ANNA.id, True), *appends(log, 20)]
    results = queued(log, works)
    assert seen == ["COMMIT", "COMMIT"]
    assert [one.seq for one in results[:30] + results[31:]] == list(range(1, 51))
    assert log.state().muted


def test_a_very_long_queue_is_cut(log: SQLiteLog) -> None:
    """The first of a batch does not wait for all of a flood."""
    seen = traced(log)
    results = queued(log, appends(log, 300))
    assert seen == ["COMMIT"] * 3
    assert [one.seq for one in results] == list(range(1, 301))


def test_a_refusal_undoes_nothing_of_the_others(log: SQLiteLog) -> None:
    """In one batch, what is refused takes no number and the others are posted."""
    log.post(nonce="used")
    works = [*appends(log, 2), append(log, "other", nonce="used"), append(log, reply_to=77), *appends(log, 2)]
    seen = traced(log)
    results = queued(log, works)
    assert seen == ["COMMIT", "COMMIT"]
    assert [type(one) for one in results] == [Posted, Posted, NonceReused, NoSuchMessage, Posted, Posted]
    assert [one.seq for one in results if isinstance(one, Posted)] == [2, 3, 4, 5]


def test_a_poisoned_write_does_not_fail_the_others(log: SQLiteLog) -> None:
    """A write that SQLite rejects fails alone; what shared its batch is written without it."""

    def poison(cursor: Any) -> None:
        cursor.execute("UPDATE room SET rev = rev + 1")
        cursor.execute("INSERT INTO nowhere VALUES (1)")

    async def poisoned() -> None:
        await writer_of(log).run(poison)

    results = queued(log, [*appends(log, 2), poisoned, *appends(log, 2)])
    assert [type(one) for one in results] == [Posted, Posted, HistoryUnavailable, Posted, Posted]
    assert [one.seq for one in results if isinstance(one, Posted)] == [1, 2, 3, 4]
    assert "nowhere" not in str(results[2])
    assert log.state().rev == 4


def test_a_fault_of_ours_fails_alone(log: SQLiteLog) -> None:
    """A write that raises anything else is told so, and undone."""

    def faulty(cursor: Any) -> None:
        cursor.execute("UPDATE room SET rev = rev + 1")
        raise ZeroDivisionError

    async def work() -> None:
        await writer_of(log).run(faulty)

    results = queued(log, [*appends(log, 1), work, *appends(log, 1)])
    assert [type(one) for one in results] == [Posted, ZeroDivisionError, Posted]
    assert [results[0].seq, results[2].seq] == [1, 2]


def pages_at_most(log: SQLiteLog, count: int) -> int:
    """Let the file grow no further than so many pages; return what it then may have."""

    def limit(cursor: Any) -> int:
        (most,) = cursor.execute(f"PRAGMA max_page_count = {count}").fetchone()
        return int(most)

    return log.do(writer_of(log).run(limit))


def test_a_full_disk(log: SQLiteLog) -> None:
    """While the disk is full nothing is acknowledged, all can be read, and then it goes on without a hole."""
    log.post("before")
    pages_at_most(log, 1)  # SQLite takes the present size for it
    results = queued(log, [append(log, "x" * 50_000) for _ in range(3)])
    assert [type(one) for one in results] == [HistoryUnavailable] * 3
    assert "x" * 10 not in str(results)
    assert [message.text for message in log.do(log.history.page(LOBBY_ID, 9)).messages] == ["before"]
    pages_at_most(log, 1_000_000)
    assert log.post("after").seq == 2
    assert log.state().rev == 2


class DeadDisk:
    """A connection whose disk fails, even when what was begun is to be undone."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self.dead = True
        self.in_transaction = True

    def cursor(self) -> sqlite3.Cursor:
        """Fail, or not any more."""
        if self.dead:
            raise sqlite3.OperationalError("disk I/O error")
        return self._connection.cursor()

    def execute(self, _sql: str) -> None:
        """Fail to roll back."""
        raise sqlite3.OperationalError("disk I/O error")

    def close(self) -> None:
        """Close the real one."""
        self._connection.close()


def test_a_dead_disk_does_not_end_the_writer(log: SQLiteLog) -> None:
    """Even when nothing can be rolled back every write is answered, and the writer is there when it works again."""
    writer = writer_of(log)
    disk: Any = DeadDisk(writer._connection)
    writer._connection = disk
    for _ in range(2):
        with pytest.raises(HistoryUnavailable):
            log.post()
    disk.dead = False
    assert log.post().seq == 1


def test_closing_writes_what_was_asked_for(log: SQLiteLog) -> None:
    """What waited when the log was closed is written and answered; what comes later is refused, not forgotten."""
    outcomes: list[Deferred[Any]] = []
    with Blocked(log):
        call(lambda: outcomes.extend(Deferred.fromCoroutine(work()) for work in appends(log, 3)))
    log.close()
    assert len(run(lambda: gatherResults(outcomes))) == 3
    with pytest.raises(HistoryUnavailable):
        log.post()
    with pytest.raises(HistoryUnavailable):
        log.state()
    log._open(SITE_ROOMS, NOW)
    assert log.state().rev == 3


def test_a_page_is_of_one_moment(log: SQLiteLog) -> None:
    """All queries of one read see the log as it was when the read began."""
    log.post()
    reader = sqlite3.connect(f"file:{log.path}?mode=ro", uri=True, isolation_level=None)
    reader.execute("BEGIN")
    assert reader.execute("SELECT rev FROM room WHERE id = ?", (LOBBY_ID,)).fetchone() == (1,)
    log.post()
    assert reader.execute("SELECT max(seq) FROM message WHERE room = ?", (LOBBY_ID,)).fetchone() == (1,)
    reader.close()
    assert log.state().rev == 2


def test_files_are_for_their_owner_alone(log: SQLiteLog) -> None:
    """Nobody else on the machine can read what was said, whatever the umask."""
    files = list(log.path.parent.iterdir())
    assert len(files) >= 2
    assert {file.stat().st_mode & 0o077 for file in files} == {0}
