"""What the server's resources share: headers as the handshake reads them, an answer in words, a folder."""

from __future__ import annotations

from typing import Any

from twisted.web.iweb import IRequest
from twisted.web.pages import notFound
from twisted.web.resource import Resource

from galaxychat.handshake import Headers


def headers_of(request: IRequest) -> Headers:
    """Return a request's headers as they came."""
    raw = request.requestHeaders.getAllRawHeaders()
    return Headers([(name, value) for name, values in raw for value in values])


def plain(request: Any, status: int, words: str) -> bytes:
    """Return the body of an answer that is one line of text, and set its status."""
    request.setResponseCode(status)
    request.setHeader(b"content-type", b"text/plain; charset=utf-8")
    return words.encode() + b"\n"


class Folder(Resource):
    """Holds others, and is nothing itself."""

    def render_GET(self, request: Any) -> Any:
        """Answer 404."""
        return notFound().render(request)
