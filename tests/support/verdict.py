"""What must hold after any fault: what was acknowledged is there, once, in order, and everybody holds the same."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from tests.support.crowd import Talker


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found to be in order."""

    acknowledged: int
    logged: int

    def __str__(self) -> str:
        """The figures, for a line."""
        return f"{self.acknowledged} acknowledged, {self.logged} in the log: none lost, none twice, no gap"


def log_of(path: Path) -> dict[int, dict[int, str]]:
    """Return the texts of a SQLite log by room and seq."""
    found: dict[int, dict[int, str]] = defaultdict(dict)
    with closing(sqlite3.connect(path)) as connection:
        for room, seq, text in connection.execute("SELECT room, seq, text FROM message ORDER BY room, seq"):
            found[room][seq] = text
    return found


def check(path: Path, talkers: Iterable[Talker], *, all_caught_up: bool = True) -> Verdict:
    """Hold a SQLite log, whose server has ended, against what its clients were told and hold."""
    talkers = list(talkers)
    log = log_of(path)
    _check_density(path, log)
    acknowledged = 0
    for talker in talkers:
        seqs: dict[int, list[int]] = defaultdict(list)
        for sent in talker.acknowledged:
            assert sent.seq is not None
            assert log[sent.room].get(sent.seq) == sent.text, f"{talker.name} was told that {sent} is safe"
            seqs[sent.room].append(sent.seq)
            acknowledged += 1
        for told in seqs.values():
            assert told == sorted(set(told)), f"the order of {talker.name}'s messages"
        if all_caught_up:
            _check_view(talker, log)
    return Verdict(acknowledged, sum(map(len, log.values())))


def _check_density(path: Path, log: dict[int, dict[int, str]]) -> None:
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        revs = dict(connection.execute("SELECT id, rev FROM room"))
        twice = connection.execute("SELECT user_id, nonce FROM answer GROUP BY 1, 2 HAVING count(*) > 1").fetchall()
        (answers,) = connection.execute("SELECT count(*) FROM (SELECT DISTINCT room, seq FROM answer)").fetchone()
        (messages,) = connection.execute("SELECT count(*) FROM message").fetchone()
    assert not twice, "a nonce stands for one message"
    assert answers == messages, "each message has one nonce"
    for room, texts in log.items():
        assert list(texts) == list(range(1, revs[room] + 1)), "revisions are dense"


def _check_view(talker: Talker, log: dict[int, dict[int, str]]) -> None:
    for room, held in talker.rooms.items():
        there = log.get(room, {})
        first = min(held.texts, default=held.last + 1)
        missing = [seq for seq, text in there.items() if seq >= first and held.texts.get(seq) != text]
        assert not missing, f"{talker.name} has not, or otherwise, {missing} of what is there up to {max(there)}"
        assert held.texts.keys() <= there.keys(), f"{talker.name} has what is not in the log"
        assert held.last == max(there, default=0), f"{talker.name} is up to date"
