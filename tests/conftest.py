"""Fixtures for all kinds of tests."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import delivery
from tests.support.postgres import PostgresCluster


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let a run be made without the fast path."""
    parser.addoption(
        "--fast-path",
        choices=["on", "off"],
        default="on",
        help="how the servers of tests deliver, where a test does not set fast_path itself",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Choose before any server is made."""
    delivery.choose(config.getoption("--fast-path") == "on")


def pytest_report_header(config: pytest.Config) -> str:
    """Say which way it is."""
    return f"fast path: {config.getoption('--fast-path')}"


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresCluster]:
    """One PostgreSQL server for the whole session; tests that stop it start it again."""
    # Not skipped where it is missing: `make test` installs it, and `make test-fast` asks for none of it.
    with PostgresCluster() as cluster:
        yield cluster


@pytest.fixture
def socket_path() -> Iterator[Path]:
    """Where a socket may be made: `tmp_path` is too long for a socket's address."""
    with tempfile.TemporaryDirectory(prefix="galaxychat-") as folder:
        # A server that gave up root's rights opens it too.
        Path(folder).chmod(0o755)
        yield Path(folder, "socket")
