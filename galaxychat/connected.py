"""Who is connected: a user's sessions on this node, so that all of their windows agree."""

from __future__ import annotations

from galaxychat.errors import Closing
from galaxychat.messages import Event, encode
from galaxychat.session import Session


class Connected:
    """The sessions that were let in, by user."""

    def __init__(self, per_user: int) -> None:
        self._per_user = per_user
        self._sessions: dict[int, set[Session]] = {}

    def add(self, session: Session) -> None:
        """Take a session in; raises Closing 4409 when its user has too many already."""
        sessions = self._sessions.setdefault(session.user.id, set())
        if len(sessions) >= self._per_user:
            raise Closing(4409, "You have too many chat windows open; close one.")
        sessions.add(session)

    def remove(self, session: Session) -> None:
        """Forget a session that ended."""
        sessions = self._sessions.get(session.user.id)
        if sessions is None:
            return
        sessions.discard(session)
        if not sessions:
            del self._sessions[session.user.id]

    def of(self, user_id: int) -> tuple[Session, ...]:
        """Return the sessions of one user."""
        return tuple(self._sessions.get(user_id, ()))

    def everybody(self) -> list[Session]:
        """Return all sessions."""
        return [session for sessions in self._sessions.values() for session in sessions]

    def tell(self, user_id: int, event: Event) -> None:
        """Send an event to every session of one user."""
        payload = encode(event)
        for session in self.of(user_id):
            session.hear(payload)
