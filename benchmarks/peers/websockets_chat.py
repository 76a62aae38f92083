"""A chat on websockets, by its own broadcast."""

from __future__ import annotations

import asyncio

from websockets.asyncio.server import ServerConnection, broadcast, serve

from benchmarks.peers.said import answer

everybody: set[ServerConnection] = set()


async def conversation(connection: ServerConnection) -> None:
    """Pass on what one says."""
    everybody.add(connection)
    try:
        async for command in connection:
            broadcast(everybody, answer(command))
    finally:
        everybody.discard(connection)


async def main() -> None:
    """Serve for ever."""
    async with serve(conversation, "127.0.0.1", 0, compression=None, ping_interval=None, backlog=4096) as server:
        print(next(iter(server.sockets)).getsockname()[1], flush=True)
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
