"""Which way the servers of tests deliver: by the fast path, or without it, as pytest's --fast-path says."""

from __future__ import annotations

from typing import Any

import pytest

#: Has a test run both ways, whatever the option says; it passes `fast_path` on as the chat's setting.
both_ways = pytest.mark.parametrize("fast_path", [True, False], ids=["fast", "plain"])


class _Choice:
    fast_path = True


def choose(fast_path: bool) -> None:
    """Have what is started from here on take this way, unless it is told another."""
    _Choice.fast_path = fast_path


def fast_path() -> bool:
    """Return the way that was chosen."""
    return _Choice.fast_path


def settings() -> dict[str, Any]:
    """Return the chat's settings for it: none where its own default will do."""
    return {} if _Choice.fast_path else {"fast_path": False}
