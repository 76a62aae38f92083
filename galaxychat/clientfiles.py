"""The client's files over HTTP: which of the folder, of what kind, and how long a browser may keep them."""

from __future__ import annotations

import gzip
import hashlib
from pathlib import Path
from typing import Any

from twisted.web.resource import Resource
from twisted.web.server import GzipEncoderFactory

from galaxychat.resources import Folder

_YEAR = b"public, max-age=31536000, immutable"
ASKED = b"no-cache"  # to be kept, and asked for each time
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
NAMED = ("embed.js", "embed.html")


class Files(Folder):
    """The client's files by name: nothing else of the folder, and no listing."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        for path in folder.iterdir():
            if path.suffix in _KINDS and path.suffix != ".html" and path.name not in NAMED:
                self.putChild(path.name.encode(), File(path, _YEAR))


class File(Resource):
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
