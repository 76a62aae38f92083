"""The nouns that several parts share: who somebody is, what a room is."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What a person is on this site; a moderator's powers end at rooms that they may not see."""

    USER = "user"
    MODERATOR = "moderator"
    ADMIN = "admin"


class RoomKind(StrEnum):
    """How one comes to be a member of a room."""

    LOBBY = "lobby"
    PERSISTENT = "persistent"
    OPEN = "open"
    PRIVATE = "private"
    DIRECT = "direct"
    GROUP = "group"


#: Kinds of which everybody who is let in is a member, for as long as the room is listed.
EVERYBODYS = frozenset({RoomKind.LOBBY, RoomKind.PERSISTENT})

#: Kinds that are found by their name, so their names are unique among them.
NAMED = frozenset({RoomKind.LOBBY, RoomKind.PERSISTENT, RoomKind.OPEN})


#: Kinds that one who is no member cannot tell from a room that never was.
WALLED = frozenset({RoomKind.PRIVATE, RoomKind.DIRECT, RoomKind.GROUP})


@dataclass(frozen=True, slots=True)
class Identity:
    """Who is at the other end of a connection, as Galaxy's database says.

    `user_id` is galaxy_user.id, `session_id` galaxy_session.id, `name` the public name. No e-mail: it is
    compared with `admin_users` where it is read and goes no further. `impersonator` is the id of the admin who
    looks through this user's eyes, if one does; `read_only` says that they may only look.
    """

    user_id: int
    name: str
    role: Role
    session_id: int
    read_only: bool = False
    impersonator: int | None = None
