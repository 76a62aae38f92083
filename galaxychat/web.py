"""HTTP: the client's files, `me`, the socket below the base path; health and metrics at the root."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autobahn.twisted.resource import WebSocketResource
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IAddress
from twisted.logger import Logger
from twisted.python.failure import Failure
from twisted.web.iweb import IRequest
from twisted.web.pages import notFound
from twisted.web.resource import IResource, Resource
from twisted.web.server import NOT_DONE_YET, GzipEncoderFactory, Request

from galaxychat import metrics
from galaxychat.config import TrustedProxy
from galaxychat.factory import ChatFactory
from galaxychat.handshake import (
    UNIX,
    BadHandshake,
    Handshake,
    Headers,
    check_upgrade,
    client_address,
    cookie,
    is_forwarded,
    sole_cookie,
)
from galaxychat.origin import Origin, parse_origin

_log = Logger(namespace="galaxychat")
_YEAR = b"public, max-age=31536000, immutable"
_ASKED = b"no-cache"  # to be kept, and asked for each time
_KINDS = {
    ".css": b"text/css; charset=utf-8",
    ".html": b"text/html; charset=utf-8",
    ".js": b"text/javascript; charset=utf-8",
    ".json": b"application/json",
    ".png": b"image/png",
    ".svg": b"image/svg+xml",
    ".woff2": b"font/woff2",
}
#: What other pages name, so that no hash may stand in it: the script for them, and the page that says we are here.
_NAMED = ("embed.js", "embed.html")


@dataclass(frozen=True, slots=True)
class Answers:
    """What the pages ask of the rest: why the server is not ready (None: it is), and what a cookie is worth."""

    not_ready: Callable[[], Awaitable[str | None]]
    me: Callable[[str | None], Awaitable[dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class Door:
    """Who may open a socket: the origins allowed, and the proxies whose word on addresses is taken."""

    origins: Collection[Origin]
    proxies: Collection[TrustedProxy]


def headers_of(request: IRequest) -> Headers:
    """Return a request's headers as they came."""
    raw = request.requestHeaders.getAllRawHeaders()
    return Headers([(name, value) for name, values in raw for value in values])


def policy(origins: Collection[Origin]) -> bytes:
    """Return the Content-Security-Policy: everything from here, nothing inline, framed by Galaxy alone."""
    framers = " ".join(["'self'", *sorted(map(str, origins))])
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
        f"connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors {framers}"
    ).encode()


class ChatRequest(Request):
    """A request whose answer says nothing about the software, and what a browser may do with it."""

    csp = b"default-src 'none'"

    def write(self, data: bytes) -> None:
        """Set the headers that every answer carries, also those that Twisted gives by itself with its version."""
        if not self.startedWriting:
            self.setHeader(b"server", b"galaxychat")
            self.setHeader(b"content-security-policy", self.csp)
            self.setHeader(b"x-content-type-options", b"nosniff")
            self.setHeader(b"referrer-policy", b"no-referrer")
        super().write(data)


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
            return _plain(request, bad.status, bad.reason)
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


class _Later(Resource):
    """Answers when a coroutine has."""

    def render_GET(self, request: Any) -> int:
        request.setHeader(b"cache-control", b"no-store")
        gone: list[Failure] = []
        request.notifyFinish().addErrback(gone.append)

        def finish(body: bytes) -> None:
            if not gone:
                request.write(body)
                request.finish()

        def failed(failure: Failure) -> None:
            _log.failure("A page failed", failure)
            finish(_plain(request, 500, "Something went wrong on the server."))

        Deferred.fromCoroutine(self.answer(request)).addCallbacks(finish, failed)
        return NOT_DONE_YET

    async def answer(self, request: Any) -> bytes:
        """Return the body."""
        raise NotImplementedError


class Me(_Later):
    """What the cookie of the asker is worth: why no socket opens, and the badge."""

    def __init__(self, answers: Answers, origins: Collection[Origin]) -> None:
        super().__init__()
        self._answers = answers
        self._origins = origins

    async def answer(self, request: Any) -> bytes:
        """Return the state as JSON."""
        self._tell_allowed_pages(request)
        try:
            value = sole_cookie(headers_of(request))
        except BadHandshake as bad:
            return _plain(request, bad.status, bad.reason)
        request.setHeader(b"content-type", b"application/json")
        return json.dumps(await self._answers.me(value)).encode()

    def _tell_allowed_pages(self, request: Any) -> None:
        """Let a page of Galaxy's read the answer where the chat is at another port; nobody else's."""
        request.setHeader(b"vary", b"origin")
        given = request.requestHeaders.getRawHeaders("origin") or []
        origin = parse_origin(given[0]) if len(given) == 1 else None
        if origin in self._origins:
            request.setHeader(b"access-control-allow-origin", str(origin).encode())
            request.setHeader(b"access-control-allow-credentials", b"true")


class _Local(_Later):
    """A page for whoever runs the server, not for anybody behind a proxy."""

    async def answer(self, request: Any) -> bytes:
        if is_forwarded(headers_of(request)):
            return _plain(request, 404, "Nothing here.")
        return await self.local(request)

    async def local(self, request: Any) -> bytes:
        """Return the body."""
        raise NotImplementedError


class Health(_Local):
    """The process lives."""

    async def local(self, request: Any) -> bytes:
        """Return 200, always."""
        return _plain(request, 200, "alive")


class Ready(_Local):
    """The log is open and Galaxy's database answers."""

    def __init__(self, answers: Answers) -> None:
        super().__init__()
        self._answers = answers

    async def local(self, request: Any) -> bytes:
        """Return 200, or 503 with the reason."""
        reason = await self._answers.not_ready()
        return _plain(request, 503, reason) if reason else _plain(request, 200, "ready")


class MetricsPage(_Local):
    """The counters."""

    def __init__(self, counted: metrics.Metrics) -> None:
        super().__init__()
        self._counted = counted

    async def local(self, request: Any) -> bytes:
        """Return them as Prometheus reads them."""
        request.setHeader(b"content-type", metrics.CONTENT_TYPE.encode())
        return self._counted.text()


class Redirect(Resource):
    """Points somewhere else on this server, relative so that a proxy's names do not matter."""

    def __init__(self, target: str) -> None:
        super().__init__()
        self._target = target

    def render_GET(self, request: Any) -> bytes:
        """Send the browser on."""
        request.setResponseCode(302)
        request.setHeader(b"location", self._target.encode())
        return b""


class Base(Resource):
    """The base path itself: with its slash the page, without it a way there."""

    def __init__(self, page: IResource) -> None:
        super().__init__()
        self.putChild(b"", page)

    def render_GET(self, request: Any) -> bytes:
        """Add the slash that all relative addresses of the page need."""
        request.setResponseCode(302)
        last = request.path.rsplit(b"/", 1)[-1]
        request.setHeader(b"location", last + b"/")
        return b""


class _Folder(Resource):
    """Holds others, and is nothing itself."""

    def render_GET(self, request: Any) -> Any:
        return notFound().render(request)


class _Files(_Folder):
    """The client's files by name: nothing else of the folder, and no listing."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        for path in folder.iterdir():
            if path.suffix in _KINDS and path.suffix != ".html" and path.name not in _NAMED:
                self.putChild(path.name.encode(), _File(path, _YEAR))


class _File(Resource):
    """A file, held in memory in both of its forms; browsers that have it are told so."""

    def __init__(self, path: Path, cached: bytes) -> None:
        super().__init__()
        self._plain = path.read_bytes()
        # Packed here: Twisted's own way sends gzip's last bytes even where there is no body, behind a 304.
        self._packed = gzip.compress(self._plain, 9, mtime=0)
        self._kind = _KINDS[path.suffix]
        self._cached = cached
        # Weak: one for both forms.
        self._tag = f'W/"{hashlib.sha256(self._plain).hexdigest()[:16]}"'.encode()

    def render_GET(self, request: Any) -> bytes:
        """Send it, in the form that this browser can read, unless it has it."""
        request.setHeader(b"cache-control", self._cached)
        request.setHeader(b"vary", b"accept-encoding")
        if request.setETag(self._tag):
            return b""
        request.setHeader(b"content-type", self._kind)
        body = self._packed if GzipEncoderFactory().encoderForRequest(request) else self._plain
        request.setHeader(b"content-length", b"%d" % len(body))
        return b"" if request.method == b"HEAD" else body


def root(
    base_path: str,
    client: Path,
    socket: IResource,
    answers: Answers,
    counted: metrics.Metrics,
    origins: Collection[Origin] = (),
) -> Resource:
    """Return the whole tree. `base_path` begins with a slash and ends with none; "" puts the chat at the root."""
    top: Resource = _Folder()
    base = Base(_File(client / "index.html", _ASKED))
    base.putChild(b"static", _Files(client))
    for name in _NAMED:
        base.putChild(name.encode(), _File(client / name, _ASKED))
    base.putChild(b"ws", socket)
    base.putChild(b"me", Me(answers, origins))
    names = [name for name in base_path.split("/") if name]
    parent = top
    for name in names[:-1]:
        below = _Folder()
        parent.putChild(name.encode(), below)
        parent = below
    if names:
        parent.putChild(names[-1].encode(), base)
        top.putChild(b"", Redirect(base_path.lstrip("/") + "/"))
    else:
        top = base
    top.putChild(b"healthz", Health())
    top.putChild(b"readyz", Ready(answers))
    top.putChild(b"metrics", MetricsPage(counted))
    return top


def _plain(request: Any, status: int, words: str) -> bytes:
    request.setResponseCode(status)
    request.setHeader(b"content-type", b"text/plain; charset=utf-8")
    return words.encode() + b"\n"


def _peer(address: IAddress) -> str:
    return getattr(address, "host", UNIX)
