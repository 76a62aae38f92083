"""What the setting `fast_path` and pytest's --fast-path say is what runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from galaxychat.config import load
from tests.interop.site import ModelGalaxy
from tests.support.core import House
from tests.support.delivery import both_ways
from tests.support.galaxy_sqlite import ScratchGalaxy
from tests.support.server import Server, galaxychat
from tests.support.site import LocalSite


@pytest.fixture
def chosen(request: pytest.FixtureRequest) -> bool:
    """What this run of pytest was told."""
    return bool(request.config.getoption("--fast-path") == "on")


def _says(server: Server, fast_path: bool) -> bool:
    return f"galaxychat_fast_path {float(fast_path)}" in server.get("/metrics")[1].splitlines()


def test_a_server_takes_the_way_of_the_run(server: Server, galaxy: ScratchGalaxy, chosen: bool) -> None:
    """One that tests share, and one with settings of a test's own."""
    assert _says(server, chosen)
    galaxy.configure({"admin_users": "bob@example.org"}, {"limits": {"connections": 10}})
    with Server(galaxy) as another:
        assert _says(another, chosen)


def test_what_is_put_together_takes_the_way_of_the_run(tmp_path: Path, chosen: bool) -> None:
    """The whole house in this process, both halves of it; its core; and a Galaxy made by Galaxy's own models."""
    house = LocalSite(ScratchGalaxy(tmp_path / "scratch")).build()
    assert house.factory.straight is chosen
    assert (house.rooms._tempo is not None) is chosen
    assert (House().rooms._tempo is not None) is chosen
    model = ModelGalaxy(tmp_path / "model", f"sqlite:///{tmp_path}/model.sqlite", {}, {})
    assert load(str(model.config), None, {}, {}).fast_path is chosen


@both_ways
def test_a_test_may_say_which(galaxy: ScratchGalaxy, fast_path: bool) -> None:
    """A server does what its own settings say, whatever the run was told; check-config says when that is slow."""
    galaxy.configure({}, {"fast_path": fast_path})
    with Server(galaxy) as server:
        assert _says(server, fast_path)
    done = galaxychat("check-config", "--galaxy-config", str(galaxy.config), folder=galaxy.folder)
    assert ("fast path:              off" in done.stdout) is not fast_path
