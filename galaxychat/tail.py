"""The newest changes of a room, kept in memory: who comes back after a moment is answered without the log."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import msgspec
from msgspec.structs import replace

from galaxychat.messages import Message

#: What a room's tail holds at most: messages, and bytes that they take on the wire. Less than a resume may carry.
KEPT = 100
KEPT_BYTES = 64 * 1024

_encoder = msgspec.json.Encoder()


@dataclass(frozen=True, slots=True)
class Recent:
    """What changed after a revision, in order of `rev`; who is named in it; whether older messages exist."""

    messages: Sequence[Message]
    named: Collection[int]
    more: bool


@dataclass(frozen=True, slots=True)
class _Kept:
    message: Message
    named: frozenset[int]
    size: int


class Tail:
    """Each message that changed after `since`, as it is now."""

    def __init__(self, since: int) -> None:
        self.since = since
        self._kept: dict[int, _Kept] = {}
        self._bytes = 0
        #: A seq before which there are messages, and one before which there are none, as far as that is known.
        self._some_before: int | None = None
        self._none_before = 0

    def restart(self, since: int) -> None:
        """Begin again: something changed of which it is not known what it made of the messages."""
        self.since = since
        self._kept.clear()
        self._bytes = 0

    def extend_back(self, since: int, messages: Sequence[Message], named: Collection[int]) -> None:
        """Take what changed after `since` and up to now, as it was read from the log."""
        if since >= self.since:
            return
        self.restart(since)
        for message in messages:
            self.add(message, named)

    def add(self, message: Message, named: Collection[int]) -> None:
        """Take a message as it is from its `rev` on, which is the room's newest; `named` are the people in it."""
        self._drop(message.seq)
        if message.nonce is not None:
            message = replace(message, nonce=None)
        size = len(_encoder.encode(message))
        self._kept[message.seq] = _Kept(message, frozenset(named), size)
        self._bytes += size
        self.learn(message.seq + 1, more=True)
        while len(self._kept) > KEPT or self._bytes > KEPT_BYTES:
            # In order of rev, since what changes again goes to the end.
            oldest = next(iter(self._kept.values())).message
            self._drop(oldest.seq)
            self.since = oldest.rev

    def learn(self, seq: int, more: bool) -> None:
        """Note whether there are messages before `seq`."""
        if not more:
            self._none_before = max(self._none_before, seq)
        elif self._some_before is None or seq < self._some_before:
            self._some_before = seq

    def after(self, rev: int) -> Recent | None:
        """Return what changed after `rev`, or None if the log must be asked."""
        if rev < self.since:
            return None
        found = [kept for kept in self._kept.values() if kept.message.rev > rev]
        messages = [kept.message for kept in found]
        more = self._has_before(min((message.seq for message in messages), default=rev + 1))
        if more is None:
            return None
        return Recent(messages, frozenset().union(*(kept.named for kept in found)), more)

    def _has_before(self, seq: int) -> bool | None:
        if self._some_before is not None and seq >= self._some_before:
            return True
        return False if seq <= self._none_before else None

    def _drop(self, seq: int) -> None:
        known = self._kept.pop(seq, None)
        if known is not None:
            self._bytes -= known.size
