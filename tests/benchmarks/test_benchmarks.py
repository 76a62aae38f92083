"""The benchmarks run: the smallest of each, once, so that they do not rot. What they measure is no test."""

from __future__ import annotations

import pytest

from benchmarks.__main__ import SCENARIOS
from benchmarks.report import Row


@pytest.mark.parametrize("name", SCENARIOS)
def test_quick(name: str) -> None:
    """Every figure of a scenario comes out."""
    rows = list(SCENARIOS[name](True))
    assert rows
    for row in rows:
        assert isinstance(row, Row)
        assert row.figure
