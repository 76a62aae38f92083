"""Takes the pictures of the documentation: three people on a real server, in a real browser."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, expect, sync_playwright

from tests.support.galaxy_sqlite import ScratchGalaxy
from tests.support.server import Server
from tests.support.window import FLAGS, Window, chromium_path

_IMAGES = Path(__file__).parents[1] / "docs" / "images"

_SCRIPT = """Thanks! HISAT2 finds them, but my script stops at the first file:
```python
import pysam

def count(path: str) -> dict[str, int]:
    reads: dict[str, int] = {}
    with pysam.AlignmentFile(path, "rb") as bam:  # needs an index
        for read in bam.fetch():
            reads[read.reference_name] = reads.get(read.reference_name, 0) + 1
    return reads
```"""


def _window(
    browser: Browser, server: Server, name: str, width: int, height: int, scheme: Literal["light", "dark"]
) -> Window:
    address = f"http://127.0.0.1:{server.port}"
    context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
    cookie = server.galaxy.cookie(name)
    context.add_cookies([{"name": "galaxysession", "value": cookie, "url": address, "httpOnly": True}])
    return Window(context, f"{address}{server.base}/").open().go_online()


def _talk(alice: Window, bob: Window, carol: Window, galaxy: str) -> None:
    """Have the three talk: an announcement, a question, an answer to it, thanks."""

    def said(text: str) -> None:
        for window in (alice, bob, carol):
            expect(window.message(text)).not_to_have_count(0)

    alice.say("Good morning! The new reference genomes are on **main**: `hg38`, `mm39` and `T2T-CHM13v2`.")
    said("Good morning!")
    bob.react("Good morning!", "party popper")
    carol.react("Good morning!", "party popper")
    bob.say(_SCRIPT)
    said("Thanks! HISAT2")
    carol.act("Thanks! HISAT2", "Reply")
    carol.say(f"@bob there is no index beside the file. This one makes it: {galaxy}/u/carol/w/sort-and-index")
    said("there is no index")
    alice.react("there is no index", "DNA")
    bob.react("there is no index", "folded hands")
    alice.chip("there is no index", "folded hands").click()
    alice.act("there is no index", "Pin for everybody in this room")
    bob.act("there is no index", "Reply")
    bob.say("That was it. Now it works, and so do the other 23 of the collection.")
    said("That was it.")


def _elsewhere(alice: Window, bob: Window, carol: Window) -> None:
    """Have other rooms, and people who talk there."""
    bob.create_room("Assembly club")
    bob.enter("All Chats")
    carol.enter("Training")
    carol.say("The slides for Thursday are up, @alice.")
    bob.message("Good morning!").get_by_role("button", name="alice", exact=True).click()
    bob.dialog.get_by_role("button", name="Message directly").click()
    expect(bob.page.get_by_role("textbox", name="Message alice")).to_be_visible()
    bob.say("May I quote you in the newsletter?")
    expect(alice.rooms.get_by_role("link", name="bob")).to_be_visible()
    bob.enter("All Chats")


def _take(window: Window, name: str) -> None:
    window.page.wait_for_timeout(400)  # until what moves stands still
    window.page.screenshot(path=_IMAGES / f"{name}.png")


def _pictures(browser: Browser, server: Server) -> None:
    alice = _window(browser, server, "alice", 1280, 860, "light")
    bob = _window(browser, server, "bob", 1280, 860, "dark")
    carol = _window(browser, server, "carol", 1280, 860, "light")
    _talk(alice, bob, carol, f"http://127.0.0.1:{server.port}")
    _elsewhere(alice, bob, carol)
    alice.composer.fill("Added to the FAQ, thank you both")
    alice.message("That was it.").hover()
    alice.page.wait_for_timeout(6000)  # until nobody is typing any more
    _take(alice, "wide")
    alice.page.get_by_role("button", name="Search messages").click()
    alice.side("Search").get_by_role("searchbox").fill("index file")
    alice.page.keyboard.press("Enter")
    expect(alice.side("Search").get_by_role("link")).not_to_have_count(0)
    _take(alice, "search")
    bob.act("Good morning!", "Add a reaction")
    _take(bob, "dark")
    narrow = _window(browser, server, "carol", 390, 780, "light").enter("All Chats")
    expect(narrow.message("That was it.")).to_have_count(1)
    _take(narrow, "narrow")
    narrow.page.get_by_role("link", name="All rooms").click()
    _take(narrow, "rooms")


def main() -> int:
    """Write the pictures into docs/images."""
    _IMAGES.mkdir(exist_ok=True)
    rooms = {"persistent_communication_rooms": "Help, Training, Workflows"}
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        galaxy = ScratchGalaxy(Path(folder) / "galaxy", galaxy=rooms)
        with Server(galaxy) as server:
            browser = playwright.chromium.launch(executable_path=chromium_path(), args=FLAGS)
            _pictures(browser, server)
            browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
