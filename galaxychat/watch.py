"""Asks Galaxy again about every session in use: who logged out, was deleted or goes by another name.

One query for all of them, however many. While Galaxy's database is away those who are in may stay for a while.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, field

from galaxychat.errors import Closing, GalaxyUnavailable, HistoryUnavailable
from galaxychat.messages import UserEvent, encode
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
    #: Users whose other name was not written down and told yet.
    _renamed: set[int] = field(default_factory=set)

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
        promoted = set()
        for session in asked:
            before = session.identity
            if session.ended or not self._stays(session, found.get(before.session_id)):
                continue
            if session.identity.name != before.name:
                self._renamed.add(before.user_id)
            if session.identity.role is not before.role:
                promoted.add(before.user_id)
        for user_id in tuple(self._renamed):
            await self._tell_name(user_id)
        for user_id in promoted:
            await self.site.tell_all_listed(user_id)
        return True

    def _stays(self, session: Session, row: SessionRow | None) -> bool:
        """End a session that may not stay; let one that may be what Galaxy says of it now."""
        try:
            identity = self.source.judge(row)
            if identity.user_id != session.user.id:
                raise Closing(4401, "log in to Galaxy")
        except Closing as closing:
            session.peer.close(closing.code, closing.reason)
            return False
        self._good_at[session] = self.site.world.steady()
        if identity != session.identity:
            session.become(identity)
        return True

    def _close_overdue(self, now: float) -> None:
        for session, good_at in self._good_at.items():
            if now - good_at >= self.source.grace:
                session.peer.close(4002, "Galaxy's database does not answer")

    async def _tell_name(self, user_id: int) -> None:
        """Show another name at once to oneself and in one's small rooms; elsewhere the next message shows it."""
        sessions = self.site.connected.of(user_id)
        # Who only looks through somebody's eyes writes nothing in their name.
        if any(not session.identity.read_only for session in sessions):
            try:
                await self.site.history.admit(sessions[0].user)
            except HistoryUnavailable:
                return  # the next look does it
        self._renamed.discard(user_id)
        if not sessions:
            return
        event = UserEvent(user=sessions[0].user)
        self.site.connected.tell(user_id, event)
        for room in {room for session in sessions for room in session.rooms}:
            if len(self.site.rooms.present(room)) <= NAMED_AT_MOST:
                self.site.rooms.tell(room, encode(event))
