"""The network between the nodes and the log's PostgreSQL swallows every packet: nothing ends, and nothing comes."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.faults.test_postgres_away import Faulty
from tests.support.galaxy_sqlite import ScratchGalaxy
from tests.support.namespace import Namespace
from tests.support.nodes import copied, database_of, log_in, quiet
from tests.support.postgres import PostgresCluster
from tests.support.relay import Relay
from tests.support.server import IN_GOOD_ORDER, Server
from tests.support.storm import Storm
from tests.support.verdict import check

pytestmark = [pytest.mark.postgres, pytest.mark.slow]

Saw = Callable[[str], None]
_ROOT = Path(__file__).parents[2]
# 5 s are promised for each; the rest is for a machine that has other things to do.
_NOTICED_WITHIN = 8.0
_HEALS_WITHIN = 8.0
_STALLS_AT_MOST = 0.5


class Inside(Server):
    """A node in a network of its own: its clients come by its unix socket, as they do from a proxy."""

    def __init__(self, galaxy: ScratchGalaxy, network: Namespace, name: str) -> None:
        path = galaxy.folder / f"{name}.sock"
        super().__init__(galaxy, endpoint=f"unix:{path}", prefix=network.prefix)
        self._relay = Relay(path)

    def start(self) -> None:
        """Start it, and wait until people can come in."""
        super().start()
        self._relay.__enter__()
        self.port = self._relay.port
        self._wait_until_ready()

    def kill(self) -> None:
        """End it, whatever it does."""
        super().kill()
        self._relay.__exit__(None, None, None)


@contextmanager
def way_in(network: Namespace, path: Path) -> Iterator[int]:
    """Have a port of the network's loopback that leads to a unix socket outside."""
    command = [*network.prefix, sys.executable, "-m", "tests.support.relay", str(path)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=_ROOT)
    assert process.stdout is not None
    try:
        yield int(process.stdout.readline())
    finally:
        process.communicate(timeout=10)


class Gap:
    """What a test does to one port's packets in a network of its own, whichever way they go."""

    def __init__(self, network: Namespace, port: int) -> None:
        self._network = network
        self._port = port

    def open(self) -> None:
        """Swallow them all."""
        self._filter("-A")

    def close(self) -> None:
        """Let them pass again."""
        self._filter("-D")

    def _filter(self, change: str) -> None:
        for side in ("--dport", "--sport"):
            self._network.run("iptables", change, "INPUT", "-p", "tcp", side, str(self._port), "-j", "DROP")


@dataclass
class Chasm:
    """Two nodes on the far side of a gap."""

    gap: Gap
    servers: list[Server]
    noticed: list[float] = field(default_factory=list)

    def fault(self, _faulty: Faulty, raging: Storm) -> None:
        """Swallow everything until both nodes say so and sends are refused."""
        self.gap.open()
        said, refused = raging.said(), raging.refused.total()
        began = time.monotonic()
        for server in self.servers:
            while server.get("/readyz")[0] == 200:
                assert time.monotonic() - began < _NOTICED_WITHIN
                time.sleep(0.02)
        while raging.refused.total() == refused:
            assert time.monotonic() - began < _NOTICED_WITHIN
            time.sleep(0.02)
        self.noticed.append(time.monotonic() - began)
        # An answer of the last transaction may still have been on its way.
        assert raging.said() <= said + len(raging.talkers)
        self.gap.close()


@contextmanager
def chasm(cluster: PostgresCluster, galaxy: ScratchGalaxy) -> Iterator[Chasm]:
    """Have two nodes in a network of their own; end them in good order."""
    with Namespace("net") as network, ExitStack() as ends:
        port = ends.enter_context(way_in(network, cluster.socket_directory / f".s.PGSQL.{cluster.port}"))
        url = f"postgresql://postgres@127.0.0.1:{port}/{database_of(galaxy)}?sslmode=disable&gssencmode=disable"
        galaxy.configure({}, {"history": url})
        servers: list[Server] = [Inside(galaxy, network, f"node{number}") for number in range(2)]
        for server in servers:
            ends.callback(server.kill)
            server.start()
        yield Chasm(Gap(network, port), servers)
        for server in servers:
            assert server.terminate() == IN_GOOD_ORDER
            quiet(server)


def test_postgres_half_open(postgres: PostgresCluster, tmp_path: Path, saw: Saw) -> None:
    """Both nodes notice, say that they are not ready, refuse what they cannot write, and heal by themselves."""
    with log_in(postgres, tmp_path) as galaxy:
        with chasm(postgres, galaxy) as apart:
            faulty = Faulty(postgres, apart.servers)
            raging = asyncio.run(faulty.run(apart.fault, 2))
        verdict = check(copied(postgres, galaxy), raging.talkers)
    assert max(faulty.healed) < _HEALS_WITHIN
    assert max(stall.longest for stall in faulty.stalls) < _STALLS_AT_MOST
    saw(f"every packet dropped, twice; noticed within {max(apart.noticed):.2f} s; {faulty.figures(verdict, raging)}")
