"""Looking about, and remembering what was seen: history, rooms, members, users, read, mute."""

from __future__ import annotations

from collections.abc import Callable

from galaxychat import messages
from galaxychat.access import Action, check
from galaxychat.directory import admissible
from galaxychat.messages import HistoryPage, MemberList, Ok, RoomList, User, UserList
from galaxychat.model import Role
from galaxychat.session import Session
from galaxychat.site import Site, has_read

MEMBERS_PAGE = 200
USERS_FOUND = 10
# More than are shown: some may have left Galaxy.
USERS_LOOKED_AT = 30


class Looking:
    """What a user asks to see, and their own marks in a room."""

    def __init__(self, site: Site) -> None:
        self._site = site

    async def history(self, session: Session, command: messages.History) -> None:
        """Send a page of a room."""
        await self._site.room(session, command.room, Action.LOOK)
        page = await self._site.history.page(
            command.room, command.limit, before=command.before, after=command.after, around=command.around
        )
        session.reply(
            HistoryPage(
                room=command.room,
                messages=list(page.messages),
                more_before=page.more_before,
                more_after=page.more_after,
                users=list(page.users),
            )
        )

    async def read(self, session: Session, command: messages.Read) -> None:
        """Move the read position, and tell all of the user's windows."""
        # Asked of the log once for both: who has no position there has none moved.
        state = await self._site.history.set_read(command.room, session.user.id, command.seq)
        state = check(Action.MARK, state, session.identity)
        session.reply(Ok())
        self._site.connected.tell(session.user.id, has_read(state))

    async def mute(self, session: Session, command: messages.Mute) -> None:
        """Silence a room for its user, or let it be heard again."""
        await self._site.room(session, command.room, Action.MARK)
        await self._site.history.set_muted(command.room, session.user.id, command.on)
        session.reply(Ok())
        await self._site.tell_listed(session.user.id, command.room)

    async def rooms(self, session: Session, _command: messages.ListRooms) -> None:
        """Send all rooms of which the user is a member."""
        states = await self._site.history.rooms_of(session.user.id)
        shown = [self._site.shown(state, session.identity) for state in states]
        session.reply(RoomList(rooms=shown, users=self._site.owners(states)))

    async def members(self, session: Session, command: messages.ListMembers) -> None:
        """Send a page of a room's members; the first page begins with those who are here."""
        await self._site.room(session, command.room, Action.LOOK)
        page = await self._site.history.members(command.room, command.after_name, MEMBERS_PAGE + 1)
        present = frozenset(self._site.rooms.present(command.room))
        here = [user for user in page[:MEMBERS_PAGE] if user.id in present]
        if command.after_name is None:
            here = await self._everybody_here(present, here)
        shown, last = _filled(here, page, present)
        more = last < len(page)
        session.reply(
            MemberList(
                room=command.room,
                members=[user.id for user in shown],
                present=len(here),
                more=more,
                next=(page[last - 1].name if last else "") if more else None,
                users=shown,
                impersonated=self._impersonated(session, command.room, shown),
            )
        )

    async def find_users(self, session: Session, command: messages.FindUsers) -> None:
        """Send people whose name begins like that; not those whom Galaxy would not let in any more."""
        found = await self._site.history.people_like(command.prefix, USERS_LOOKED_AT)
        allowed = await admissible(self._site, [user.id for user in found])
        session.reply(UserList(users=[user for user in found if user.id in allowed][:USERS_FOUND]))

    def _impersonated(self, session: Session, room: int, shown: list[User]) -> list[int]:
        """Return through whose eyes an admin looks into the room on this node; only moderators are told."""
        if session.identity.role is Role.USER:
            return []
        return [user.id for user in shown if any(map(_looks(room), self._site.connected.of(user.id)))]

    async def _everybody_here(self, present: frozenset[int], known: list[User]) -> list[User]:
        """Return those present, up to a page of them, however late in the alphabet their names come."""
        missing = sorted(present - {user.id for user in known})[: MEMBERS_PAGE - len(known)]
        if not missing:
            return known
        return sorted([*known, *await self._site.history.people(missing)], key=lambda user: user.name or "")


def _looks(room: int) -> Callable[[Session], bool]:
    return lambda each: each.identity.impersonator is not None and room in each.rooms


def _filled(here: list[User], page: list[User], present: frozenset[int]) -> tuple[list[User], int]:
    """Return those here and as many others of `page` as a page holds, and how far in `page` that reaches."""
    shown = list(here)
    for place, user in enumerate(page[:MEMBERS_PAGE]):
        if user.id in present:
            continue
        if len(shown) == MEMBERS_PAGE:
            return shown, place
        shown.append(user)
    return shown, min(len(page), MEMBERS_PAGE)
