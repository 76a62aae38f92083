"""A way to PostgreSQL on which every notification is lost, in a process of its own: all that a node asks goes there."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.support.pgproxy import PgProxy

_ROOT = Path(__file__).parents[2]
_PATIENCE = 20


class Deaf:
    """Passes connections on to a server of the loopback; `swallowed` are the notifications lost, once it has ended."""

    def __init__(self, target: int) -> None:
        self._target = target
        self.swallowed = 0

    def __enter__(self) -> Self:
        """Begin to pass connections on."""
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.deaf", str(self._target)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=_ROOT,
            env={"PATH": "/usr/bin:/bin"},
        )
        assert self._process.stdout is not None
        self._port = int(self._process.stdout.readline())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End everything."""
        said, _ = self._process.communicate(timeout=_PATIENCE)
        self.swallowed = int(said)

    def url(self, direct: str) -> str:
        """Return the URL that leads through here of one that leads straight to the server."""
        return PgProxy.through(direct, self._target, self._port)


def _pass_on(target: int) -> int:
    """Pass connections on until standard input ends; return how many notifications were lost."""
    with PgProxy(target) as proxy:
        proxy.swallows = True
        sys.stdout.write(f"{proxy.port}\n")
        sys.stdout.flush()
        sys.stdin.read()
    return proxy.swallowed


if __name__ == "__main__":
    sys.stdout.write(f"{_pass_on(int(sys.argv[1]))}\n")
