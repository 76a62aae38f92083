"""Who may do what: every cell of the table."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest

from galaxychat import access
from galaxychat.access import Action, Standing
from galaxychat.errors import Refusal
from galaxychat.model import WALLED, Identity, Role, RoomKind
from galaxychat.records import RoomState

ME, SOMEBODY = 1, 2
OK = "ok"
ORDER = (Action.EDIT_ANY, Action.PIN)
ROLES = {Standing.MODERATOR: Role.MODERATOR, Standing.ADMIN: Role.ADMIN}

#: Who may do it, a letter for each: member, owner, moderator in the room, admin in the room. A second writing of
#: the table, by rows of actions; what stands nowhere is for nobody.
TABLE = {
    Action.JOIN: dict.fromkeys(RoomKind, "moda"),
    Action.LOOK: dict.fromkeys(RoomKind, "moda"),
    Action.SEND: dict.fromkeys(RoomKind, "moda"),
    Action.MARK: dict.fromkeys(RoomKind, "moda"),
    Action.LEAVE: {RoomKind.OPEN: "moda", RoomKind.PRIVATE: "moda"},
    Action.INVITE: {RoomKind.PRIVATE: "moda"},
    Action.REMOVE: {RoomKind.PRIVATE: "oda"},
    Action.CHANGE: {
        RoomKind.LOBBY: "a",
        RoomKind.PERSISTENT: "a",
        RoomKind.OPEN: "oda",
        RoomKind.PRIVATE: "oda",
        RoomKind.GROUP: "da",
    },
    Action.HIDE: {RoomKind.DIRECT: "moda"},
    Action.EDIT_ANY: {kind: "oda" if kind in (RoomKind.OPEN, RoomKind.PRIVATE) else "da" for kind in RoomKind},
    Action.PIN: {kind: "oda" if kind in (RoomKind.OPEN, RoomKind.PRIVATE) else "da" for kind in RoomKind},
}
LETTERS = {Standing.MEMBER: "m", Standing.OWNER: "o", Standing.MODERATOR: "d", Standing.ADMIN: "a"}


def room(kind: RoomKind, standing: Standing, archived: bool = False) -> RoomState:
    """Return a room in which I stand so."""
    return RoomState(
        room=5,
        name="a",
        kind=kind,
        topic="",
        rev=3,
        floor=0,
        owner=ME if standing is Standing.OWNER else SOMEBODY,
        closed=False,
        archived=archived,
        member=standing is not Standing.STRANGER,
        muted=False,
        read=0,
        unread=0,
        mentions=0,
    )


def who(read_only: bool = False, role: Role = Role.USER) -> Identity:
    """Return me."""
    return Identity(ME, "anna", role, 1, read_only)


def verdict(action: Action, state: RoomState | None, identity: Identity) -> str:
    """Return "ok" or the code of the refusal."""
    try:
        assert access.check(action, state, identity) is state
    except Refusal as refusal:
        return refusal.code
    return OK


def expected(action: Action, kind: RoomKind, standing: Standing, archived: bool, read_only: bool) -> str:
    """Return what the table says."""
    if standing is Standing.STRANGER:
        if kind in WALLED:
            return "no_such_room"
        if action is not Action.JOIN:
            return "not_in_room"
        return "read_only" if read_only else "forbidden" if archived else OK
    if read_only and action not in (Action.JOIN, Action.LOOK):
        return "read_only"
    # Only rooms that users make have an owner; in others who is named as one is a member.
    owns = standing is Standing.OWNER and kind in (RoomKind.OPEN, RoomKind.PRIVATE)
    letter = "o" if owns else LETTERS[standing].replace("o", "m")
    if archived and action in (Action.SEND, Action.INVITE, Action.CHANGE, *ORDER):
        return "forbidden"
    return OK if letter in TABLE[action].get(kind, "") else "forbidden"


@pytest.mark.parametrize("action", Action)
@pytest.mark.parametrize("kind", RoomKind)
@pytest.mark.parametrize("standing", Standing)
@pytest.mark.parametrize("archived", [False, True], ids=["open", "archived"])
@pytest.mark.parametrize("read_only", [False, True], ids=["", "read-only"])
def test_every_cell(action: Action, kind: RoomKind, standing: Standing, archived: bool, read_only: bool) -> None:
    """Each action of each standing in each kind of room is allowed, or refused with the right code."""
    state, me = room(kind, standing, archived), who(read_only, ROLES.get(standing, Role.USER))
    assert verdict(action, state, me) == expected(action, kind, standing, archived, read_only)


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize(("action", "kind"), [*product(Action, sorted(WALLED))])
def test_walls_hold(role: Role, action: Action, kind: RoomKind) -> None:
    """A room that one may not see is answered as one that never was, to admins too and word for word."""
    answers = []
    for state in (room(kind, Standing.STRANGER), room(kind, Standing.STRANGER, archived=True), None):
        with pytest.raises(Refusal) as caught:
            access.check(action, state, who(role=role))
        answers.append((caught.value.code, caught.value.detail, caught.value.retry_after))
    assert answers[0] == answers[1] == answers[2]
    assert answers[0][0] == "no_such_room"


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize(("action", "kind"), [*product(Action, RoomKind)])
def test_powers_end_at_the_door(role: Role, action: Action, kind: RoomKind) -> None:
    """A moderator or an admin who is no member may do what any stranger may."""
    state = room(kind, Standing.STRANGER)
    assert verdict(action, state, who(role=role)) == verdict(action, state, who())


@pytest.mark.parametrize(
    ("kind", "standing", "archived", "read_only"), [*product(RoomKind, Standing, *[[False, True]] * 2)]
)
def test_can_is_what_is_allowed(kind: RoomKind, standing: Standing, archived: bool, read_only: bool) -> None:
    """What a client is told it can do is what it then may do, and the other way round."""
    state, identity = room(kind, standing, archived), who(read_only, ROLES.get(standing, Role.USER))
    offered = access.can(state, identity)
    shown = (Action.SEND, Action.LEAVE, Action.INVITE, Action.REMOVE, Action.CHANGE, Action.HIDE, *ORDER)
    assert list(offered) == [action.value for action in shown if verdict(action, state, identity) == OK]


@pytest.mark.parametrize("kind", [kind for kind in RoomKind if kind not in (RoomKind.OPEN, RoomKind.PRIVATE)])
def test_nobody_owns_what_is_not_theirs(kind: RoomKind) -> None:
    """A room that the admin took over is its former owner's no more, and of two in a room neither owns it."""
    assert access.standing(room(kind, Standing.OWNER), who()) is Standing.MEMBER
    assert access.standing(replace(room(RoomKind.OPEN, Standing.OWNER), member=False), who()) is Standing.STRANGER
