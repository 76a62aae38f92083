"""Hears what other nodes ring: a connection of its own that LISTENs, again after every loss."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from twisted.logger import Logger

from galaxychat import bells
from galaxychat.bells import Bell
from galaxychat.dburl import PostgresUrl
from galaxychat.pglink import PgLink


class Listener:
    """Calls `heard` with the bells of other nodes, and `missed` when some may have been lost."""

    log = Logger()

    def __init__(
        self,
        reactor: Any,
        url: PostgresUrl,
        node: str,
        heard: Callable[[Sequence[Bell]], None],
        missed: Callable[[], None],
    ) -> None:
        self._node = node
        self._heard = heard
        self._missed = missed
        self._link = PgLink(url, reactor, self._listen, on_notify=self._notified)

    async def start(self) -> None:
        """Begin to listen; returns after the first attempt to connect."""
        await self._link.start()

    async def stop(self) -> None:
        """Stop listening."""
        await self._link.stop()

    async def _listen(self) -> None:
        ((channel,),) = await self._link.query(f"SELECT {bells.CHANNEL}")  # ours
        await self._link.query(f'LISTEN "{channel}"')
        self._missed()

    def _notified(self, payload: str) -> None:
        node, rung = bells.parse(payload)
        # One's own bells come back as well.
        if node != self._node and rung:
            self._heard(rung)
