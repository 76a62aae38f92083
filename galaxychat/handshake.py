"""What a request's headers must be before it becomes a conversation. Pure: bytes in, a verdict out."""

from __future__ import annotations

import binascii
import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from ipaddress import IPv6Address, ip_address
from itertools import chain

from galaxychat.authcheck import galaxysession_values
from galaxychat.config import TrustedProxy
from galaxychat.origin import Origin, is_allowed

#: The address of a peer on a unix socket.
UNIX = "unix"

# Autobahn splits header lines at 0x0b, 0x1c and 0x85 too, so that a value could smuggle in a Cookie of its own.
_CONTROL = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f\x85]")


class BadHandshake(Exception):
    """The request is refused with this HTTP status; `reason` is one line for whoever set up the site."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Headers:
    """The headers of one request that a handshake looks at: each with all of its values."""

    everything: Sequence[tuple[bytes, bytes]]
    _values: dict[bytes, list[bytes]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Sort them by name once: a handshake asks for a dozen."""
        values: dict[bytes, list[bytes]] = {}
        for name, value in self.everything:
            values.setdefault(name.lower(), []).append(value)
        object.__setattr__(self, "_values", values)

    def values(self, name: bytes) -> Sequence[bytes]:
        """Return the values of a header, `name` in lower case."""
        return self._values.get(name, ())

    def hold_control(self) -> bool:
        """Whether a character that is none stands in any of them, name or value."""
        return _CONTROL.search(b" ".join(chain.from_iterable(self.everything))) is not None

    def one(self, name: bytes) -> str | None:
        """Return the only value of a header, None when there is none or more than one."""
        values = self.values(name)
        return values[0].decode("latin-1") if len(values) == 1 else None


@dataclass(frozen=True, slots=True)
class Handshake:
    """A request that may become a conversation: who asks, with which cookie, and the seconds left to be let in."""

    address: str
    cookie: str | None = field(repr=False)
    admit_within: float


def cookie(headers: Headers, allowed: Collection[Origin]) -> str | None:
    """Return the `galaxysession` of a handshake that may go on; raises BadHandshake, 400 or 403."""
    if headers.hold_control():
        raise BadHandshake(400, "A header holds a control character.")
    origins = [value.decode("latin-1") for value in headers.values(b"origin")]
    if not is_allowed(origins, headers.one(b"host"), allowed):
        raise BadHandshake(403, "This origin is not allowed; see `allowed_origins` in the chat's configuration.")
    return sole_cookie(headers)


def check_upgrade(method: bytes, headers: Headers) -> None:
    """See that a request asks for a WebSocket (RFC 6455, section 4.2.1); raises BadHandshake."""
    if method != b"GET":
        raise BadHandshake(405, "A WebSocket is opened with GET.")
    if not (_lists(headers, b"upgrade", "websocket") and _lists(headers, b"connection", "upgrade")):
        raise BadHandshake(426, "Only a WebSocket is opened here; does the proxy pass Upgrade and Connection on?")
    if headers.one(b"sec-websocket-version") != "13":
        raise BadHandshake(426, "This server speaks version 13 of the WebSocket protocol.")
    if not _is_key(headers.one(b"sec-websocket-key")):
        raise BadHandshake(400, "Sec-WebSocket-Key is not 16 bytes in base64.")


def sole_cookie(headers: Headers) -> str | None:
    """Return the value of `galaxysession`; raises BadHandshake when there are two that differ."""
    values = galaxysession_values(headers.values(b"cookie"))
    if len(values) > 1:
        raise BadHandshake(400, "There are two different galaxysession cookies.")
    return values[0] if values else None


def client_address(peer: str, forwarded: Iterable[bytes], trusted: Collection[TrustedProxy]) -> str:
    """Return who is really asking: the right-most hop of X-Forwarded-For that is no proxy of ours.

    `peer` is the other end of the socket, an IP address or `unix`.
    """
    hops = [hop.strip() for value in forwarded for hop in value.decode("latin-1").split(",")]
    address = _plain(peer)
    while hops and _is_trusted(address, trusted):
        address = _plain(hops.pop())
    return address


def is_forwarded(headers: Headers) -> bool:
    """Whether a request came through a proxy."""
    return bool(headers.values(b"x-forwarded-for"))


def _lists(headers: Headers, name: bytes, word: str) -> bool:
    items = (item for value in headers.values(name) for item in value.decode("latin-1").split(","))
    return any(item.strip(" \t").lower() == word for item in items)


def _is_key(value: str | None) -> bool:
    try:
        return value is not None and len(value) == 24 and len(binascii.a2b_base64(value, strict_mode=True)) == 16
    except ValueError:
        return False


def _plain(address: str) -> str:
    """Return the one way to write an address; what is none stays as it is."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    mapped = parsed.ipv4_mapped if isinstance(parsed, IPv6Address) else None
    return str(mapped or parsed)


def _is_trusted(address: str, trusted: Collection[TrustedProxy]) -> bool:
    if address == UNIX:
        return "unix" in trusted
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    return any(network != "unix" and parsed in network for network in trusted)
