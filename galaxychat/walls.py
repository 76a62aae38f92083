"""Looks from time to time whether those inside still belong there: members of groups, and what bells did not tell."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from galaxychat.entering import Entering
from galaxychat.errors import GalaxyUnavailable, HistoryUnavailable
from galaxychat.model import WALLED
from galaxychat.records import Turnover
from galaxychat.site import Site


class Groups(Protocol):
    """Galaxy's groups."""

    async def group_members(self, groups: Collection[str]) -> Mapping[str, set[int]]:
        """Return who is in each of these groups; raises GalaxyUnavailable."""


def sole_of(group: str) -> str:
    """Return what names the one room of a group."""
    return f"group {group}"


@dataclass(slots=True)
class Walls:
    """`followed` are the groups that have a room; they are looked at every `interval` seconds."""

    site: Site
    entering: Entering
    groups: Groups
    followed: Collection[str]
    interval: float
    _due_at: float = field(default=0.0)

    async def look_when_due(self) -> None:
        """Look if it is time; to be called often."""
        now = self.site.world.steady()
        if now >= self._due_at:
            self._due_at = now + self.interval
            await self.look()

    async def look(self) -> None:
        """Have the groups' members in their rooms, then put out whoever follows a room to which they do not belong."""
        try:
            if self.followed:
                await self._look_at_groups()
            await self.look_at_windows()
        except (GalaxyUnavailable, HistoryUnavailable):
            return  # the next look finds it

    async def look_at_windows(self) -> None:
        """End what windows here follow behind walls without being a member; raises HistoryUnavailable."""
        inside = {
            (room, session.user.id)
            for session in self.site.connected.everybody()
            for room, state in session.rooms.items()
            if state is not None and state.kind in WALLED
        }
        if not inside:
            return
        for room, user_id in inside - await self.site.history.kept(inside):
            self.entering.put_out(user_id, room)

    async def _look_at_groups(self) -> None:
        members = await self.groups.group_members(self.followed)
        for group in self.followed:
            turnover = await self.site.history.set_members(sole_of(group), members[group])
            await self._tell(turnover)

    async def _tell(self, turnover: Turnover) -> None:
        for user_id in turnover.removed:
            self.entering.put_out(user_id, turnover.room)
        for user_id in turnover.added:
            await self.site.tell_listed(user_id, turnover.room)
