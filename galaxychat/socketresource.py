"""The address of the socket: a good handshake becomes a conversation, any other an HTTP error."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from autobahn.twisted.resource import WebSocketResource
from twisted.internet.interfaces import IAddress
from twisted.web.resource import Resource

from galaxychat.config import TrustedProxy
from galaxychat.factory import ChatFactory
from galaxychat.handshake import UNIX, BadHandshake, Handshake, check_upgrade, client_address, cookie
from galaxychat.origin import Origin
from galaxychat.resources import headers_of, plain


@dataclass(frozen=True, slots=True)
class Door:
    """Who may open a socket: the origins allowed, and the proxies whose word on addresses is taken."""

    origins: Collection[Origin]
    proxies: Collection[TrustedProxy]


class SocketResource(Resource):
    """Turns a good handshake into a conversation, and any other into an HTTP error."""

    def __init__(self, factory: ChatFactory, door: Door) -> None:
        super().__init__()
        self._factory = factory
        self._door = door

    def render(self, request: Any) -> Any:
        """Look at the headers before Autobahn does."""
        headers = headers_of(request)
        try:
            value = cookie(headers, self._door.origins)
            check_upgrade(request.method, headers)
        except BadHandshake as bad:
            self._factory.metrics.refused(bad.status)
            request.setHeader(b"sec-websocket-version", b"13")
            return plain(request, bad.status, bad.reason)
        handshake = Handshake(
            address=client_address(
                _peer(request.getClientAddress()), headers.values(b"x-forwarded-for"), self._door.proxies
            ),
            cookie=value,
            admit_within=request.channel.seconds_left(),
        )
        request.channel.upgraded()
        return WebSocketResource(_Upgrade(self._factory, handshake)).render(request)


class _Upgrade:
    """Autobahn's resource makes a protocol from an address alone; ours needs what the headers said."""

    def __init__(self, factory: ChatFactory, handshake: Handshake) -> None:
        self._factory = factory
        self._handshake = handshake

    def buildProtocol(self, _address: IAddress) -> Any:
        return self._factory.build(self._handshake)


def _peer(address: IAddress) -> str:
    return getattr(address, "host", UNIX)
