"""Look-ups by key of which those that come in while one is under way are asked in one go.

After a restart thousands of clients come back within seconds; one statement for each would take longer than
they are ready to wait.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Generic, TypeVar

from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

K = TypeVar("K")
V = TypeVar("V")

_MOST = 500


class Together(Generic[K, V]):
    """`fetch` gets 1 to 500 different keys and gives what it finds for them."""

    def __init__(self, fetch: Callable[[Sequence[K]], Awaitable[Mapping[K, V]]]) -> None:
        self._fetch = fetch
        self._waiting: dict[K, list[Deferred[V | None]]] = {}
        self._fetching = False

    def get(self, key: K) -> Deferred[V | None]:
        """What there is for the key, or None; fails with whatever `fetch` raises. It may be cancelled."""
        answer: Deferred[V | None] = Deferred()
        self._waiting.setdefault(key, []).append(answer)
        if not self._fetching:
            self._fetching = True
            Deferred.fromCoroutine(self._fetch_all())
        return answer

    async def _fetch_all(self) -> None:
        while self._waiting:
            keys = list(self._waiting)[:_MOST]
            asked = [(key, self._waiting.pop(key)) for key in keys]
            found: Mapping[K, V] = {}
            failure = None
            try:
                found = await self._fetch(keys)
            except Exception:
                failure = Failure()
                # Those in line hoped for the same source, and have waited for it already.
                asked += self._waiting.items()
                self._waiting = {}
            for key, answers in asked:
                _answer(answers, failure or found.get(key))
        self._fetching = False


def _answer(answers: Sequence[Deferred[V | None]], result: V | Failure | None) -> None:
    for answer in answers:
        # Who was cancelled has gone.
        if not answer.called:
            answer.callback(result)
