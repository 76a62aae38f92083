"""The WebSocket's conformance cases, against an echo on the options that the server runs with."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from autobahn.twisted.websocket import WebSocketServerFactory, WebSocketServerProtocol
from twisted.internet.defer import maybeDeferred
from twisted.internet.interfaces import IListeningPort

from galaxychat.config import Limits
from galaxychat.factory import websocket_options
from tests.support.reactor import call, reactor, run

# The largest message of the cases; the server's own limit is lower.
_LARGEST = 1_048_576
_PATIENCE = 60


class _Echo(WebSocketServerProtocol):
    """Sends back what it gets."""

    def onMessage(self, payload: bytes, isBinary: bool) -> None:  # noqa: N803
        """Echo."""
        self.sendMessage(payload, isBinary)


def _listen() -> IListeningPort:
    factory = WebSocketServerFactory(reactor=reactor)
    factory.protocol = _Echo
    factory.setProtocolOptions(**websocket_options(Limits(frame_bytes=_LARGEST)))
    port: IListeningPort = reactor.listenTCP(0, factory, interface="127.0.0.1")
    return port


@pytest.fixture
def echo() -> Iterator[str]:
    """The address of the echo."""
    port = call(_listen)
    address: Any = port.getHost()
    yield f"ws://127.0.0.1:{address.port}"
    run(lambda: maybeDeferred(port.stopListening))


@pytest.mark.slow
def test_conformance(echo: str) -> None:
    """Framing, fragmentation, UTF-8, pings and closing are as RFC 6455 has them: no case fails."""
    done = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("run_cases.py")), echo],
        capture_output=True,
        text=True,
        timeout=_PATIENCE,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    results = json.loads(done.stdout.splitlines()[-1])
    assert results["failed"] == []
    assert results["run"] >= 240
