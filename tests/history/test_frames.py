"""Any sequence of frames, good and bad, over the logs that sites use, against the model of who may know what."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from itertools import count
from pathlib import Path

import pytest
from hypothesis import Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from galaxychat.factory import spawn
from tests.core.test_walls_model import OPTIONS, Walls
from tests.history.logs import Log, PostgresLog, SQLiteLog
from tests.support.core import House
from tests.support.postgres import PostgresCluster

pytestmark = pytest.mark.slow

_databases = count()


def run_over(make: Callable[[], Log], examples: int) -> None:
    """Run the model's machine so often, each time over a fresh log."""

    class OverALog(Walls):
        log: Log | None = None

        def make_house(self) -> House:
            self.log = make()
            return House(log=self.log.history, finish=self.log.do, spawn=spawn, **OPTIONS)

        def teardown(self) -> None:
            if self.log is not None:
                self.log.close()

    # Told as it was found: with a file or a database for each example, making it shorter would take long.
    phases = (Phase.explicit, Phase.reuse, Phase.generate)
    how = settings(max_examples=examples, stateful_step_count=40, deadline=None, phases=phases)
    run_state_machine_as_test(OverALog, settings=how)


def test_over_sqlite() -> None:
    """A file."""
    with tempfile.TemporaryDirectory() as folder:
        run_over(lambda: SQLiteLog(Path(tempfile.mkdtemp(dir=folder))), 12)


@pytest.mark.postgres
def test_over_postgresql(postgres: PostgresCluster) -> None:
    """A database."""
    run_over(lambda: PostgresLog(postgres.create_database(f"frames_{next(_databases)}")), 6)
