"""A browser window as its user sees it: by roles and names, never by the page's classes."""

from __future__ import annotations

import re
import shutil
from collections.abc import Sequence
from typing import Any

from playwright.sync_api import BrowserContext, ConsoleMessage, Locator, Page, expect

# No word to anybody outside, and no sandbox of its own: CI runs as root.
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

# What Chromium says by itself when the network or the server is away.
_NETWORK = re.compile(r"WebSocket connection to|Failed to load resource: net::ERR_|ERR_CONNECTION")

# The element that scrolls is the list itself or one about it.
_UP = "while (scroller.scrollHeight <= scroller.clientHeight) scroller = scroller.parentElement;"
_SCROLLER = f"let scroller = log; {_UP}"
_LATER_IS_HERE = r"""() => {
    const files = performance.getEntriesByType('resource').map(entry => entry.name);
    const count = pattern => files.filter(name => pattern.test(name)).length;
    return count(/later-.*\.css$/) >= 1 && count(/part-.*\.js$/) >= 2;
}"""
#: Of a row: scroll the messages to their top.
SCROLL_TO_TOP = f"let scroller = row.closest('[role=log]'); {_UP} scroller.scrollTop = 0;"


def chromium_path() -> str:
    """Return where Debian's or Ubuntu's Chromium is; raises FileNotFoundError."""
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        raise FileNotFoundError("Chromium is not installed: `make test` installs it")
    return path


class Window:
    """One page of the client; `complaints` are its console's errors but for those of a lost network."""

    def __init__(self, context: BrowserContext, address: str) -> None:
        self.address = address
        self.page: Page = context.new_page()
        self.page.set_default_timeout(10_000)
        self.complaints: list[str] = []
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def open(self, place: str = "") -> Window:
        """Load the page, or a place in it such as #/r/name/x."""
        self.page.goto(self.address + place)
        return self

    def go_online(self) -> Window:
        """Click the red bubble."""
        self.page.get_by_role("button", name="Go online").click()
        expect(self.page.get_by_role("button", name="Go offline")).to_be_visible()
        expect(self.rooms.get_by_role("link", name="All Chats")).to_be_attached()
        return self

    def listens(self) -> None:
        """Wait until the part that is loaded later is there: it speaks, and notifies."""
        expect(self.page.get_by_role("button", name="Create a room")).to_be_visible()
        self.page.wait_for_function(_LATER_IS_HERE)
        self.page.wait_for_timeout(300)  # it begins to listen when both of its files are there

    @property
    def rooms(self) -> Locator:
        """The list of rooms."""
        return self.page.get_by_role("navigation", name="Rooms")

    @property
    def composer(self) -> Locator:
        """Where one writes."""
        return self.page.get_by_role("textbox", name=re.compile("^Message "))

    @property
    def log(self) -> Locator:
        """The messages of the room that is shown."""
        return self.page.get_by_role("log")

    def enter(self, room: str) -> Window:
        """Show a room of the list."""
        self.rooms.get_by_role("link", name=re.compile(f"^{re.escape(room)}")).click()
        expect(self.page.get_by_role("textbox", name=f"Message {room}")).to_be_visible()
        return self

    def follow(self, link: str) -> Window:
        """Open a link to a room in which one is not yet, go online, and join as the page offers."""
        self.open(link).go_online()
        self.page.get_by_role("button", name="Join this room").click()
        expect(self.composer).to_be_visible()
        return self

    def say(self, text: str) -> None:
        """Write and press Enter."""
        self.composer.fill(text)
        self.composer.press("Enter")

    def scroll_to(self, top: int) -> None:
        """Scroll the messages, as a wheel would."""
        self.log.evaluate(f"(log, top) => {{ {_SCROLLER} scroller.scrollTop = top; }}", top)

    def scrolled(self) -> float:
        """Return how far the messages are scrolled, in pixels."""
        place: float = self.log.evaluate(f"log => {{ {_SCROLLER} return scroller.scrollTop; }}")
        return place

    def message(self, text: str | re.Pattern[str]) -> Locator:
        """The messages that say this."""
        return self.log.get_by_role("article").filter(has_text=text)

    def sees(self, *texts: str) -> None:
        """Wait until each of these is said exactly once."""
        for text in texts:
            expect(self.message(text)).to_have_count(1)

    def texts(self) -> list[str]:
        """Return the bodies of the messages on the page, in their order."""
        bodies = self.log.locator("article .body").all_inner_texts()
        return [body.strip() for body in bodies]

    def act(self, text: str, action: str) -> None:
        """Point at the message that says this, and choose what to do with it."""
        row = self.message(text)
        row.hover()
        row.get_by_role("button", name=action, exact=True).click()

    def react(self, text: str, emoji: str) -> None:
        """Put an emoji, by its name, to the message that says this."""
        self.act(text, "Add a reaction")
        self.page.get_by_role("dialog", name="Add a reaction").get_by_role("button", name=emoji, exact=True).click()

    def chip(self, text: str, emoji: str) -> Locator:
        """Return the reactions of a kind to the message that says this; their name says whose they are."""
        return self.message(text).get_by_role("group", name="Reactions").get_by_role("button", name=emoji)

    def menu(self, item: str) -> None:
        """Choose from the menu of the room."""
        self.page.get_by_role("button", name="More about this room").click()
        self.page.get_by_role("group", name="More about this room").get_by_role("button", name=item, exact=True).click()

    def side(self, name: str) -> Locator:
        """Return what stands at the right of the messages."""
        return self.page.get_by_role("complementary", name=name)

    @property
    def dialog(self) -> Locator:
        """What is asked in front of the page."""
        return self.page.get_by_role("dialog")

    def create_room(self, name: str, *, private: bool = False) -> None:
        """Make a room and enter it."""
        self.page.get_by_role("button", name="Create a room").click()
        dialog = self.page.get_by_role("dialog")
        dialog.get_by_role("textbox", name="Name", exact=True).fill(name)
        if private:
            dialog.get_by_role("radio", name="Private").check()
        dialog.get_by_role("button", name="Create room").click()
        expect(self.page.get_by_role("textbox", name=f"Message {name}")).to_be_visible()

    def join_room(self, name: str) -> None:
        """Join a room by its name."""
        self.page.get_by_role("button", name="Join a room").click()
        dialog = self.page.get_by_role("dialog")
        dialog.get_by_role("textbox", name="Name of the room").fill(name)
        dialog.get_by_role("button", name="Join room").click()

    def violations(self, axe: str, rules: Sequence[str] = ()) -> list[str]:
        """Return what axe finds wrong with the page as it is shown."""
        if not self.page.evaluate("() => 'axe' in window"):
            # The page's policy forbids a script element; what a debugger evaluates is not the page's.
            self.page.evaluate(axe + "; undefined")
        found: dict[str, Any] = self.page.evaluate("() => axe.run(document, {resultTypes: ['violations']})")
        return [
            f"{violation['id']}: {node['html']}" for violation in found["violations"] for node in violation["nodes"]
        ]

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not _NETWORK.search(message.text):
            self.complaints.append(message.text)
