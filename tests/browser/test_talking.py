"""People talk to each other, each in a window of their own."""

from __future__ import annotations

import re
from urllib.parse import quote

from playwright.sync_api import expect

from tests.browser.conftest import As
from tests.support.relay import Relay
from tests.support.server import Server


def test_two_people_talk(as_: As) -> None:
    """What one says the other sees at once, with the author's name, and the answer comes back."""
    alice, bob = as_("alice").open().go_online(), as_("bob").open().go_online()
    alice.say("Has anybody used **samtools** here?")
    bob.sees("Has anybody used samtools here?")
    expect(bob.message("samtools").get_by_text("alice")).to_be_visible()
    expect(bob.message("samtools").locator("strong")).to_have_text("samtools")
    bob.say("Yes, on `main`")
    alice.sees("Yes, on main", "Has anybody used samtools here?")


def test_the_first_time_is_offline(as_: As) -> None:
    """Nothing is opened before the bubble is clicked, and the choice is kept over a reload."""
    alice = as_("alice")
    sockets: list[str] = []
    alice.page.on("websocket", lambda socket: sockets.append(socket.url))
    alice.open()
    expect(alice.page.get_by_role("button", name="Go online")).to_be_visible()
    expect(alice.page.get_by_role("heading", name="Talk to the people on this Galaxy")).to_be_visible()
    assert sockets == []
    alice.go_online()
    alice.page.reload()
    expect(alice.composer).to_be_visible()
    alice.page.get_by_role("button", name="Go offline").click()
    alice.page.reload()
    expect(alice.page.get_by_role("button", name="Go online")).to_be_visible()


def test_rooms_of_ones_own(as_: As) -> None:
    """A room with an awkward name is made by one, joined by name in other letters by another, and left again."""
    alice, bob = as_("alice").open().go_online(), as_("bob").open().go_online()
    name = "Assembly/RNA & 100% décor"
    alice.create_room(name)
    alice.say("for the few")
    bob.join_room("assembly/rna & 100% DÉCOR")
    expect(bob.page.get_by_role("textbox", name=f"Message {name}")).to_be_visible()
    bob.sees("for the few")
    carol = as_("carol").follow("#/r/name/" + quote(name, safe=""))
    carol.sees("for the few")
    carol.page.get_by_role("button", name="More about this room").click()
    carol.page.get_by_role("button", name="Leave this room").click()
    carol.page.get_by_role("dialog").get_by_role("button", name=re.compile("^Leave")).click()
    expect(carol.rooms.get_by_role("link", name=name)).to_have_count(0)


def test_hostile_text_stays_text(as_: As) -> None:
    """Markup, scripts and links that run something are shown, and nothing of them runs."""
    alice, bob = as_("alice").open().go_online(), as_("bob").open().go_online()
    for window in (alice, bob):
        window.page.evaluate("() => { window.ran = 0; }")
    hostile = (
        '<script>window.ran=1</script><img src=x onerror="window.ran=2"> [x](javascript:window.ran=3) &lt;b&gt; %3Cimg'
    )
    alice.say(hostile)
    bob.sees(hostile)
    assert bob.log.locator("script, img, a[href^='javascript']").count() == 0
    assert [window.page.evaluate("() => window.ran") for window in (alice, bob)] == [0, 0]


def test_data_is_shown_as_it_was_pasted(as_: As) -> None:
    """FASTA keeps its mark, a fenced block its tabs and entities."""
    alice, bob = as_("alice").open().go_online(), as_("bob").open().go_online()
    alice.say(">chr1 pasted\nACGT\n```tsv\na\tb&amp;c\n  $HOME\n```")
    bob.sees(">chr1 pasted")
    assert bob.message(">chr1 pasted").locator("pre").inner_text().strip("\n") == "a\tb&amp;c\n  $HOME"


def test_lost_network(as_: As, site: Server) -> None:
    """One who was in a tunnel says so, sends what was written there, and misses nothing."""
    with Relay(site.port) as relay:
        alice = as_("alice", port=relay.port).open().go_online()
        bob = as_("bob").open().go_online()
        alice.say("before the tunnel")
        bob.sees("before the tunnel")
        relay.cut()
        alice.say("written in the tunnel")
        bob.say("said meanwhile")
        expect(alice.page.get_by_text("Reconnecting")).to_be_visible(timeout=15_000)
        expect(alice.message("said meanwhile")).to_have_count(0)
        assert bob.message("written in the tunnel").count() == 0
        relay.mend()
        alice.sees("said meanwhile", "written in the tunnel")
        bob.sees("written in the tunnel")
        expect(alice.page.get_by_text("Reconnecting")).to_have_count(0)
        bob.say("after the tunnel")
        alice.sees("after the tunnel")
        assert alice.texts()[-4:] == bob.texts()[-4:]


def test_server_restarts(as_: As, site: Server) -> None:
    """A restart loses nothing: the window comes back by itself, and what was said stays once."""
    with Relay(site.port) as relay:
        alice = as_("alice", port=relay.port).open().go_online()
        alice.say("before the restart")
        expect(alice.message("before the restart")).to_have_count(1)
        site.terminate()
        alice.say("during the restart")
        site.start()
        relay.retarget(site.port)
        bob = as_("bob").open().go_online()
        bob.sees("before the restart", "during the restart")
        alice.sees("before the restart", "during the restart")


def test_one_message_one_row(as_: As) -> None:
    """What one sends stands once on one's own screen, in both of one's windows."""
    alice = as_("alice").open().go_online()
    again = as_("alice", beside=alice).open()
    expect(again.composer).to_be_visible()
    for number in range(5):
        alice.say(f"number {number} of five")
    for window in (alice, again):
        window.sees(*(f"number {number} of five" for number in range(5)))
