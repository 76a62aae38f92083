"""Notifications: asked for by a click, one for all windows, none for what somebody looks at."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.conftest import As
from tests.support.client import Client
from tests.support.server import Server
from tests.support.window import Window

# Headless Chromium shows no notifications; what would be shown is kept, over all windows of the person.
_SPY = """
(() => {
    const kept = () => JSON.parse(localStorage.getItem('spy') ?? '[]');
    window.asked = 0;
    window.notified = kept;
    window.Notification = class {
        static get permission() { return localStorage.getItem('spy-permission') ?? 'default'; }
        static async requestPermission() {
            window.asked += 1;
            localStorage.setItem('spy-permission', 'granted');
            return 'granted';
        }
        constructor(title, options) {
            localStorage.setItem('spy', JSON.stringify([...kept(), [title, options.body]]));
            window.last = this;
        }
        close() {}
    };
    window.look = away => {
        const get = () => away ? 'hidden' : 'visible';
        Object.defineProperty(document, 'visibilityState', {configurable: true, get});
    };
})();
"""


def _notified(window: Window) -> list[list[str]]:
    found: list[list[str]] = window.page.evaluate("() => window.notified()")
    return found


def _wait_for(window: Window, count: int) -> None:
    window.page.wait_for_function("count => window.notified().length >= count", arg=count)


def _watched(as_: As, name: str) -> Window:
    window = as_(name)
    window.page.context.add_init_script(_SPY)
    return window.open().go_online()


def _turn_on(window: Window) -> None:
    window.page.get_by_role("button", name="Settings and notifications").click()
    window.dialog.get_by_role("button", name="Turn on notifications").click()
    expect(window.dialog.get_by_role("button", name="Turn off notifications")).to_be_visible()
    window.dialog.get_by_role("button", name="Close").click()


def _all_elsewhere(window: Window) -> None:
    """Wait until the part that listens is there, and look at nothing of it."""
    window.listens()
    window.page.evaluate("() => window.look(true)")


def test_four_windows_one_notification(as_: As, site: Server) -> None:
    """Permission is asked on a click only; a mention gives one notification, however many windows there are."""
    first = _watched(as_, "alice")
    first.enter("Help")
    assert first.page.evaluate("() => window.asked") == 0
    _turn_on(first)
    assert first.page.evaluate("() => window.asked") == 1
    windows = [first, *(as_("alice", beside=first).open() for _ in range(3))]
    for window in windows:
        _all_elsewhere(window)
    with Client.enter(site, "bob") as bob:
        room = bob.join("Help")["room"]["room"]
        bob.send(room, "nothing for anybody in particular")
        bob.send(room, "@alice the index is `ready`")
        _wait_for(first, 1)
        first.page.wait_for_timeout(700)  # for those that should not come
        assert _notified(first) == [["bob in Help", "@alice the index is `ready`"]]
        # One of the four windows shows the room again: then nobody is disturbed.
        windows[2].page.evaluate("() => window.look(false)")
        windows[2].enter("Help")
        bob.send(room, "@alice seen at once")
        for window in windows:
            expect(window.message("seen at once")).to_be_visible()
        first.page.wait_for_timeout(700)
        assert len(_notified(first)) == 1


def test_muted_ignored_and_own_words_are_quiet(as_: As, site: Server) -> None:
    """A direct message notifies by its author's name; a muted room and one's own words do not; a click leads there."""
    alice = _watched(as_, "alice")
    alice.enter("Training")
    alice.menu("Mute this room")
    _turn_on(alice)
    alice.enter("Workflows")
    _all_elsewhere(alice)
    with Client.enter(site, "carol") as carol, Client.enter(site, "alice") as self_:
        muted = carol.join("Training")["room"]["room"]
        carol.send(muted, "@alice in a muted room")
        me = carol.ask("users", prefix="alice")["users"][0]["id"]
        direct = carol.ask("direct", user=me)["room"]["room"]
        self_.ask("join", room=muted)
        self_.send(muted, "@alice my own words")
        carol.send(direct, "only for you")
        _wait_for(alice, 1)
        alice.page.wait_for_timeout(500)
        assert _notified(alice) == [["carol", "only for you"]]
    alice.page.evaluate("() => window.last.onclick()")
    expect(alice.message("only for you")).to_be_visible()
