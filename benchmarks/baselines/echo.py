"""The echo: an Autobahn server that says back what it is told, behind Twisted's Site and WebSocketResource."""

from __future__ import annotations

from typing import Any, cast

from autobahn.twisted.resource import WebSocketResource
from autobahn.twisted.websocket import WebSocketServerFactory, WebSocketServerProtocol
from twisted.internet import reactor
from twisted.web.resource import Resource
from twisted.web.server import Site

import galaxychat.factory  # noqa: F401  # with what it spares Autobahn for each handshake, so that both have it


class Echo(WebSocketServerProtocol):
    """One connection."""

    def onMessage(self, payload: bytes, is_binary: bool) -> None:
        """Say it back."""
        self.sendMessage(payload, is_binary)


def main() -> None:
    """Serve for ever."""
    factory = WebSocketServerFactory()
    factory.protocol = Echo
    root = Resource()
    root.putChild(b"", WebSocketResource(factory))
    # The reactor is a module to those who look at types.
    running = cast(Any, reactor)
    print(running.listenTCP(0, Site(root), backlog=4096, interface="127.0.0.1").getHost().port, flush=True)
    running.run()


if __name__ == "__main__":
    main()
