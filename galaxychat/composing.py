"""From what somebody typed to what the log keeps: the token tree, who is mentioned, how code is coloured."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from galaxychat import limits, markup, mentions
from galaxychat.messages import User
from galaxychat.site import Site

_NAMES_LOOKED_UP = 200


@dataclass(frozen=True, slots=True)
class Composed:
    """The body as JSON, and who is mentioned in it."""

    body: bytes
    people: list[User]

    @property
    def mentions(self) -> tuple[int, ...]:
        """The ids of those mentioned."""
        return tuple(user.id for user in self.people)


async def compose(site: Site, room: int, text: str) -> Composed:
    """Return what a message of that text is in that room; raises HistoryUnavailable."""
    body = markup.parse(text)
    people: list[User] = []
    names = mentions.mention_candidates(body)[:_NAMES_LOOKED_UP]
    if names:
        meant = await site.history.members_named(room, names)
        body, ids = mentions.with_mentions(body, meant)
        people = await site.history.people(ids) if ids else []
    for block in markup.code_blocks(body):
        runs = await site.colouring(block[1], block[2])
        if runs is not None:
            block.append(runs)
    return Composed(msgspec.json.encode(body), people)


def checked(site: Site, text: str) -> str:
    """Return a text that may be said; raises Refusal."""
    return limits.message_text(text, site.rules.message_chars)
