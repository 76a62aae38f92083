"""A wall clock that a test sets forward and back under a running process; steady time goes on as it does."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path


class Daytime:
    """What libfaketime tells a process of the time of day, by a file that it reads every second or two."""

    def __init__(self, folder: Path) -> None:
        libraries = sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
        if not libraries:
            raise FileNotFoundError("libfaketime is not installed: `make test` installs it")
        self._library = libraries[0]
        self._file = folder / "daytime"
        self.shift(0)

    @property
    def environ(self) -> Mapping[str, str]:
        """The environment of a process that shall be told."""
        return {
            "LD_PRELOAD": str(self._library),
            "DONT_FAKE_MONOTONIC": "1",
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            # Seconds. Read at each question, under a lock, the file would hold every thread up on a busy machine.
            "FAKETIME_CACHE_DURATION": "1",
        }

    def shift(self, seconds: int) -> None:
        """Let it be so many seconds later than it is, or earlier, within two seconds."""
        # Renamed: it is read at any time, and an empty file would say something else.
        fresh = self._file.with_suffix(".new")
        fresh.write_text(f"{seconds:+d}\n")
        fresh.replace(self._file)
