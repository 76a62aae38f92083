"""Who is present in one room, by their connections here and by what other nodes say."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from galaxychat.messages import User


@dataclass(slots=True)
class Attendance:
    """The users present, and who came and went since that was told last."""

    #: How many connections each user has here.
    here: dict[int, int] = field(default_factory=dict)
    elsewhere: dict[int, User] = field(default_factory=dict)
    joined: dict[int, User] = field(default_factory=dict)
    left: dict[int, User] = field(default_factory=dict)

    def ids(self) -> Collection[int]:
        """Return who is present, on whatever node."""
        return self.here.keys() | self.elsewhere.keys() if self.elsewhere else self.here.keys()

    def arrive(self, user: User) -> bool:
        """Count a connection more; return whether it is the user's first here."""
        self.here[user.id] = self.here.get(user.id, 0) + 1
        if self.here[user.id] > 1:
            return False
        if user.id not in self.elsewhere:
            self._came(user)
        return True

    def depart(self, user: User) -> bool:
        """Count a connection less; return whether it was the user's last here."""
        self.here[user.id] -= 1
        if self.here[user.id]:
            return False
        del self.here[user.id]
        if user.id not in self.elsewhere:
            self._went(user)
        return True

    def set_elsewhere(self, users: Iterable[User]) -> None:
        """Take over who is present on other nodes."""
        before, self.elsewhere = self.elsewhere, {user.id: user for user in users}
        for user_id, user in self.elsewhere.items():
            if user_id not in before and user_id not in self.here:
                self._came(user)
        for user_id, user in before.items():
            if user_id not in self.elsewhere and user_id not in self.here:
                self._went(user)

    def take_untold(self) -> tuple[list[User], list[User]]:
        """Return who came and who went since the last call."""
        joined, left = list(self.joined.values()), list(self.left.values())
        self.joined.clear()
        self.left.clear()
        return joined, left

    def _came(self, user: User) -> None:
        # Who went and came back before that was told did neither.
        if self.left.pop(user.id, None) is None:
            self.joined[user.id] = user

    def _went(self, user: User) -> None:
        if self.joined.pop(user.id, None) is None:
            self.left[user.id] = user
