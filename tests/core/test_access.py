"""Who may do what: every cell of the table."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest

from galaxychat import access
from galaxychat.access import Action, Standing
from galaxychat.errors import Refusal
from galaxychat.model import Identity, Role, RoomKind
from galaxychat.ports import RoomState

ME, SOMEBODY = 1, 2
#: The kinds that can be made; the others have no row yet and are walled.
KINDS = [RoomKind.LOBBY, RoomKind.PERSISTENT, RoomKind.OPEN]
WALLED = [kind for kind in RoomKind if kind not in KINDS]
EVERYBODYS = (RoomKind.LOBBY, RoomKind.PERSISTENT)
OK = "ok"


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
    """Return what DESIGN's table says, spelled out a second time and in another way."""
    if standing is Standing.STRANGER:
        if action is not Action.JOIN:
            return "not_in_room"
        if read_only:
            return "read_only"
        return "forbidden" if archived else OK
    if read_only and action in (Action.SEND, Action.LEAVE, Action.MARK):
        return "read_only"
    if action is Action.LEAVE and kind in EVERYBODYS:
        return "forbidden"
    if action is Action.SEND and archived:
        return "forbidden"
    return OK


@pytest.mark.parametrize("action", Action)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("standing", Standing)
@pytest.mark.parametrize("archived", [False, True], ids=["open", "archived"])
@pytest.mark.parametrize("read_only", [False, True], ids=["", "read-only"])
def test_every_cell(action: Action, kind: RoomKind, standing: Standing, archived: bool, read_only: bool) -> None:
    """Each action of each standing in each kind of room is allowed, or refused with the right code."""
    state = room(kind, standing, archived)
    assert verdict(action, state, who(read_only)) == expected(action, kind, standing, archived, read_only)


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize(("action", "kind", "standing"), [*product(Action, WALLED, [Standing.STRANGER])])
def test_walls_hold(role: Role, action: Action, kind: RoomKind, standing: Standing) -> None:
    """A room that one may not see is answered as one that never was, to admins too and word for word."""
    answers = []
    for state in (room(kind, standing), None):
        with pytest.raises(Refusal) as caught:
            access.check(action, state, who(role=role))
        answers.append((caught.value.code, caught.value.detail, caught.value.retry_after))
    assert answers[0] == answers[1]
    assert answers[0][0] == "no_such_room"


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize(("action", "kind", "standing"), [*product(Action, KINDS, Standing)])
def test_roles_add_nothing_here(role: Role, action: Action, kind: RoomKind, standing: Standing) -> None:
    """Nothing that exists so far asks for a moderator."""
    state = room(kind, standing)
    assert verdict(action, state, who(role=role)) == verdict(action, state, who())


@pytest.mark.parametrize(
    ("kind", "standing", "archived", "read_only"), [*product(RoomKind, Standing, *[[False, True]] * 2)]
)
def test_can_is_what_is_allowed(kind: RoomKind, standing: Standing, archived: bool, read_only: bool) -> None:
    """What a client is told it can do is what it then may do, and the other way round."""
    state, identity = room(kind, standing, archived), who(read_only)
    offered = access.can(state, identity)
    assert list(offered) == [
        action.value for action in (Action.SEND, Action.LEAVE) if verdict(action, state, identity) == OK
    ]


@pytest.mark.parametrize("kind", EVERYBODYS)
def test_nobody_owns_what_is_everybodys(kind: RoomKind) -> None:
    """A room that the admin took over is its former owner's no more."""
    assert access.standing(room(kind, Standing.OWNER), ME) is Standing.MEMBER
    assert access.standing(replace(room(RoomKind.OPEN, Standing.OWNER), member=False), ME) is Standing.STRANGER
