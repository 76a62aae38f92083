"""A Galaxy of the test's own in SQLite: configuration, people, sessions and their cookies."""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import yaml

from galaxychat.authcheck import encode
from galaxychat.demo import DemoGalaxy
from tests.support import delivery


class ScratchGalaxy:
    """What the demo makes, and what a test does to it: alice (an admin), bob and carol, and whom it adds."""

    def __init__(
        self,
        folder: Path,
        *,
        galaxy: Mapping[str, Any] | None = None,
        chat: Mapping[str, Any] | None = None,
    ) -> None:
        """`galaxy` are settings of Galaxy's own section, `chat` of ours; None for a value takes a setting out."""
        self.folder = folder
        self._demo = DemoGalaxy(folder, 0)
        self._demo.prepare()
        self.config = self._demo.config
        self.database = folder / "universe.sqlite"
        self.log = folder / "galaxychat.sqlite"
        self.configure(galaxy or {}, {**delivery.settings(), **(chat or {})})

    def configure(self, galaxy: Mapping[str, Any], chat: Mapping[str, Any]) -> None:
        """Change the configuration's file."""
        content = self.settings()
        content["galaxy"].update(galaxy)
        content.setdefault("galaxychat", {}).update(chat)
        for section in ("galaxy", "galaxychat"):
            content[section] = {key: value for key, value in content[section].items() if value is not None}
        self.config.write_text(yaml.safe_dump(content), encoding="utf-8")

    def settings(self) -> dict[str, Any]:
        """Return what the configuration's file says."""
        content: dict[str, Any] = yaml.safe_load(self.config.read_text(encoding="utf-8"))
        return content

    @property
    def id_secret(self) -> str:
        """Galaxy's secret."""
        return str(self.settings()["galaxy"]["id_secret"])

    def cookie(self, name: str) -> str:
        """Begin a session for somebody; return its cookie's value."""
        cookie = self._demo.sign_in(name)
        assert cookie is not None, f"nobody is called {name}"
        return cookie

    def cookie_of(self, session_key: str) -> str:
        """Return the cookie of a session key, whether or not there is such a session."""
        return encode(session_key, self.id_secret)

    def anonymous_cookie(self) -> str:
        """Begin the session of one who is not logged in; return its cookie's value."""
        key = secrets.token_hex(16)
        self.write("INSERT INTO galaxy_session (session_key, is_valid) VALUES (?, 1)", key)
        return self.cookie_of(key)

    def add(self, *names: str, email: str | None = None) -> None:
        """Have more people."""
        for name in names:
            self.write(
                """INSERT INTO galaxy_user (email, username, password, external, deleted, purged, active)
                   VALUES (?, ?, '', 0, 0, 0, 1)""",
                email or f"{name}@example.org",
                name,
            )

    def write(self, sql: str, *values: Any) -> None:
        """Change Galaxy's database."""
        with closing(sqlite3.connect(self.database)) as connection, connection:
            connection.execute(sql, values)

    def log_out(self, name: str) -> None:
        """End all sessions of somebody."""
        self.write(
            "UPDATE galaxy_session SET is_valid = 0 WHERE user_id = (SELECT id FROM galaxy_user WHERE username = ?)",
            name,
        )

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Have the database locked, so that nobody else can even read it."""
        with closing(sqlite3.connect(self.database, isolation_level=None)) as connection:
            connection.execute("BEGIN EXCLUSIVE")
            yield
