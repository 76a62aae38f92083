"""How long a server's reactor stands still, seen from a process of its own that asks it all the time.

What either of them waited for a processor is taken off: that is what else the machine does.
"""

from __future__ import annotations

import http.client
import os
import select
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Self

_EVERY = 0.01
#: Seconds. 0.2 are promised of a machine at rest, where it is seen; a suite that runs beside others is kept waiting by
#: them. What must not be, a driver that waits for its server, takes seconds.
AT_MOST = 1.0


class Stall:
    """Asks for /healthz from entering to leaving; `longest` are the seconds of the slowest answer."""

    def __init__(self, port: int, pid: int) -> None:
        self._command = [sys.executable, str(Path(__file__)), str(port), str(pid)]
        self.longest = 0.0
        self.asked = 0

    def __enter__(self) -> Self:
        """Begin."""
        self._process = subprocess.Popen(
            self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env={"PATH": "/usr/bin:/bin"}
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End; the figures are there."""
        said, _ = self._process.communicate(timeout=20)
        if kind is None:
            asked, longest = said.split()
            self.asked, self.longest = int(asked), float(longest)


def _waited(pid: int) -> float:
    """Return the seconds that a process's main thread was ready to run and did not."""
    try:
        return int(Path(f"/proc/{pid}/task/{pid}/schedstat").read_text().split()[1]) / 1e9
    except (OSError, IndexError):
        return 0.0


def _ask_until_told(port: int, pid: int) -> tuple[int, float]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    asked, longest = 0, 0.0
    while not select.select([sys.stdin], [], [], _EVERY)[0]:
        began, waited = time.monotonic(), _waited(pid) + _waited(os.getpid())
        connection.request("GET", "/healthz")
        answer = connection.getresponse()
        answer.read()
        assert answer.status == 200
        waited = _waited(pid) + _waited(os.getpid()) - waited
        longest = max(longest, time.monotonic() - began - waited)
        asked += 1
    return asked, longest


if __name__ == "__main__":
    sys.stdout.write("{} {}".format(*_ask_until_told(int(sys.argv[1]), int(sys.argv[2]))))
