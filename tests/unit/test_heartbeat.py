"""Whoever answers stays; whoever does not is let go of, once."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from galaxychat.heartbeat import BEAT, Heartbeat

_INTERVAL, _TIMEOUT = 25.0, 20.0


@dataclass(eq=False)
class _Peer:
    """One end of a connection; `heart` is told when it is lost, as the factory does it."""

    heart: Heartbeat
    pings: list[bytes] = field(default_factory=list)
    gone: int = 0

    def ping(self, frame: bytes) -> None:
        """Keep what a ping asks to have said back."""
        assert frame[:2] == b"\x89\x04"
        self.pings.append(frame[2:])

    def lost(self) -> None:
        """Be let go of."""
        self.gone += 1
        self.heart.remove(self)


class _Day:
    """A clock in the test's hands, and a heart that beats by it."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.heart = Heartbeat(_INTERVAL, _TIMEOUT, lambda: self.now)

    def peer(self) -> _Peer:
        made = _Peer(self.heart)
        self.heart.add(made)
        return made

    def pass_(self, seconds: float) -> None:
        for _ in range(round(seconds / BEAT)):
            self.now += BEAT
            self.heart.beat()


@pytest.fixture
def day() -> _Day:
    """A day that begins."""
    return _Day()


def test_who_answers_is_asked_again(day: _Day) -> None:
    """A ping comes so long after the last answer, however long that took, and each is another one."""
    peer = day.peer()
    day.pass_(_INTERVAL - BEAT)
    assert peer.pings == []
    for asked in range(1, 4):
        day.pass_(BEAT)
        assert len(peer.pings) == asked
        day.pass_(10)
        day.heart.answered(peer, peer.pings[-1])
        day.pass_(_INTERVAL - BEAT)
    assert len(set(peer.pings)) == 3
    assert peer.gone == 0


def test_who_is_silent_is_let_go_of(day: _Day) -> None:
    """After the time for an answer it is gone, once, and nobody else is."""
    silent, answers = day.peer(), day.peer()
    day.pass_(_INTERVAL)
    day.heart.answered(answers, answers.pings[0])
    day.pass_(_TIMEOUT - BEAT)
    assert silent.gone == 0
    day.pass_(3 * _INTERVAL)
    assert (silent.gone, len(silent.pings)) == (1, 1)
    assert len(answers.pings) == 2
    assert answers.gone == 1, "one answer is not enough for ever"


@pytest.mark.parametrize("payload", [b"", b"\0\0\0\0", b"another"])
def test_only_the_echo_counts(day: _Day, payload: bytes) -> None:
    """Who sends pongs that nobody asked for does not read what they are sent."""
    peer = day.peer()
    day.heart.answered(peer, payload)
    for _ in range(round((_INTERVAL + _TIMEOUT) / BEAT)):
        day.heart.answered(peer, payload)
        day.pass_(BEAT)
    assert peer.gone == 1


def test_an_echo_counts_once(day: _Day) -> None:
    """The answer to a former ping is none to this one, and a second one changes nothing."""
    peer = day.peer()
    day.pass_(_INTERVAL)
    for _ in range(2):
        day.heart.answered(peer, peer.pings[0])
    day.pass_(_INTERVAL)
    assert len(peer.pings) == 2
    day.heart.answered(peer, peer.pings[0])
    day.pass_(_TIMEOUT)
    assert peer.gone == 1


def test_who_has_gone_is_left_alone(day: _Day) -> None:
    """One that ended, before its ping or while it is pending, is neither pinged nor let go of."""
    early, late = day.peer(), day.peer()
    day.heart.remove(early)
    day.pass_(_INTERVAL)
    day.heart.remove(late)
    day.heart.answered(late, late.pings[0])
    day.pass_(5 * _INTERVAL)
    assert (early.pings, len(late.pings), early.gone, late.gone) == ([], 1, 0, 0)
