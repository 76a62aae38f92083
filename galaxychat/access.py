"""Who may do what: one table, read by every command and shown to clients as a room's `can`."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from galaxychat.errors import Refusal
from galaxychat.model import WALLED, Identity, Role, RoomKind
from galaxychat.records import RoomState


class Action(StrEnum):
    """What may be allowed in a room."""

    JOIN = "join"
    LOOK = "look"
    SEND = "send"
    LEAVE = "leave"
    INVITE = "invite"
    REMOVE = "remove"
    CHANGE = "change"
    HIDE = "hide"
    MARK = "mark"
    EDIT_ANY = "edit_any"
    PIN = "pin"


class Standing(StrEnum):
    """What somebody is to a room; moderators and admins have powers only in rooms of which they are members."""

    STRANGER = "stranger"
    MEMBER = "member"
    OWNER = "owner"
    MODERATOR = "moderator"
    ADMIN = "admin"


_INSIDE = frozenset({Action.JOIN, Action.LOOK, Action.SEND, Action.MARK})
_OPEN = _INSIDE | {Action.LEAVE}
_PRIVATE = _OPEN | {Action.INVITE}
_OWNED = frozenset({RoomKind.OPEN, RoomKind.PRIVATE})
#: What keeps a room in order: taking back what anybody said, pinning.
_ORDER = frozenset({Action.EDIT_ANY, Action.PIN})
_OWNERS_PRIVATE = _ORDER | {Action.REMOVE, Action.CHANGE}

#: What a member may do in each kind of room.
_MEMBERS: Mapping[RoomKind, frozenset[Action]] = {
    RoomKind.LOBBY: _INSIDE,
    RoomKind.PERSISTENT: _INSIDE,
    RoomKind.OPEN: _OPEN,
    RoomKind.PRIVATE: _PRIVATE,
    RoomKind.DIRECT: _INSIDE | {Action.HIDE},
    RoomKind.GROUP: _INSIDE,
}

#: What others may do there besides.
_MORE: Mapping[tuple[RoomKind, Standing], frozenset[Action]] = {
    (RoomKind.LOBBY, Standing.MODERATOR): _ORDER,
    (RoomKind.LOBBY, Standing.ADMIN): _ORDER | {Action.CHANGE},
    (RoomKind.PERSISTENT, Standing.MODERATOR): _ORDER,
    (RoomKind.PERSISTENT, Standing.ADMIN): _ORDER | {Action.CHANGE},
    (RoomKind.OPEN, Standing.OWNER): _ORDER | {Action.CHANGE},
    (RoomKind.OPEN, Standing.MODERATOR): _ORDER | {Action.CHANGE},
    (RoomKind.OPEN, Standing.ADMIN): _ORDER | {Action.CHANGE},
    (RoomKind.PRIVATE, Standing.OWNER): _OWNERS_PRIVATE,
    (RoomKind.PRIVATE, Standing.MODERATOR): _OWNERS_PRIVATE,
    (RoomKind.PRIVATE, Standing.ADMIN): _OWNERS_PRIVATE,
    (RoomKind.DIRECT, Standing.MODERATOR): _ORDER,
    (RoomKind.DIRECT, Standing.ADMIN): _ORDER,
    (RoomKind.GROUP, Standing.MODERATOR): _ORDER | {Action.CHANGE},
    (RoomKind.GROUP, Standing.ADMIN): _ORDER | {Action.CHANGE},
}

#: What leaves a trace that others, or the person impersonated, would find.
_TRACES = frozenset(Action) - {Action.JOIN, Action.LOOK}

#: What an archived room, which is there to be read, allows no more.
_LIVELY = _ORDER | {Action.SEND, Action.INVITE, Action.CHANGE}

_OFFERED = (
    Action.SEND,
    Action.LEAVE,
    Action.INVITE,
    Action.REMOVE,
    Action.CHANGE,
    Action.HIDE,
    Action.EDIT_ANY,
    Action.PIN,
)

_WORDS: Mapping[Action, str] = {
    Action.SEND: "Nobody can write in this room any more.",
    Action.LEAVE: "This room cannot be left; it can be muted.",
    Action.INVITE: "Nobody is invited to this room.",
    Action.PIN: "Only who keeps this room in order can pin messages.",
    Action.HIDE: "Only a room of two can be hidden; mute this one.",
}


def standing(room: RoomState, who: Identity) -> Standing:
    """Return what somebody is to a room."""
    if not room.member:
        return Standing.STRANGER
    if room.owner == who.user_id and room.kind in _OWNED:
        return Standing.OWNER
    return {Role.ADMIN: Standing.ADMIN, Role.MODERATOR: Standing.MODERATOR}.get(who.role, Standing.MEMBER)


def is_visible(room: RoomState) -> bool:
    """Whether the user may know that the room is there."""
    return room.member or room.kind not in WALLED


def check(action: Action, room: RoomState | None, who: Identity) -> RoomState:
    """Return the room if `who` may do that in it now; raises the Refusal that says why not."""
    if room is None or not is_visible(room):
        raise no_such_room()
    if action is not Action.JOIN and not room.member:
        raise Refusal("not_in_room", "Join the room first.")
    if who.read_only and (action in _TRACES or not room.member):
        raise read_only()
    if action not in _allowed(room, who):
        raise Refusal("forbidden", _WORDS.get(action, "That is not for you to do in this room."))
    return room


def can(room: RoomState, who: Identity) -> tuple[str, ...]:
    """Return what a client may offer in a room, in a fixed order."""
    allowed = _allowed(room, who) - (_TRACES if who.read_only else frozenset())
    return tuple(action.value for action in _OFFERED if action in allowed)


def may_rename(room: RoomState) -> bool:
    """Whether a room's name and owner are its users' affair; else the admin, the group or nobody names it."""
    return room.kind in _OWNED


def no_such_room() -> Refusal:
    """The answer to one who may not know whether the room is there."""
    return Refusal("no_such_room", "There is no such room, or it is not open to you.")


def read_only() -> Refusal:
    """The answer to one who may look but not leave a trace."""
    return Refusal("read_only", "This session may read, but not change anything.")


def _allowed(room: RoomState, who: Identity) -> frozenset[Action]:
    if not room.member:
        # An archived room is left to those who wrote in it; it does not take in anybody new.
        return frozenset() if room.archived or room.kind in WALLED else frozenset({Action.JOIN})
    allowed = _MEMBERS[room.kind] | _MORE.get((room.kind, standing(room, who)), frozenset())
    return allowed - _LIVELY if room.archived else allowed
