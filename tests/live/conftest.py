"""One server for each module whose tests do not disturb each other."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.client import Client
from tests.support.galaxy_sqlite import ScratchGalaxy
from tests.support.server import IN_GOOD_ORDER, Server


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A running server with high rates, so that a test meets only the limit that it is about."""
    rates = {"rate_messages": 10_000, "rate_per_second": 10_000, "rate_commands": 100_000}
    galaxy = ScratchGalaxy(tmp_path_factory.mktemp("site"), chat={"limits": rates})
    with Server(galaxy) as running:
        yield running
        assert running.terminate() == IN_GOOD_ORDER
        assert "Traceback" not in running.output
        assert "Unhandled" not in running.output


@pytest.fixture
def galaxy(tmp_path: Path) -> ScratchGalaxy:
    """A Galaxy for one test, no server."""
    return ScratchGalaxy(tmp_path / "galaxy")


@pytest.fixture
def alice(server: Server) -> Iterator[Client]:
    """An admin who was let in."""
    with Client.enter(server, "alice") as client:
        client.event("welcome")
        yield client


@pytest.fixture
def bob(server: Server) -> Iterator[Client]:
    """A user who was let in."""
    with Client.enter(server, "bob") as client:
        client.event("welcome")
        yield client
