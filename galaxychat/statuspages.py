"""Pages that answer from the server's state: `me`, health, readiness, metrics."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from typing import Any

from twisted.internet.defer import Deferred
from twisted.logger import Logger
from twisted.python.failure import Failure
from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET

from galaxychat import metrics
from galaxychat.handshake import BadHandshake, is_forwarded, sole_cookie
from galaxychat.origin import Origin, parse_origin
from galaxychat.resources import headers_of, plain

_log = Logger(namespace="galaxychat")


@dataclass(frozen=True, slots=True)
class Answers:
    """What the pages ask of the rest: why the server is not ready (None: it is), and what a cookie is worth."""

    not_ready: Callable[[], Awaitable[str | None]]
    me: Callable[[str | None], Awaitable[dict[str, Any]]]


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
            finish(plain(request, 500, "Something went wrong on the server."))

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
            return plain(request, bad.status, bad.reason)
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
            return plain(request, 404, "Nothing here.")
        return await self.local(request)

    async def local(self, request: Any) -> bytes:
        """Return the body."""
        raise NotImplementedError


class Health(_Local):
    """The process lives."""

    async def local(self, request: Any) -> bytes:
        """Return 200, always."""
        return plain(request, 200, "alive")


class Ready(_Local):
    """The log is open and Galaxy's database answers."""

    def __init__(self, answers: Answers) -> None:
        super().__init__()
        self._answers = answers

    async def local(self, request: Any) -> bytes:
        """Return 200, or 503 with the reason."""
        reason = await self._answers.not_ready()
        return plain(request, 503, reason) if reason else plain(request, 200, "ready")


class MetricsPage(_Local):
    """The counters."""

    def __init__(self, counted: metrics.Metrics) -> None:
        super().__init__()
        self._counted = counted

    async def local(self, request: Any) -> bytes:
        """Return them as Prometheus reads them."""
        request.setHeader(b"content-type", metrics.CONTENT_TYPE.encode())
        return self._counted.text()
