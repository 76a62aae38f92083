"""Every view: what axe says of it, in both colour schemes, wide and narrow; and who must not see it."""

from __future__ import annotations

import re
from typing import Literal

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import As
from tests.support.server import Server

_SIZES = {"wide": (1440, 900), "narrow": (320, 640)}
Scheme = Literal["light", "dark"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", list(_SIZES))
def test_axe_finds_nothing(as_: As, axe: str, scheme: Scheme, size: str) -> None:
    """No view has a fault that axe knows of, and none is wider than the window."""
    width, height = _SIZES[size]
    alice = as_("alice", viewport={"width": width, "height": height}, color_scheme=scheme).open()

    def check(view: str) -> None:
        assert alice.violations(axe) == [], view
        overflow = alice.page.evaluate("() => document.documentElement.scrollWidth - window.innerWidth")
        assert overflow <= 0, f"{view} is {overflow}px too wide"

    expect(alice.page.get_by_role("button", name="Start chatting")).to_be_visible()
    check("offline")
    alice.page.get_by_role("button", name="Start chatting").click()
    expect(alice.page.get_by_role("button", name="Go offline")).to_be_visible()
    if size == "narrow" and alice.rooms.is_visible():
        check("rooms")
        alice.enter("All Chats")
    expect(alice.composer).to_be_visible()
    check("empty room")
    name = f"{scheme}, {size}"
    alice.say(
        f"{name}: `code`, [a link](https://galaxyproject.org), **strong**\n> quote\n\n- one\n- two\n"
        "```python\nx = 1\n```"
    )
    expect(alice.message(f"{name}: code")).to_have_count(1)
    alice.say("https://example.org/" + "very-long-" * 40)
    check("messages")
    members = alice.page.get_by_role("complementary", name="Members")
    if not members.is_visible():
        alice.page.get_by_role("button", name=re.compile("^Members")).click()
    expect(members).to_be_visible()
    check("members")


@pytest.mark.parametrize("button", ["Create a room", "Join a room"])
def test_axe_finds_nothing_in_dialogs(as_: As, axe: str, button: str) -> None:
    """The dialogs are as good as the views, take the focus, and Escape gives it back."""
    alice = as_("alice").open().go_online()
    opener = alice.page.get_by_role("button", name=button)
    opener.click()
    dialog = alice.page.get_by_role("dialog")
    expect(dialog.get_by_role("textbox").first).to_be_focused()
    assert alice.violations(axe) == []
    alice.page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(opener).to_be_focused()


def test_bad_room_name_is_told(as_: As) -> None:
    """A name that cannot be one is refused in words, in the dialog, and nothing is lost."""
    alice = as_("alice").open().go_online()
    alice.page.get_by_role("button", name="Create a room").click()
    dialog = alice.page.get_by_role("dialog")
    dialog.get_by_role("textbox", name="Name", exact=True).fill("zero\u200bwidth")
    dialog.get_by_role("button", name="Create room").click()
    expect(dialog.get_by_text(re.compile("invisible|not allowed|cannot", re.IGNORECASE))).to_be_visible()
    expect(dialog.get_by_role("textbox", name="Name", exact=True)).to_have_value("zero\u200bwidth")


def test_logged_out_is_told_what_to_do(as_: As, site: Server) -> None:
    """Without a session nothing is shown but that one must log in to Galaxy."""
    alice = as_("alice").open().go_online()
    alice.say("secret of alice")
    expect(alice.message("secret of alice")).to_have_count(1)
    site.galaxy.write("UPDATE galaxy_session SET is_valid = 0")
    alice.page.reload()
    expect(alice.page.get_by_role("heading", name=re.compile("log in", re.IGNORECASE))).to_be_visible()
    expect(alice.log).to_have_count(0)


def test_announcer_speaks(as_: As) -> None:
    """A screen reader is told of a new message by the polite announcer, not by the list."""
    alice, bob = as_("alice").open().go_online(), as_("bob").open().go_online()
    spoken = alice.page.locator("[aria-live=polite]").filter(has_text="bob: hear me")
    bob.say("hear me")
    expect(spoken).to_have_count(1)
    expect(alice.log).not_to_have_attribute("aria-live", "assertive")


def test_keyboard_alone(as_: As) -> None:
    """One comes from the composer to the messages and along them by keys alone."""
    alice = as_("alice").open().go_online()
    for word in ("first of keys", "second of keys"):
        alice.say(word)
        alice.sees(word)
    alice.composer.focus()
    for _ in range(10):
        alice.page.keyboard.press("Shift+Tab")
        if alice.page.evaluate("() => document.activeElement?.tagName === 'ARTICLE'"):
            break
    expect(alice.message("second of keys")).to_be_focused()
    alice.page.keyboard.press("ArrowUp")
    expect(alice.message("first of keys")).to_be_focused()
