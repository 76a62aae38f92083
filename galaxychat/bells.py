"""What nodes tell each other through PostgreSQL's NOTIFY: that there is something to read, never what it says.

Any role of the database may listen, so a bell holds numbers only. It is rung in the transaction of the change
and may be lost: whoever hears none looks from time to time anyway.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

# PostgreSQL takes less than 8000 bytes.
_PAYLOAD = 7000

#: The channel, in SQL: two logs in schemas of one database do not hear each other's bells.
CHANNEL = "'galaxychat_' || md5(current_schema())"


class Kind(StrEnum):
    """What a bell is about, and what its two numbers are."""

    REV = "r"  # a room, its newest rev
    STANDING = "s"  # a user, a room in which something of theirs changed
    PERSON = "u"  # a user who left the chat or came back (and 0), or whom else they ignore now or no longer
    TYPING = "t"  # a room, the user who is writing
    PRESENCE = "p"  # a room, 0
    NAME = "n"  # a user who goes by another name, 0


@dataclass(frozen=True, slots=True)
class Bell:
    """One thing to look at."""

    kind: Kind
    first: int
    second: int

    def __str__(self) -> str:
        """As it goes over the wire, such as r17:42."""
        return f"{self.kind.value}{self.first}:{self.second}"


def payloads(node: str, bells: Iterable[Bell]) -> Iterator[str]:
    """Return notifications that hold these bells, each with the node that rings first."""
    text = node
    for bell in dict.fromkeys(bells):
        if len(text) + 1 + len(str(bell)) > _PAYLOAD:
            yield text
            text = node
        text += f" {bell}"
    if text != node:
        yield text


def parse(payload: str) -> tuple[str, list[Bell]]:
    """Return who rang, and the bells; what another version would ring is left out."""
    node, *words = payload.split(" ")
    return node, [bell for word in words if (bell := _bell(word)) is not None]


def _bell(word: str) -> Bell | None:
    first, _, second = word[1:].partition(":")
    try:
        return Bell(Kind(word[:1]), int(first), int(second))
    except ValueError:
        return None
