"""How much of the log one frame may carry."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from galaxychat.messages import Message
from galaxychat.records import PAGE_BYTES

_encoder = msgspec.json.Encoder()


def size(message: Message) -> int:
    """Return how many bytes a message takes on the wire: a text of line breaks takes twice what it has."""
    return len(_encoder.encode(message)) + len(",")


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
