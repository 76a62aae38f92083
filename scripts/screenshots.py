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

_TALK = (
    (
        "alice",
        """Good morning! The new reference genomes are on **main**: `hg38`, `mm39` and `T2T-CHM13v2`.
Tell me if an index is missing.""",
    ),
    (
        "bob",
        """Thanks! HISAT2 finds them, but **samtools sort** stops on my first file:
```bash
$ samtools sort -@ 4 -o sorted.bam aligned.bam
[E::hts_open_format] Failed to open file aligned.bam : No such file or directory
```
Has anybody seen that?""",
    ),
    ("carol", "@bob is the dataset still *running*? It looks just like that while the upload is not done."),
    ("bob", "It was. Now it works, and so do the other 23 of the collection."),
    ("carol", "Nice. For the notes: wait until the dataset is green, see https://training.galaxyproject.org/"),
)


def _window(
    browser: Browser, server: Server, name: str, width: int, height: int, scheme: Literal["light", "dark"]
) -> Window:
    address = f"http://127.0.0.1:{server.port}"
    context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
    cookie = server.galaxy.cookie(name)
    context.add_cookies([{"name": "galaxysession", "value": cookie, "url": address, "httpOnly": True}])
    return Window(context, f"{address}{server.base}/").open().go_online()


def _talk(windows: dict[str, Window]) -> None:
    for name, text in _TALK:
        last = text.splitlines()[0].replace("*", "").replace("`", "")[:20]
        windows[name].say(text)
        for window in windows.values():
            expect(window.message(last)).not_to_have_count(0)


def main() -> int:
    """Write wide.png, dark.png and narrow.png."""
    _IMAGES.mkdir(exist_ok=True)
    rooms = {"persistent_communication_rooms": "Help, Training, Workflows"}
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        galaxy = ScratchGalaxy(Path(folder) / "galaxy", galaxy=rooms)
        with Server(galaxy) as server:
            browser = playwright.chromium.launch(executable_path=chromium_path(), args=FLAGS)
            windows = {
                "alice": _window(browser, server, "alice", 1280, 800, "light"),
                "bob": _window(browser, server, "bob", 1280, 800, "dark"),
                "carol": _window(browser, server, "carol", 1280, 800, "light"),
            }
            _talk(windows)
            windows["bob"].create_room("Assembly club")
            windows["bob"].enter("All Chats")
            windows["carol"].enter("Training")
            windows["carol"].say("The slides for Thursday are up.")
            windows["alice"].composer.fill("Added to the FAQ, thank you both")
            windows["alice"].page.wait_for_timeout(4000)  # until nobody is typing any more
            windows["alice"].page.screenshot(path=_IMAGES / "wide.png")
            windows["bob"].page.screenshot(path=_IMAGES / "dark.png")
            narrow = _window(browser, server, "bob", 390, 780, "light").enter("All Chats")
            expect(narrow.message("For the notes")).to_have_count(1)
            narrow.page.screenshot(path=_IMAGES / "narrow.png")
            browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
