"""Fixtures for all kinds of tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.postgres import PostgresCluster


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresCluster]:
    """One PostgreSQL server for the whole session; tests that stop it start it again."""
    # Not skipped where it is missing: `make test` installs it, and `make test-fast` asks for none of it.
    with PostgresCluster() as cluster:
        yield cluster
