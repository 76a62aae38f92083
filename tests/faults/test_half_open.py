"""The network between a browser and the server swallows every packet: nothing ends, and nothing comes."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.support.client import Client
from tests.support.galaxy_sqlite import ScratchGalaxy
from tests.support.namespace import Namespace
from tests.support.nodes import quiet
from tests.support.process import holding
from tests.support.server import _SERVING, IN_GOOD_ORDER, Server

_PING, _TIMEOUT = 2, 2
#: Seconds: a ping may be due only after one interval, and the machine has other things to do.
_PATIENCE = 30
_GONE = 10


class Network:
    """A server in a network of its own, and browsers whose packets can be swallowed."""

    def __init__(self, namespace: Namespace, server: Server, open_clients: ExitStack) -> None:
        self._namespace = namespace
        self._open = open_clients
        self.server = server

    def enter(self, name: str) -> tuple[Client, socket.socket]:
        """Let somebody in; return their window and its socket."""
        opened = self._namespace.connect(self.server.port)
        client = self._open.enter_context(Client.enter(self.server, name, sock=opened, close_timeout=0.1))
        client.event("welcome")
        return client, opened

    def swallow(self, opened: socket.socket) -> None:
        """Drop what goes from and to a socket from now on."""
        port = str(opened.getsockname()[1])
        for which in ("--sport", "--dport"):
            self._namespace.run("iptables", "-A", "INPUT", "-p", "tcp", which, port, "-j", "DROP")


@pytest.fixture
def network(tmp_path: Path) -> Iterator[Network]:
    """A running server that pings often, and ends in good order."""
    limits = {"ping_interval": _PING, "ping_timeout": _TIMEOUT}
    with Namespace("net") as namespace, ExitStack() as open_clients:
        server = Server(ScratchGalaxy(tmp_path, chat={"limits": limits}), prefix=namespace.prefix)
        try:
            server.launch()
            server.port = int(server.wait_for(_SERVING)[2].rpartition(":")[2])
            yield Network(namespace, server, open_clients)
            assert server.terminate() == IN_GOOD_ORDER
            quiet(server)
        finally:
            server.kill()


def test_half_open_clients(network: Network, saw: Callable[[str], None]) -> None:
    """Ten are swallowed at once: their presence goes with the ping's time-out; one who came back meanwhile stays."""
    server = network.server
    names = [f"gone{number}" for number in range(_GONE)]
    server.galaxy.add(*names, "back")
    alice, _ = network.enter("alice")
    room = alice.join("Help")["room"]["room"]
    before = holding(server.pid).files
    sockets = []
    for name in (*names, "back"):
        client, opened = network.enter(name)
        client.join(room)
        sockets.append(opened)
    for opened in sockets:
        network.swallow(opened)
    began = time.monotonic()
    again, _ = network.enter("back")
    again.join(room)
    alice.send(room, "Is anybody there?")
    left: list[int] = []
    while len(left) < _GONE:
        left += alice.event("presence", _PATIENCE)["left"]
    noticed = time.monotonic() - began
    # The other connection of who came back ends as well, and does not take them with it.
    while holding(server.pid).files > before + 1:
        assert time.monotonic() < began + _PATIENCE
        time.sleep(0.05)
    assert again.ask("rooms")["rooms"]
    assert len(left) == len(set(left)) == _GONE
    assert not [event for event in alice.kept("presence") if event["left"]]
    (shown,) = [shown for shown in alice.ask("rooms")["rooms"] if shown["room"] == room]
    assert shown["present"] == 2
    assert noticed > _TIMEOUT, "that is when it can be known"
    saw(f"{_GONE + 1} half-open clients noticed within {noticed:.1f} s (ping {_PING} s, time-out {_TIMEOUT} s)")
