"""Who may do what: one table, read by every command and shown to clients as a room's `can`."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from galaxychat.errors import Refusal
from galaxychat.model import EVERYBODYS, Identity, RoomKind
from galaxychat.ports import RoomState


class Action(StrEnum):
    """What may be allowed in a room."""

    JOIN = "join"
    LOOK = "look"
    SEND = "send"
    LEAVE = "leave"
    MARK = "mark"


class Standing(StrEnum):
    """What somebody is to a room."""

    STRANGER = "stranger"
    MEMBER = "member"
    OWNER = "owner"


_INSIDE = frozenset({Action.JOIN, Action.LOOK, Action.SEND, Action.MARK})
_OPEN = frozenset({*_INSIDE, Action.LEAVE})

#: What each standing may do in each kind of room; a kind without a row is seen by nobody.
_TABLE: Mapping[tuple[RoomKind, Standing], frozenset[Action]] = {
    (RoomKind.LOBBY, Standing.STRANGER): frozenset({Action.JOIN}),
    (RoomKind.LOBBY, Standing.MEMBER): _INSIDE,
    (RoomKind.PERSISTENT, Standing.STRANGER): frozenset({Action.JOIN}),
    (RoomKind.PERSISTENT, Standing.MEMBER): _INSIDE,
    (RoomKind.OPEN, Standing.STRANGER): frozenset({Action.JOIN}),
    (RoomKind.OPEN, Standing.MEMBER): _OPEN,
    (RoomKind.OPEN, Standing.OWNER): _OPEN,
}

#: What leaves a trace that others, or the person impersonated, would find.
_TRACES = frozenset({Action.SEND, Action.LEAVE, Action.MARK})

_WORDS: Mapping[Action, str] = {
    Action.SEND: "Nobody can write in this room any more.",
    Action.LEAVE: "This room belongs to everybody; it can be muted, not left.",
}


def standing(room: RoomState, user_id: int) -> Standing:
    """Return what a user is to a room."""
    if not room.member:
        return Standing.STRANGER
    return Standing.OWNER if room.owner == user_id and room.kind not in EVERYBODYS else Standing.MEMBER


def is_visible(room: RoomState) -> bool:
    """Whether one who is no member may know that the room is there."""
    return room.member or (room.kind, Standing.STRANGER) in _TABLE


def check(action: Action, room: RoomState | None, who: Identity) -> RoomState:
    """Return the room if `who` may do that in it now; raises the Refusal that says why not."""
    if room is None or not is_visible(room):
        raise Refusal("no_such_room", "There is no such room, or it is not open to you.")
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
    return tuple(action.value for action in (Action.SEND, Action.LEAVE) if action in allowed)


def read_only() -> Refusal:
    """The answer to one who may look but not leave a trace."""
    return Refusal("read_only", "This session may read, but not change anything.")


def _allowed(room: RoomState, who: Identity) -> frozenset[Action]:
    allowed = _TABLE.get((room.kind, standing(room, who.user_id)), frozenset())
    if room.archived:
        allowed -= {Action.SEND}
        # An archived room is left to those who wrote in it; it does not take in anybody new.
        allowed -= frozenset() if room.member else {Action.JOIN}
    return allowed
