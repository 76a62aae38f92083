"""Puts the house together from a configuration: every adapter is chosen here."""

from __future__ import annotations

import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path
from typing import Any

from twisted.logger import Logger
from twisted.web.resource import IResource

from galaxychat import __version__, limits, web
from galaxychat.authcheck import AuthCheck, State
from galaxychat.burst import Tempo
from galaxychat.channel import ChatSite
from galaxychat.chat import Chat
from galaxychat.config import Config
from galaxychat.connected import Connected
from galaxychat.dburl import SqliteUrl, parse_database_url
from galaxychat.entering import Entering
from galaxychat.errors import Closing, GalaxyUnavailable, HistoryUnavailable, Refusal, StartError
from galaxychat.factory import ChatFactory, spawn
from galaxychat.fanout import fan_out
from galaxychat.feed import Feed
from galaxychat.galaxydb import GalaxyDatabase, open_galaxy_database
from galaxychat.galaxytables import Feature
from galaxychat.highlight import Highlighter
from galaxychat.history.neighbourhood import Neighbourhood
from galaxychat.history.postgres import PostgresHistory
from galaxychat.history.room_statements import LOBBY
from galaxychat.history.sqlite import SQLiteHistory
from galaxychat.metrics import Metrics
from galaxychat.model import RoomKind
from galaxychat.neighbours import Neighbours
from galaxychat.ports import History
from galaxychat.records import RoomDraft
from galaxychat.rooms import Rooms
from galaxychat.session import Pace
from galaxychat.site import Rules, Site, World
from galaxychat.socketresource import Door, SocketResource
from galaxychat.statuspages import Answers
from galaxychat.walls import Walls, sole_of
from galaxychat.watch import Source, Watch

_log = Logger(namespace="galaxychat")
_ROOM_ID_BITS = 48


@dataclass(frozen=True, slots=True)
class House:
    """Everything that the service starts and stops; `neighbourhood` where several nodes share the log."""

    history: SQLiteHistory | PostgresHistory
    neighbourhood: Neighbourhood | None
    galaxy: GalaxyDatabase
    rooms: Rooms
    watch: Watch
    walls: Walls
    factory: ChatFactory
    http: ChatSite
    resource: IResource
    highlighter: Highlighter


def build(config: Config, reactor: Any) -> House:
    """Return the parts, connected; nothing is open yet. Raises StartError for what cannot be used."""
    history = history_of(config, reactor)
    counted = Metrics()
    galaxy = open_galaxy_database(
        config.galaxy_database, reactor, wanted_features(config), counted.asked_galaxy.inc, config.moderators.groups
    )
    gate = AuthCheck(galaxy, config)
    rooms = Rooms(fan_out, _tempo(reactor) if config.fast_path else None)
    highlighter = Highlighter(reactor)
    site = replace(_site(config, history, gate, rooms), colouring=highlighter)
    entering = Entering(site)
    chat = Chat(site, entering, _pace(config), __version__)
    factory = ChatFactory(chat, gate, config.limits, counted, reactor, config.fast_path)
    socket = SocketResource(factory, Door(config.allowed_origins, config.trusted_proxies))
    answers = Answers(not_ready=lambda: _not_ready(history, galaxy), me=lambda cookie: _me(gate, history, cookie))
    resource = web.root(config.base_path, client_folder(), socket, answers, counted, config.allowed_origins)
    return House(
        history=history,
        neighbourhood=_neighbourhood(reactor, history, site, entering),
        galaxy=galaxy,
        rooms=rooms,
        watch=Watch(site, Source(galaxy.sessions, gate.judge, config.session_check_interval, config.session_grace)),
        walls=Walls(site, entering, galaxy, config.group_rooms, config.session_check_interval),
        factory=factory,
        http=ChatSite(resource, web.policy(config.allowed_origins), config.limits.admission_timeout, reactor),
        resource=resource,
        highlighter=highlighter,
    )


def history_of(config: Config, reactor: Any) -> SQLiteHistory | PostgresHistory:
    """Return the log that `history` names; raises StartError."""
    url = parse_database_url(config.history)
    return SQLiteHistory(reactor, Path(url.path)) if isinstance(url, SqliteUrl) else PostgresHistory(reactor, url)


async def open_log(history: SQLiteHistory | PostgresHistory, rooms: Sequence[RoomDraft]) -> None:
    """Open the log with the admin's rooms in it; raises StartError.

    A file is opened at once, which takes some milliseconds; a server is asked, and waited for if it is away.
    """
    if isinstance(history, PostgresHistory):
        await history.open(rooms, now())
    else:
        history.open(rooms, now())


def wanted_features(config: Config) -> frozenset[Feature]:
    """Return what this site needs more of Galaxy's database for."""
    wanted = {
        Feature.SESSION_DURATION: config.session_duration > 0,
        Feature.OPT_IN: config.require_opt_in,
        Feature.IMPERSONATION: True,
        Feature.GROUPS: bool(config.group_rooms or config.moderators.groups),
    }
    return frozenset(feature for feature, is_wanted in wanted.items() if is_wanted)


def without_effect(config: Config) -> list[str]:
    """Return a line for each setting that this version takes and does nothing about."""
    given = {
        "retention_days": config.retention_days > 0,
        "word_list": config.word_list is not None,
    }
    return [f"{key}: this version does nothing about it yet" for key, is_given in given.items() if is_given]


def site_rooms(config: Config) -> list[RoomDraft]:
    """Return the lobby, the admin's persistent rooms and groups' rooms; raises StartError for an impossible name."""
    drafts = {limits.name_key(LOBBY): _room(RoomKind.LOBBY, LOBBY)}
    for name in config.persistent_rooms:
        try:
            draft = _room(RoomKind.PERSISTENT, limits.room_name(name))
        except Refusal as refusal:
            raise StartError(f"persistent_communication_rooms: {refusal.detail}") from None
        drafts.setdefault(str(draft.name_key), draft)
    return [*drafts.values(), *(_group_room(group) for group in dict.fromkeys(config.group_rooms))]


def now() -> str:
    """Return the time of day as the wire writes it."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def client_folder() -> Path:
    """Return where the built client lies; raises StartError for a checkout in which it was not built."""
    folder = Path(str(resources.files("galaxychat") / "static"))
    if not (folder / "index.html").is_file():
        raise StartError("The browser client is missing from this installation: run `make client`, or install a wheel.")
    return folder


def _room(kind: RoomKind, name: str) -> RoomDraft:
    return RoomDraft(
        room=secrets.randbits(_ROOM_ID_BITS),
        kind=kind,
        name=name,
        name_key=limits.name_key(name),
        topic="",
        owner=None,
    )


def _group_room(group: str) -> RoomDraft:
    """Return the room of a Galaxy group, whose name the admin of Galaxy chose."""
    return RoomDraft(
        room=secrets.randbits(_ROOM_ID_BITS),
        kind=RoomKind.GROUP,
        name=group[: limits.ROOM_NAME_CHARS],
        name_key=None,
        topic="",
        owner=None,
        sole=sole_of(group),
    )


def _pace(config: Config) -> Pace:
    most = config.limits
    return Pace(
        messages=limits.Buckets(most.rate_messages, most.rate_per_second),
        commands=limits.Buckets(most.rate_commands, most.commands_per_second),
    )


def _tempo(reactor: Any) -> Tempo:
    return Tempo(steady=time.monotonic, later=reactor.callLater)


def _site(config: Config, history: SQLiteHistory | PostgresHistory, gate: AuthCheck, rooms: Rooms) -> Site:
    most = config.limits
    world = World(
        steady=time.monotonic,
        utc=lambda: datetime.now(UTC),
        room_id=lambda: secrets.randbits(_ROOM_ID_BITS),
        report=_log.failure,
        audit=lambda line: _log.info("{line}", line=line),
    )
    return Site(
        history=history,
        directory=gate,
        feed=Feed(history, rooms, spawn),
        rooms=rooms,
        connected=Connected(most.connections_per_user),
        rules=Rules(most.message_chars, most.frame_bytes, most.rooms_per_user, most.rooms_per_day),
        world=replace(world, ring=history.ring) if isinstance(history, PostgresHistory) else world,
    )


def _neighbourhood(
    reactor: Any, history: SQLiteHistory | PostgresHistory, site: Site, entering: Entering
) -> Neighbourhood | None:
    if isinstance(history, SQLiteHistory):
        return None
    return Neighbourhood(reactor, history, site.rooms, Neighbours(site, entering, history, spawn))


async def _not_ready(history: History, galaxy: GalaxyDatabase) -> str | None:
    """Return why nobody can be let in at the moment, in words for the admin."""
    try:
        # Somebody, for nobody nothing would be asked.
        await history.people((0,))
    except HistoryUnavailable:
        return "The chat's log cannot be reached."
    try:
        await galaxy.ping()
    except GalaxyUnavailable:
        return "Galaxy's database does not answer."
    return None


async def _me(gate: AuthCheck, history: History, cookie: str | None) -> dict[str, Any]:
    """Return what `GET <base>/me` says: the state of the cookie, and what waits to be read outside muted rooms."""
    try:
        state, reason = await gate.state(cookie)
        if state is not State.OK:
            return {"state": state} if reason is None else {"state": state, "reason": reason}
        identity = await gate.identify(cookie)
        if (await history.own(identity.user_id)).absent:
            return {"state": state, "absent": True}
        rooms = [room for room in await history.rooms_of(identity.user_id) if not (room.muted or room.hidden)]
    except (GalaxyUnavailable, HistoryUnavailable):
        return {"state": State.REFUSED, "reason": "the chat cannot reach its database at the moment"}
    except Closing as closing:
        return {"state": State.REFUSED, "reason": closing.reason}
    counts: Sequence[tuple[int, int]] = [(room.unread, room.mentions) for room in rooms]
    return {
        "state": state,
        "unread": sum(one for one, _ in counts),
        "mentions": sum(one for _, one in counts),
    }
