"""What is done with messages that are there: replies, reactions, corrections, deletions, pins, links."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.browser.conftest import As
from tests.support.client import Client
from tests.support.relay import Relay
from tests.support.server import Server


def test_reply_quotes_and_leads_to_what_it_answers(as_: As, site: Server) -> None:
    """A reply shows one line of what it answers, for all; a click leads there, however long ago it was."""
    with Client.enter(site, "bob") as bob:
        room = bob.ask("create", name="replies")["room"]["room"]
        seqs = [bob.send(room, f"line {number} of replies")["seq"] for number in range(120)]
        bob.send(room, "late answer", reply_to=seqs[3])
    alice = as_("alice").follow("#/r/name/replies")
    expect(alice.message("late answer").get_by_text("line 3 of replies")).to_be_visible()
    alice.message("late answer").get_by_role("button", name=re.compile("In reply to")).click()
    expect(alice.message(re.compile(r"line 3 of replies")).first).to_be_in_viewport()
    alice.page.get_by_role("button", name=re.compile("Jump to latest")).click()
    alice.act("late answer", "Reply")
    expect(alice.page.get_by_text("Replying to bob:")).to_be_visible()
    expect(alice.composer).to_be_focused()
    alice.say("an answer to the answer")
    expect(
        alice.message("an answer to the answer").get_by_role("button", name=re.compile("late answer"))
    ).to_be_visible()
    expect(alice.page.get_by_text("Replying to bob:")).to_have_count(0)


def test_escape_gives_a_reply_up(as_: As) -> None:
    """Escape makes a message of what was to be a reply, and keeps the words."""
    alice = as_("alice").open().go_online()
    alice.say("to be answered, or not")
    alice.act("to be answered", "Reply")
    alice.composer.fill("no answer")
    alice.composer.press("Escape")
    alice.composer.press("Enter")
    expect(alice.message("no answer")).to_have_count(1)
    expect(alice.message("no answer").get_by_role("button", name=re.compile("In reply to"))).to_have_count(0)


def test_reactions_are_counted_and_named(as_: As) -> None:
    """Two put the same emoji: all see two, and whose; one takes it away again; a reload changes nothing."""
    alice, bob = as_("alice").open().go_online(), as_("bob").open().go_online()
    alice.say("who likes reactions?")
    bob.react("who likes reactions?", "thumbs up")
    expect(alice.chip("who likes", "thumbs up: bob")).to_be_visible()
    alice.chip("who likes", "thumbs up").click()
    expect(bob.chip("who likes", "thumbs up: you, alice")).to_have_text(re.compile("2"))
    expect(bob.chip("who likes", "thumbs up")).to_have_attribute("aria-pressed", "true")
    bob.page.reload()
    bob.chip("who likes", "thumbs up: you, alice").click()
    expect(alice.chip("who likes", "thumbs up: you")).to_have_text(re.compile("1"))
    expect(alice.chip("who likes", "bob")).to_have_count(0)


def test_changes_survive_an_outage(as_: As, site: Server) -> None:
    """What was corrected, deleted and reacted to while one was in a tunnel is so on coming out of it."""
    with Relay(site.port) as relay:
        alice = as_("alice", port=relay.port).open().go_online()
        bob = as_("bob").open().go_online()
        for text in ("to be liked", "to be corrected", "to be deleted"):
            bob.say(f"{text} in the tunnel")
            alice.sees(f"{text} in the tunnel")
        relay.cut()
        bob.react("to be liked in the tunnel", "party popper")
        bob.act("to be corrected in the tunnel", "Edit")
        bob.say("was corrected in the tunnel")
        bob.act("to be deleted in the tunnel", "Delete")
        bob.dialog.get_by_role("button", name="Delete").click()
        expect(bob.message("to be deleted in the tunnel")).to_have_count(0)
        assert alice.message("to be deleted in the tunnel").count() == 1
        relay.mend()
        expect(alice.chip("to be liked in the tunnel", "party popper: bob")).to_be_visible(timeout=20_000)
        alice.sees("was corrected in the tunnel")
        expect(alice.message("to be deleted in the tunnel")).to_have_count(0)


def test_arrow_up_corrects_the_last_message(as_: As) -> None:
    """Arrow up in the empty box edits one's last message; the draft of before is not touched; all see it."""
    alice, bob = as_("alice").open().go_online(), as_("bob").open().go_online()
    alice.say("teh last of alice")
    bob.sees("teh last of alice")
    bob.say("after it")
    alice.sees("after it")
    alice.composer.press("ArrowUp")
    expect(alice.composer).to_have_value("teh last of alice")
    expect(alice.page.get_by_text("Editing your message")).to_be_visible()
    alice.say("the last of alice")
    bob.sees("the last of alice")
    expect(bob.message("the last of alice").get_by_text("edited", exact=True)).to_be_visible()
    expect(alice.composer).to_have_value("")
    alice.composer.fill("a draft")
    alice.act("the last of alice", "Edit")
    expect(alice.composer).to_have_value("the last of alice")
    alice.composer.press("Escape")
    expect(alice.composer).to_have_value("a draft")
    alice.page.reload()
    expect(alice.composer).to_have_value("a draft")
    alice.composer.fill("")


def test_deleting_is_asked_and_leaves_a_mark(as_: As) -> None:
    """A message goes for everybody, also where it is quoted, and only after a question."""
    alice, bob = as_("alice").open().go_online(), as_("bob").open().go_online()
    bob.say("regretted words")
    alice.act("regretted words", "Reply")
    alice.say("answer to what goes")
    bob.sees("answer to what goes")
    # The answer quotes it, so it stands there twice.
    row = bob.message("regretted words").first
    for choice in ("Cancel", "Delete"):
        expect(row).to_be_visible()
        row.hover()
        row.get_by_role("button", name="Delete", exact=True).click()
        bob.dialog.get_by_role("button", name=choice).click()
    for window in (alice, bob):
        expect(window.log.get_by_text("regretted words")).to_have_count(0)
        expect(window.message("answer to what goes").get_by_text("This message was deleted.")).to_be_visible()
    tombstone = bob.message("This message was deleted.").first
    tombstone.hover()
    expect(tombstone.get_by_role("button", name="Reply")).to_have_count(0)


def test_others_messages_are_not_mine(as_: As) -> None:
    """Nobody is offered to edit or delete what another said; a moderator may delete it."""
    alice, bob = as_("alice").open().go_online(), as_("bob").open().go_online()
    alice.say("the admin's own words")
    row = bob.message("the admin's own words")
    row.hover()
    expect(row.get_by_role("button", name="Reply")).to_be_visible()
    expect(row.get_by_role("button", name="Edit")).to_have_count(0)
    expect(row.get_by_role("button", name="Delete")).to_have_count(0)
    bob.say("bob's words")
    theirs = alice.message("bob's words")
    theirs.hover()
    expect(theirs.get_by_role("button", name="Delete")).to_be_visible()
    expect(theirs.get_by_role("button", name="Edit")).to_have_count(0)


def test_pins_are_listed_and_lead_to_their_place(as_: As, site: Server) -> None:
    """Who may pin does; everybody finds it in the list, and a click leads there."""
    with Client.enter(site, "alice") as owner:
        room = owner.ask("create", name="pinned")["room"]["room"]
        for number in range(120):
            owner.send(room, f"line {number} of pinned")
    alice = as_("alice").open(f"#/r/{room}").go_online()
    bob = as_("bob").follow("#/r/name/pinned")
    alice.menu("Pinned messages")
    expect(alice.side("Pinned messages").get_by_text("Nothing is pinned yet")).to_be_visible()
    alice.act("line 119 of pinned", "Pin for everybody in this room")
    expect(alice.side("Pinned messages").get_by_role("link")).to_have_count(1)
    bob.menu("Pinned messages")
    pins = bob.side("Pinned messages")
    expect(pins.get_by_role("link")).to_have_text(re.compile("line 119 of pinned"))
    expect(pins.get_by_role("button", name="Unpin")).to_have_count(0)
    expect(bob.message("line 119 of pinned").get_by_text("Pinned", exact=True)).to_be_attached()
    bob.scroll_to(0)
    expect(bob.message("line 119 of pinned")).not_to_be_in_viewport()
    pins.get_by_role("link").click()
    expect(bob.message("line 119 of pinned")).to_be_in_viewport()
    alice.side("Pinned messages").get_by_role("button", name="Unpin").click()
    expect(pins.get_by_text("Nothing is pinned in this room.")).to_be_visible()


def test_link_to_a_message_is_copied(as_: As) -> None:
    """A message's link, opened by another member, leads to it; which one is said by a highlight."""
    alice = as_("alice", permissions=["clipboard-read", "clipboard-write"]).open().go_online()
    alice.say("worth a link")
    alice.act("worth a link", "Copy a link to this message")
    expect(alice.page.get_by_text("Link to this message copied.")).to_be_visible()
    link = alice.page.evaluate("() => navigator.clipboard.readText()")
    assert re.fullmatch(re.escape(alice.address) + r"#/r/\d+/\d+", link)
    bob = as_("bob").open(link.removeprefix(alice.address)).go_online()
    expect(bob.message("worth a link")).to_be_in_viewport()


def test_keyboard_reaches_every_action(as_: As) -> None:
    """From the composer by keys alone: a reaction, a reply, and back."""
    alice = as_("alice").open().go_online()
    keys = alice.page.keyboard
    alice.say("for keys alone")
    alice.sees("for keys alone")
    for _ in range(12):
        keys.press("Shift+Tab")
        if alice.page.evaluate("() => document.activeElement?.tagName === 'ARTICLE'"):
            break
    row = alice.message("for keys alone")
    expect(row).to_be_focused()
    for _ in range(4):
        keys.press("Tab")
        if alice.page.evaluate("() => document.activeElement?.getAttribute('aria-label') === 'Add a reaction'"):
            break
    expect(row.get_by_role("button", name="Add a reaction")).to_be_focused()
    keys.press("Enter")
    picker = alice.page.get_by_role("dialog", name="Add a reaction")
    expect(picker.get_by_role("button").first).to_be_focused()
    keys.press("Escape")
    expect(picker).to_have_count(0)
    expect(row.get_by_role("button", name="Add a reaction")).to_be_focused()
    keys.press("Enter")
    for key in ("ArrowRight", "ArrowDown", "ArrowUp", "ArrowLeft", "Enter"):
        keys.press(key)
    expect(alice.chip("for keys alone", "thumbs up: you")).to_be_visible()
    keys.press("Tab")
    expect(row.get_by_role("button", name="Reply")).to_be_focused()
    keys.press("Enter")
    expect(alice.composer).to_be_focused()
    keys.type("by keys")
    keys.press("Enter")
    expect(
        alice.message("by keys").get_by_role("button", name=re.compile("In reply to.*for keys alone"))
    ).to_be_visible()


def test_a_reply_reaches_whom_it_answers(as_: As) -> None:
    """Whoever is answered is named by itself, is told of it elsewhere, and what was being written stays."""
    alice, bob = as_("alice").open().go_online(), as_("bob").open().go_online()
    bob.say("a question of bob's")
    alice.sees("a question of bob's")
    alice.say("a remark of alice's")
    alice.act("a question of bob's", "Reply")
    expect(alice.composer).to_have_value("@bob ")
    alice.act("a remark of alice's", "Reply")
    alice.act("a question of bob's", "Reply")
    expect(alice.composer).to_have_value("@bob ")
    bob.enter("Help")
    alice.composer.press_sequentially("the answer")
    expect(alice.page.get_by_text("Enter sends, Shift+Enter")).to_be_visible()
    alice.composer.press("Enter")
    expect(bob.page).to_have_title(re.compile(r"^\(1\)"))
    alice.composer.fill("already begun")
    alice.message("a question of bob's").first.hover()
    alice.message("a question of bob's").first.get_by_role("button", name="Reply", exact=True).click()
    expect(alice.composer).to_have_value("already begun")


def test_one_comes_back_to_where_one_was(as_: As) -> None:
    """The bare address leads to the room in which one was last."""
    carol = as_("carol").open().go_online()
    carol.enter("Workflows")
    carol.say("where is my answer?")
    carol.page.close()
    again = as_("carol", beside=carol).open()
    expect(again.page.get_by_role("textbox", name="Message Workflows")).to_be_visible()
    again.sees("where is my answer?")
