"""One site for each module."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.galaxy_sqlite import ScratchGalaxy
from tests.support.site import LocalSite


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalSite]:
    """A site with the usual settings that serves on a port of its own."""
    galaxy = ScratchGalaxy(
        tmp_path_factory.mktemp("site"),
        galaxy={
            "galaxy_infrastructure_url": "https://galaxy.example.org/prefix",
            "communication_server_host": "https://chat.example.org",
        },
        chat={"allowed_origins": ["http://other.example.org:8080"]},
    )
    with LocalSite(galaxy) as opened:
        yield opened
