"""What the chat asks of Galaxy's database, which is only ever read."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from twisted.logger import Logger

from galaxychat.dburl import SqliteUrl, parse_database_url
from galaxychat.errors import GalaxyUnavailable, StartError
from galaxychat.galaxysources import PostgresSource, Row, Source, SqliteSource
from galaxychat.galaxytables import Feature, features_of
from galaxychat.optin import PREFERENCES, is_on
from galaxychat.sessionrow import Before, SessionRow
from galaxychat.together import Together

T = TypeVar("T", str, int)

_SESSION = """
SELECT s.{by}, s.id, s.is_valid, {last_action},
    u.id, u.email, u.username, u.deleted, u.purged, u.active, {preferences}, {before}
FROM galaxy_session s LEFT JOIN galaxy_user u ON u.id = s.user_id {joined}
WHERE s.{by} {among}
"""
_USERS = """
SELECT u.id, 0, TRUE, NULL, u.id, u.email, u.username, u.deleted, u.purged, u.active, {preferences}, {nothing}
FROM galaxy_user u WHERE u.id {among}
"""
_PREFERENCE = "(SELECT max(o.value) FROM user_preference o WHERE o.user_id = u.id AND o.name = '{name}')"
_BEFORE = "s.create_time, p.user_id, p.create_time, a.id, a.email, a.deleted, a.purged"
_JOINED = """
LEFT JOIN galaxy_session p ON p.id = s.prev_session_id
LEFT JOIN galaxy_session q ON q.id = p.prev_session_id
LEFT JOIN galaxy_user a ON a.id = q.user_id
"""
_NOTHING = ", ".join(["NULL"] * 7)
_GROUPS = """
SELECT b.user_id, g.name FROM user_group_association b JOIN galaxy_group g ON g.id = b.group_id
WHERE NOT COALESCE(g.deleted, FALSE) AND g.name {names}
"""
#: Galaxy makes both sessions of an impersonation in one request; between two people who log in one after the
#: other somebody has to type.
_AT_ONCE = timedelta(seconds=2)


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
        groups: Collection[str] = (),
    ) -> None:
        """`wanted` are the features that the site uses: only what those lack is warned of.

        `asking` is called for every statement. `groups` are those of Galaxy's of which a session's row tells
        whether its user is in them.
        """
        self._source = source
        self._groups = sorted(groups)
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

    async def users(self, user_ids: Collection[int]) -> dict[int, SessionRow]:
        """These users as if each had a good session; those that are gone are left out."""
        self._check_reached()
        self._asking()
        among, params = self._source.among(sorted(user_ids))
        sql = _USERS.format(preferences=self._preferences(), nothing=_NOTHING, among=among)
        return {row[0]: _session_row(row[1:]) for row in await self._source.rows(sql, params)}

    async def group_members(self, groups: Collection[str]) -> dict[str, set[int]]:
        """Who is in each of these groups; nobody, where groups may not be read."""
        self._check_reached()
        members: dict[str, set[int]] = {group: set() for group in groups}
        for user, group in await self._memberships(groups):
            members[group].add(user)
        return members

    async def ping(self) -> None:
        """Return if sessions can be looked up, for readiness."""
        await self.session("")

    async def _fetch_sessions(self, keys: Sequence[str]) -> dict[str, SessionRow]:
        return await self._fetch("session_key", keys)

    async def _fetch(self, by: str, values: Sequence[T]) -> dict[T, SessionRow]:
        self._check_reached()
        self._asking()
        among, params = self._source.among(values)
        detects = Feature.IMPERSONATION in self.features
        sql = _SESSION.format(
            by=by,
            last_action=self._last_action,
            preferences=self._preferences(),
            before=_BEFORE if detects else _NOTHING,
            joined=_JOINED if detects else "",
            among=among,
        )
        found = {row[0]: _session_row(row[1:]) for row in await self._source.rows(sql, params)}
        return await self._with_groups(found) if self._groups else found

    async def _with_groups(self, rows: dict[T, SessionRow]) -> dict[T, SessionRow]:
        users = {row.user_id for row in rows.values() if row.user_id is not None}
        groups: dict[int | None, set[str]] = {}
        for user, group in await self._memberships(self._groups, users):
            groups.setdefault(user, set()).add(group)
        return {key: replace(row, groups=frozenset(groups.get(row.user_id, ()))) for key, row in rows.items()}

    async def _memberships(self, groups: Collection[str], users: Collection[int] | None = None) -> list[Row]:
        """Users and the groups that they are in: of these users, or all."""
        if Feature.GROUPS not in self.features or not groups or (users is not None and not users):
            return []
        self._asking()
        names, params = self._source.among(sorted(groups))
        sql = _GROUPS.format(names=names)
        if users is None:
            return await self._source.rows(sql, params)
        among, more = self._source.among(sorted(users))
        return await self._source.rows(f"{sql} AND b.user_id {among}", [*params, *more])

    def _preferences(self) -> str:
        if Feature.OPT_IN not in self.features:
            return "NULL, NULL, FALSE"
        return ", ".join([*(_PREFERENCE.format(name=name) for name in PREFERENCES), "TRUE"])

    def _check_reached(self) -> None:
        if self._last_action is None:
            raise GalaxyUnavailable("Galaxy's database was not reached yet")


def open_galaxy_database(
    url: str,
    reactor: Any,
    wanted: Collection[Feature] = tuple(Feature),
    asking: Callable[[], None] = lambda: None,
    groups: Collection[str] = (),
) -> GalaxyDatabase:
    """Galaxy's database at a SQLAlchemy URL; opens nothing before its `start`. Raises StartError."""
    try:
        parsed = parse_database_url(url)
    except ValueError as error:
        raise StartError(f"database_connection: right would be {error}") from None
    if isinstance(parsed, SqliteUrl):
        return GalaxyDatabase(SqliteSource(Path(parsed.path), reactor), wanted, asking, groups)
    return GalaxyDatabase(PostgresSource(parsed, reactor), wanted, asking, groups)


def _session_row(row: Row) -> SessionRow:
    """SQLite has 0 and 1 for truth values, and either database may have NULL, which counts as false."""
    session_id, is_valid, last_action, user_id, email, username, deleted, purged, active, *more = row
    old, new, is_readable, *before = more
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
        opted_in=is_on(old, new) if is_readable else None,
        before=_before(tuple(before)),
    )


def _before(columns: Row) -> Before | None:
    """Who held the browser before, if the session between theirs and this one is one of an impersonation."""
    began, between, ended, user, email, deleted, purged = columns
    begin, end = _time(began), _time(ended)
    if user is None or between is not None or begin is None or end is None or abs(begin - end) > _AT_ONCE:
        return None
    return Before(user, email, present=not (deleted or purged))


def _time(value: object) -> datetime | None:
    """SQLite has times as texts; one that is none counts as long past, so that its session is over."""
    if value is None or isinstance(value, datetime):
        return value
    try:
        return datetime.fromisoformat(str(value)).replace(tzinfo=None)
    except ValueError:
        return datetime.min.replace(tzinfo=UTC).replace(tzinfo=None)
