"""The proxy configurations in deploy/ are run as they stand, in front of a real server."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.support.client import Client, handshake
from tests.support.galaxy_sqlite import ScratchGalaxy
from tests.support.proxies import Proxy, apache, documented, nginx
from tests.support.server import Server

# Everything else is passed on as well, as by an admin who means it too well.
ALL_OF_NGINX = """
location / {{
    proxy_pass http://127.0.0.1:{port};
    proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
}}
"""
ALL_OF_APACHE = """
ProxyPass "/" "http://127.0.0.1:{port}/"
"""
#: Whence the proxy talks to the chat, and other machines talk to the proxy.
_PROXY, _ELSEWHERE, _STILL_ELSEWHERE = "127.0.0.1", "127.0.0.2", "127.0.0.3"
_AT_THE_DOOR = 3
_PROXIES = {"nginx": (nginx, ALL_OF_NGINX), "apache": (apache, ALL_OF_APACHE)}


@pytest.fixture(scope="module")
def chat(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The chat without any proxy; of the addresses of this machine only the proxy's is one."""
    limits = {"pending_per_address": _AT_THE_DOOR, "admission_timeout": 4}
    settings = {"trusted_proxies": [_PROXY], "limits": limits}
    with Server(ScratchGalaxy(tmp_path_factory.mktemp("galaxy"), chat=settings)) as server:
        yield server


@pytest.fixture(scope="module", params=_PROXIES)
def proxy(request: pytest.FixtureRequest, chat: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    """The chat behind a proxy that has the documented configuration."""
    run, everything = _PROXIES[request.param]
    site = documented(f"{request.param}.conf", f"127.0.0.1:{chat.port}") + everything.format(port=chat.port)
    with run(tmp_path_factory.mktemp(request.param), site) as port:
        yield Proxy(chat.galaxy, port)


def test_two_people_talk_through_the_proxy(proxy: Proxy) -> None:
    """The upgrade passes, the page's own origin is allowed, and events come as they happen."""
    with Client.enter(proxy, "alice") as alice, Client.enter(proxy, "bob") as bob:
        assert alice.connection.subprotocol == "galaxychat.v1"
        room = alice.join("Help")["room"]["room"]
        bob.join(room)
        sent = alice.send(room, "through the proxy")
        heard = bob.event("message", room=room, rev=sent["seq"])
        assert heard["message"]["text"] == "through the proxy"


def test_a_close_code_passes(proxy: Proxy) -> None:
    """A browser without a session learns why, in the code that its client acts on."""
    with Client.open(proxy, "00" * 40) as nobody:
        assert nobody.closed()[0] == 4401


def test_the_page_and_its_state_pass(proxy: Proxy) -> None:
    """The path is not changed on its way, with or without the last slash."""
    assert proxy.get("/galaxychat/")[0] == 200
    assert proxy.get("/galaxychat")[0] == 200
    assert proxy.get("/galaxychat/me") == (200, '{"state": "no_cookie"}')


def test_health_and_metrics_are_not_for_the_proxy(chat: Server, proxy: Proxy) -> None:
    """Nobody outside sees them, even where everything is passed on: X-Forwarded-For gives the proxy away."""
    for page in ("/healthz", "/readyz", "/metrics"):
        assert chat.get(page)[0] == 200
        assert proxy.get(page)[0] == 404


def outcome(proxy: Proxy, *lines: bytes, cookie: str) -> int:
    """Send a handshake with more header lines; return 101 for who is let in, else the status or the close code."""
    first, *others = handshake(proxy.base, proxy.port, cookie).split(b"\r\n")
    with socket.create_connection(("127.0.0.1", proxy.port), 10, source_address=(_ELSEWHERE, 0)) as opened:
        opened.sendall(b"\r\n".join([first, *lines, *others]))
        answer = opened.makefile("rb")
        status = int(answer.readline().split(b" ", 2)[1])
        if status != 101:
            return status
        while answer.readline() != b"\r\n":
            pass
        kind, _, *code = answer.read(4)
        return int.from_bytes(code, "big") if kind & 15 == 8 else status


@pytest.mark.parametrize(
    "lines",
    [
        [b"Cookie: galaxysession=" + b"0" * 80],
        [b"Cookie: a=b; galaxysession=" + b"0" * 80],
        [b"Origin: https://evil.example.org"],
        [b"X-Other: a\x0bCookie: galaxysession=" + b"0" * 80],
        [b"X-Other: a\x1cX-Forwarded-For: 192.0.2.1"],
        [b"X-Other: a\x85Origin: https://evil.example.org"],
        [b"X-Other: a\x00b"],
        [b"X-Other: " + b"x" * 100_000],
        [b"X-Other: x"] * 1000,
    ],
    ids=["another cookie", "another in a list", "another origin", "0x0b", "0x1c", "0x85", "NUL", "long", "many"],
)
def test_what_no_browser_sends(chat: Server, proxy: Proxy, lines: list[bytes]) -> None:
    """It is refused by the proxy or behind it: each has its own status, and Apache makes one cookie of two."""
    got = outcome(proxy, *lines, cookie=chat.galaxy.cookie("alice"))
    assert 400 <= got < 500 or got == 4401


def test_what_browsers_send(chat: Server, proxy: Proxy) -> None:
    """Other cookies, and headers that mean nothing to the chat, disturb nobody."""
    cookie = chat.galaxy.cookie("alice") + "; a=b; galaxytoolrunnersession=00"
    assert outcome(proxy, b"X-Other: \xc3\xa9", b"Sec-Fetch-Mode: websocket", cookie=cookie) == 101


def test_whose_address_counts(chat: Server, proxy: Proxy) -> None:
    """Whoever waits at the door is counted by the address that the proxy saw, not by one that they write themselves."""
    cookie = chat.galaxy.cookie("bob")
    with ExitStack() as waiting:

        def knock(address: str, pretended: str) -> Client:
            headers = {"X-Forwarded-For": pretended}
            return waiting.enter_context(
                Client.open(proxy, cookie, source_address=(address, 0), additional_headers=headers)
            )

        with chat.galaxy.locked():
            for number in range(_AT_THE_DOOR):
                knock(_ELSEWHERE, f"203.0.113.{number}")
            code, reason = knock(_ELSEWHERE, f"198.51.100.7, {_STILL_ELSEWHERE}").closed()
            assert (code, reason) == (1013, "too many unfinished connections from this address")
            assert knock(_STILL_ELSEWHERE, _ELSEWHERE).closed()[1] != reason
