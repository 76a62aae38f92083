"""A chat on picows."""

from __future__ import annotations

import asyncio
from typing import Any

from picows import WSFrame, WSListener, WSMsgType, WSTransport, ws_create_server

from benchmarks.peers.said import answer

everybody: set[WSTransport] = set()


class Conversation(WSListener):  # type: ignore[misc]  # it ships no types
    """One connection."""

    def on_ws_connected(self, transport: WSTransport) -> None:
        """Somebody comes."""
        everybody.add(transport)

    def on_ws_frame(self, _transport: WSTransport, frame: WSFrame) -> None:
        """Pass on what they say."""
        if frame.msg_type == WSMsgType.TEXT:
            event = answer(frame.get_payload_as_bytes()).encode()
            for each in everybody:
                each.send(WSMsgType.TEXT, event)

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        """Somebody goes."""
        everybody.discard(transport)


def _conversation(_request: Any) -> Conversation:
    return Conversation()


async def main() -> None:
    """Serve for ever."""
    server = await ws_create_server(_conversation, "127.0.0.1", 0, backlog=4096)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
