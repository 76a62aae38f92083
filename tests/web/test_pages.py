"""HTTP beside the socket: the client's files, `me`, health, and nothing else."""

from __future__ import annotations

import gzip
import json
import re
import socket
from pathlib import Path

import pytest

from galaxychat import assembly
from galaxychat.errors import HistoryUnavailable
from tests.support.galaxy_sqlite import ScratchGalaxy
from tests.support.site import LocalSite

#: Nothing inline, nothing evaluated, nothing from elsewhere; framed by the allowed origins alone.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'self' http://other.example.org:8080 https://chat.example.org https://galaxy.example.org"
)
_THROUGH_A_PROXY = {"X-Forwarded-For": "192.0.2.1"}


def _files(suffix: str) -> list[str]:
    return [path.name for path in assembly.client_folder().iterdir() if path.suffix == suffix]


def test_page_and_its_files(site: LocalSite) -> None:
    """The page is asked for each time; the files that it names may be kept for ever."""
    page = site.get("/galaxychat/")
    assert page.status == 200
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert page.headers["cache-control"] == "no-cache"
    named = set(re.findall(r'(?:href|src)="(static/[^"]+)"', page.body.decode()))
    assert named
    types = {".js": "javascript", ".css": "text/css"}
    for name in named:
        file = site.get(f"/galaxychat/{name}")
        assert file.status == 200
        assert file.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert types[Path(name).suffix] in file.headers["content-type"]
        assert file.body == (assembly.client_folder() / Path(name).name).read_bytes()


@pytest.mark.parametrize("path", ["/galaxychat/", "/galaxychat/static/{css}"])
def test_compression(site: LocalSite, path: str) -> None:
    """A browser gets less to load, and caches are told that not everybody can read it."""
    path = path.format(css=_files(".css")[0])
    plain = site.get(path)
    packed = site.get(path, {"Accept-Encoding": "gzip, br"})
    assert packed.headers["content-encoding"] == "gzip"
    assert gzip.decompress(packed.body) == plain.body
    assert plain.headers["vary"] == packed.headers["vary"] == "accept-encoding"
    assert "content-encoding" not in plain.headers


@pytest.mark.parametrize(
    ("name", "kind"), [("", "text/html"), ("embed.html", "text/html"), ("embed.js", "text/javascript")]
)
def test_what_other_pages_name_is_revalidated(site: LocalSite, name: str, kind: str) -> None:
    """An address without a hash is asked for each time, and sent only when it is new, packed or not."""
    path = f"/galaxychat/{name}"
    plain, packed = site.get(path), site.get(path, {"Accept-Encoding": "gzip"})
    assert gzip.decompress(packed.body) == plain.body
    assert plain.headers["content-type"] == f"{kind}; charset=utf-8"
    assert plain.headers["cache-control"] == packed.headers["cache-control"] == "no-cache"
    tag = plain.headers["etag"]
    assert tag == packed.headers["etag"]
    for accepted in ("identity", "gzip"):
        again = site.get(path, {"If-None-Match": tag, "Accept-Encoding": accepted})
        assert (again.status, again.body, again.headers["etag"]) == (304, b"", tag)
    assert site.get(path, {"If-None-Match": 'W/"other"'}).status == 200


@pytest.mark.parametrize("path", ["/galaxychat/embed.js", "/galaxychat/static/{css}"])
def test_nothing_follows_a_304(site: LocalSite, path: str) -> None:
    """A connection that is kept open would take a body of an answer without one for the next answer."""
    path = path.format(css=_files(".css")[0])
    tag = site.get(path).headers["etag"].encode()
    head = b"GET " + path.encode() + b" HTTP/1.1\r\nHost: x\r\nAccept-Encoding: gzip\r\n"
    with socket.create_connection(("127.0.0.1", site.port), 10) as opened:
        opened.sendall(head + b"If-None-Match: " + tag + b"\r\nConnection: close\r\n\r\n")
        answer = b""
        while chunk := opened.recv(65536):
            answer += chunk
    assert answer.startswith(b"HTTP/1.1 304 ")
    assert answer.partition(b"\r\n\r\n")[2] == b""


@pytest.mark.parametrize(
    ("path", "target"), [("/", "galaxychat/"), ("/galaxychat", "galaxychat/"), ("/galaxychat?a=b", "galaxychat/")]
)
def test_ways_to_the_page(site: LocalSite, path: str, target: str) -> None:
    """The root and the base without its slash point to the page, without naming a host."""
    answer = site.get(path)
    assert (answer.status, answer.headers["location"]) == (302, target)


@pytest.mark.parametrize(
    "path",
    [
        "/nothing",
        "//example.org/",
        "//example.org",
        "/galaxychat/nothing",
        "/galaxychat/me/too",
        "/galaxychat/healthz",
        "/galaxychat/readyz",
        "/galaxychat/metrics",
        "/galaxychat/static",
        "/galaxychat/static/",
        "/galaxychat/static/index.html",
        "/galaxychat/static/embed.js",
        "/galaxychat/embed.css",
        "/galaxychat/embed.js/",
        "/galaxychat/embed.js/embed.js",
        "/galaxychat//embed.js",
        "/galaxychat/static/bundle.sha256",
        "/galaxychat/static/../index.html",
        "/galaxychat/static/..%2findex.html",
        "/galaxychat/static/%2e%2e/web.py",
        "/galaxychat/static/..%5cweb.py",
        "/galaxychat/static/%2fetc%2fpasswd",
        "/galaxychat/static//etc/passwd",
        "/galaxychat/static/{css}/../{css}",
        "/galaxychat/static/{css}/",
        "/galaxychat/static/{css}%00.js",
        "/galaxychat/index.html",
        "/me",
        "/ws",
        "/static/{css}",
        "/%ff%fe",
    ],
)
def test_what_is_not_there(site: LocalSite, path: str) -> None:
    """Files are found by their names only, and whatever else is asked for is a plain 404."""
    answer = site.get(path.format(css=_files(".css")[0]))
    assert answer.status == 404
    for word in (b"Traceback", b".py", b"galaxychat/", b"root:"):
        assert word not in answer.body


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/"),
        ("GET", "/nothing"),
        ("GET", "/galaxychat"),
        ("GET", "/galaxychat/"),
        ("HEAD", "/galaxychat/"),
        ("POST", "/galaxychat/"),
        ("DELETE", "/galaxychat/me"),
        ("TRACE", "/galaxychat/me"),
        ("BREW", "/galaxychat/"),
        ("OPTIONS", "*"),
        ("GET", "*"),
        ("GET", "/galaxychat/me"),
        ("HEAD", "/galaxychat/me"),
        ("GET", "/galaxychat/ws"),
        ("GET", "/galaxychat/embed.js"),
        ("GET", "/galaxychat/embed.html"),
        ("GET", "/galaxychat/static/{js}"),
        ("HEAD", "/galaxychat/static/{js}"),
        ("GET", "/galaxychat/static/nothing"),
        ("GET", "/healthz"),
        ("GET", "/readyz"),
        ("GET", "/metrics"),
    ],
)
def test_headers_of_every_answer(site: LocalSite, method: str, path: str) -> None:
    """No answer says which software gives it, and each says what a browser may do with it."""
    answer = site.get(path.format(js=_files(".js")[0]), method=method)
    assert answer.headers["server"] == "galaxychat"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["content-security-policy"] == _POLICY
    names = [name for name, _ in answer.everything]
    assert len(names) == len(set(names)), "each header once"
    said = (str(answer.everything).encode() + answer.body[:2000]).lower()
    for word in (b"twisted", b"autobahn", b"python"):
        assert word not in said


@pytest.mark.parametrize(
    "request_",
    [
        b"nonsense\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET / HTTP/1.1\r\nno colon\r\n\r\n",
        b"GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        b"GET / HTTP/1.1\r\nX: " + b"x" * 20_000 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 600 + b"\r\n",
        b"GET / HTTP/1.1\r\n" + b"X" * 100_000,
        b"GET / HTTP/1.1\r\nX: y\r\n " + b"y\r\n " * 20_000 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"GET / HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    ],
    ids=lambda request_: repr(request_[:30]),
)
def test_what_is_no_request(site: LocalSite, request_: bytes) -> None:
    """Bytes that are no request are refused without a word about the software."""
    answer = site.converse(request_)
    assert answer == b"" or answer.split(b" ")[1] == b"400"
    assert b"twisted" not in answer.lower()


def test_health(site: LocalSite) -> None:
    """Whoever runs the server asks at its root, and sees the numbers there."""
    assert (site.get("/healthz").status, site.get("/readyz").status) == (200, 200)
    metrics = site.get("/metrics")
    assert metrics.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert b"galaxychat_connections 0.0" in metrics.body


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
def test_health_is_nobody_elses_business(site: LocalSite, path: str) -> None:
    """What came through a proxy finds none of it."""
    assert site.get(path, _THROUGH_A_PROXY).status == 404


def test_not_ready(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """While Galaxy's database or the log is away `readyz` says which, and `me` that it is not the cookie's fault."""
    galaxy = ScratchGalaxy(tmp_path / "galaxy")
    with LocalSite(galaxy, database_patience=2.0) as site:
        cookie = {"Cookie": f"galaxysession={galaxy.cookie('alice')}"}
        with galaxy.locked():
            ready = site.get("/readyz")
            assert (ready.status, ready.body) == (503, b"Galaxy's database does not answer.\n")
            assert site.get("/healthz").status == 200
            me = json.loads(site.get("/galaxychat/me", cookie).body)
            assert me == {"state": "refused", "reason": "the chat cannot reach its database at the moment"}
        assert site.get("/readyz").status == 200
        with monkeypatch.context() as patch:
            patch.setattr(site.house.history, "people", _away)
            ready = site.get("/readyz")
            assert (ready.status, ready.body) == (503, b"The chat's log cannot be reached.\n")
        assert site.get("/readyz").status == 200


def test_a_fault_of_ours(site: LocalSite, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever fails, a visitor sees neither the exception nor where it came from, and the next request is answered."""
    cookie = {"Cookie": f"galaxysession={site.galaxy.cookie('alice')}"}

    async def fail(*_: object) -> None:
        raise ZeroDivisionError("distinctive words")

    with monkeypatch.context() as patch:
        patch.setattr(site.house.history, "rooms_of", fail)
        answer = site.get("/galaxychat/me", cookie)
        assert answer.status == 500
        for word in (b"distinctive", b"ZeroDivision", b"Traceback", b".py"):
            assert word not in answer.body
        assert answer.headers["content-security-policy"] == _POLICY
    assert site.get("/galaxychat/me", cookie).status == 200


async def _away(*_: object) -> None:
    raise HistoryUnavailable


def test_me(site: LocalSite) -> None:
    """`me` says what is wrong with a cookie, and what waits to be read."""
    galaxy = site.galaxy
    galaxy.add("zoe")
    refused = galaxy.cookie("zoe")
    galaxy.write("UPDATE galaxy_user SET deleted = 1 WHERE username = 'zoe'")
    for cookie, expected in (
        (None, {"state": "no_cookie"}),
        ("galaxysession=", {"state": "no_cookie"}),
        ("galaxysession=zz", {"state": "bad_cookie"}),
        (f"galaxysession={galaxy.cookie_of('f' * 32)}", {"state": "bad_cookie"}),
        (f"galaxysession={galaxy.anonymous_cookie()}", {"state": "anonymous"}),
        (f"galaxysession={refused}", {"state": "refused", "reason": "this account was deleted"}),
        (f"a=b; galaxysession={galaxy.cookie('alice')}; c=d", {"state": "ok", "unread": 0, "mentions": 0}),
    ):
        answer = site.get("/galaxychat/me", {} if cookie is None else {"Cookie": cookie})
        assert answer.status == 200
        assert answer.headers["content-type"] == "application/json"
        assert answer.headers["cache-control"] == "no-store"
        assert json.loads(answer.body) == expected
    two = f"galaxysession={galaxy.cookie('alice')}; galaxysession={galaxy.cookie('bob')}"
    assert site.get("/galaxychat/me", {"Cookie": two}).status == 400


@pytest.mark.parametrize(
    ("origin", "may_read"),
    [
        ("https://galaxy.example.org", True),
        ("http://other.example.org:8080", True),
        ("https://GALAXY.example.org:443", True),
        ("https://galaxy.example.org.evil.org", False),
        ("https://galaxy.example.org:8443", False),
        ("https://stranger.example.org", False),
        ("null", False),
        (None, False),
    ],
)
def test_who_may_read_me(site: LocalSite, origin: str | None, may_read: bool) -> None:
    """A page of Galaxy's at another port may read it with the cookie, and a stranger's page may not."""
    answer = site.get("/galaxychat/me", {} if origin is None else {"Origin": origin})
    assert answer.headers["vary"] == "origin"
    shown = {name: value for name, value in answer.headers.items() if name.startswith("access-control-")}
    if may_read:
        assert origin is not None
        allowed = origin.lower().removesuffix(":443")
        assert shown == {"access-control-allow-origin": allowed, "access-control-allow-credentials": "true"}
    else:
        assert shown == {}


@pytest.mark.parametrize("base", ["/galaxy/galaxychat", "/a/b/c"])
def test_base_path_with_several_parts(tmp_path: Path, base: str) -> None:
    """Below a prefix everything is found below the prefix, and nothing between."""
    galaxy = ScratchGalaxy(tmp_path / "galaxy")
    with LocalSite(galaxy, base_path=base) as site:
        assert site.get(f"{base}/").status == 200
        assert site.get(base).headers["location"] == f"{base.rpartition('/')[2]}/"
        assert site.get("/").headers["location"] == f"{base[1:]}/"
        assert site.get(f"{base}/me").status == 200
        assert site.shake_hands().startswith(b"HTTP/1.1 101 ")
        between = base.rpartition("/")[0]
        assert (site.get(between).status, site.get(f"{between}/").status) == (404, 404)
        assert site.get("/healthz").status == 200


def test_prefix_of_galaxy(tmp_path: Path) -> None:
    """The base follows Galaxy's prefix, and a prefix of / counts as none."""
    for prefix, base in (("/galaxy", "/galaxy/galaxychat"), ("/", "/galaxychat"), (None, "/galaxychat")):
        galaxy = ScratchGalaxy(tmp_path / f"galaxy{len(base)}{prefix is None}", galaxy={"galaxy_url_prefix": prefix})
        assert LocalSite(galaxy).base == base
