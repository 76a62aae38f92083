"""Reading: unread, older messages, drafts, links to a message."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.browser.conftest import As
from tests.support.client import Client
from tests.support.server import Server
from tests.support.window import SCROLL_TO_TOP


def _fill(site: Server, name: str, count: int) -> None:
    """Have a room with so many messages of bob's."""
    with Client.enter(site, "bob") as bob:
        room = bob.ask("create", name=name)["room"]["room"]
        for number in range(count):
            bob.ask("send", room=room, text=f"line {number} of {name}", nonce=f"{name}-{number}")


def test_scroll_back_keeps_the_place(as_: As, site: Server) -> None:
    """Older messages come as one scrolls up, in order and without a gap, and the line one reads stays put."""
    _fill(site, "long", 160)
    alice = as_("alice").follow("#/r/name/long")
    alice.sees("line 159 of long")
    oldest = alice.log.get_by_role("article").first
    first = re.search(r"line (\d+) of", oldest.inner_text())
    assert first is not None
    assert int(first[1]) > 0
    # Not the first one, which loses its author's name when older ones of the same author come before it.
    anchor = alice.message(f"line {int(first[1]) + 2} of long")
    row = anchor.element_handle()
    # In one task, before the page hears of the scrolling.
    before = row.evaluate(f"row => {{ {SCROLL_TO_TOP} return row.getBoundingClientRect().top; }}")
    expect(alice.message(f"line {int(first[1]) - 1} of long")).to_have_count(1)
    after = row.evaluate("row => row.getBoundingClientRect().top")
    assert abs(after - before) <= 1


def test_reader_above_is_not_moved(as_: As, site: Server) -> None:
    """A new message moves nobody who reads above; a button says how many there are and leads down."""
    _fill(site, "busy", 60)
    alice = as_("alice").follow("#/r/name/busy")
    alice.sees("line 59 of busy")
    alice.scroll_to(400)
    place = alice.scrolled()
    bob = as_("bob").open("#/r/name/busy").go_online()
    expect(bob.message("line 59 of busy")).to_have_count(1)
    bob.say("news for all")
    jump = alice.page.get_by_role("button", name=re.compile(r"Jump to latest.*1"))
    expect(jump).to_be_visible()
    assert alice.scrolled() == place
    jump.click()
    expect(alice.message("news for all")).to_be_in_viewport()


def test_unread_is_the_servers(as_: As) -> None:
    """Unread shows in the list while one is elsewhere, goes when the room is read, and in the other window too."""
    alice = as_("alice").open().go_online()
    alice.enter("Help")
    again = as_("alice", beside=alice).open()
    again.enter("Training")
    bob = as_("bob").open().go_online()
    bob.enter("Workflows")
    bob.say("a question about workflows")
    for window in (alice, again):
        expect(window.rooms.get_by_role("link", name=re.compile("Workflows.+"))).to_be_visible()
    alice.enter("Workflows")
    alice.sees("a question about workflows")
    expect(alice.page.get_by_text("New", exact=True)).to_be_visible()
    alice.enter("Help")
    for window in (alice, again):
        expect(window.rooms.get_by_role("link", name="Workflows", exact=True)).to_be_visible()


def test_mention_stands_in_the_title(as_: As) -> None:
    """Only a mention prefixes the page's title, and reading it takes the prefix away."""
    alice, bob = as_("alice").open().go_online(), as_("bob").open().go_online()
    alice.enter("Help")
    bob.enter("Training")
    bob.say("nobody in particular")
    bob.say("ping @alice")
    expect(alice.page).to_have_title(re.compile(r"^\(1\) "))
    alice.enter("Training")
    expect(alice.message("ping").locator(".mention")).to_have_text("@alice")
    alice.enter("Help")
    expect(alice.page).to_have_title(re.compile(r"^Help"))


def test_draft_is_kept(as_: As) -> None:
    """What was written and not sent is there again after another room and after a reload."""
    alice = as_("alice").open().go_online()
    alice.enter("Help")
    alice.composer.fill("half a thought")
    alice.enter("Training")
    expect(alice.composer).to_have_value("")
    alice.enter("Help")
    expect(alice.composer).to_have_value("half a thought")
    alice.page.reload()
    expect(alice.composer).to_have_value("half a thought")


def test_megabyte_is_refused_in_words(as_: As) -> None:
    """A pasted megabyte neither freezes the page nor locks the room: one is told, and goes on."""
    alice = as_("alice").open().go_online()
    alice.composer.evaluate(
        "box => { box.value = 'x'.repeat(1e6); box.dispatchEvent(new InputEvent('input', {bubbles: true})); }"
    )
    # A single word of a megabyte takes the browser a while to lay out, more on a busy machine.
    alice.composer.press("Enter", timeout=60_000)
    expect(alice.page.get_by_text(re.compile("994.?000 characters too many"))).to_be_visible()
    alice.say("short again")
    alice.sees("short again")


def test_link_to_a_message(as_: As, site: Server) -> None:
    """A link with a message's number shows it, however long ago it was said."""
    _fill(site, "linked", 150)
    with Client.enter(site, "alice") as client:
        room = client.ask("join", name="linked")["room"]["room"]
    alice = as_("alice").open(f"#/r/{room}/20").go_online()
    expect(alice.message("line 19 of linked")).to_be_in_viewport()
