"""Tries the chat in a real Galaxy, through its own pages, as users would; takes the pictures docs/images/galaxy-*.png.

Needs in the environment:

    GALAXY_URL          where a Galaxy of one's own listens, such as http://127.0.0.1:8080
    GALAXY_CONFIG_FILE  its galaxy.yml; the chat is started with it, on a log of its own that is thrown away
    GALAXY_USERS        two of its users, name:password, with a blank between them

Galaxy must have the webhook: `galaxychat install-webhook DIR --url /galaxychat/`, `webhooks_dir: DIR`, a restart.
nginx is started in front of both with deploy/nginx.conf, so that they share an address as they would on a site.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import yaml
from playwright.sync_api import Browser, ConsoleMessage, FrameLocator, Locator, Page, expect, sync_playwright

from tests.support.galaxy_sqlite import ScratchGalaxy
from tests.support.ports import free_port
from tests.support.server import Server
from tests.support.window import FLAGS, chromium_path

_ROOT = Path(__file__).parents[1]
_IMAGES = _ROOT / "docs" / "images"
_NAME = re.compile("^Community chat")
_PATIENCE = 60_000  # milliseconds; a Galaxy that has just started is slow

_NGINX = """
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/nginx.log;
events {{ worker_connections 200; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{
        listen 127.0.0.1:{port};
        {chat}
        location / {{
            proxy_pass http://{galaxy};
            proxy_set_header Host $http_host;
        }}
    }}
}}
"""


class RealGalaxy(ScratchGalaxy):
    """The configuration of the Galaxy that runs, with a log of the chat's own."""

    def __init__(self, folder: Path, config: Path) -> None:
        self.folder = folder
        self.config = folder / "galaxy.yml"
        content = yaml.safe_load(config.read_text(encoding="utf-8"))
        content["galaxychat"] = {
            "history": f"sqlite:///{folder}/galaxychat.sqlite",
            "persistent_communication_rooms": ["Help", "Training"],
            "session_check_interval": 5,
        }
        self.config.write_text(yaml.safe_dump(content), encoding="utf-8")


class User:
    """Somebody in front of Galaxy."""

    def __init__(self, browser: Browser, address: str, name: str) -> None:
        self.name = name
        self.page: Page = browser.new_context(viewport={"width": 1280, "height": 800}).new_page()
        self.page.set_default_timeout(_PATIENCE)
        self.address = address
        self.complaints: list[str] = []
        self.page.on("console", self._hear)

    @property
    def icon(self) -> Locator:
        """The chat's icon in Galaxy's masthead."""
        return self.page.locator("#masthead").get_by_role("button", name=_NAME)

    @property
    def chat(self) -> FrameLocator:
        """The chat's page in the panel."""
        return self.page.frame_locator("iframe[title='Community chat']")

    @property
    def composer(self) -> Locator:
        """Where one writes."""
        return self.chat.get_by_role("textbox", name=re.compile("^Message "))

    def log_in(self, password: str) -> None:
        """As Galaxy has it."""
        self.page.goto(f"{self.address}/login/start")
        self.page.locator("input[name=login]").fill(self.name)
        self.page.locator("input[name=password]").fill(password)
        self.page.locator("button[name=login]").click()
        expect(self.page.locator("#masthead #user.loggedin-only")).to_be_visible(timeout=_PATIENCE)
        expect(self.icon).to_be_visible(timeout=_PATIENCE)

    def begin(self) -> None:
        """Click the icon, and what the panel then offers."""
        self.icon.click()
        self.chat.get_by_role("button", name="Start chatting").click()
        expect(self.composer).to_be_visible(timeout=_PATIENCE)

    def say(self, text: str) -> None:
        """Write and press Enter."""
        self.composer.fill(text)
        self.composer.press("Enter")

    def sees(self, text: str) -> None:
        """Wait until it is said once."""
        expect(self.chat.get_by_role("article").filter(has_text=text)).to_have_count(1)

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.complaints.append(message.text)

    def picture(self, name: str) -> None:
        """Take a picture for the documentation."""
        self.page.mouse.move(640, 700)  # where it points at nothing
        self.page.wait_for_timeout(1_000)  # until nothing moves any more
        self.page.screenshot(path=_IMAGES / f"galaxy-{name}.png")


def _report(what: str) -> None:
    print(f"ok  {what}", flush=True)


def _log_in(browser: Browser, address: str, users: list[tuple[str, str]]) -> list[User]:
    found = []
    for name, password in users:
        user = User(browser, address, name)
        user.log_in(password)
        found.append(user)
    _report("both log in through Galaxy's page; the icon is in the masthead")
    return found


def _talk(alice: User, bob: User) -> None:
    alice.begin()
    bob.begin()
    alice.say("Has anybody got **HISAT2** to run on the new genomes? Mine stops after a minute.")
    bob.sees("HISAT2")
    bob.say("Choose `T2T-CHM13v2` once more: its index was rebuilt this morning.")
    alice.sees("rebuilt")
    _report("a click on the icon, one on the bubble's button, and they talk")
    alice.picture("panel")


def _navigate(alice: User, bob: User) -> None:
    alice.composer.fill("half a sentence")
    for path in ("/workflows/list", "/histories/list"):
        # As a click within Galaxy does it, without a new page.
        before = alice.page.evaluate("() => performance.timeOrigin")
        link = alice.page.locator(f"a[href$='{path}'], #activity-{path.split('/')[1]} a, #{path.split('/')[1]} a").first
        if link.count():
            link.click()
        else:
            alice.page.evaluate("path => { window.Galaxy.router?.push(path) }", path)
        alice.page.wait_for_timeout(2_000)
        assert alice.page.evaluate("() => performance.timeOrigin") == before, "Galaxy loaded a new page"
        print(f"    at {urlsplit(alice.page.url).path}")
    expect(alice.composer).to_have_value("half a sentence")
    alice.composer.fill("")
    bob.say("Does it work?")
    alice.sees("Does it work?")
    _report("navigation inside Galaxy leaves panel, draft and connection as they were")


def _badge(alice: User, bob: User) -> None:
    alice.composer.press("Escape")
    expect(alice.icon).to_be_focused()
    bob.say("by the way, the slides are in the folder Training")
    expect(alice.icon).to_have_accessible_name("Community chat, unread")
    _report("closed, other messages are a dot")
    bob.say(f"@{alice.name} I meant to ask you")
    expect(alice.icon).to_have_accessible_name("Community chat, mentions: 1")
    _report("and mentions a number")
    alice.picture("badge")
    alice.page.reload()
    expect(alice.icon).to_have_accessible_name("Community chat, mentions: 1", timeout=_PATIENCE)
    _report("after a reload the badge comes from the server, and the client is not loaded")
    assert not any("?in=" in frame.url for frame in alice.page.frames)


def _log_out(bob: User) -> None:
    other = bob.page.context.new_page()
    other.set_default_timeout(_PATIENCE)
    other.goto(f"{bob.address}/")
    other.locator("#masthead #user.loggedin-only a").first.click()
    other.get_by_role("menuitem", name="Sign Out").click()
    confirm = other.get_by_role("dialog").get_by_role(
        "button", name=re.compile("sign out|log ?out|ok|yes", re.IGNORECASE)
    )
    login = other.locator("input[name=login]")
    expect(confirm.or_(login).first).to_be_visible(timeout=_PATIENCE)
    if confirm.count():
        confirm.first.click()
    expect(bob.chat.get_by_role("heading", name=re.compile("log in", re.IGNORECASE))).to_be_visible(timeout=_PATIENCE)
    expect(bob.chat.get_by_role("log")).to_have_count(0)
    _report("logged out of Galaxy in another tab, one is told in the panel, and sees nothing of the talk")
    bob.picture("logged-out")
    other.goto(f"{bob.address}/")
    expect(other.locator("#masthead .loggedout-only").first).to_be_visible(timeout=_PATIENCE)
    other.wait_for_timeout(3_000)
    assert other.get_by_role("button", name=_NAME).count() == 0
    _report("a visitor who is not logged in sees nothing of the chat")


def _off(alice: User, chat: Server) -> None:
    chat.terminate()
    alice.page.reload()
    expect(alice.page.locator("#masthead #user.loggedin-only")).to_be_visible(timeout=_PATIENCE)
    before = len(alice.complaints)
    alice.page.wait_for_timeout(5_000)
    said = [line for line in alice.complaints[before:] if "galaxychat" in line.lower()]
    assert said == [], said
    assert alice.icon.count() == 0
    _report("with the chat's server off Galaxy's page is as it would be without the chat")


@contextmanager
def _nginx(folder: Path, galaxy: str, chat: Server) -> Iterator[int]:
    program = shutil.which("nginx", path="/usr/sbin:/usr/bin")
    if program is None:
        raise SystemExit("nginx is not installed: `make system` installs it")
    port = free_port()
    snippet = (_ROOT / "deploy" / "nginx.conf").read_text().replace("127.0.0.1:7070", f"127.0.0.1:{chat.port}")
    config = folder / "nginx.conf"
    config.write_text(_NGINX.format(folder=folder, port=port, galaxy=urlsplit(galaxy).netloc, chat=snippet))
    process = subprocess.Popen([program, "-p", str(folder), "-c", str(config)])
    try:
        end = time.monotonic() + 10
        while time.monotonic() < end:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}{chat.base}/me", timeout=5).close()
                break
            except OSError:
                time.sleep(0.1)
        yield port
    finally:
        process.terminate()
        process.wait(10)


def _asked_for() -> tuple[str, Path, list[tuple[str, str]]]:
    """What stands in the environment, or what should."""
    url, config = os.environ.get("GALAXY_URL", "").rstrip("/"), os.environ.get("GALAXY_CONFIG_FILE", "")
    users = [tuple(user.split(":", 1)) for user in os.environ.get("GALAXY_USERS", "").split()]
    if not url or not config or len(users) != 2 or any(len(user) != 2 for user in users):
        raise SystemExit(__doc__)
    with urllib.request.urlopen(f"{url}/api/webhooks", timeout=60) as answer:
        if "galaxychat" not in [hook["id"] for hook in json.load(answer)]:
            raise SystemExit("This Galaxy has no webhook of the chat's: see `galaxychat install-webhook`.")
    return url, Path(config), [(user[0], user[1]) for user in users]


def main() -> int:
    """Go through all of it, and say each step."""
    url, config, users = _asked_for()
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        folder = Path(name)
        # nginx's workers are another user.
        folder.chmod(0o755)
        with Server(RealGalaxy(folder, config)) as chat, _nginx(folder, url, chat) as port:
            browser = playwright.chromium.launch(executable_path=chromium_path(), args=FLAGS)
            alice, bob = _log_in(browser, f"http://127.0.0.1:{port}", users)
            _talk(alice, bob)
            _navigate(alice, bob)
            _badge(alice, bob)
            _log_out(bob)
            _off(alice, chat)
            browser.close()
            assert "Traceback" not in chat.output
    return 0


if __name__ == "__main__":
    sys.exit(main())
