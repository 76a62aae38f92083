"""SQL without a driver: a statement yields queries and is sent their rows, so that one text serves every back end.

`?` marks a parameter, and `FOR UPDATE` is left out where one writer has the whole database. How a query is
run, and in which transaction, is the driver's business.
"""

from __future__ import annotations

from collections.abc import Collection, Generator, Sequence
from typing import Any, TypeVar

Result = TypeVar("Result")
Rows = list[tuple[Any, ...]]
Query = tuple[str, Sequence[Any]]

#: Yields queries, is sent the rows of each (none for one that returns none), returns a result.
Statement = Generator[Query, Rows, Result]


def marks(values: Collection[Any]) -> str:
    """As many parameter marks as there are values; NULL, which equals nothing, where there is none."""
    return ",".join("?" * len(values)) or "NULL"
