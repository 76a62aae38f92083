"""The groups among our own settings: limits, moderators, and what becomes of an impersonating admin."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any

from galaxychat import values
from galaxychat.settings import Checker


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


_WHOLE: dict[str, tuple[int, int, str]] = {
    "message_chars": (1, 100_000, "characters"),
    "frame_bytes": (1024, 16_777_216, "bytes"),
    "rate_messages": (1, 10_000, "messages"),
    "rate_commands": (1, 100_000, "commands"),
    "connections_per_user": (1, 10_000, ""),
    "pending_per_address": (1, 1_000_000, ""),
    "connections": (1, 1_000_000, ""),
    "unsent_bytes": (65_536, 1_073_741_824, "bytes"),
    "unsent_replies": (65_536, 1_073_741_824, "bytes"),
    "ping_interval": (2, 3600, "seconds"),
    "ping_timeout": (2, 3600, "seconds"),
    "admission_timeout": (2, 600, "seconds"),
    "rooms_per_user": (1, 100_000, ""),
    "rooms_per_day": (0, 100_000, ""),
}


def limits(check: Checker, value: object) -> Limits:
    """The group `limits`; what it leaves out keeps its default."""
    given = check.group("limits", value, [field.name for field in fields(Limits)])
    found: dict[str, Any] = {}
    for key, (low, high, unit) in _WHOLE.items():
        found[key] = check.integer(f"limits.{key}", given.get(key), getattr(Limits(), key), low, high, unit)
    for key in ("rate_per_second", "commands_per_second"):
        found[key] = check.number(f"limits.{key}", given.get(key), getattr(Limits(), key), 0.01, 10_000)
    result = Limits(**found)
    _check_frame(check, result)
    return result


def _check_frame(check: Checker, result: Limits) -> None:
    """A character may come as twelve bytes of JSON: two escapes, each a half of it."""
    least = 12 * result.message_chars + 1024
    if result.frame_bytes < least:
        right = f"at least {least} bytes, to hold a message of limits.message_chars"
        check.wrong("limits.frame_bytes", result.frame_bytes, right)
    if result.unsent_bytes < result.frame_bytes:
        check.wrong("limits.unsent_bytes", result.unsent_bytes, "at least limits.frame_bytes")


def moderators(check: Checker, value: object) -> Moderators:
    """The group `moderators`."""
    given: Mapping[str, Any] = check.group("moderators", value, ["users", "groups"])
    names, ids = values.people(check, "moderators.users", given.get("users"))
    groups = check.texts("moderators.groups", given.get("groups"), "the name of a Galaxy group")
    return Moderators(names, ids, frozenset(groups))
