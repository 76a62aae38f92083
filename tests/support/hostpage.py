"""Pages of somebody else's with the chat in them, such as Galaxy's, on a port of their own."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self

#: What Galaxy's masthead is made of, as far as it matters to a guest: lists at both ends, the right one held there.
MASTHEAD = """
<nav id="masthead" class="navbar" aria-label="Main">
  <ul class="navbar-nav"><li class="nav-item"><a href="#home">Galaxy</a></li></ul>
  <ul class="navbar-nav">{place}<li class="nav-item"><a href="#help">Help</a></li>
  <li class="nav-item"><a href="#user">User</a></li></ul>
</nav>"""
#: Galaxy's own item of a webhook.
PLACE = '<li id="galaxychat" class="nav-item"><a href="#none">Community chat</a></li>'

_STYLE = """
body { margin: 0; font: 16px sans-serif; }
#masthead { display: flex; justify-content: space-between; height: 40px; background: #2c3143; }
#masthead ul { display: flex; margin: 0; padding: 0; list-style: none; }
#masthead li { display: flex; align-items: center; min-width: 40px; }
#masthead a { color: #fff; padding: 8px; }
main { padding: 16px; }
"""


def page(body: str = "", *, masthead: str = MASTHEAD.format(place=""), head: str = "") -> str:
    """Return a page with a field to write in, and what is given."""
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Host</title><link rel="icon" href="data:,">'
        f'<link rel="stylesheet" href="/host.css">{head}</head><body>{masthead}'
        '<main><h1>Host</h1><label>Name <input id="name"></label>'
        f"{body}</main></body></html>"
    )


def script(base: str) -> str:
    """Return the one line that brings the chat."""
    return f'<script src="{base}embed.js" async></script>'


class HostPages:
    """Serves pages by their paths; use it in a `with` statement."""

    def __init__(self) -> None:
        self._pages: dict[str, tuple[str, str, dict[str, str]]] = {}
        self.put("/host.css", _STYLE, kind="text/css")
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.origin = f"http://127.0.0.1:{self._server.server_port}"

    def put(self, path: str, content: str, *, kind: str = "text/html", **headers: str) -> str:
        """Serve something; `headers` have underscores for hyphens. Return the path."""
        self._pages[path] = (content, kind, {name.replace("_", "-"): value for name, value in headers.items()})
        return path

    def found(self, path: str) -> tuple[str, str, dict[str, str]]:
        """Return content, type and further headers of what is at a path."""
        return self._pages[path]

    def __enter__(self) -> Self:
        """Begin to serve."""
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End it."""
        self._server.shutdown()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        pages = self._pages

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                content, kind, headers = pages.get(self.path, ("", "", {}))
                self.send_response(200 if kind else 404)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Type", f"{kind or 'text/plain'}; charset=utf-8")
                self.end_headers()
                self.wfile.write(content.encode())

            def log_message(self, *_: object) -> None:
                pass

        return Handler
