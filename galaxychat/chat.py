"""The chat of one site: who comes, what each command leads to, who goes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from galaxychat import limits, messages
from galaxychat.amending import Amending
from galaxychat.changing import Changing
from galaxychat.entering import Entering
from galaxychat.errors import HistoryUnavailable, Refusal
from galaxychat.inviting import Inviting
from galaxychat.looking import Looking
from galaxychat.messages import Welcome, WireLimits, You
from galaxychat.model import Identity
from galaxychat.ports import Peer
from galaxychat.posting import Posting
from galaxychat.records import Greeting
from galaxychat.searching import Searching
from galaxychat.session import Pace, Session
from galaxychat.site import Site

_GREETINGS = 3
Handlers = dict[type[messages.Command], Callable[[Session, Any], Awaitable[None]]]


class Chat:
    """All rooms of one site, as one node serves them. Coroutines over the ports: any event loop will do, or none."""

    def __init__(self, site: Site, entering: Entering, pace: Pace, version: str) -> None:
        self._site = site
        self._entering = entering
        self._pace = pace
        self._version = version
        self._handlers = {**self._register(Posting(site), Looking(site)), **self._walls()}

    async def welcome(self, identity: Identity, peer: Peer) -> Session:
        """Let somebody in and greet them; raises Closing (too many connections), HistoryUnavailable."""
        session = Session(identity, peer, self._pace)
        if identity.impersonator is not None:
            self._site.world.audit(_impersonation(identity))
        self._site.connected.add(session)
        try:
            event = await self._greeting(session)
        except BaseException:
            self._site.connected.remove(session)
            raise
        session.tell(event)
        session.greeted = True
        return session

    def goodbye(self, session: Session) -> None:
        """Forget a connection that ended, and tell those who saw it."""
        session.ended = True
        self._site.connected.remove(session)
        for room in tuple(session.rooms):
            self._entering.unsubscribe(session, room)

    async def handle(self, session: Session, frame: bytes) -> None:
        """Carry out one command and answer it; raises Closing when the conversation must end."""
        try:
            command = messages.decode(frame)
            session.begin(command, self._site.world.steady())
            await self._handlers[type(command)](session, command)
        except Refusal as refusal:
            session.refuse(refusal)
        except HistoryUnavailable:
            session.refuse(Refusal("unavailable", "The chat cannot reach its log; try again in a moment.", 1.0))
        except Exception:  # a fault of ours neither ends the conversation nor shows a client our code
            self._site.world.report("A command failed.")
            session.refuse(Refusal("internal", "Something went wrong on the server; try again.", 1.0))

    async def _greeting(self, session: Session) -> Welcome:
        """Return what the user has, read again when it changed while it was read."""
        for _ in range(_GREETINGS):
            session.missed_something = False
            found = await self._found(session)
            if not session.missed_something:
                break
        who, rules, own = session.identity, self._site.rules, found.own
        session.absent = own.absent
        return Welcome(
            protocol=1,
            version=self._version,
            epoch=self._site.history.epoch,
            you=You(who.user_id, who.name, who.role, who.read_only, own.absent),
            rooms=[self._site.shown(state, who) for state in found.rooms],
            users=[session.user, *self._site.owners(found.rooms), *own.ignored],
            limits=WireLimits(rules.message_chars, rules.frame_bytes, limits.ROOM_NAME_CHARS),
            ignored=[user.id for user in own.ignored],
        )

    async def _found(self, session: Session) -> Greeting:
        """Return what the log has for a user, who is remembered there unless an admin looks through their eyes."""
        found = await self._site.history.greeting(session.user)
        if found.known or session.identity.read_only:
            return found
        await self._site.history.admit(session.user)
        return await self._site.history.greeting(session.user)

    def _walls(self) -> Handlers:
        inviting, changing = Inviting(self._site, self._entering), Changing(self._site, self._entering)
        return {
            messages.Direct: inviting.direct,
            messages.Invite: inviting.invite,
            messages.Remove: inviting.remove,
            messages.ChangeRoom: changing.change_room,
            messages.Hide: changing.hide,
            messages.Ignore: changing.ignore,
            messages.Absent: changing.absent,
        }

    def _register(self, posting: Posting, looking: Looking) -> Handlers:
        amending, searching = Amending(self._site), Searching(self._site)
        return {
            messages.Join: self._entering.join,
            messages.Create: self._entering.create,
            messages.Leave: self._entering.leave,
            messages.Send: posting.send,
            messages.Typing: posting.typing,
            messages.Edit: amending.edit,
            messages.Delete: amending.delete,
            messages.Pin: amending.pin,
            messages.React: amending.react,
            messages.Search: searching.search,
            messages.ListPins: searching.pins,
            messages.History: looking.history,
            messages.Read: looking.read,
            messages.Mute: looking.mute,
            messages.ListRooms: looking.rooms,
            messages.ListMembers: looking.members,
            messages.FindUsers: looking.find_users,
        }


def _impersonation(identity: Identity) -> str:
    how = "read only" if identity.read_only else "with all rights"
    who = f"user {identity.impersonator} comes in as user {identity.user_id}"
    return f"Impersonation: {who}, {how}, by session {identity.session_id}"
