"""SQL without a driver: a statement yields queries and is sent their rows, so that one text serves every back end.

`?` marks a parameter, and `FOR UPDATE` is left out where one writer has the whole database. How a query is
run, and in which transaction, is the driver's business.
"""

from __future__ import annotations

from collections.abc import Collection, Generator, Sequence
from typing import Any, TypeVar

Result = TypeVar("Result")
Item = TypeVar("Item")
Rows = list[tuple[Any, ...]]
Query = tuple[str, Sequence[Any]]

#: Yields queries, is sent the rows of each (none for one that returns none), returns a result.
Statement = Generator[Query, Rows, Result]


_AT_ONCE = 500


def steps(values: Sequence[Item]) -> list[Sequence[Item]]:
    """Cut values into as many as one query takes: a database has a limit of parameters."""
    return [values[place : place + _AT_ONCE] for place in range(0, len(values), _AT_ONCE)]


def marks(values: Collection[Any]) -> str:
    """As many parameter marks as there are values; NULL, which equals nothing, where there is none."""
    return ",".join("?" * len(values)) or "NULL"


def sought(columns: int, count: int) -> str:
    """A table `w` of `count` rows of parameters, named column1 and so on, for a CROSS JOIN to begin with.

    For `(a, b) IN (VALUES ...)`, and now and then for `IN`, SQLite would go through the table.
    """
    return f"(VALUES {', '.join([f'({marks(range(columns))})'] * count)}) AS w"
