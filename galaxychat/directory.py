"""Who may be spoken to: known to the chat, still welcome in Galaxy, and willing."""

from __future__ import annotations

from collections.abc import Collection

from galaxychat.errors import GalaxyUnavailable, Refusal
from galaxychat.messages import User
from galaxychat.session import Session
from galaxychat.site import Site


async def admissible(site: Site, user_ids: Collection[int]) -> frozenset[int]:
    """Return which of these users Galaxy would let in now; raises Refusal `unavailable`."""
    try:
        return await site.directory.admissible(user_ids) if user_ids else frozenset()
    except GalaxyUnavailable:
        raise Refusal("unavailable", "Galaxy's database does not answer; try again in a moment.", 1.0) from None


async def reachable(site: Site, session: Session, user_id: int) -> User:
    """Return a user whom this one may address; raises Refusal, the same for every reason why not."""
    user = await site.history.reachable(user_id, session.user.id)
    # Galaxy is asked in any case, so that an answer does not come sooner for one reason than for another.
    allowed = await admissible(site, [user_id])
    if user is None or user_id not in allowed or user_id == session.user.id:
        raise no_such_user()
    return user


def no_such_user() -> Refusal:
    """The answer for one who is unknown, deleted, has the chat switched off, left it, or ignores the asker."""
    return Refusal("no_such_user", "There is nobody of that name whom you could reach here.")
