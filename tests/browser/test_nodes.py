"""Two windows on two nodes behind nginx: they talk through a restart of everything."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, expect

from tests.support.nodes import database_of, log_in, nodes
from tests.support.postgres import PostgresCluster
from tests.support.proxies import DOCUMENTED, documented, nginx
from tests.support.server import IN_GOOD_ORDER, Server
from tests.support.window import Window

pytestmark = [pytest.mark.postgres, pytest.mark.slow]

# Of each. The page shows so many rows without leaving any out.
_LINES = 40
_PAUSE_MS = 200


@dataclass
class Street:
    """Two nodes, and the port of the nginx in front of them."""

    servers: list[Server]
    port: int
    cluster: PostgresCluster

    def roll(self) -> None:
        """Restart one node after the other, as an admin does."""
        for server in self.servers:
            assert server.terminate() == IN_GOOD_ORDER
            server.start()

    def window(self, chromium: Browser, ends: ExitStack, name: str) -> Window:
        """Open somebody's window."""
        address = f"http://127.0.0.1:{self.port}"
        context = chromium.new_context(viewport={"width": 1280, "height": 800})
        ends.callback(context.close)
        cookie = self.servers[0].galaxy.cookie(name)
        context.add_cookies([{"name": "galaxysession", "value": cookie, "url": address, "httpOnly": True}])
        return Window(context, f"{address}/galaxychat/")

    def logged(self) -> list[str]:
        """Return what the log holds of All Chats, in its order."""
        with closing(self.cluster.connect(database_of(self.servers[0].galaxy))) as connection:
            cursor = connection.cursor()
            cursor.execute("SELECT text FROM message m JOIN room r ON r.id = m.room WHERE kind = 'lobby' ORDER BY seq")
            return [text for (text,) in cursor.fetchall()]

    def admitted(self) -> list[int]:
        """Return how many connections each node has let in."""
        pages = [server.get("/metrics")[1].splitlines() for server in self.servers]
        lines = [next(line for line in page if line.startswith("galaxychat_admitted_total ")) for page in pages]
        return [int(float(line.split()[1])) for line in lines]


@pytest.fixture(scope="module")
def street(postgres: PostgresCluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Street]:
    """Two nodes on one PostgreSQL, behind nginx as deploy/ says."""
    folder = tmp_path_factory.mktemp("street")
    with log_in(postgres, folder / "galaxy") as galaxy, nodes(galaxy) as servers:
        places = [f"127.0.0.1:{server.port}" for server in servers]
        site = documented("nginx.conf").replace(DOCUMENTED, "galaxychat")
        proxy = tmp_path_factory.mktemp("nginx")
        with nginx(proxy, site, documented("nginx-nodes.conf", *places)) as port:
            yield Street(servers, port, postgres)


@pytest.mark.timeout(300)
def test_both_nodes_restart_while_two_people_talk(chromium: Browser, street: Street) -> None:
    """Nothing that either writes is lost or shown twice, and both see the same order, which is the log's."""
    with ExitStack() as ends:
        alice, bob = (street.window(chromium, ends, name).open().go_online() for name in ("alice", "bob"))
        assert street.admitted() == [1, 1], "each on a node of its own"
        alice.say("from one node")
        bob.sees("from one node")
        bob.say("to the other")
        alice.sees("to the other")
        rolling = ends.enter_context(ThreadPoolExecutor(1)).submit(street.roll)
        said = ["from one node", "to the other"]
        for number in range(_LINES):
            for name, window in (("alice", alice), ("bob", bob)):
                said.append(f"{name} {number:02}.")
                window.say(said[-1])
            # Some are written while one is connected, some while one is not.
            alice.page.wait_for_timeout(_PAUSE_MS)
        rolling.result(60)
        for window in (alice, bob):
            expect(window.log.locator("article")).to_have_count(len(said), timeout=30_000)
            expect(window.page.get_by_text("Reconnecting")).to_have_count(0)
        assert Counter(street.logged()) == Counter(said)
        assert alice.texts() == bob.texts() == street.logged()
        assert sum(street.admitted()) >= 2, "both are with servers that were started since"
        assert alice.complaints == bob.complaints == []
