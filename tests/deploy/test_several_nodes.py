"""What deploy/ says about several nodes is run as it stands: two nodes, one PostgreSQL, one proxy."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.client import Client
from tests.support.nodes import log_in, nodes
from tests.support.postgres import PostgresCluster
from tests.support.proxies import DOCUMENTED, Proxy, apache, documented, nginx
from tests.support.server import IN_GOOD_ORDER, Server

pytestmark = [pytest.mark.postgres, pytest.mark.slow]

_PEOPLE = 6


@pytest.fixture(scope="module")
def pair(postgres: PostgresCluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Server]]:
    """Two running nodes."""
    folder = tmp_path_factory.mktemp("site")
    with log_in(postgres, folder / "galaxy") as galaxy, nodes(galaxy) as servers:
        yield servers


@pytest.fixture(scope="module", params=["nginx", "apache"])
def proxy(
    request: pytest.FixtureRequest, pair: list[Server], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Proxy]:
    """Both nodes behind a proxy that has the documented configuration."""
    folder = tmp_path_factory.mktemp(request.param)
    places = [f"127.0.0.1:{server.port}" for server in pair]
    if request.param == "nginx":
        site, http = documented("nginx.conf").replace(DOCUMENTED, "galaxychat"), documented("nginx-nodes.conf", *places)
        running = nginx(folder, site, http)
    else:
        running = apache(folder, documented("apache-nodes.conf", *places))
    with running as port:
        yield Proxy(pair[0].galaxy, port)


def connected(server: Server) -> int:
    """Return how many connections a node has."""
    (line,) = (line for line in server.get("/metrics")[1].splitlines() if line.startswith("galaxychat_connections "))
    return int(float(line.split()[1]))


def test_sockets_are_shared_out(pair: list[Server], proxy: Proxy) -> None:
    """Both nodes serve, and whoever is on one hears who is on the other."""
    clients = [Client.enter(proxy, "alice") for _ in range(_PEOPLE)]
    rooms = [client.join("Help")["room"]["room"] for client in clients]
    assert min(connected(server) for server in pair) >= _PEOPLE // 3
    sent = clients[0].send(rooms[0], "to all")
    for client in clients:
        assert client.event("message", room=rooms[0], rev=sent["seq"])["message"]["text"] == "to all"
        client.__exit__(None, None, None)


def test_a_rolling_restart(pair: list[Server], proxy: Proxy) -> None:
    """While a node is stopped, and right after that, everybody gets in over the other one; then over both again."""
    for stopped, other in (pair, pair[::-1]):
        assert stopped.terminate() == IN_GOOD_ORDER
        for _ in range(_PEOPLE):
            assert proxy.get("/galaxychat/me") == (200, '{"state": "no_cookie"}')
            with Client.enter(proxy, "bob") as bob:
                assert bob.event("welcome")["you"]["name"] == "bob"
        assert connected(other) <= 1
        stopped.start()
    clients = [Client.enter(proxy, "carol") for _ in range(_PEOPLE)]
    for client in clients:
        client.event("welcome")
    assert min(connected(server) for server in pair) >= _PEOPLE // 3
    for client in clients:
        client.__exit__(None, None, None)
