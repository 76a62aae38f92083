"""Look-ups that come in together are asked together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest
from twisted.internet.defer import CancelledError, Deferred

from galaxychat.together import Together


class Source:
    """Answers when it is told to."""

    def __init__(self) -> None:
        self.asked: list[list[int]] = []
        self.pending: Deferred[Mapping[int, str]] = Deferred()

    async def fetch(self, keys: Sequence[int]) -> Mapping[int, str]:
        """Note the keys and wait."""
        self.asked.append(list(keys))
        return await self.pending

    def answer(self, result: Mapping[int, str] | Exception) -> None:
        """Let the question that is under way be answered."""
        pending, self.pending = self.pending, Deferred()
        if isinstance(result, Exception):
            pending.errback(result)
        else:
            pending.callback(result)


def outcome(answer: Deferred[str | None]) -> object:
    """Return what a Deferred has got: a result, an error's type, or "waiting"."""
    got: list[object] = []
    answer.addCallbacks(got.append, lambda failure: got.append(failure.type))
    return got[0] if got else "waiting"


def test_one_at_once_and_the_rest_together() -> None:
    """The first asks at once, those that come meanwhile share the next question, equal keys are one."""
    source = Source()
    together = Together(source.fetch)
    answers = [together.get(key) for key in (1, 2, 3, 2)]
    assert source.asked == [[1]]
    source.answer({1: "one"})
    assert source.asked == [[1], [2, 3]]
    source.answer({2: "two", 99: "never asked"})
    assert [outcome(answer) for answer in answers] == ["one", "two", None, "two"]
    late = together.get(1)
    assert source.asked[-1] == [1]
    source.answer({})
    assert outcome(late) is None


def test_a_question_has_at_most_500_keys() -> None:
    """No statement grows with the number of clients."""
    source = Source()
    together = Together(source.fetch)
    answers = [together.get(key) for key in range(1201)]
    for _ in range(4):
        source.answer({key: str(key) for key in range(1201)})
    assert [len(keys) for keys in source.asked] == [1, 500, 500, 200]
    assert [outcome(answer) for answer in answers] == [str(key) for key in range(1201)]


def test_a_failure_is_everybodys() -> None:
    """Those in line do not wait for a second time-out, and the next question is asked anew."""
    source = Source()
    together = Together(source.fetch)
    answers = [together.get(key) for key in (1, 2)]
    source.answer(KeyError())
    assert [outcome(answer) for answer in answers] == [KeyError, KeyError]
    again = together.get(1)
    source.answer({1: "one"})
    assert outcome(again) == "one"


@pytest.mark.parametrize("gone", [0, 1, 2])
def test_who_is_cancelled_disturbs_nobody(gone: int) -> None:
    """A client that leaves while it is looked up leaves the others their answers."""
    source = Source()
    together = Together(source.fetch)
    answers = [together.get(key) for key in (1, 2, 2)]
    answers[gone].cancel()
    source.answer({1: "one"})
    source.answer({2: "two"})
    expected: list[object] = ["one", "two", "two"]
    expected[gone] = CancelledError
    assert [outcome(answer) for answer in answers] == expected


def test_asking_again_from_an_answer() -> None:
    """What an answer triggers may ask again."""
    source = Source()
    together = Together(source.fetch)
    chained = together.get(1).addCallback(lambda _: together.get(2))
    source.answer({1: "one"})
    source.answer({2: "two"})
    assert outcome(chained) == "two"
