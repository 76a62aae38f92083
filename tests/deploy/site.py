"""A real `twistd galaxychat` for tests of what stands around it, and clients that come as browsers do."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin, Subprotocol

ROOT = Path(__file__).parents[2]
_TWISTD = Path(sys.executable).with_name("twistd")
_PATIENCE = 30


@dataclass(frozen=True)
class Chat:
    """A running server: where it listens, and what it has said so far."""

    port: int
    log: Path

    @property
    def said(self) -> str:
        """Everything in its log."""
        return self.log.read_text()


@contextmanager
def running(folder: Path, galaxy_config: Path, environ: Mapping[str, str] | None = None) -> Iterator[Chat]:
    """Serve the chat of a Galaxy as its unit file does; comes back when it has said READY=1, as systemd waits."""
    log = folder / "chat.log"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notified, log.open("w") as output:
        notified.bind(str(folder / "notify"))
        notified.settimeout(_PATIENCE)
        process = subprocess.Popen(
            [_TWISTD, "--nodaemon", "--pidfile=", "galaxychat", "--port", "0", "--host", "127.0.0.1"],
            env=os.environ
            | {"GALAXY_CONFIG_FILE": str(galaxy_config), "NOTIFY_SOCKET": str(folder / "notify")}
            | dict(environ or {}),
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            assert notified.recv(100) == b"READY=1", f"the chat did not start:\n{log.read_text()}"
            found = re.search(r"Serving \S+ at [\d.]+:(\d+)", log.read_text())
            assert found
            yield Chat(int(found[1]), log)
        finally:
            process.terminate()
            process.wait(_PATIENCE)


def visit(port: int, path: str, headers: Mapping[str, str] | None = None) -> tuple[int, str]:
    """Return the status and the text of a page."""
    asked = urllib.request.Request(f"http://127.0.0.1:{port}{path}", headers=dict(headers or {}))
    try:
        with urllib.request.urlopen(asked, timeout=_PATIENCE) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as refused:
        return refused.code, refused.read().decode()


@contextmanager
def talking(port: int, cookie: str) -> Iterator[ClientConnection]:
    """Open the socket as a page of the same address does."""
    with connect(
        f"ws://127.0.0.1:{port}/galaxychat/ws",
        origin=Origin(f"http://127.0.0.1:{port}"),
        additional_headers={"Cookie": f"galaxysession={cookie}"},
        subprotocols=[Subprotocol("galaxychat.v1")],
        compression=None,
        # Only the server's own pings keep an idle connection open.
        ping_interval=None,
    ) as client:
        yield client


def said(client: ClientConnection) -> dict[str, Any]:
    """Return the next event."""
    event: dict[str, Any] = json.loads(client.recv(_PATIENCE))
    return event


def ask(client: ClientConnection, **command: Any) -> dict[str, Any]:
    """Send a command and return its reply; events before it are passed over."""
    client.send(json.dumps(command | {"id": 1}))
    while True:
        event = said(client)
        if event.get("re") == 1:
            return event
