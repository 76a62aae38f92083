"""The tree of all that is served over HTTP, and what every answer carries."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Any

from twisted.web.resource import IResource, Resource
from twisted.web.server import Request

from galaxychat import metrics
from galaxychat.clientfiles import ASKED, NAMED, File, Files
from galaxychat.origin import Origin
from galaxychat.resources import Folder
from galaxychat.statuspages import Answers, Health, Me, MetricsPage, Ready


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


def root(
    base_path: str,
    client: Path,
    socket: IResource,
    answers: Answers,
    counted: metrics.Metrics,
    origins: Collection[Origin] = (),
) -> Resource:
    """Return the whole tree. `base_path` begins with a slash and ends with none; "" puts the chat at the root."""
    top: Resource = Folder()
    base = Base(File(client / "index.html", ASKED))
    base.putChild(b"static", Files(client))
    for name in NAMED:
        base.putChild(name.encode(), File(client / name, ASKED))
    base.putChild(b"ws", socket)
    base.putChild(b"me", Me(answers, origins))
    names = [name for name in base_path.split("/") if name]
    parent = top
    for name in names[:-1]:
        below = Folder()
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
