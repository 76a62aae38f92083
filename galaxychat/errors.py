"""What can go wrong, split into what a client is told and what an admin is told.

A `Refusal` answers one command and leaves the connection alone; a `Closing` ends the connection.
Both carry words that their reader may see. Everything else is ours and stays in the log.
"""

from __future__ import annotations

from collections.abc import Sequence


class Refusal(Exception):
    """One command is refused; becomes the wire's `error`."""

    def __init__(self, code: str, detail: str, retry_after: float | None = None) -> None:
        """`code` is one of the wire's error codes, `detail` one sentence for a person, `retry_after` seconds."""
        super().__init__(code)
        self.code = code
        self.detail = detail
        self.retry_after = retry_after


class Closing(Exception):
    """The connection ends with this WebSocket close code; `reason` is at most 123 bytes of UTF-8."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(code, reason)
        self.code = code
        self.reason = reason


class ConfigError(Exception):
    """The configuration cannot be used; `mistakes` names all of them, one line each, no secret in any."""

    def __init__(self, mistakes: Sequence[str]) -> None:
        super().__init__("\n".join(mistakes))
        self.mistakes = tuple(mistakes)


class StartError(Exception):
    """The service cannot start; its text is the one line that the admin is shown."""


class HistoryUnavailable(Exception):
    """The room log cannot be reached or written at the moment; the same command may be repeated."""


class GalaxyUnavailable(Exception):
    """Galaxy's database did not answer, so nobody can be let in at the moment."""
