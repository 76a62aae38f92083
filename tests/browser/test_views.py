"""Every view: what axe says of it, in both colour schemes, wide and narrow; and who must not see it."""

from __future__ import annotations

import re
from typing import Literal

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import As
from tests.support.server import Server

_SIZES = {"wide": (1440, 900), "narrow": (320, 640)}
_KEEP_WHAT_IS_SPOKEN = """() => {
    window.spoken = [];
    const polite = [...document.querySelectorAll('[aria-live=polite]')];
    const keep = () => window.spoken.push(...polite.map(region => region.textContent));
    const observer = new MutationObserver(keep);
    polite.forEach(region => observer.observe(region, {childList: true, characterData: true, subtree: true}));
}"""
_CODE = """```diff
- old = 1
+ new = 'two'  # why
```
```python
@a
def f(x: int) -> str:
    return f'{x}'  # why
```"""
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
    if size == "narrow":
        expect(alice.rooms).to_be_visible()
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
    alice.listens()
    # What is said is gone after a moment: it is kept as it comes.
    alice.page.evaluate(_KEEP_WHAT_IS_SPOKEN)
    bob.say("hear me")
    alice.page.wait_for_function("() => window.spoken.includes('bob: hear me')")
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


class _Checked:
    """A window whose every view is looked at by axe, and measured."""

    def __init__(self, as_: As, axe: str, size: str, scheme: Scheme) -> None:
        width, height = _SIZES[size]
        self.window = as_("alice", viewport={"width": width, "height": height}, color_scheme=scheme)
        self.window.open().go_online()
        if size == "narrow":
            self.window.enter("All Chats")
        self.name = f"{scheme} {size}"
        self.faults: list[str] = []
        self._axe = axe

    def look(self, view: str) -> None:
        """Keep what is wrong with the view."""
        page = self.window.page
        overflow = page.evaluate("() => document.documentElement.scrollWidth - window.innerWidth")
        self.faults.extend(f"{view}: {fault}" for fault in self.window.violations(self._axe))
        self.faults.extend([f"{view} is {overflow}px too wide"] if overflow > 0 else [])

    def look_and_close(self, view: str) -> None:
        """The same, and Escape closes it."""
        self.look(view)
        self.window.page.keyboard.press("Escape")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", list(_SIZES))
def test_axe_finds_nothing_at_messages(as_: As, axe: str, scheme: Scheme, size: str) -> None:
    """Actions, reactions, quotes, code in colour, what is above the composer: no fault, and all fits the window."""
    bob = as_("bob").open().go_online()
    view = _Checked(as_, axe, size, scheme)
    alice, name = view.window, view.name
    bob.say(f"{name} code and a link {alice.address}../u/ada/h/x\n{_CODE}")
    alice.sees(f"{name} code")
    alice.act(f"{name} code", "Pin for everybody in this room")
    alice.react(f"{name} code", "DNA")
    expect(alice.chip(f"{name} code", "DNA")).to_be_visible()
    alice.act(f"{name} code", "Reply")
    view.look("replying")
    alice.say(f"{name} answer")
    expect(alice.message(f"{name} answer").get_by_role("button", name=re.compile("In reply to"))).to_be_visible()
    alice.message(f"{name} answer").hover()
    view.look("actions, reactions, quotes")
    alice.act(f"{name} answer", "Add a reaction")
    view.look_and_close("emoji")
    alice.act(f"{name} answer", "Delete")
    view.look_and_close("delete?")
    alice.composer.press("ArrowUp")
    view.look("editing")
    alice.composer.press("Escape")
    alice.composer.press_sequentially("@b")
    expect(alice.page.get_by_role("option", name="bob")).to_be_visible()
    view.look("completion")
    alice.composer.fill("")
    assert view.faults == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", list(_SIZES))
def test_axe_finds_nothing_beside_and_before_the_messages(as_: As, axe: str, scheme: Scheme, size: str) -> None:
    """Menus, panes and dialogs have no fault, fit the window, and close by Escape."""
    view = _Checked(as_, axe, size, scheme)
    alice, name = view.window, view.name
    alice.say(f"{name} words")
    alice.sees(f"{name} words")
    alice.act(f"{name} words", "Pin for everybody in this room")
    alice.page.get_by_role("button", name="More about this room").click()
    view.look_and_close("menu")
    alice.menu("Pinned messages")
    expect(alice.side("Pinned messages").get_by_role("link").first).to_be_visible()
    view.look_and_close("pins")
    alice.page.get_by_role("button", name="Search messages").click()
    alice.page.keyboard.type(f'"{name}"')
    alice.page.keyboard.press("Enter")
    expect(alice.side("Search").get_by_role("link").first).to_be_visible()
    view.look_and_close("search")
    alice.menu("Change the topic")
    view.look_and_close("topic")
    alice.log.get_by_role("button", name="alice", exact=True).last.click()
    view.look_and_close("person")
    if size == "narrow":
        alice.page.get_by_role("link", name="All rooms").click()
    for button in ("Message somebody", "Settings and notifications"):
        alice.page.get_by_role("button", name=button).click()
        view.look_and_close(button)
    alice.create_room(f"Walls {name}", private=True)
    alice.menu("Invite people")
    alice.side("Members").get_by_role("combobox").fill("ali")
    view.look("inviting")
    assert view.faults == []


@pytest.mark.parametrize("width", [320, 390, 700, 1024, 1600])
def test_nothing_is_cut_off_at_any_width(as_: As, width: int) -> None:
    """At every width one can write, open each pane and read a wide table of code, and nothing sticks out."""
    alice = as_("alice", viewport={"width": width, "height": 700}).open().go_online()
    if width < 704:  # where rooms and messages stand side by side
        alice.enter("All Chats")
    alice.say(f"width {width}\n```\n" + "column\t" * 60 + "\n```")
    expect(alice.message(f"width {width}")).to_have_count(1)
    row = alice.message(f"width {width}")
    row.hover()
    actions = row.get_by_role("group", name="What to do with this message")
    expect(actions).to_be_visible()
    for box in (actions.bounding_box(), alice.composer.bounding_box()):
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width
    alice.page.get_by_role("button", name="Search messages").click()
    pane = alice.side("Search").bounding_box()
    assert pane is not None
    assert pane["x"] >= 0
    assert pane["x"] + pane["width"] <= width
    assert alice.page.evaluate("() => document.documentElement.scrollWidth") <= width
