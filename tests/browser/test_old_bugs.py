"""What other chats got wrong once: each as its reporter would have tried it."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.browser.conftest import As
from tests.support.client import Client
from tests.support.server import Server


def test_own_words_are_not_unread(as_: As) -> None:
    """What one says oneself is unread in none of one's windows, and draws no line."""
    alice = as_("alice").open().go_online()
    again = as_("alice", beside=alice).open()
    again.enter("Help")
    alice.enter("Workflows")
    alice.say("my own words")
    alice.sees("my own words")
    expect(again.rooms.get_by_role("link", name="Workflows", exact=True)).to_be_visible()
    again.enter("Workflows")
    again.sees("my own words")
    expect(again.log.get_by_role("separator")).to_have_count(0)


def test_badge_goes_with_the_room(as_: As, site: Server) -> None:
    """A mention in a room that one leaves is counted no more, in the list and in the title."""
    with Client.enter(site, "alice") as client:
        client.ask("create", name="to be left")
    alice, bob = as_("alice").open().go_online(), as_("bob").follow("#/r/name/to%20be%20left")
    alice.enter("Help")
    bob.say("@alice before you go")
    expect(alice.page).to_have_title(re.compile(r"^\(1\)"))
    with Client.enter(site, "alice") as client:
        room = client.join("to be left")["room"]["room"]
        client.ask("leave", room=room)
    expect(alice.rooms.get_by_role("link", name=re.compile("to be left"))).to_have_count(0)
    expect(alice.page).to_have_title(re.compile("^Help"))


def test_a_killed_browser_is_gone_and_a_closed_tab_is_not(as_: As) -> None:
    """Who has another window open is still here; who has none is not, and does not type for ever."""
    alice, bob = as_("alice").open().go_online(), as_("bob").open().go_online()
    again = as_("bob", beside=bob).open()
    expect(again.composer).to_be_visible()
    here = alice.side("Members").get_by_role("listitem").filter(has_text="bob")
    expect(here).to_have_count(1)
    bob.composer.press_sequentially("half a wo")
    expect(alice.page.get_by_text("bob is typing…")).to_be_visible()
    bob.page.close()
    expect(alice.page.get_by_text("bob is typing…")).to_have_count(0, timeout=15_000)
    expect(alice.page.get_by_role("button", name=re.compile("Members.*2 here now"))).to_be_visible()
    again.page.close()
    expect(alice.page.get_by_role("button", name=re.compile("Members.*1 here now"))).to_be_visible()


def test_the_next_person_finds_nothing_of_the_last(as_: As, site: Server) -> None:
    """On a shared computer the next one to log in sees, sends and keeps nothing of the one before."""
    alice = as_("alice").open().go_online()
    alice.enter("Help")
    alice.composer.fill("a secret draft of alice")
    alice.page.evaluate("() => dispatchEvent(new Event('blur'))")  # the draft is written down
    assert "a secret draft" in alice.page.evaluate("() => JSON.stringify(localStorage)")
    url = f"http://127.0.0.1:{site.port}"
    cookie = site.galaxy.cookie("bob")
    alice.page.context.add_cookies([{"name": "galaxysession", "value": cookie, "url": url, "httpOnly": True}])
    alice.page.reload()
    expect(alice.composer).to_be_visible()
    alice.enter("Help")
    expect(alice.composer).to_have_value("")
    assert "a secret draft" not in alice.page.evaluate("() => JSON.stringify(localStorage)")


def test_the_message_goes_to_the_room_that_is_seen(as_: As) -> None:
    """Whoever changes the room while writing sends to the new one what is written there, and keeps the rest."""
    alice = as_("alice").open().go_online()
    alice.enter("Help")
    alice.composer.fill("meant for help")
    alice.rooms.get_by_role("link", name="Training").click()
    expect(alice.page.get_by_role("textbox", name="Message Training")).to_be_visible()
    alice.page.get_by_role("textbox", name="Message Training").fill("meant for training")
    alice.page.keyboard.press("Enter")
    alice.sees("meant for training")
    expect(alice.message("meant for help")).to_have_count(0)
    alice.enter("Help")
    expect(alice.composer).to_have_value("meant for help")
    expect(alice.message("meant for training")).to_have_count(0)
    alice.composer.fill("")


def test_an_input_method_s_enter_sends_nothing(as_: As) -> None:
    """While a word is composed Enter chooses it; the next Enter sends."""
    alice = as_("alice").open().go_online()
    alice.composer.focus()
    session = alice.page.context.new_cdp_session(alice.page)
    session.send("Input.imeSetComposition", {"text": "こんに", "selectionStart": 3, "selectionEnd": 3})
    enter = "new KeyboardEvent('keydown', {key: 'Enter', bubbles: true, cancelable: true, isComposing: true})"
    alice.composer.evaluate(f"box => box.dispatchEvent({enter})")
    session.send("Input.insertText", {"text": "こんにちは"})
    expect(alice.composer).to_have_value("こんにちは")
    assert alice.message("こんに").count() == 0
    alice.composer.press("Enter")
    alice.sees("こんにちは")


def test_nothing_hostile_runs_wherever_it_stands(as_: As, site: Server) -> None:
    """Markup in names of rooms, topics, code languages and quotes is text."""
    hostile = '<img src=x onerror="window.ran=1">'
    with Client.enter(site, "bob") as bob:
        room = bob.ask("create", name=hostile, topic=f"topic {hostile}")["room"]["room"]
        first = bob.send(room, f"```{hostile}\n</code><script>window.ran=2</script>\n```")["seq"]
        bob.send(room, f"quoting {hostile}", reply_to=first)
    with Client.enter(site, "carol") as client:
        client.join(room)
    carol = as_("carol").open(f"#/r/{room}").go_online()
    expect(carol.page.get_by_role("heading", name=hostile, exact=True)).to_be_visible()
    expect(carol.message("quoting").first).to_be_visible()
    carol.menu("About this room")
    expect(carol.dialog.get_by_text(f"topic {hostile}")).to_be_visible()
    carol.page.keyboard.press("Escape")
    assert carol.page.locator("main img, main script, dialog img, nav img").count() == 0
    assert carol.page.evaluate("() => window.ran") is None


def test_a_clock_that_is_wrong_changes_no_order(as_: As) -> None:
    """A computer whose clock is five hours ahead shows what is said in the order in which it was said."""
    alice = as_("alice")
    alice.page.add_init_script("const now = Date.now; Date.now = () => now() + 5 * 3600e3;")
    alice.open().go_online()
    bob = as_("bob").open().go_online()
    for number in range(3):
        alice.say(f"alice {number} by her clock")
        bob.sees(f"alice {number} by her clock")
        bob.say(f"bob {number} by his clock")
        alice.sees(f"bob {number} by his clock")
    for window in (alice, bob):
        said = re.findall(r"(alice|bob) (\d) by", "\n".join(window.texts()))
        assert said[-6:] == [(name, str(number)) for number in range(3) for name in ("alice", "bob")]


def test_every_letter_can_be_typed(as_: As) -> None:
    """No letter, sign or combination that people type is taken for a command."""
    alice = as_("alice").open().go_online()
    letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 /?!.,;:'+-*#~[]{}()<>|&%$"
    alice.composer.press_sequentially(letters)
    expect(alice.composer).to_have_value(letters)
    alice.composer.press("Control+l")
    alice.composer.press("Enter")
    expect(alice.message(letters)).to_have_count(1)


def test_a_session_s_end_is_the_chat_s_end(as_: As, site: Server) -> None:
    """Whoever logs out of Galaxy is out of the chat within the next check, with nothing left to be read."""
    site.galaxy.add("zoe")
    zoe = as_("zoe").open().go_online()
    zoe.say("before logging out")
    zoe.sees("before logging out")
    site.galaxy.write(
        "UPDATE galaxy_session SET is_valid = 0 WHERE user_id = (SELECT id FROM galaxy_user WHERE username = 'zoe')"
    )
    expect(zoe.page.get_by_role("heading", name="Log in to Galaxy")).to_be_visible(timeout=60_000)
    expect(zoe.log).to_have_count(0)
    assert "before logging out" not in zoe.page.content()
