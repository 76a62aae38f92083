"""The chat in other pages: icon, badge, panel; and that these pages feel nothing of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.sync_api import Browser, BrowserContext, Frame, FrameLocator, Locator, Page, Request, Route, expect

from galaxychat import webhook
from tests.support import hostpage
from tests.support.client import Client
from tests.support.galaxy_sqlite import ScratchGalaxy
from tests.support.hostpage import MASTHEAD, PLACE, HostPages, script
from tests.support.relay import Relay
from tests.support.server import Server

_ICON = re.compile("^Community chat")
_SHIFTS = """
addEventListener('load', () => {
  window.shifts = [];
  new PerformanceObserver((list) => list.getEntries().forEach(({value}) => window.shifts.push(value)))
    .observe({type: 'layout-shift', buffered: true});
});
"""


@pytest.fixture(scope="module")
def pages() -> Iterator[HostPages]:
    """Host pages on a port of their own, which is an allowed origin."""
    with HostPages() as served:
        yield served


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, pages: HostPages) -> Iterator[Server]:
    """A server that knows the host pages' origin, and looks at sessions often."""
    rates = {"rate_messages": 10_000, "rate_per_second": 10_000, "rate_commands": 100_000}
    settings = {"allowed_origins": [pages.origin], "session_check_interval": 2, "limits": rates}
    with Server(ScratchGalaxy(tmp_path_factory.mktemp("site"), chat=settings)) as running:
        yield running
        assert "Traceback" not in running.output


class Host:
    """A page with the chat in it; `said` is everything in its console, of which nothing is excused."""

    def __init__(self, context: BrowserContext, address: str) -> None:
        self.address = address
        self.page: Page = context.new_page()
        self.page.set_default_timeout(10_000)
        self.said: list[str] = []
        self.asked: list[str] = []
        self.page.on("console", lambda message: self.said.append(f"{message.type}: {message.text}"))
        self.page.on("pageerror", lambda error: self.said.append(str(error)))
        self.page.on("request", self._asked)

    @property
    def icon(self) -> Locator:
        """The button with the badge."""
        return self.page.get_by_role("button", name=_ICON)

    @property
    def panel(self) -> Locator:
        """What is behind it."""
        return self.page.get_by_role("complementary", name="Community chat")

    @property
    def chat(self) -> FrameLocator:
        """What is in the panel."""
        return self.page.frame_locator("iframe[title='Community chat']")

    @property
    def composer(self) -> Locator:
        """Where one writes to everybody."""
        return self.chat.get_by_role("textbox", name="Message All Chats")

    @property
    def name(self) -> Locator:
        """The page's own field."""
        return self.page.locator("#name")

    def load(self) -> Host:
        """Load the page."""
        self.page.goto(self.address)
        return self

    def open(self) -> Host:
        """Click the icon."""
        self.icon.click()
        expect(self.panel).to_be_visible()
        return self

    def go_online(self) -> Host:
        """Click the bubble in the panel, and have a place to write."""
        self.chat.get_by_role("button", name="Go online").click()
        expect(self.composer).to_be_visible()
        return self

    def frame(self) -> Frame:
        """The chat's page."""
        return next(frame for frame in self.page.frames if "?in=" in frame.url)

    def count(self, path: str) -> int:
        """How often something of the chat's was asked for."""
        return sum(asked.endswith(path) for asked in self.asked)

    def _asked(self, request: Request) -> None:
        if "/galaxychat/" in request.url:
            self.asked.append(request.url)


Enter = Callable[..., Host]


@pytest.fixture
def enter(chromium: Browser, site: Server, pages: HostPages) -> Iterator[Enter]:
    """Open a host page for somebody: on the chat's own origin, or with `port` on the other."""
    contexts: list[BrowserContext] = []
    hosts: list[Host] = []

    def host(
        name: str | None,
        content: str,
        *,
        elsewhere: bool = False,
        online: bool | None = None,
        init: str = "",
        headers: dict[str, str] | None = None,
        **settings: Any,
    ) -> Host:
        context = chromium.new_context(**{"viewport": {"width": 1280, "height": 800}, **settings})
        contexts.append(context)
        if name is not None:
            cookie = site.galaxy.cookie(name)
            context.add_cookies([{"name": "galaxysession", "value": cookie, "url": site.url, "httpOnly": True}])
        if online is not None:
            context.add_init_script(f"try {{ localStorage['galaxychat.online'] ??= '{int(online)}' }} catch {{}}")
        if init:
            context.add_init_script(init)
        path = pages.put(f"/host-{len(contexts)}-{id(contexts)}", content, **(headers or {}))
        if not elsewhere:
            _serve_too(context, site, pages, path)
        host = Host(context, (pages.origin if elsewhere else site.url) + path)
        hosts.append(host)
        return host

    yield host
    said = [line for host in hosts for line in host.said]
    for context in contexts:
        context.close()
    assert said == []


def _serve_too(context: BrowserContext, site: Server, pages: HostPages, path: str) -> None:
    """Have the host page below the chat's own address, as a proxy would."""
    for name in (path, "/host.css"):
        content, kind, headers = pages.found(name)
        answer = partial(_answer, content=content, kind=kind, headers=headers)
        context.route(site.url + name, answer)


def _answer(route: Route, content: str, kind: str, headers: dict[str, str]) -> None:
    route.fulfill(body=content, headers={**headers, "Content-Type": f"{kind}; charset=utf-8"})


def _page(site: Server, masthead: str = MASTHEAD.format(place=""), body: str = "", head: str = "") -> str:
    return hostpage.page(body, masthead=masthead, head=head + script(f"{site.url}{site.base}/"))


def _with_webhook(folder: Path, url: str, masthead: str = MASTHEAD.format(place=PLACE), before: str = "") -> str:
    """Return a page as Galaxy makes it of our webhook: its style and its script inline, the latter twice."""
    written = webhook.install(folder, url)
    code = (written / "script.js").read_text()
    head = f"<style>{(written / 'styles.css').read_text()}</style><script>{before}</script>"
    return hostpage.page(f"<script>{code}</script><script>{code}</script>", masthead=masthead, head=head)


def _mention(site: Server, text: str, author: str = "bob") -> None:
    with Client.enter(site, author) as client:
        room = client.ask("join", name="All Chats")["room"]["room"]
        client.ask("send", room=room, text=text, nonce=re.sub(r"\W", "-", text))


# ---- opening, talking, closing


@pytest.mark.parametrize("elsewhere", [False, True], ids=["same origin", "another port"])
def test_from_the_icon_to_a_talk(enter: Enter, site: Server, elsewhere: bool) -> None:
    """A click on the icon, one on the bubble, and one talks; before that nothing of the client is loaded."""
    alice = enter("alice", _page(site), elsewhere=elsewhere).load()
    expect(alice.icon).to_be_visible()
    alice.page.wait_for_timeout(300)
    assert {url.rpartition("/galaxychat/")[2] for url in alice.asked} == {"embed.js", "me"}
    alice.open()
    expect(alice.chat.get_by_role("button", name="Start chatting")).to_be_focused()
    alice.go_online()
    bob = enter("bob", _page(site), elsewhere=not elsewhere).load().open().go_online()
    question = f"Is anybody there? {elsewhere}"
    alice.composer.fill(question)
    alice.composer.press("Enter")
    expect(bob.chat.get_by_role("article").filter(has_text=question)).to_have_count(1)
    alice.composer.press("Escape")
    expect(alice.panel).to_be_hidden()
    expect(alice.icon).to_be_focused()
    expect(alice.icon).to_have_attribute("aria-expanded", "false")


def test_closed_by_its_button(enter: Enter, site: Server) -> None:
    """The panel has a way to close it that needs no key, and opened again it is as it was, not loaded anew."""
    alice = enter("alice", _page(site), online=True).load().open()
    alice.composer.fill("half a thought")
    alice.chat.get_by_role("button", name="Close the chat").click()
    expect(alice.panel).to_be_hidden()
    loads = alice.count("?in=" + alice.page.evaluate("() => encodeURIComponent(location.origin)"))
    alice.open()
    expect(alice.composer).to_be_focused()
    expect(alice.composer).to_have_value("half a thought")
    assert loads == 1


def test_opened_again_it_shows_what_came_meanwhile(enter: Enter, site: Server) -> None:
    """A page that was not drawn has no height; it is at the newest message all the same."""
    with Client.enter(site, "carol") as carol:
        room = carol.ask("join", name="Training")["room"]["room"]
        for number in range(40):
            carol.ask("send", room=room, text=f"line {number}", nonce=f"line-{number}")
        alice = enter("alice", _page(site), online=True).load().open()
        alice.chat.get_by_role("link", name="All rooms").click()
        alice.chat.get_by_role("link", name=re.compile("^Training")).click()
        articles = alice.chat.get_by_role("article")
        # Nothing was read here before, so it opens where one has not read yet.
        latest = alice.chat.get_by_role("button", name=re.compile("^Jump to latest"))
        expect(articles.filter(has_text="line 0").or_(latest).first).to_be_visible()
        if latest.count():
            latest.click()
        expect(articles.filter(has_text="line 39")).to_be_in_viewport()
        alice.chat.get_by_role("textbox", name="Message Training").press("Escape")
        expect(alice.panel).to_be_hidden()
        carol.ask("send", room=room, text="news", nonce="news")
        expect(alice.icon).to_have_accessible_name("Community chat, unread")
        alice.open()
        expect(articles.filter(has_text="news")).to_be_in_viewport()
        expect(alice.icon).to_have_accessible_name("Community chat")


def test_escape_is_for_what_is_open_in_the_chat(enter: Enter, site: Server) -> None:
    """A dialog of the chat's is closed first, and the panel only when there is none."""
    alice = enter("alice", _page(site), online=True, viewport={"width": 1900, "height": 900}).load()
    alice.page.evaluate("() => { localStorage['galaxychat.width'] = 1500 }")
    alice.open()
    alice.chat.get_by_role("button", name="Create a room").click()
    dialog = alice.chat.get_by_role("dialog")
    expect(dialog.get_by_role("textbox").first).to_be_focused()
    alice.page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(alice.panel).to_be_visible()
    alice.page.keyboard.press("Escape")
    expect(alice.panel).to_be_hidden()


def test_rooms_leave_no_steps_in_the_pages_history(enter: Enter, site: Server) -> None:
    """Who goes back in the browser leaves the page, however many rooms were looked at in the panel."""
    alice = enter("alice", _page(site), online=True).load().open()
    expect(alice.composer).to_be_visible()
    steps = alice.page.evaluate("() => history.length")
    alice.chat.get_by_role("link", name="All rooms").click()
    alice.chat.get_by_role("link", name=re.compile("^Help")).click()
    expect(alice.chat.get_by_role("textbox", name="Message Help")).to_be_visible()
    assert alice.page.evaluate("() => history.length") == steps


def test_logged_out_is_told_in_the_panel(enter: Enter, site: Server) -> None:
    """Somebody whose session ends in Galaxy is told so, and sees nothing of what was said."""
    site.galaxy.add("lea")
    lea = enter("lea", _page(site), online=True).load().open()
    expect(lea.composer).to_be_visible()
    site.galaxy.write(
        "UPDATE galaxy_session SET is_valid = 0 WHERE user_id = (SELECT id FROM galaxy_user WHERE username = 'lea')"
    )
    expect(lea.chat.get_by_role("heading", name=re.compile("log in", re.IGNORECASE))).to_be_visible()
    expect(lea.chat.get_by_role("log")).to_have_count(0)
    lea.page.reload()
    expect(lea.name).to_be_visible()
    lea.page.wait_for_function("() => performance.getEntriesByName(location.origin + '/galaxychat/me').length > 0")
    expect(lea.icon).to_have_count(0)
    expect(lea.panel).to_have_count(0)


# ---- where the icon is


def test_place_that_the_webhook_holds(enter: Enter, site: Server, tmp_path: Path) -> None:
    """In Galaxy the icon is where its own item would be; Galaxy runs the script twice, and there is one icon."""
    alice = enter("alice", _with_webhook(tmp_path, f"{site.base}/"), online=True).load()
    expect(alice.icon).to_have_count(1)
    expect(alice.page.locator("#galaxychat").get_by_role("button", name=_ICON)).to_be_visible()
    expect(alice.page.locator("#galaxychat a")).to_be_hidden()
    alice.open()
    expect(alice.composer).to_be_visible()
    assert alice.count("/embed.js") == 1


def test_without_a_masthead_it_floats(enter: Enter, site: Server) -> None:
    """Any page can have it, in its lower right corner."""
    alice = enter("alice", _page(site, masthead="")).load()
    expect(alice.icon).to_be_visible()
    box = alice.icon.bounding_box()
    assert box is not None
    assert 1280 - 80 < box["x"] < 1280 - box["width"]
    assert 800 - 80 < box["y"] < 800 - box["height"]
    alice.open().go_online()


def test_masthead_that_is_late(enter: Enter, site: Server) -> None:
    """A masthead that is drawn after us, or drawn anew, gets the icon, and the panel does not even blink."""
    alice = enter("alice", _page(site, masthead=""), online=True).load().open()
    alice.composer.fill("kept")
    draw = "html => document.body.insertAdjacentHTML('afterbegin', html)"
    for place in ("", PLACE):
        alice.page.evaluate("() => document.querySelector('#masthead')?.remove()")
        alice.page.evaluate(draw, MASTHEAD.format(place=place))
        expect(alice.page.locator("#masthead").get_by_role("button", name=_ICON)).to_be_attached()
        expect(alice.icon).to_have_count(1)
        expect(alice.icon).to_have_attribute("aria-expanded", "true")
    alice.page.evaluate("() => { history.pushState(null, '', '#elsewhere'); document.querySelector('main').remove() }")
    expect(alice.composer).to_have_value("kept")


# ---- the badge


def test_badge_comes_from_me(enter: Enter, site: Server) -> None:
    """A mention is a number, anything else a dot, and both are gone once they were read in the panel."""
    site.galaxy.add("mia")
    with Client.enter(site, "mia"):
        pass
    mia = enter("mia", _page(site), online=True)
    _mention(site, "nobody in particular")
    expect(mia.load().icon).to_have_accessible_name("Community chat, unread")
    _mention(site, "hello @mia")
    _mention(site, "and again @mia")
    expect(mia.load().icon).to_have_accessible_name("Community chat, mentions: 2")
    expect(mia.icon).to_have_text("2")
    mia.open()
    expect(mia.composer).to_be_focused()
    expect(mia.icon).to_have_accessible_name("Community chat")
    mia.composer.press("Escape")
    _mention(site, "once more @mia")
    expect(mia.icon).to_have_accessible_name("Community chat, mentions: 1")


def test_badge_is_asked_for_at_most_once_a_minute(enter: Enter, site: Server) -> None:
    """While it is looked at and green; not while it is red or hidden."""
    nell = enter(
        "alice", _page(site), online=True, init="Object.defineProperty(document, 'hidden', {get: () => window.away})"
    )
    nell.page.clock.install()
    nell.load()

    def pass_(seconds: int) -> int:
        before = nell.count("/me")
        for _ in range(seconds // 10):
            nell.page.clock.run_for(10_000)
            nell.page.wait_for_timeout(40)
        return nell.count("/me") - before

    nell.page.clock.run_for(5_000)
    expect(nell.icon).to_be_visible()
    assert nell.count("/me") == 1
    assert pass_(50) == 0
    assert pass_(60) == 1
    assert pass_(200) in (2, 3)
    nell.page.evaluate("() => { localStorage['galaxychat.online'] = '0' }")
    assert pass_(300) == 0
    nell.page.evaluate("() => { localStorage['galaxychat.online'] = '1'; window.away = true }")
    assert pass_(300) == 0
    nell.page.evaluate("() => { window.away = false }")
    assert pass_(20) == 1


def test_offline_has_no_badge(enter: Enter, site: Server) -> None:
    """Red means red: what waits is not shown before one goes online, and goes when one goes offline."""
    site.galaxy.add("nora")
    with Client.enter(site, "nora"):
        pass
    _mention(site, "are you there @nora")
    nora = enter("nora", _page(site)).load()
    expect(nora.icon).to_have_accessible_name("Community chat")
    nora.open()
    nora.chat.get_by_role("button", name="Go online").click()
    nora.composer.press("Escape")
    _mention(site, "hey @nora")
    expect(nora.icon).to_have_accessible_name(re.compile("mentions: "))
    nora.open()
    nora.chat.get_by_role("button", name="Go offline").click()
    expect(nora.icon).to_have_accessible_name("Community chat")


@pytest.mark.parametrize("elsewhere", [False, True], ids=["same origin", "another port"])
def test_a_late_focus_reads_nothing(enter: Enter, site: Server, elsewhere: bool) -> None:
    """The page gave the panel the focus, and was told to close it meanwhile: nobody reads what is out of sight."""
    name = f"noel{int(elsewhere)}"
    site.galaxy.add(name)
    noel = enter(name, _page(site), elsewhere=elsewhere, online=True).load().open()
    expect(noel.composer).to_be_focused()
    noel.composer.press("Escape")
    expect(noel.panel).to_be_hidden()
    noel.page.evaluate(
        """() => document.querySelector('aside').shadowRoot.querySelector('iframe').contentWindow
            .postMessage({type: 'galaxychat', focus: true}, '*')"""
    )
    noel.frame().evaluate("() => new Promise((tell) => setTimeout(tell, 100))")
    _mention(site, f"where is @{name}")
    expect(noel.icon).to_have_accessible_name(re.compile("mentions: "))
    noel.open()
    expect(noel.composer).to_be_focused()


# ---- who sees nothing


@pytest.mark.parametrize("kind", ["no cookie", "anonymous", "refused"])
def test_nothing_for_those_who_are_not_let_in(enter: Enter, site: Server, kind: str, tmp_path: Path) -> None:
    """No icon, no panel, though one was left open, and the server is asked once."""
    host = enter(None, _page(site), online=True, init="localStorage['galaxychat.open'] = 1")
    if kind == "anonymous":
        _give(host, site, site.galaxy.anonymous_cookie())
    if kind == "refused":
        site.galaxy.add("gone")
        _give(host, site, site.galaxy.cookie("gone"))
        site.galaxy.write("UPDATE galaxy_user SET deleted = 1 WHERE username = 'gone'")
    with host.page.expect_response(re.compile("/me$")):
        host.load()
    host.page.wait_for_timeout(2_500)  # more than the time between two looks
    expect(host.icon).to_have_count(0)
    expect(host.panel).to_have_count(0)
    assert host.count("/me") == 1


def _give(host: Host, site: Server, cookie: str) -> None:
    host.page.context.add_cookies([{"name": "galaxysession", "value": cookie, "url": site.url}])


@pytest.mark.parametrize("anonymous", ["true", "() => true"])
def test_galaxy_says_that_nobody_is_logged_in(enter: Enter, site: Server, tmp_path: Path, anonymous: str) -> None:
    """Then the webhook does not even load the script."""
    before = f"window.Galaxy = {{user: {{isAnonymous: {anonymous}}}}}"
    host = enter("alice", _with_webhook(tmp_path, f"{site.base}/", before=before)).load()
    host.page.wait_for_timeout(500)
    assert host.asked == []
    expect(host.icon).to_have_count(0)


def test_page_that_is_not_allowed(chromium: Browser, site: Server) -> None:
    """A page of another origin that nobody allowed cannot read what waits, and shows nothing."""
    context = chromium.new_context()
    cookie = site.galaxy.cookie("alice")
    context.add_cookies([{"name": "galaxysession", "value": cookie, "url": site.url}])
    with HostPages() as strangers:
        path = strangers.put("/", _page(site))
        host = Host(context, strangers.origin + path)
        with host.page.expect_event("requestfailed", lambda request: request.url.endswith("/me")):
            host.load()
        host.page.wait_for_timeout(300)
        expect(host.icon).to_have_count(0)
        assert any("Access-Control-Allow-Origin" in line for line in host.said)
    context.close()


# ---- the server is off


def test_server_off_is_not_noticed(enter: Enter, site: Server, pages: HostPages, tmp_path: Path) -> None:
    """Not a line in the console, ever fewer requests; and when it is back, so is the icon."""
    with Relay(site.port) as relay:
        relay.cut()
        url = f"http://127.0.0.1:{relay.port}{site.base}/"
        alice = enter("alice", _with_webhook(tmp_path, url), elsewhere=True, online=True)
        alice.page.clock.install()
        with alice.page.expect_request("**/embed.html"):
            alice.load()
            alice.page.clock.run_for(2_000)
        assert alice.count("/embed.html") == 1
        probes = [_probes_within(alice, seconds) for seconds in (100, 500, 1000)]
        assert alice.said == []
        assert probes[0] == 1
        assert 2 <= sum(probes) <= 5
        relay.mend()
        for _ in range(200):
            alice.page.clock.run_for(60_000)
            if alice.icon.count():
                break
        expect(alice.icon).to_be_visible()
        relay.cut()
        before = alice.count("/me")
        _probes_within(alice, 600)
        assert alice.count("/me") == before
        expect(alice.icon).to_be_visible()


def _probes_within(host: Host, seconds: int) -> int:
    before = host.count("/embed.html")
    for _ in range(seconds // 20):
        host.page.clock.run_for(20_000)
        host.page.wait_for_timeout(50)
    return host.count("/embed.html") - before


# ---- a good guest


def test_focus_stays_in_a_dialog(enter: Enter, site: Server) -> None:
    """Neither a panel that was left open nor one that is opened takes the focus from a dialog."""
    dialog = '<div role="dialog" aria-modal="true" aria-label="Upload"><input id="file" aria-label="File"></div>'
    alice = enter("alice", _page(site, body=dialog), online=True).load()
    alice.open()
    expect(alice.composer).to_be_visible()
    expect(alice.composer).not_to_be_focused()
    alice.page.reload()
    alice.page.locator("#file").focus()
    expect(alice.composer).to_be_visible()
    alice.page.keyboard.type("mine")
    expect(alice.page.locator("#file")).to_have_value("mine")
    expect(alice.page.locator("#file")).to_be_focused()


def test_left_open_takes_no_focus(enter: Enter, site: Server) -> None:
    """After a reload the panel is open as it was, and what is typed goes where the page has it."""
    alice = enter("alice", _page(site), online=True).load().open()
    expect(alice.composer).to_be_visible()
    alice.page.reload()
    alice.name.focus()
    expect(alice.composer).to_be_visible()
    alice.page.keyboard.type("sample 1")
    expect(alice.name).to_have_value("sample 1")
    expect(alice.composer).to_have_value("")


def test_no_letter_is_swallowed(enter: Enter, site: Server) -> None:
    """What is typed in the page reaches the page with all its keys, and what is typed in the chat only the chat."""
    alice = enter("alice", _page(site), online=True).load().open()
    alice.page.evaluate(
        "() => { window.keys = ''; addEventListener('keydown', ({key}) => { window.keys += key }, true) }"
    )
    expect(alice.composer).to_be_focused()
    letters = "abcdefghijklmnopqrstuvwxyz /?'#@0123456789"
    alice.page.keyboard.type(letters)
    expect(alice.composer).to_have_value(letters)
    assert alice.page.evaluate("() => window.keys") == ""
    alice.name.click()
    alice.page.keyboard.type(letters)
    expect(alice.name).to_have_value(letters)
    expect(alice.composer).to_have_value(letters)
    alice.page.keyboard.press("Escape")
    expect(alice.panel).to_be_visible()
    assert alice.page.evaluate("() => window.keys") == letters + "Escape"


def test_width_is_pulled_and_kept(enter: Enter, site: Server) -> None:
    """By the pointer and by keys; a reload finds the panel as it was left, also after it was closed."""
    alice = enter("alice", _page(site), online=True).load().open()
    edge = alice.chat.get_by_role("separator", name="Width of the chat")
    expect(edge).to_be_visible()
    assert _width(alice) == 400
    alice.page.mouse.move(1280 - 400 + 3, 500)
    alice.page.mouse.down()
    for x in (820, 760, 700):
        alice.page.mouse.move(x, 480)
    expect(alice.panel).to_have_css("width", "583px")
    alice.page.mouse.up()
    alice.page.mouse.move(300, 300)
    edge.focus()
    alice.page.keyboard.press("ArrowLeft")
    expect(alice.panel).to_have_css("width", "615px")
    alice.page.keyboard.press("ArrowRight")
    expect(edge).to_have_attribute("aria-valuenow", "583")
    alice.page.reload()
    expect(alice.panel).to_have_css("width", "583px")
    alice.page.set_viewport_size({"width": 320, "height": 600})
    expect(alice.panel).to_have_css("width", "320px")
    alice.page.set_viewport_size({"width": 1280, "height": 800})
    alice.chat.get_by_role("button", name="Close the chat").click()
    alice.page.reload()
    expect(alice.icon).to_be_visible()
    expect(alice.panel).to_have_count(0)
    alice.open()
    assert _width(alice) == 583


def _width(host: Host) -> float:
    box = host.panel.bounding_box()
    assert box is not None
    return box["width"]


def test_messages_of_strangers_are_not_heard(enter: Enter, site: Server, pages: HostPages) -> None:
    """Nobody but the page and its own frame speak for each other: neither the page's scripts nor other frames."""
    told = "{type: 'galaxychat', close: true, width: 999, online: true, unread: 7, mentions: 7, focus: true}"
    stranger = pages.put(
        "/stranger",
        f"<script>setInterval(() => {{ top.postMessage({told}, '*'); top.postMessage('done', '*') }}, 100)</script>",
    )
    # For whom nothing waits that others of these tests have said.
    site.galaxy.add("stella")
    stella = enter("stella", _page(site), elsewhere=True, online=True).load().open()
    expect(stella.composer).to_be_focused()
    stella.name.focus()
    heard = stella.page.evaluate(
        """([address, told]) => new Promise((tell) => {
            let left = 3;
            addEventListener('message', ({data}) => data === 'done' && --left === 0 && tell(true));
            postMessage(told, '*');
            const frame = document.createElement('iframe');
            frame.src = address;
            document.querySelector('main').append(frame);
        })""",
        [
            pages.origin.replace("127.0.0.1", "localhost") + stranger,
            {"type": "galaxychat", "close": True, "mentions": 7},
        ],
    )
    assert heard
    stella.frame().evaluate("() => postMessage({type: 'galaxychat', focus: true}, '*')")
    stella.frame().evaluate("() => new Promise((tell) => setTimeout(tell, 100))")
    expect(stella.panel).to_be_visible()
    assert _width(stella) == 400
    expect(stella.icon).to_have_accessible_name("Community chat")
    expect(stella.name).to_be_focused()


@pytest.mark.parametrize("kind", ["place", "masthead", "nothing"])
def test_nothing_moves(enter: Enter, site: Server, kind: str, tmp_path: Path) -> None:
    """Neither icon nor panel shift anything of the page, by the browser's own measure."""
    if kind == "place":
        content = _with_webhook(tmp_path, f"{site.base}/")
    else:
        content = _page(site, masthead=MASTHEAD.format(place="") if kind == "masthead" else "")
    alice = enter("alice", content, online=True, init=_SHIFTS).load()
    expect(alice.icon).to_be_visible()
    before = _places(alice)
    alice.page.evaluate("() => { localStorage['galaxychat.open'] = 1 }")
    alice.page.reload()
    expect(alice.composer).to_be_visible()
    assert _places(alice) == before
    alice.page.wait_for_timeout(300)
    # Of a list that grows at its free end the browser counts the list itself, which nobody sees.
    assert sum(alice.page.evaluate("() => window.shifts")) <= (0.001 if kind == "masthead" else 0)


def _places(host: Host) -> Any:
    return host.page.evaluate(
        "() => [...document.querySelectorAll('#masthead a[href^=\"#\"], main *')].map((one) => {"
        " const {x, y} = one.getBoundingClientRect(); return [one.outerHTML.slice(0, 40), x, y]; })"
    )


def test_a_strict_policy_forbids_nothing_of_it(enter: Enter, site: Server) -> None:
    """No inline style, no inline script, no eval: the page's policy needs to know the chat's address only."""
    policy = f"default-src 'none'; img-src data:; style-src 'self'; script-src {site.url}; connect-src {site.url}"
    policy += f"; frame-src {site.url}; object-src {site.url}"
    alice = enter("alice", _page(site), elsewhere=True, online=True, headers={"Content_Security_Policy": policy})
    alice.page.clock.install()
    alice.load()
    alice.page.clock.run_for(3_000)
    expect(alice.icon).to_be_visible()
    for _ in range(6):
        alice.page.clock.run_for(20_000)
        alice.page.wait_for_timeout(50)
    assert alice.count("/embed.html") >= 1


def test_a_policy_without_objects(enter: Enter, site: Server) -> None:
    """Where the quiet question is forbidden the loud one is asked; the console then says what was forbidden."""
    alice = enter("alice", _page(site), online=True, headers={"Content_Security_Policy": "object-src 'none'"})
    alice.page.clock.install()
    alice.load()
    alice.page.clock.run_for(3_000)
    expect(alice.icon).to_be_visible()
    with alice.page.expect_response(re.compile("/me$")):
        alice.page.clock.fast_forward(100_000)
    assert alice.count("/me") == 2
    assert alice.said
    assert all("object-src" in line for line in alice.said)
    alice.said.clear()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("masthead", [MASTHEAD.format(place=""), ""], ids=["masthead", "floating"])
def test_axe_finds_nothing(
    enter: Enter, site: Server, axe: str, scheme: Literal["light", "dark"], masthead: str
) -> None:
    """The page is as good with the chat as it was without: icon, badge, panel and what is in it."""
    alice = enter("alice", _page(site, masthead=masthead), online=True, color_scheme=scheme).load()
    alice.open()
    expect(alice.composer).to_be_visible()
    run = "() => axe.run(document, {resultTypes: ['violations']})"
    for where in (alice.page.main_frame, alice.frame()):
        where.evaluate(axe + "; undefined")
        found = where.evaluate(run)
        assert [f"{one['id']}: {node['html']}" for one in found["violations"] for node in one["nodes"]] == []


def test_keyboard_alone(enter: Enter, site: Server) -> None:
    """One comes to the icon by Tab, opens it by Enter, and is where one writes."""
    alice = enter("alice", _page(site), online=True).load()
    expect(alice.icon).to_be_visible()
    for _ in range(6):
        alice.page.keyboard.press("Tab")
        if alice.icon.evaluate("icon => icon.matches(':focus-visible')"):
            break
    expect(alice.icon).to_be_focused()
    alice.page.keyboard.press("Enter")
    expect(alice.composer).to_be_focused()
    alice.page.keyboard.press("Escape")
    expect(alice.icon).to_be_focused()
