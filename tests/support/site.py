"""The real Site, factory and log in the tests' reactor, on a port of the loopback; Galaxy is a SQLite file."""

from __future__ import annotations

import http.client
import socket
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self

from twisted.internet.defer import maybeDeferred
from twisted.internet.interfaces import IListeningPort

from galaxychat import assembly
from galaxychat.config import load
from tests.support.client import handshake
from tests.support.galaxy_sqlite import ScratchGalaxy
from tests.support.reactor import reactor, run

_PATIENCE = 10


class Answer:
    """What came back for one request: status, headers in lower case, body."""

    def __init__(self, raw: http.client.HTTPResponse) -> None:
        self.status = raw.status
        self.everything = [(name.lower(), value) for name, value in raw.getheaders()]
        self.headers = dict(self.everything)
        self.body = raw.read()


class LocalSite:
    """What ChatService holds together, without twistd; use it in a `with` statement."""

    def __init__(
        self, galaxy: ScratchGalaxy, base_path: str | None = None, database_patience: float | None = None
    ) -> None:
        """`database_patience` are the seconds that Galaxy's database may take, in place of 5."""
        self.galaxy = galaxy
        self._database_patience = database_patience
        self.config = load(str(galaxy.config), None, {"base_path": base_path}, {})
        self.base = self.config.base_path
        self.port = 0

    def __enter__(self) -> Self:
        """Open the log and Galaxy's database, and listen."""
        run(self._open, timeout=_PATIENCE)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close all of it."""
        run(self._close, timeout=2 * _PATIENCE)

    def get(self, path: str, headers: Mapping[str, str] | None = None, method: str = "GET") -> Answer:
        """Send one request, its path as it stands, and return the answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=_PATIENCE)
        try:
            connection.putrequest(method, path, skip_accept_encoding=True)
            for name, value in (headers or {}).items():
                connection.putheader(name, value)
            connection.endheaders()
            return Answer(connection.getresponse())
        finally:
            connection.close()

    def shake_hands(self, *lines: bytes, cookie: str | None = None, leave_out: str = "") -> bytes:
        """Send a handshake with more header lines, and without one of its own; return the head of the answer."""
        request = handshake(self.base, self.port, cookie)
        kept = [
            line
            for line in request.split(b"\r\n")
            if not leave_out or not line.lower().startswith(leave_out.encode().lower() + b":")
        ]
        request = b"\r\n".join([kept[0], *lines, *kept[1:]])
        return self.converse(request)

    def converse(self, request: bytes) -> bytes:
        """Send bytes; return what comes back up to the end of the first head, or of everything."""
        with socket.create_connection(("127.0.0.1", self.port), _PATIENCE) as opened:
            opened.sendall(request)
            answer = b""
            while b"\r\n\r\n" not in answer and (chunk := opened.recv(65536)):
                answer += chunk
        return answer.partition(b"\r\n\r\n")[0]

    def build(self) -> assembly.House:
        """Put the parts together; nothing is open yet."""
        return assembly.build(self.config, reactor)

    async def _open(self) -> None:
        self.house = self.build()
        if self._database_patience is not None:
            source: Any = self.house.galaxy._source
            source._deadline = self._database_patience
        await assembly.open_log(self.house.history, assembly.site_rooms(self.config))
        await self.house.galaxy.start()
        self._listening: IListeningPort = reactor.listenTCP(0, self.house.http, interface="127.0.0.1")
        self.port = self._listening.getHost().port

    async def _close(self) -> None:
        await maybeDeferred(self._listening.stopListening)
        await self.house.factory.shut_down()
        await self.house.history.close()
        await self.house.galaxy.stop()
