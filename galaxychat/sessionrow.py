"""One session of Galaxy's database and who looks it up: what authcheck.py and galaxydb.py share."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Before:
    """Who held the browser before an anonymous session that lasted less than two seconds: how Galaxy impersonates."""

    user_id: int
    email: str | None = field(repr=False)
    present: bool


@dataclass(frozen=True, slots=True)
class SessionRow:
    """A row of galaxy_session with its user's; the user's fields are None for an anonymous session.

    `last_action` is naive UTC, None where Galaxy never wrote it or it may not be read. `opted_in` is None where
    preferences are not read; `groups` are those of Galaxy's that were asked for. Who it is stays out of the repr,
    so that no log can hold it.
    """

    session_id: int
    is_valid: bool
    last_action: datetime | None
    user_id: int | None
    email: str | None = field(repr=False)
    username: str | None = field(repr=False)
    deleted: bool
    purged: bool
    active: bool
    opted_in: bool | None = None
    before: Before | None = None
    groups: frozenset[str] = frozenset()


class SessionSource(Protocol):
    """Where sessions are looked up."""

    async def session(self, session_key: str) -> SessionRow | None:
        """Return the session with exactly this key; raises GalaxyUnavailable."""

    async def users(self, user_ids: Collection[int]) -> Mapping[int, SessionRow]:
        """Return users as if each had a good session; raises GalaxyUnavailable."""
