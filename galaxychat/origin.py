"""Whether the page that opened a WebSocket may do so.

A browser lets any page open a socket to any host and sends the cookie along; the Origin header, which no page
can forge, is all that tells a page of ours from a stranger's.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv6Address
from urllib.parse import urlsplit

_DEFAULT_PORTS = {"http": 80, "https": 443}
_HOST = r"(?P<host>[a-z0-9._-]+|\[[0-9a-f:.]+\])(?::(?P<port>[1-9][0-9]{0,4}))?"
_ORIGIN = re.compile(rf"(?P<scheme>https?)://{_HOST}", re.ASCII | re.IGNORECASE)
_HOST_HEADER = re.compile(_HOST, re.ASCII | re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Origin:
    """A web origin; `host` in lower case, IPv6 in brackets, `port` always a number."""

    scheme: str
    host: str
    port: int

    def __str__(self) -> str:
        port = "" if self.port == _DEFAULT_PORTS[self.scheme] else f":{self.port}"
        return f"{self.scheme}://{self.host}{port}"


def parse_origin(text: str) -> Origin | None:
    """The origin in an Origin header or a setting; None for anything else.

    `null`, user names, paths, queries, other schemes, blanks and control characters are all something else.
    """
    found = _ORIGIN.fullmatch(text)
    if found is None:
        return None
    scheme = found["scheme"].lower()
    host, port = _host(found["host"]), int(found["port"] or _DEFAULT_PORTS[scheme])
    return None if host is None or port > 65535 else Origin(scheme, host, port)


def origin_of_url(url: str) -> Origin | None:
    """The origin of an address in Galaxy's configuration, which may have a path; None if it is none."""
    try:
        parts = urlsplit(url.strip())
    except ValueError:
        return None
    return parse_origin(f"{parts.scheme}://{parts.netloc}")


def is_allowed(origin_header_values: Sequence[str], host_header: str | None, allowed: Collection[Origin]) -> bool:
    """Whether a handshake with these Origin headers and this Host header may go on.

    Exactly one Origin, and either it is `allowed` or it names the host and port that the request asked for.
    The scheme is not compared with the request's: TLS may end at a proxy before us.
    """
    if len(origin_header_values) != 1:
        return False
    origin = parse_origin(origin_header_values[0])
    if origin is None:
        return False
    return origin in allowed or (host_header is not None and _is_own_host(origin, host_header))


def _is_own_host(origin: Origin, host_header: str) -> bool:
    found = _HOST_HEADER.fullmatch(host_header)
    if found is None:
        return False
    return _host(found["host"]) == origin.host and _shown_port(found["port"]) == _port_unless_default(origin)


def _port_unless_default(origin: Origin) -> int | None:
    return None if origin.port == _DEFAULT_PORTS[origin.scheme] else origin.port


def _shown_port(text: str | None) -> int | None:
    """A Host header does not say its scheme, so either default counts as no port."""
    port = int(text) if text else None
    return None if port in _DEFAULT_PORTS.values() else port


def _host(text: str) -> str | None:
    if not text.startswith("["):
        return text.lower()
    try:
        return f"[{IPv6Address(text[1:-1]).compressed}]"
    except AddressValueError:
        return None
