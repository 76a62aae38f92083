"""A chat on Flask-SocketIO over eventlet, the stack of Galaxy's former communication server."""

from __future__ import annotations

from typing import Any

import eventlet
import eventlet.wsgi
from flask import Flask
from flask_socketio import SocketIO

from benchmarks.peers.said import event

# More than anybody here waits.
_NEVER = 3600

app = Flask(__name__)
sockets = SocketIO(
    app, async_mode="eventlet", cors_allowed_origins="*", ping_interval=_NEVER, ping_timeout=_NEVER, compression=False
)


@sockets.on("send")  # type: ignore[untyped-decorator]  # it ships no types
def send(command: dict[str, Any]) -> None:
    """Pass on what somebody says."""
    sockets.emit("message", event(command))


def main() -> None:
    """Serve for ever."""
    listening = eventlet.listen(("127.0.0.1", 0), backlog=4096)
    print(listening.getsockname()[1], flush=True)
    # A thread for each connection: eventlet's own limit would be 1024.
    eventlet.wsgi.server(listening, app, log_output=False, max_size=100_000)


if __name__ == "__main__":
    main()
