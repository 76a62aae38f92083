"""Asks Galaxy again about every session in use: who logged out, was deleted or goes by another name.

One query for all of them, however many. While Galaxy's database is away those who are in may stay for a while.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, field

from galaxychat.errors import Closing, GalaxyUnavailable, HistoryUnavailable
from galaxychat.messages import User, UserEvent, encode
from galaxychat.model import Identity
from galaxychat.session import Session
from galaxychat.sessionrow import SessionRow
from galaxychat.site import Site

NAMED_AT_MOST = 25
#: Seconds until it is asked again when there was no answer.
AGAIN_AFTER = 2.0


@dataclass(frozen=True, slots=True)
class Source:
    """Where sessions are asked for by id, and who may stay by what is found.

    It is asked every `interval` seconds; without an answer one may stay for `grace` seconds since the last.
    """

    sessions: Callable[[Collection[int]], Awaitable[Mapping[int, SessionRow]]]
    judge: Callable[[SessionRow | None], Identity]
    interval: float
    grace: float


@dataclass(slots=True)
class Watch:
    """Every session that was let in, and when Galaxy last said that it may stay."""

    site: Site
    source: Source
    _good_at: dict[Session, float] = field(default_factory=dict)
    _due_at: float = 0.0

    async def look_when_due(self) -> None:
        """Ask if it is time; to be called often. As soon as a database that was away answers, all are asked about."""
        now = self.site.world.steady()
        if now < self._due_at:
            return
        answered = await self.look()
        self._due_at = now + (self.source.interval if answered else AGAIN_AFTER)

    async def look(self) -> bool:
        """Ask about all sessions once; return whether Galaxy's database answered."""
        asked = self.site.connected.everybody()
        now = self.site.world.steady()
        self._good_at = {session: self._good_at.get(session, now) for session in asked}
        try:
            found = await self.source.sessions({session.identity.session_id for session in asked}) if asked else {}
        except GalaxyUnavailable:
            self._close_overdue(now)
            return False
        for session in asked:
            await self._look_at(session, found.get(session.identity.session_id))
        return True

    async def _look_at(self, session: Session, row: SessionRow | None) -> None:
        if session.ended:
            return
        try:
            identity = self.source.judge(row)
            if identity.user_id != session.user.id:
                raise Closing(4401, "log in to Galaxy")
        except Closing as closing:
            session.peer.close(closing.code, closing.reason)
            return
        self._good_at[session] = self.site.world.steady()
        if identity.name != session.user.name:
            await self._rename(session, identity)

    def _close_overdue(self, now: float) -> None:
        for session, good_at in self._good_at.items():
            if now - good_at >= self.source.grace:
                session.peer.close(4002, "Galaxy's database does not answer")

    async def _rename(self, session: Session, identity: Identity) -> None:
        """Show another name at once to oneself and in one's small rooms; elsewhere the next message shows it."""
        session.become(identity)
        try:
            await self.site.history.admit(session.user)
        except HistoryUnavailable:
            return  # the next look, or the next time they come in, writes it
        event = UserEvent(user=User(identity.user_id, identity.name))
        self.site.connected.tell(identity.user_id, event)
        for room in session.rooms:
            if len(self.site.rooms.present(room)) <= NAMED_AT_MOST:
                self.site.rooms.tell(room, encode(event))
