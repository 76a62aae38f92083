"""Rooms with walls, people one to one, being left alone, leaving the chat."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.browser.conftest import As
from tests.support.client import Client
from tests.support.server import Server
from tests.support.window import Window


def _person(window: Window, name: str) -> None:
    """Open the card of somebody from the members."""
    members = window.side("Members")
    if not members.is_visible():
        window.page.get_by_role("button", name=re.compile("^Members")).click()
    members.get_by_role("button", name=re.compile(f"^{name}")).click()


def _known(site: Server, *names: str) -> None:
    """Have people be known to the chat."""
    for name in names:
        with Client.enter(site, name) as client:
            client.event("welcome")


def test_private_room_from_invitation_to_farewell(as_: As, site: Server) -> None:
    """Made, invited to by completion, talked in, handed over, one removed, left: each sees what concerns them."""
    _known(site, "bob", "carol")
    alice, bob, carol = (as_(name).open().go_online() for name in ("alice", "bob", "carol"))
    alice.create_room("Reviewers", private=True)
    alice.menu("Invite people")
    for name in ("bob", "carol"):
        field = alice.side("Members").get_by_role("combobox", name="Invite somebody")
        field.fill(name[:2])
        expect(alice.side("Members").get_by_role("option", name=name)).to_be_visible()
        expect(field).to_have_attribute("aria-expanded", "true")
        field.press("Enter")
        expect(alice.page.get_by_text(f"{name} was invited.")).to_be_visible()
    alice.say("for reviewers only")
    for window in (bob, carol):
        window.rooms.get_by_role("link", name=re.compile("^Reviewers ?, private")).click()
        window.sees("for reviewers only")
    _person(alice, "carol")
    alice.dialog.get_by_role("button", name="Remove from Reviewers").click()
    expect(carol.page.get_by_text("You are no longer in that room.")).to_be_visible()
    expect(carol.rooms.get_by_role("link", name=re.compile("Reviewers"))).to_have_count(0)
    expect(carol.page.get_by_text("for reviewers only")).to_have_count(0)
    alice.menu("Leave this room")
    alice.dialog.get_by_role("button", name="Leave room").click()
    # The owner hands it over first.
    expect(alice.rooms.get_by_role("link", name=re.compile("^Reviewers"))).to_have_count(1)
    _person(alice, "bob")
    alice.dialog.get_by_role("button", name="Make owner of Reviewers").click()
    expect(alice.side("Members").get_by_role("button", name=re.compile("^bob.*owner"))).to_be_visible()
    alice.menu("Leave this room")
    alice.dialog.get_by_role("button", name="Leave room").click()
    expect(alice.rooms.get_by_role("link", name=re.compile("^Reviewers"))).to_have_count(0)


def test_topic_and_name_are_changed_by_the_owner(as_: As, site: Server) -> None:
    """Who owns a room changes what it is called and about, for all at once; others read about it."""
    with Client.enter(site, "bob") as bob_:
        bob_.ask("create", name="Changing", topic="at first")
    bob = as_("bob").open("#/r/name/Changing").go_online()
    alice = as_("carol").follow("#/r/name/Changing")
    expect(alice.page.get_by_text("at first").first).to_be_visible()
    bob.menu("Change name and topic")
    bob.dialog.get_by_role("textbox", name="Name").fill("Changed")
    bob.dialog.get_by_role("textbox", name="Topic").fill("<b>then</b> & now")
    bob.dialog.get_by_role("button", name="Save").click()
    expect(alice.page.get_by_role("heading", name="Changed", exact=True)).to_be_visible()
    expect(alice.page.get_by_text("<b>then</b> & now").first).to_be_visible()
    alice.menu("About this room")
    expect(alice.dialog).to_contain_text("It belongs to bob.")


def test_two_people_alone(as_: As, site: Server) -> None:
    """One writes to another from their name; it is named after the other, unread there, and can be hidden."""
    alice, bob = as_("alice").open().go_online(), as_("bob").open().go_online()
    bob.say("here is bob, for a direct word")
    alice.message("here is bob, for a direct word").get_by_role("button", name="bob", exact=True).click()
    alice.dialog.get_by_role("button", name="Message directly").click()
    expect(alice.page.get_by_role("textbox", name="Message bob")).to_be_visible()
    expect(bob.rooms.get_by_role("link", name="alice")).to_have_count(0)
    alice.say("psst, bob")
    link = bob.rooms.get_by_role("link", name=re.compile("^alice ?, 1 unread message"))
    link.click()
    bob.sees("psst, bob")
    bob.menu("Hide this conversation")
    expect(bob.rooms.get_by_role("link", name=re.compile("^alice"))).to_have_count(0)
    alice.say("are you there?")
    expect(bob.rooms.get_by_role("link", name=re.compile("^alice ?, 1 unread"))).to_be_visible()


def test_message_somebody_by_name(as_: As, site: Server) -> None:
    """A person is found by the beginning of their name, by keys alone; of one who is unknown that is said."""
    _known(site, "carol")
    alice = as_("alice").open().go_online()
    alice.page.get_by_role("button", name="Message somebody").click()
    expect(alice.dialog.get_by_role("combobox")).to_be_focused()
    alice.page.keyboard.type("nobody-of-this-name")
    expect(alice.dialog.get_by_text("Nobody of that name")).to_be_visible()
    alice.dialog.get_by_role("combobox").fill("car")
    expect(alice.dialog.get_by_role("option", name="carol")).to_have_attribute("aria-selected", "true")
    alice.page.keyboard.press("Enter")
    expect(alice.page.get_by_role("textbox", name="Message carol")).to_be_visible()


def test_being_left_alone(as_: As) -> None:
    """Of one who is ignored the words are folded and count for nothing, until they are heeded again."""
    alice, bob = as_("alice").open().go_online(), as_("bob").open().go_online()
    alice.enter("Help")
    bob.enter("Help")
    bob.say("before being ignored")
    alice.message("before being ignored").get_by_role("button", name="bob", exact=True).click()
    alice.dialog.get_by_role("button", name="Ignore", exact=True).click()
    expect(alice.log.get_by_text("before being ignored")).to_have_count(0)
    folded = alice.message("From somebody you ignore.").last
    folded.get_by_role("button", name="Show").click()
    expect(alice.log.get_by_text("before being ignored")).to_be_visible()
    alice.enter("Training")
    bob.say("@alice hear me")
    alice.page.wait_for_timeout(300)  # for what should not come
    expect(alice.rooms.get_by_role("link", name="Help", exact=True)).to_be_visible()
    alice.page.get_by_role("button", name="Settings and notifications").click()
    alice.dialog.get_by_role("listitem").filter(has_text="bob").get_by_role("button", name="Stop ignoring").click()
    expect(alice.dialog.get_by_text("Nobody.")).to_be_visible()
    alice.dialog.get_by_role("button", name="Close").click()
    alice.enter("Help")
    expect(alice.message("hear me")).to_be_visible()


def test_leaving_the_chat_and_coming_back(as_: As) -> None:
    """Who leaves is asked twice, is listed nowhere, and finds everything on return, in all windows."""
    carol = as_("carol").open().go_online()
    again = as_("carol", beside=carol).open()
    carol.say("carol was here before leaving")
    bob = as_("bob").open().go_online()
    expect(bob.side("Members").get_by_role("button", name="carol")).to_be_visible()
    carol.page.get_by_role("button", name="Settings and notifications").click()
    carol.dialog.get_by_role("button", name="Leave the chat …").click()
    carol.dialog.get_by_role("button", name="Leave now").click()
    for window in (carol, again):
        expect(window.page.get_by_role("heading", name="You have left the chat")).to_be_visible()
    bob.page.reload()
    expect(bob.side("Members").get_by_role("button", name="bob")).to_be_visible()
    expect(bob.side("Members").get_by_role("button", name="carol")).to_have_count(0)
    carol.page.reload()
    carol.page.get_by_role("button", name="Come back to the chat").click()
    for window in (carol, again):
        expect(window.message("carol was here before leaving")).to_have_count(1)


def test_who_comes_and_goes_is_one_line(as_: As, site: Server) -> None:
    """Others who come or leave make one line, which is not unread; one who only reloads makes none."""
    site.galaxy.add("dora", "emil")
    with Client.enter(site, "alice") as client:
        room = client.ask("create", name="passage")["room"]["room"]
        client.send(room, "a quiet room")
    alice = as_("alice").open(f"#/r/{room}").go_online()
    alice.sees("a quiet room")
    clients = [Client.enter(site, name) for name in ("dora", "emil")]
    for client in clients:
        client.join("passage")
    expect(alice.log.get_by_text("dora, emil came.")).to_be_visible()
    clients[0].__exit__(None, None, None)
    expect(alice.log.get_by_text("emil came.", exact=True)).to_be_visible()
    clients[1].__exit__(None, None, None)
    expect(alice.log.get_by_text("came.")).to_have_count(0)
    expect(alice.page).to_have_title(re.compile("^passage"))
