"""Code as researchers paste it, links to Galaxy, names that complete themselves."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.browser.conftest import As
from tests.support.client import Client
from tests.support.server import Server


def test_code_is_coloured_and_intact(as_: As) -> None:
    """A fenced block is coloured by its language; tabs, entities and emoji in it stay; it is copied whole."""
    code = "def f(x):\n\treturn 'a&amp;b🧬' if x < 1 else \"\"  # why"
    alice = as_("alice", permissions=["clipboard-read", "clipboard-write"]).open().go_online()
    alice.say(f"coloured\n```python\n{code}\n```")
    block = alice.message("coloured").locator("pre")
    expect(block.locator("span").filter(has_text=re.compile("^def$"))).to_have_count(1)
    expect(block.locator("span").filter(has_text="🧬")).to_have_count(1)
    assert block.evaluate("pre => pre.textContent") == code
    colours = block.evaluate("pre => [...pre.querySelectorAll('span')].map(one => getComputedStyle(one).color)")
    assert len(set(colours)) >= 4
    alice.message("coloured").get_by_role("button", name="Copy", exact=True).click()
    assert alice.page.evaluate("() => navigator.clipboard.readText()").strip("\n") == code


def test_a_long_log_is_folded(as_: As) -> None:
    """Of 500 lines twelve are shown, all by a click; a wide line scrolls in its own box."""
    lines = [f"[{number:03}] \x1b[32mok\x1b[0m\tstep {number} " + "." * 300 for number in range(500)]
    text = "\n".join(line[:10] for line in lines)
    alice = as_("alice").open().go_online()
    alice.say(f"the log\n```\n{text}\n```\n```\n{lines[0]}\n```")
    block = alice.message("the log").locator("pre")
    expect(block.first).to_have_text(re.compile(r"^\[000\][^§]*\[011\][^\n]*$"))
    alice.message("the log").get_by_role("button", name="Show all 500 lines").click()
    expect(block.first).to_have_text(re.compile(r"\[499\]"))
    wide = block.nth(1)
    assert wide.evaluate("pre => pre.scrollWidth > pre.clientWidth")
    # What a terminal writes for itself is not sent.
    assert wide.evaluate("pre => pre.textContent").startswith("[000] [32mok[0m\tstep")
    assert alice.page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")


def test_galaxy_s_own_links_say_what_they_are(as_: As, site: Server) -> None:
    """A link to what somebody shares is shown by kind, name and owner, and leads there."""
    galaxy = f"http://127.0.0.1:{site.port}"
    alice = as_("alice").open().go_online()
    alice.say(f"see {galaxy}/u/ada/w/rna-seq and [mine]({galaxy}/u/bob/h/run-7), not https://x.example/u/ada/h/x")
    row = alice.message("see ")
    expect(row.get_by_role("link", name=re.compile("Workflow rna-seq by ada"))).to_have_attribute(
        "href", f"{galaxy}/u/ada/w/rna-seq"
    )
    expect(row.get_by_role("link", name=re.compile("mine: History run-7 by bob"))).to_be_visible()
    expect(row.get_by_role("link", name="https://x.example/u/ada/h/x")).to_be_visible()


def test_names_complete_recent_speakers_first(as_: As, site: Server) -> None:
    """After @ come those who spoke last; more letters find others; Enter takes one and sends nothing."""
    site.galaxy.add("bert", "bianca")
    with Client.enter(site, "bert"), Client.enter(site, "bianca") as bianca, Client.enter(site, "bob") as bob:
        room = bob.ask("create", name="names")["room"]["room"]
        bob.send(room, "bob spoke first")
        bianca.join(room)
        bianca.send(room, "bianca spoke last")
    alice = as_("alice").follow("#/r/name/names")
    alice.sees("bianca spoke last")
    alice.composer.press_sequentially("hello @")
    options = alice.page.get_by_role("listbox", name="People").get_by_role("option")
    expect(options).to_have_text([re.compile("bianca$"), re.compile("bob$")])
    alice.composer.press_sequentially("B")
    expect(options).to_have_text([re.compile("bianca$"), re.compile("bob$"), re.compile("bert$")])
    described = alice.composer.get_attribute("aria-activedescendant")
    expect(alice.page.locator(f"#{described}")).to_have_attribute("aria-selected", "true")
    alice.composer.press("ArrowDown")
    alice.composer.press("Enter")
    expect(alice.composer).to_have_value("hello @bob ")
    alice.composer.press("Enter")
    expect(alice.message("hello").locator(".mention")).to_have_text("@bob")


def test_rooms_complete_to_links(as_: As) -> None:
    """After # come rooms; what is taken is a link that others follow within their page."""
    alice, bob = as_("alice").open().go_online(), as_("bob").open().go_online()
    alice.composer.press_sequentially("ask in #wor")
    option = alice.page.get_by_role("listbox", name="Rooms").get_by_role("option", name="Workflows")
    expect(option).to_be_visible()
    option.click()
    alice.composer.press("Enter")
    link = bob.message("ask in").get_by_role("link", name="#Workflows")
    link.click()
    expect(bob.page.get_by_role("textbox", name="Message Workflows")).to_be_visible()
