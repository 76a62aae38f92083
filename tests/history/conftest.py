"""The logs that the contract is put to: another back end is another line in MAKERS."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.history.logs import MAKERS, Log


@pytest.fixture(params=MAKERS)
def log(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Log]:
    """An empty log with the lobby and one persistent room."""
    made = MAKERS[request.param](tmp_path)
    yield made
    made.close()
