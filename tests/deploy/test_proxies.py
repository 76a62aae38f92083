"""The proxy configurations in deploy/ are run as they stand, in front of a real server."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.client import Client
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
_PROXIES = {"nginx": (nginx, ALL_OF_NGINX), "apache": (apache, ALL_OF_APACHE)}


@pytest.fixture(scope="module")
def chat(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The chat without any proxy."""
    with Server(ScratchGalaxy(tmp_path_factory.mktemp("galaxy"))) as server:
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
