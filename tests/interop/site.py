"""A running chat over a Galaxy database that Galaxy's own models made, log-ins and all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import yaml

from tests.interop.galaxylab import ID_SECRET, GalaxyModel
from tests.support import delivery
from tests.support.client import Client
from tests.support.galaxy_sqlite import ScratchGalaxy
from tests.support.server import IN_GOOD_ORDER, Server

_numbers = count()


class ModelGalaxy(ScratchGalaxy):
    """A folder with the configuration of such a Galaxy."""

    def __init__(self, folder: Path, url: str, galaxy: Mapping[str, Any], chat: Mapping[str, Any]) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.config = folder / "galaxy.yml"
        own = {"database_connection": url, "id_secret": ID_SECRET, "data_dir": str(folder)}
        content = {"galaxy": {**own, **galaxy}, "galaxychat": {**delivery.settings(), **chat}}
        self.config.write_text(yaml.safe_dump(content))


@dataclass
class Person:
    """An account, and the sessions in which somebody is logged in to it."""

    site: Site
    id: int
    name: str
    sessions: list[Mapping[str, Any]] = field(default_factory=list)

    def log_in(self) -> str:
        """Log in with another browser; return its cookie."""
        self.sessions.append(self.site.model.session(user=self.id))
        return str(self.sessions[-1]["cookie"])

    def enter(self) -> Client:
        """Log in with another browser, and have it let in; `welcome` was taken."""
        client = Client.open(self.site.server, self.log_in())
        client.event("welcome")
        return client


@dataclass(frozen=True)
class Site:
    """`model` changes Galaxy's database as Galaxy would, `server` reads it."""

    url: str
    model: GalaxyModel
    server: Server

    def somebody(self, name: str = "user") -> Person:
        """Register an account under a name of its own, and switch the chat on in it."""
        name = f"{name}{next(_numbers)}"
        made = self.model.user(email=f"{name}@example.org", username=name)
        self.model.prefer(user=made, name="communication_server", value="true")
        return Person(self, made, name)

    def answer(self, cookie: str | None) -> tuple[int, str]:
        """Return how the connection of a browser that is not let in ends."""
        with Client.open(self.server, cookie) as client:
            closed = client.closed()
            assert client.kept("welcome") == []
            return closed


@contextmanager
def serving(
    url: str, model: GalaxyModel, folder: Path, galaxy: Mapping[str, Any], chat: Mapping[str, Any]
) -> Iterator[Site]:
    """Run the chat; at the end there is no traceback in what it said."""
    model.open(url=url, id_secret=ID_SECRET)
    try:
        with Server(ModelGalaxy(folder, url, galaxy, chat)) as server:
            yield Site(url, model, server)
            assert server.terminate() == IN_GOOD_ORDER
            assert "Traceback" not in server.output
    finally:
        model.close()
