"""Real Chromium windows on a real server."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, sync_playwright

from tests.support.galaxy_sqlite import ScratchGalaxy
from tests.support.server import Server
from tests.support.window import FLAGS, Window, chromium_path

_AXE = Path(__file__).parents[2] / "client" / "node_modules" / "axe-core" / "axe.min.js"

#: Opens a window for somebody: `as_(name)`, with settings of the browser and another port where one is given.
As = Callable[..., Window]


# Not for the session: while Playwright is there, its event loop runs, and no other test could run one of its own.
@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """One browser for a module's tests; each window has a context, and so cookies and storage, of its own."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def axe() -> str:
    """The source of axe-core."""
    return _AXE.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server for a module's tests; each test talks in a room of its own where that matters."""
    rates = {"rate_messages": 10_000, "rate_per_second": 10_000, "rate_commands": 100_000}
    galaxy = ScratchGalaxy(tmp_path_factory.mktemp("site"), chat={"limits": rates})
    with Server(galaxy) as running:
        yield running
        running.terminate()
        assert "Traceback" not in running.output
        assert "Unhandled" not in running.output


@pytest.fixture
def as_(chromium: Browser, site: Server) -> Iterator[As]:
    """Open windows; at the end none of them may have complained."""
    contexts: list[BrowserContext] = []
    windows: list[Window] = []

    def enter(name: str, port: int | None = None, beside: Window | None = None, **settings: Any) -> Window:
        address = f"http://127.0.0.1:{port or site.port}"
        if beside is None:
            context = chromium.new_context(**{"viewport": {"width": 1280, "height": 800}, **settings})
            contexts.append(context)
            cookie = site.galaxy.cookie(name)
            context.add_cookies([{"name": "galaxysession", "value": cookie, "url": address, "httpOnly": True}])
        else:
            context = beside.page.context
        window = Window(context, f"{address}{site.base}/")
        windows.append(window)
        return window

    yield enter
    complaints = [complaint for window in windows for complaint in window.complaints]
    for context in contexts:
        context.close()
    assert complaints == []
