"""How much of the log one frame may carry."""

from __future__ import annotations

from collections.abc import Sequence

from galaxychat.messages import Message
from galaxychat.ports import PAGE_BYTES

# Field names, numbers and time of a message, generously.
_OVERHEAD = 200


def size(message: Message) -> int:
    """Return about how many bytes a message takes on the wire."""
    return len(message.text.encode()) + len(bytes(message.body)) + _OVERHEAD


def fitting(messages: Sequence[Message], share: int = 1) -> list[Message]:
    """Return the first of `messages` that fit into a page's bytes, or a `share`th of them; at least one."""
    room = PAGE_BYTES // share
    fit: list[Message] = []
    for message in messages:
        room -= size(message)
        if room < 0 and fit:
            break
        fit.append(message)
    return fit
