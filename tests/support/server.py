"""The server as a site runs it: `twistd -n galaxychat`, a child process on a free port of the loopback."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.support.galaxy_sqlite import ScratchGalaxy

BIN = Path(sys.executable).parent
ANY_PORT = "tcp:0:interface=127.0.0.1:backlog=1024"
_SERVING = re.compile(r"Serving (\S*)/ at (\S+)")
#: The exit status after SIGTERM: twistd ends in good order, then by the signal, which systemd takes for success.
IN_GOOD_ORDER = -signal.SIGTERM
_PATIENCE = 20.0
# The listening socket, whose number is $0, becomes descriptor 3 of the very process that LISTEN_PID names.
_HAND_OVER = 'exec 3<&"$0"; LISTEN_FDS=1 LISTEN_FDNAMES=web LISTEN_PID=$$ exec "$@"'


class Server:
    """One process; use it in a `with` statement, or call `start` and one of the ends."""

    def __init__(
        self,
        galaxy: ScratchGalaxy,
        *,
        endpoint: str = ANY_PORT,
        arguments: Sequence[str] = (),
        environ: Mapping[str, str] | None = None,
        listening: socket.socket | None = None,
        prefix: Sequence[str] = (),
    ) -> None:
        """`listening` is handed over as systemd does it, for the endpoint `systemd:domain=INET:index=0`.

        `prefix` is a command that becomes the server, such as a namespace's.
        """
        self.galaxy = galaxy
        self.base = "/galaxychat"
        self.port = 0
        self._command = [
            *(str(BIN / "twistd"), "-n", "--pidfile=", "galaxychat"),
            *("--galaxy-config", str(galaxy.config), "--endpoint", endpoint),
            *arguments,
        ]
        self._environ = dict(environ or {})
        self._listening = listening
        if listening is not None:
            self._command = ["/bin/bash", "-c", _HAND_OVER, str(listening.fileno()), *self._command]
        self._command = [*prefix, *self._command]
        self._process: subprocess.Popen[str] | None = None
        self._lines: list[str] = []
        self._said = threading.Condition()
        self._ended = True

    def __enter__(self) -> Self:
        """Start, and wait until people can come in."""
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End it, whatever it does."""
        self.kill()

    @property
    def output(self) -> str:
        """All that it has said, over all of its runs."""
        with self._said:
            return "".join(self._lines)

    @property
    def pid(self) -> int:
        """The process's id."""
        assert self._process is not None
        return self._process.pid

    @property
    def url(self) -> str:
        """The root of its HTTP."""
        return f"http://127.0.0.1:{self.port}"

    def launch(self) -> None:
        """Start the process, and wait for nothing."""
        assert self._ended, "it runs already"
        self._ended = False
        self._process = subprocess.Popen(
            self._command,
            cwd=self.galaxy.folder,
            env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", **self._environ},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            pass_fds=() if self._listening is None else (self._listening.fileno(),),
        )
        threading.Thread(target=self._listen, args=(self._process,), daemon=True).start()

    def start(self) -> None:
        """Start the process, and wait until it says where it serves and that it is ready."""
        seen = len(self.output)
        self.launch()
        try:
            found = self.wait_for(_SERVING, after=seen)
            self.base, place = found[1], found[2]
            if not place.startswith("/"):
                self.port = int(place.rpartition(":")[2])
                self._wait_until_ready()
        except BaseException:
            self.kill()
            raise

    def wait_for(self, pattern: re.Pattern[str], after: int = 0, timeout: float = _PATIENCE) -> re.Match[str]:
        """Return where a pattern first matches the output beyond so many characters, once it does."""
        end = time.monotonic() + timeout
        with self._said:
            while True:
                found = pattern.search("".join(self._lines)[after:])
                if found:
                    return found
                left = end - time.monotonic()
                if self._ended or left <= 0:
                    raise RuntimeError(f"the server did not say {pattern.pattern}:\n{''.join(self._lines)}")
                self._said.wait(left)

    def wait(self, timeout: float = _PATIENCE) -> int:
        """Return the exit status, once the process has ended and all of its output was read."""
        assert self._process is not None
        status = self._process.wait(timeout)
        with self._said:
            self._said.wait_for(lambda: self._ended, timeout)
        return status

    def terminate(self, timeout: float = _PATIENCE) -> int:
        """Send SIGTERM as systemd does; return the exit status."""
        assert self._process is not None
        self._process.terminate()
        return self.wait(timeout)

    def ask_to_end(self) -> None:
        """Send SIGTERM, and wait for nothing."""
        assert self._process is not None
        self._process.terminate()

    def kill(self) -> None:
        """Send SIGKILL; nothing is in order then."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGKILL)
            self.wait()

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> tuple[int, str]:
        """Return the status and body of a page."""
        request = urllib.request.Request(self.url + path, headers=dict(headers or {}))
        try:
            with urllib.request.urlopen(request, timeout=_PATIENCE) as response:
                return response.status, response.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()

    def _wait_until_ready(self) -> None:
        end = time.monotonic() + _PATIENCE
        said = (0, "")
        while time.monotonic() < end:
            said = self.get("/readyz")
            if said[0] == 200:
                return
            time.sleep(0.02)
        raise RuntimeError(f"the server is not ready: {said}\n{self.output}")

    def _listen(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        with process.stdout:
            for line in process.stdout:
                with self._said:
                    self._lines.append(line)
                    self._said.notify_all()
        process.wait()
        with self._said:
            self._ended = True
            self._said.notify_all()


def galaxychat(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run the `galaxychat` command to its end."""
    return subprocess.run(
        [str(BIN / "galaxychat"), *arguments],
        cwd=folder,
        env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=_PATIENCE,
        check=False,
    )
