"""Runs in Galaxy's own environment, .venv-galaxy: does to a database what Galaxy does, with its models.

One JSON object a line on standard input, `{"do": name, ...arguments}`; one a line on standard output with the
result. The program ends with its input. It imports nothing of this project.
"""

from __future__ import annotations

import hashlib
import json
import sys
import tempfile
from datetime import datetime, timedelta
from typing import Any

from galaxy import model
from galaxy.model import mapping, now
from galaxy.security.idencoding import IdEncodingHelper

# Galaxy wants to know where files lie; none is ever written.
_FILES = tempfile.gettempdir()


class Lab:
    """One database at a time, and Galaxy's cipher for it."""

    def __init__(self) -> None:
        self._mapping: Any = None
        self._cipher: Any = None
        self._held: Any = None

    def create(self, url: str) -> None:
        """Make all of Galaxy's tables in an empty database."""
        mapping.init(_FILES, url, create_tables=True).engine.dispose()

    def open(self, url: str, id_secret: str) -> None:
        """Work on this database from now on."""
        self.close()
        self._mapping = mapping.init(_FILES, url, create_tables=False)
        self._cipher = IdEncodingHelper(id_secret=id_secret)

    def close(self) -> None:
        """Let go of the database, so that it may be copied or dropped."""
        if self._mapping is not None:
            self._mapping.session.remove()
            self._mapping.engine.dispose()
            self._mapping = None

    def user(self, email: str, username: str | None, active: bool = True) -> int:
        """Register an account."""
        user = model.User(email=email, password="secret", username=username)
        user.active = active
        return self._saved(user)

    def session(self, user: int | None = None, previous: int | None = None, seconds_ago: float = 0) -> dict[str, Any]:
        """Begin a session, anonymous without a user."""
        time = now() - timedelta(seconds=seconds_ago)
        key = self._cipher.get_new_guid()
        row = model.GalaxySession(
            session_key=key, is_valid=True, user_id=user, prev_session_id=previous, create_time=time
        )
        identifier = self._saved(row)
        cookie = self._cipher.encode_guid(key).decode()
        return {"id": identifier, "key": key, "cookie": cookie, "toolrunner": self._guid(cookie)}

    def log_in(self, session: int, user: int) -> dict[str, Any]:
        """The session becomes invalid and another one begins."""
        self._end(self._session(session))
        return self.session(user, session)

    def log_out(self, session: int) -> dict[str, Any]:
        """The session becomes invalid, its user stays; an anonymous one begins."""
        self._end(self._session(session))
        return self.session(None, session)

    def log_out_everywhere(self, session: int) -> dict[str, Any]:
        """All sessions of the user become invalid."""
        for row in self._mapping.session.query(model.GalaxySession).filter_by(
            user_id=self._session(session).user_id, is_valid=True
        ):
            self._end(row)
        return self.session(None, session)

    def change_password(self, session: int, password: str) -> None:
        """The user has another password, and every other session of theirs ends."""
        mine = self._session(session)
        mine.user.set_password_cleartext(password)
        for row in self._mapping.session.query(model.GalaxySession).filter_by(user_id=mine.user_id, is_valid=True):
            row.is_valid = row.id == session
        self._mapping.session.commit()

    def group(self, name: str) -> int:
        """Make a group without anybody in it."""
        return self._saved(model.Group(name=name))

    def join_group(self, user: int, group: int) -> None:
        """Put a user into a group."""
        link = model.UserGroupAssociation(
            self._mapping.session.get(model.User, user), self._mapping.session.get(model.Group, group)
        )
        self._saved(link)

    def leave_group(self, user: int, group: int) -> None:
        """Take a user out of a group."""
        link = model.UserGroupAssociation
        self._mapping.session.query(link).filter_by(user_id=user, group_id=group).delete()
        self._mapping.session.commit()

    def delete_group(self, group: int) -> None:
        """Mark a group as deleted; who was in it is still noted."""
        self._mapping.session.get(model.Group, group).deleted = True
        self._mapping.session.commit()

    def impersonate(self, session: int, user: int) -> dict[str, Any]:
        """An admin goes on as somebody else: over an anonymous session, as Galaxy does it."""
        anonymous = self.log_out(session)
        return self.log_in(anonymous["id"], user)

    def began(self, session: int, seconds: float) -> None:
        """Let a session begin so much later than it did."""
        row = self._session(session)
        row.create_time = row.create_time + timedelta(seconds=seconds)
        self._mapping.session.commit()

    def prefer(self, user: int, name: str, value: str) -> None:
        """Set a preference, as Galaxy's page of preferences does."""
        self._mapping.session.get(model.User, user).preferences[name] = value
        self._mapping.session.commit()

    def delete(self, user: int, purge: bool = False) -> None:
        """Delete an account; a purge also replaces what names it. Sessions stay as they are."""
        account = self._mapping.session.get(model.User, user)
        account.deleted = True
        if purge:
            account.purged = True
            account.email = hashlib.sha512(account.email.encode()).hexdigest()
            account.username = hashlib.sha512(account.username.encode()).hexdigest()
        self._mapping.session.commit()

    def change_user(self, user: int, **values: Any) -> None:
        """Set columns of an account."""
        account = self._mapping.session.get(model.User, user)
        for name, value in values.items():
            setattr(account, name, value)
        self._mapping.session.commit()

    def acted(self, session: int, at: str | None) -> None:
        """Set when the session was last used."""
        self._session(session).last_action = datetime.fromisoformat(at) if at else None
        self._mapping.session.commit()

    def hold(self) -> None:
        """Keep everybody from reading sessions, as a migration of the database does."""
        # What this process has read it holds a lock on, until its transaction ends.
        self._mapping.session.remove()
        engine = self._mapping.engine
        self._held = engine.raw_connection()
        cursor = self._held.cursor()
        if engine.name == "postgresql":
            cursor.execute("SET LOCAL lock_timeout = '10s'; LOCK TABLE galaxy_session IN ACCESS EXCLUSIVE MODE")
        else:
            cursor.execute("BEGIN EXCLUSIVE")

    def let_go(self) -> None:
        """Let them read again."""
        self._held.rollback()
        self._held.close()
        self._held = None

    def id(self, number: int) -> str:
        """The form in which Galaxy shows an id."""
        return str(self._cipher.encode_id(number))

    def _guid(self, text: str) -> str:
        return str(self._cipher.encode_guid(text).decode())

    def _session(self, identifier: int) -> Any:
        return self._mapping.session.get(model.GalaxySession, identifier)

    def _end(self, row: Any) -> None:
        row.is_valid = False
        self._mapping.session.commit()

    def _saved(self, row: Any) -> int:
        self._mapping.session.add(row)
        self._mapping.session.commit()
        return int(row.id)


def main() -> None:
    """Answer until the input ends; a failure is an answer too."""
    lab = Lab()
    answers, sys.stdout = sys.stdout, sys.stderr
    for line in sys.stdin:
        request = json.loads(line)
        try:
            answer = {"result": getattr(lab, request.pop("do"))(**request)}
        except Exception as error:
            answer = {"error": repr(error)}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()
    lab.close()


if __name__ == "__main__":
    main()
