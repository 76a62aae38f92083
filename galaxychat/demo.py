"""The demo: a scratch database shaped as Galaxy's, three people, and a page that signs one in as any of them.

Everything behind that page is the real thing: sessions, cookies, the service. The page exists here only.
"""

from __future__ import annotations

import html
import secrets
import sqlite3
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml
from twisted.logger import (
    FilteringLogObserver,
    ILogObserver,
    LogEvent,
    LogLevel,
    LogLevelFilterPredicate,
    globalLogBeginner,
    textFileLogObserver,
)
from twisted.python.filepath import FilePath
from twisted.web.resource import Resource
from twisted.web.static import Data
from zope.interface import implementer

from galaxychat.authcheck import COOKIE_NAME, encode
from galaxychat.errors import StartError
from galaxychat.service import ChatService, configured

PEOPLE: Mapping[str, str] = {"alice": "an admin", "bob": "a user", "carol": "a user"}

# The columns that the chat reads, and those that Galaxy's own code would insist on.
_TABLES = """
CREATE TABLE IF NOT EXISTS galaxy_user (
    id INTEGER PRIMARY KEY, create_time TIMESTAMP, update_time TIMESTAMP, email VARCHAR(255) NOT NULL,
    username VARCHAR(255) UNIQUE, password VARCHAR(255) NOT NULL, external BOOLEAN, deleted BOOLEAN,
    purged BOOLEAN, active BOOLEAN NOT NULL);
CREATE TABLE IF NOT EXISTS galaxy_session (
    id INTEGER PRIMARY KEY, create_time TIMESTAMP, update_time TIMESTAMP, user_id INTEGER REFERENCES galaxy_user (id),
    remote_host VARCHAR(255), remote_addr VARCHAR(255), referer TEXT, current_history_id INTEGER,
    session_key VARCHAR(255) UNIQUE, is_valid BOOLEAN, prev_session_id INTEGER, disk_usage NUMERIC(15, 0),
    last_action TIMESTAMP);
CREATE TABLE IF NOT EXISTS user_preference (
    id INTEGER PRIMARY KEY, user_id INTEGER REFERENCES galaxy_user (id), name VARCHAR(255), value TEXT);
"""

_STYLE = b"""
:root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif; }
body { margin: 0 auto; max-width: 34rem; padding: 2rem 1rem; }
h1 { font-size: 1.5rem; }
form { display: grid; gap: .75rem; margin: 1.5rem 0; }
button { background: #25537b; border: 0; border-radius: .375rem; color: #fff; cursor: pointer; font: inherit;
  padding: .75rem 1rem; text-align: left; }
button:hover { background: #1b3d5a; }
button:focus-visible, a:focus-visible { outline: 3px solid #ffd700; outline-offset: 2px; }
a { color: light-dark(#25537b, #8fc1ea); }
"""

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>galaxychat demo: sign in</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,">
<link rel="stylesheet" href="demo.css"></head>
<body><main><h1>galaxychat demo: who are you?</h1>
<p>In a real site Galaxy says who you are, and this page does not exist.</p>
<form method="post" action="sign-in">{buttons}</form>
<p>To be two people at once, sign in here and on <a href="{other}">{other}</a>: another host name has
cookies of its own. A private window does as well.</p></main></body></html>
"""


class DemoGalaxy:
    """A folder with what the chat needs of a Galaxy: configuration, database, a secret of its own."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder = folder
        self.config = folder / "galaxy.yml"
        self._database = folder / "universe.sqlite"
        self._port = port
        self._secret = ""

    def prepare(self) -> None:
        """Make what is missing; a conversation of the last time stays. Raises StartError."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            if not self.config.exists():
                self.config.write_text(yaml.safe_dump({"galaxy": self._settings()}), encoding="utf-8")
            self._secret = yaml.safe_load(self.config.read_text(encoding="utf-8"))["galaxy"]["id_secret"]
            self._make_people()
        except (OSError, sqlite3.Error) as problem:
            raise StartError(f"The demo's folder {self.folder} cannot be used: {problem}") from None

    def sign_in(self, name: str) -> str | None:
        """Begin a session for one of the people, as Galaxy would; return its cookie, None for anybody else."""
        key = secrets.token_hex(16)
        with sqlite3.connect(self._database) as connection:
            made = connection.execute(
                """INSERT INTO galaxy_session (create_time, update_time, user_id, session_key, is_valid)
                   SELECT ?, ?, id, ?, 1 FROM galaxy_user WHERE username = ?""",
                (_now(), _now(), key, name),
            )
        return encode(key, self._secret) if made.rowcount else None

    def _settings(self) -> dict[str, Any]:
        return {
            "id_secret": secrets.token_hex(16),
            "database_connection": f"sqlite:///{self._database.resolve()}",
            "data_dir": str(self.folder.resolve()),
            "admin_users": "alice@example.org",
            "persistent_communication_rooms": "Help, Training, Workflows",
        }

    def _make_people(self) -> None:
        with sqlite3.connect(self._database) as connection:
            connection.executescript(_TABLES)
            for number, name in enumerate(PEOPLE, start=1):
                connection.execute(
                    """INSERT OR IGNORE INTO galaxy_user
                       (id, create_time, update_time, email, username, password, external, deleted, purged, active)
                       VALUES (?, ?, ?, ?, ?, '', 0, 0, 0, 1)""",
                    (number, _now(), _now(), f"{name}@example.org", name),
                )


class _SignInPage(Resource):
    """Lists the people."""

    def __init__(self, port: int) -> None:
        super().__init__()
        self._port = port

    def render_GET(self, request: Any) -> bytes:
        buttons = "".join(
            f'<button name="name" value="{html.escape(name)}">Sign in as <b>{html.escape(name)}</b>, {role}</button>'
            for name, role in PEOPLE.items()
        )
        request.setHeader(b"content-type", b"text/html; charset=utf-8")
        here = request.getRequestHostname()
        other = f"http://{'127.0.0.1' if here == b'localhost' else 'localhost'}:{self._port}/"
        return _PAGE.format(buttons=buttons, other=other).encode()


class _SignIn(Resource):
    """Gives the browser a cookie, and shows it to the chat."""

    isLeaf = True

    def __init__(self, galaxy: DemoGalaxy, chat: str) -> None:
        super().__init__()
        self._galaxy = galaxy
        self._chat = chat

    def render_POST(self, request: Any) -> bytes:
        name = request.args.get(b"name", [b""])[0].decode("utf-8", "replace")
        cookie = self._galaxy.sign_in(name)
        if cookie is None:
            request.setResponseCode(404)
            return b"Nobody of that name lives here.\n"
        request.addCookie(COOKIE_NAME.encode(), cookie.encode(), path=b"/", httpOnly=True, sameSite=b"lax")
        request.setResponseCode(303)
        request.setHeader(b"location", self._chat.encode())
        return b""


def run(folder: Path, port: int) -> None:
    """Serve the demo until Ctrl-C; raises StartError or ConfigError when it cannot be served."""
    from twisted.internet import reactor

    galaxy = DemoGalaxy(folder, port)
    galaxy.prepare()
    options = {
        "port": port,
        "host": "localhost",
        "endpoint": None,
        "base-path": None,
        "config": None,
        "galaxy-config": str(galaxy.config),
        "insecure-demo": False,
    }
    _log_to(folder / "galaxychat.log")
    service = ChatService(configured(options, environ={}), reactor)
    top = service.house.resource
    top.putChild(b"", _SignInPage(port))
    top.putChild(b"demo.css", Data(_STYLE, "text/css"))
    top.putChild(b"sign-in", _SignIn(galaxy, service.config.base_path.lstrip("/") + "/"))
    service.when_started.addCallback(lambda _: print(_next_steps(port, folder), flush=True))
    service.startService()
    reactor.addSystemEventTrigger("before", "shutdown", service.stopService)
    reactor.run()


def _next_steps(port: int, folder: Path) -> str:
    return "\n".join(
        (
            f"galaxychat is running at http://localhost:{port}/galaxychat/",
            f"1. Open http://localhost:{port}/ and sign in as alice; click the red bubble to go online.",
            f"2. Open http://127.0.0.1:{port}/ (or a private window) and sign in as bob, beside it.",
            "3. Talk in All Chats, make a room, look at the history; bob sees all of it at once.",
            f"4. Ctrl-C ends it; start it again and go on where you were (kept in {folder}).",
        )
    )


def _log_to(path: Path) -> None:
    """Write the log to a file, and only what ends the demo to the terminal."""

    @implementer(ILogObserver)
    def to_terminal(event: LogEvent) -> None:
        print(f"galaxychat: {event.get('line', f'see {path}')}", file=sys.stderr)

    predicate = LogLevelFilterPredicate(defaultLogLevel=LogLevel.critical)
    critical = FilteringLogObserver(to_terminal, [predicate])
    everything = textFileLogObserver(FilePath(str(path)).open("a"))
    globalLogBeginner.beginLoggingTo([everything, critical], redirectStandardIO=False, discardBuffer=True)


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
