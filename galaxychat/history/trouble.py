"""Says that the log cannot be written: once, however many are refused because of it, and once that it can again."""

from __future__ import annotations

from twisted.logger import Logger


class Trouble:
    """What a writer meets: a full disk would fill itself further with a line for each refusal."""

    log = Logger()

    def __init__(self) -> None:
        self._code: str | None = None

    def met(self, code: str) -> None:
        """Something could not be written, for a reason that `code` names."""
        if code != self._code:
            self._code = code
            self.log.warn("The log could not be written: {code}; it is tried again with each message", code=code)

    def over(self) -> None:
        """Something was written."""
        if self._code is not None:
            self._code = None
            self.log.info("The log can be written again")
