"""A chat on Autobahn and Twisted as their own examples write it: sendMessage to everybody."""

from __future__ import annotations

from typing import Any, cast

from autobahn.twisted.websocket import WebSocketServerFactory, WebSocketServerProtocol
from twisted.internet import reactor

from benchmarks.peers.said import answer

everybody: set[Conversation] = set()


class Conversation(WebSocketServerProtocol):
    """One connection."""

    def onOpen(self) -> None:
        """Somebody comes."""
        everybody.add(self)

    def onMessage(self, payload: bytes, _is_binary: bool) -> None:
        """Pass on what they say."""
        event = answer(payload).encode()
        for each in everybody:
            each.sendMessage(event)

    def onClose(self, _was_clean: bool, _code: int | None, _reason: str | None) -> None:
        """Somebody goes."""
        everybody.discard(self)


def main() -> None:
    """Serve for ever."""
    factory = WebSocketServerFactory()
    factory.protocol = Conversation
    # The reactor is a module to those who look at types.
    running = cast(Any, reactor)
    print(running.listenTCP(0, factory, backlog=4096, interface="127.0.0.1").getHost().port, flush=True)
    running.run()


if __name__ == "__main__":
    main()
