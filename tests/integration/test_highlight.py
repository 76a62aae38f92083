"""Colours from a real process, which may be slow, be killed, or be asked by many."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from typing import Any

import pytest
from twisted.internet.defer import Deferred, gatherResults

from galaxychat import highlight
from galaxychat.highlight import Highlighter
from tests.support.reactor import call, reactor, run, until

#: A lexer that takes more than quadratic time over blanks.
SLOW = ("autoit", " " * 6000 + "x")


@pytest.fixture
def highlighter() -> Iterator[Highlighter]:
    """One without a process yet."""
    made = Highlighter(reactor)
    yield made
    call(made.stop)


def colours(highlighter: Highlighter, language: str, code: str) -> Any:
    """Ask it."""
    return run(lambda: highlighter(language, code))


def pid(highlighter: Highlighter) -> int:
    """Return its process."""
    assert highlighter._child is not None
    return int(highlighter._child.transport.pid)


def test_colours(highlighter: Highlighter) -> None:
    """The first question starts the process, the others use it."""
    assert colours(highlighter, "Python", "x = 1") == [("", 2), ("o", 1), ("", 1), ("m", 1)]
    first = pid(highlighter)
    assert colours(highlighter, "nope", "x = 1") is None
    assert colours(highlighter, "python", "# é𝛼") == [("c", 4)]
    assert pid(highlighter) == first


def test_a_slow_lexer_is_given_up(highlighter: Highlighter, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who asked goes without colours, who waits behind them gets theirs, and the reactor goes on meanwhile."""
    monkeypatch.setattr(highlight, "DEADLINE", 0.8)
    turns = 0

    async def both() -> Any:
        nonlocal turns
        asked = [highlighter(*SLOW), highlighter("python", "x")]
        answers: Deferred[list[Any]] = gatherResults([Deferred.fromCoroutine(each) for each in asked])
        while not answers.called:
            turns += 1
            await until(lambda: True)
            waiting: Deferred[None] = Deferred()
            reactor.callLater(0.01, waiting.callback, None)
            await waiting
        return await answers

    slow, quick = run(both)
    assert (slow, quick) == (None, [("", 1)])
    assert turns > 20


def test_a_process_that_is_killed(highlighter: Highlighter) -> None:
    """The next question gets another one."""
    colours(highlighter, "python", "x")
    os.kill(pid(highlighter), signal.SIGKILL)
    run(lambda: until(lambda: highlighter._child is None))
    assert colours(highlighter, "python", "y") == [("", 1)]


def test_too_much(highlighter: Highlighter) -> None:
    """A block that is too long has no colours, and no process is started for it."""
    assert colours(highlighter, "python", "x" * (highlight.LONGEST + 1)) is None
    assert highlighter._child is None


def test_a_crowd(highlighter: Highlighter) -> None:
    """Who finds too many waiting goes without; everybody is answered."""

    async def crowd() -> list[Any]:
        asked = [Deferred.fromCoroutine(highlighter("python", f"x{number}")) for number in range(60)]
        answers: list[Any] = await gatherResults(asked)
        return answers

    answers = run(crowd)
    assert answers[0] == [("", 2)]
    assert None in answers
    assert all(answer is None or answer for answer in answers)


def test_stop(highlighter: Highlighter) -> None:
    """Whoever waits is answered, the process is gone, and nobody starts another."""

    async def stopped() -> list[Any]:
        asked = [Deferred.fromCoroutine(highlighter("python", f"x{number}")) for number in range(5)]
        highlighter.stop()
        answers: list[Any] = await gatherResults(asked)
        return [*answers, await highlighter("python", "later")]

    assert run(stopped) == [None] * 6
    assert highlighter._child is None
