"""The configuration as the rest of the house sees it: one frozen value, made once, checked as a whole.

Galaxy's part is read by galaxyconfig.py, single values are checked by settings.py. Nothing here imports a
framework.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Literal

from galaxychat.origin import Origin

#: Galaxy's own default: everybody knows it, so everybody can make cookies with it.
DEFAULT_ID_SECRET = "USING THE DEFAULT IS NOT SECURE!"  # noqa: S105

TrustedProxy = IPv4Network | IPv6Network | Literal["unix"]


class Impersonation(StrEnum):
    """What becomes of an admin who uses Galaxy as somebody else."""

    READ_ONLY = "read_only"
    REFUSE = "refuse"
    ALLOW = "allow"


@dataclass(frozen=True, slots=True)
class Limits:
    """How much anybody may have of anything; times in seconds, sizes in bytes, rates per second and user.

    `rate_messages` may be sent at once, then `rate_per_second`; likewise `rate_commands` and
    `commands_per_second` for all other commands. `unsent_replies` is what a client may leave unread before
    its further commands wait. Timers are whole seconds and at least 2: Autobahn rounds them down.
    """

    message_chars: int = 6000
    frame_bytes: int = 131072
    rate_messages: int = 20
    rate_per_second: float = 2.0
    rate_commands: int = 100
    commands_per_second: float = 20.0
    connections_per_user: int = 20
    pending_per_address: int = 100
    connections: int = 20000
    unsent_bytes: int = 1048576
    unsent_replies: int = 262144
    ping_interval: int = 25
    ping_timeout: int = 20
    admission_timeout: int = 10
    rooms_per_user: int = 100
    rooms_per_day: int = 20


@dataclass(frozen=True, slots=True)
class Moderators:
    """Who moderates besides Galaxy's admins: public names, ids of galaxy_user, names of Galaxy's groups."""

    names: frozenset[str] = frozenset()
    ids: frozenset[int] = frozenset()
    groups: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """All settings. What may hold a secret is left out of its repr.

    `galaxy_database` and `history` are SQLAlchemy URLs with absolute paths; `session_duration` is in minutes
    (0: off), `session_check_interval` and `session_grace` in seconds, `retention_days` in days (0: for ever).
    `endpoint`, when given, replaces `host` and `port`. `base_path` begins with a slash and ends with none.
    `galaxy_config` is the file that was read. `warnings` are for the log at start, one line each.
    """

    galaxy_database: str = field(repr=False)
    history: str = field(repr=False)
    id_secret: str = field(repr=False)
    data_dir: str
    galaxy_config: str | None = None
    admin_users: frozenset[str] = field(default=frozenset(), repr=False)
    session_duration: int = 0
    user_activation_on: bool = False
    enabled: bool = True
    host: str = "localhost"
    port: int = 7070
    endpoint: str | None = None
    base_path: str = "/galaxychat"
    allowed_origins: frozenset[Origin] = frozenset()
    trusted_proxies: tuple[TrustedProxy, ...] = (ip_network("127.0.0.0/8"), ip_network("::1/128"), "unix")
    persistent_rooms: tuple[str, ...] = ()
    require_opt_in: bool = False
    moderators: Moderators = Moderators()
    group_rooms: tuple[str, ...] = ()
    impersonation: Impersonation = Impersonation.READ_ONLY
    session_check_interval: int = 30
    session_grace: int = 300
    retention_days: int = 0
    word_list: str | None = None
    limits: Limits = Limits()
    warnings: tuple[str, ...] = ()
