"""One connection to PostgreSQL as txpostgres opens it, with what it needs to be supervised by pglink.py."""

from __future__ import annotations

import socket
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from ipaddress import ip_address
from typing import Any

import psycopg2
from psycopg2 import extensions
from twisted.internet.defer import Deferred, succeed
from twisted.internet.threads import deferToThreadPool
from twisted.python.failure import Failure
from txpostgres.txpostgres import Connection, Cursor

from galaxychat.dburl import PostgresUrl
from galaxychat.errors import StartError

#: A peer that vanished without a word is noticed in about 4 s.
_KEEPALIVE = {
    "keepalives": "1",
    "keepalives_idle": "2",
    "keepalives_interval": "1",
    "keepalives_count": "2",
    "tcp_user_timeout": "3000",
}


class _Selecting:
    """The reactor as txpostgres uses it, which tells a socket that libpq closed by itself from a mistake.

    libpq does so when it reads the server's last words and the end in one go. psycopg2 finds out with the next
    question only; until then the socket's number is -1, which a reactor refuses with ValueError.
    """

    def __init__(self, reactor: Any) -> None:
        self._reactor = reactor

    def addReader(self, reader: Any) -> None:
        """Wait until there is something to read; raises psycopg2.OperationalError."""
        _check_socket(reader)
        self._reactor.addReader(reader)

    def addWriter(self, writer: Any) -> None:
        """Wait until something can be written; raises psycopg2.OperationalError."""
        _check_socket(writer)
        self._reactor.addWriter(writer)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._reactor, name)


def _check_socket(selectable: Any) -> None:
    if selectable.fileno() < 0:
        raise psycopg2.OperationalError("server closed the connection unexpectedly")


class Supervised(Connection):  # type: ignore[misc]
    """Tells of a lost connection where txpostgres would raise into the reactor."""

    def __init__(self, reactor: Any, lost: Callable[[Supervised, str], None]) -> None:
        super().__init__(_Selecting(reactor))
        self._tell_lost = lost
        self._ended = False

    def doRead(self) -> None:
        """Read, for whoever waits on a query or for notifications."""
        self.watched(super().doRead)

    def doWrite(self) -> None:
        """Write what libpq still has to send."""
        self.watched(super().doWrite)

    def cursor(self) -> _WatchedCursor:
        """Return a cursor."""
        return _WatchedCursor(self._connection.cursor(), self)

    def connectionLost(self, reason: Failure) -> None:
        """Hear from the reactor that the socket is dead."""
        self.watched(partial(super().connectionLost, reason))
        if not self._ended:
            self._tell_lost(self, "connection lost")

    def close(self) -> None:
        """Close, also if it was never open; what waits on it fails with ConnectionDone."""
        ended, self._ended = self._ended, True
        if self._connection is not None and not ended:
            super().close()

    @property
    def ended(self) -> bool:
        """Whether it was closed."""
        return self._ended

    async def ask(self, sql: str, params: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """The rows of one statement, none for one that returns none; the caller has the lock."""
        cursor = self.cursor()
        await cursor.execute(sql, params or None)
        rows: list[tuple[Any, ...]] = cursor.fetchall() if cursor.description else []
        return rows

    def watched(self, step: Callable[[], None]) -> None:
        """Do something that the reactor asks for; an error of the connection's is told and not raised."""
        try:
            step()
        except psycopg2.Error as error:
            self._tell_lost(self, first_line(error))
        except ValueError:
            # libpq has let go of the socket, and the reactor is asked to watch descriptor -1.
            self._tell_lost(self, "connection lost")


class _WatchedCursor(Cursor):  # type: ignore[misc]
    """One question, which the reactor also drives. When its connection is closed it fails with ConnectionDone."""

    _connection: Supervised

    def doRead(self) -> None:
        """Read the answer."""
        self._connection.watched(super().doRead)

    def doWrite(self) -> None:
        """Write what is left of the question."""
        self._connection.watched(super().doWrite)

    def connectionLost(self, reason: Failure) -> None:
        """Hear from the reactor that the socket is dead."""
        self._connection.watched(partial(super().connectionLost, reason))


def libpq_parameters(url: PostgresUrl, settings: Mapping[str, str]) -> dict[str, str]:
    """What libpq is given: the URL's parameters, keepalives, and `settings` of the server for the session."""
    parameters = _KEEPALIVE | {"application_name": "galaxychat"} | dict(url.params)
    options = [parameters.get("options", ""), *(f"-c {key}={value}" for key, value in settings.items())]
    parameters["options"] = " ".join(options).strip()
    return {key: value for key, value in parameters.items() if value}


def with_addresses(parameters: dict[str, str], reactor: Any) -> Deferred[dict[str, str]]:
    """The parameters with the host's addresses: libpq would look a name up in the reactor's thread."""
    host = parameters.get("host", "")
    if not host or host[0] in "/@" or "," in host or "hostaddr" in parameters or _is_address(host):
        return succeed(parameters)
    return deferToThreadPool(reactor, reactor.getThreadPool(), _with_addresses, parameters, host)


def server_limits(deadline: float) -> dict[str, str]:
    """The server gives up a little earlier than we do: then the connection can be kept."""
    milliseconds = str(int(deadline * 900))
    return {"statement_timeout": milliseconds, "lock_timeout": milliseconds}


def check_parameters(parameters: Mapping[str, str], url: PostgresUrl) -> None:
    """Raise StartError if libpq does not know one of them."""
    try:
        extensions.make_dsn(**parameters)
    except psycopg2.ProgrammingError as error:
        raise StartError(f"{url.shown}: PostgreSQL's client says: {first_line(error)}") from None


def _is_address(host: str) -> bool:
    try:
        ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True


def _with_addresses(parameters: dict[str, str], host: str) -> dict[str, str]:
    """In a thread: look the host up; its name stays beside the addresses, as TLS compares it."""
    found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    return parameters | {"host": ",".join([host] * len(addresses)), "hostaddr": ",".join(addresses)}


def first_line(error: BaseException) -> str:
    """An error's text as far as it fits into a log."""
    return (str(error).strip() or type(error).__name__).splitlines()[0]
