"""What the connection that writes to PostgreSQL puts into one transaction."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, cast

from twisted.internet.defer import Deferred

from galaxychat.history.pgwriter import PgWriter
from galaxychat.history.sql import Statement
from galaxychat.pglink import Ask, PgLink


class SlowLink:
    """A link whose first transaction waits until it is let go; `asked` are the queries of each transaction."""

    def __init__(self) -> None:
        self.asked: list[list[str]] = []
        self.first: Deferred[None] = Deferred()

    async def transaction(self, work: Callable[[Ask], Awaitable[Any]]) -> Any:
        """Run it on nothing."""
        queries: list[str] = []
        self.asked.append(queries)
        if len(self.asked) == 1:
            await self.first

        async def ask(sql: str, params: Sequence[object] = ()) -> list[tuple[Any, ...]]:
            queries.append(sql)
            return [tuple(params)]

        return await work(ask)


def _statement(number: int) -> Statement[int]:
    ((found,),) = yield "SELECT ?", (number,)
    return int(found)


def test_a_crowd_of_statements_is_cut() -> None:
    """What a thousand newcomers have written is cut into transactions that a far server answers in time."""
    link = SlowLink()
    writer = PgWriter(cast("PgLink", link), "node")
    results: list[int] = []
    for number in range(1000):
        writer.run(lambda number=number: _statement(number)).addCallback(results.append)  # type: ignore[misc]
    link.first.callback(None)
    assert results == list(range(1000))
    assert len(link.asked) > 1
    # Three round trips each; a server that is 10 ms away takes a second for a hundred.
    assert max(map(len, link.asked)) <= 100
