"""What the chat asks of Galaxy's database, which is only ever read."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from twisted.logger import Logger

from galaxychat.dburl import SqliteUrl, parse_database_url
from galaxychat.errors import GalaxyUnavailable, StartError
from galaxychat.galaxysources import PostgresSource, Row, Source, SqliteSource
from galaxychat.galaxytables import Feature, features_of
from galaxychat.sessionrow import SessionRow
from galaxychat.together import Together

T = TypeVar("T", str, int)

_SESSION = """
SELECT s.{by}, s.id, s.is_valid, {last_action},
    u.id, u.email, u.username, u.deleted, u.purged, u.active
FROM galaxy_session s LEFT JOIN galaxy_user u ON u.id = s.user_id
WHERE s.{by} {among}
"""


class GalaxyDatabase:
    """Answers what the chat asks of Galaxy.

    `features` is what the database lets us do, `warnings` say what not; empty until it was reached.
    Every question raises GalaxyUnavailable when there is no answer within 5 s.
    """

    log = Logger()

    def __init__(
        self,
        source: Source,
        wanted: Collection[Feature] = tuple(Feature),
        asking: Callable[[], None] = lambda: None,
    ) -> None:
        """`wanted` are the features that the site uses: only what those lack is warned of.

        `asking` is called for every statement about sessions.
        """
        self._source = source
        self._wanted = wanted
        self._asking = asking
        self._last_action: str | None = None
        self._sessions = Together(self._fetch_sessions)
        self.features: frozenset[Feature] = frozenset()
        self.warnings: tuple[str, ...] = ()

    async def start(self) -> None:
        """Open the database and look at its tables.

        Raises StartError for an SQLite file that cannot be read, or if a required column is missing.
        A PostgreSQL server that cannot be reached is waited for: until then every question is refused.
        """
        await self._source.start(self.probe)

    async def stop(self) -> None:
        """Close it; questions that are under way are refused."""
        await self._source.stop()

    async def probe(self) -> None:
        """Find out which tables and columns may be read; raises StartError if that is not enough."""
        columns = await self._source.columns()
        self.features, warnings = features_of(columns, self._wanted)
        if warnings != self.warnings:
            self.warnings = warnings
            for warning in warnings:
                self.log.warn("{warning}", warning=warning)
        self._last_action = "s.last_action" if Feature.SESSION_DURATION in self.features else "NULL"

    async def session(self, session_key: str) -> SessionRow | None:
        """The session with exactly this key, and its user."""
        return await self._sessions.get(session_key)

    async def sessions(self, session_ids: Collection[int]) -> dict[int, SessionRow]:
        """The sessions with these ids, and their users, by one statement; those that are gone are left out."""
        return await self._fetch("id", list(session_ids)) if session_ids else {}

    async def ping(self) -> None:
        """Return if sessions can be looked up, for readiness."""
        await self.session("")

    async def _fetch_sessions(self, keys: Sequence[str]) -> dict[str, SessionRow]:
        return await self._fetch("session_key", keys)

    async def _fetch(self, by: str, values: Sequence[T]) -> dict[T, SessionRow]:
        if self._last_action is None:
            raise GalaxyUnavailable("Galaxy's database was not reached yet")
        self._asking()
        among, params = self._source.among(values)
        sql = _SESSION.format(by=by, last_action=self._last_action, among=among)
        return {row[0]: _session_row(row[1:]) for row in await self._source.rows(sql, params)}


def open_galaxy_database(
    url: str,
    reactor: Any,
    wanted: Collection[Feature] = tuple(Feature),
    asking: Callable[[], None] = lambda: None,
) -> GalaxyDatabase:
    """Galaxy's database at a SQLAlchemy URL; opens nothing before its `start`. Raises StartError."""
    try:
        parsed = parse_database_url(url)
    except ValueError as error:
        raise StartError(f"database_connection: right would be {error}") from None
    if isinstance(parsed, SqliteUrl):
        return GalaxyDatabase(SqliteSource(Path(parsed.path), reactor), wanted, asking)
    return GalaxyDatabase(PostgresSource(parsed, reactor), wanted, asking)


def _session_row(row: Row) -> SessionRow:
    """SQLite has 0 and 1 for truth values, and either database may have NULL, which counts as false."""
    session_id, is_valid, last_action, user_id, email, username, deleted, purged, active = row
    return SessionRow(
        session_id=session_id,
        is_valid=bool(is_valid),
        last_action=_time(last_action),
        user_id=user_id,
        email=email,
        username=username,
        deleted=bool(deleted),
        purged=bool(purged),
        active=bool(active),
    )


def _time(value: object) -> datetime | None:
    """SQLite has times as texts; one that is none counts as long past, so that its session is over."""
    if value is None or isinstance(value, datetime):
        return value
    try:
        return datetime.fromisoformat(str(value)).replace(tzinfo=None)
    except ValueError:
        return datetime.min.replace(tzinfo=UTC).replace(tzinfo=None)
