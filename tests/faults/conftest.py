"""Each fault says what it saw: one line with its figures, shown at the end of the run."""

from __future__ import annotations

from collections.abc import Callable

import pytest

_LINES: pytest.StashKey[list[str]] = pytest.StashKey()


@pytest.fixture
def saw(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Return what a test calls with what it saw."""
    lines = request.config.stash.setdefault(_LINES, [])
    return lambda text: lines.append(f"{request.node.name.removeprefix('test_')}: {text}")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Show the lines, passed or failed."""
    lines = config.stash.get(_LINES, [])
    if lines:
        terminalreporter.section("faults")
        for line in lines:
            terminalreporter.write_line(line)
