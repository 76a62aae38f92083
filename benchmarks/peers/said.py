"""What a peer's chat says of a message: the same frame as ours, numbered, timed, and never kept."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from itertools import count
from typing import Any

_numbers = count(1)


def event(command: Mapping[str, Any]) -> dict[str, Any]:
    """Return the event of a command `send`."""
    seq, room = next(_numbers), command["room"]
    message = {
        "room": room,
        "seq": seq,
        "rev": seq,
        "user": 4,
        "at": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z",
        "text": command["text"],
        "body": [["p", ["text", command["text"]]]],
        "nonce": command["nonce"],
    }
    return {"type": "message", "room": room, "rev": seq, "message": message, "users": [{"id": 4, "name": "member0"}]}


def answer(command: str | bytes) -> str:
    """Return the event's text for a command's."""
    return json.dumps(event(json.loads(command)), separators=(",", ":"))
