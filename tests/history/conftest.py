"""The logs that the contract is put to: another back end is another parameter."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest

from tests.history.logs import Log, MemoryLog, PostgresLog, SQLiteLog

_schemas = count()


def _postgres(request: pytest.FixtureRequest) -> Log:
    cluster = request.getfixturevalue("postgres")
    # A schema is made and dropped in a tenth of the time that a database takes, and of the disk.
    return PostgresLog(cluster.create_schema("contract", f"log_{next(_schemas)}"))


def _sqlite(request: pytest.FixtureRequest) -> Log:
    folder: Path = request.getfixturevalue("tmp_path")
    return SQLiteLog(folder)


def _memory(_request: pytest.FixtureRequest) -> Log:
    return MemoryLog()


@pytest.fixture(
    params=[
        pytest.param(_memory, id="memory"),
        pytest.param(_sqlite, id="sqlite"),
        pytest.param(_postgres, id="postgres", marks=pytest.mark.postgres),
    ]
)
def log(request: pytest.FixtureRequest) -> Iterator[Log]:
    """An empty log with the lobby and one persistent room."""
    make: Callable[[pytest.FixtureRequest], Log] = request.param
    made = make(request)
    yield made
    made.drop()
