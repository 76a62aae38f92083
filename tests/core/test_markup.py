"""Text to tokens: a closed set of nodes, nothing lost, nothing that takes for ever."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from unittest import mock

import jsonschema
import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.rules_inline.linkify import linkify

from galaxychat import limits, markup
from galaxychat.markup import parse
from galaxychat.mentions import MENTIONS_PER_MESSAGE, mention_candidates, with_mentions
from galaxychat.tokens import TOKEN_SCHEMA, Token

KINDS = {"text", "code", "pre", "mention", "br", "p", "em", "strong", "quote", "ul", "ol", "li", "link"}
BODY = jsonschema.Draft202012Validator(
    {"type": "array", "items": {"$ref": "#/$defs/Token"}, "$defs": {"Token": TOKEN_SCHEMA}}
)


def nodes(body: list[Token]) -> Iterator[Token]:
    """Return all nodes of a tree."""
    for node in body:
        yield node
        yield from nodes([part for part in node[1:] if isinstance(part, list)])


def shown(body: list[Token]) -> str:
    """Return what a reader sees, a break or block being a newline."""
    parts = {"text": lambda node: node[1], "code": lambda node: node[1], "pre": lambda node: node[2]}
    return "".join(parts.get(node[0], lambda _node: "\n")(node) for node in nodes(body))


def squeezed(text: str) -> str:
    """Return a text without any white space."""
    return "".join(text.split())


def text(words: str) -> list[Token]:
    """Return the body of plain words."""
    return [["p", ["text", words]]]


# ---- what is markup


@pytest.mark.parametrize(
    ("source", "body"),
    [
        ("hello", text("hello")),
        ("a\nb", [["p", ["text", "a"], ["br"], ["text", "b"]]]),
        ("a\n\nb", [["p", ["text", "a"]], ["p", ["text", "b"]]]),
        ("`a<b`", [["p", ["code", "a<b"]]]),
        ("```python\nx = 1\n```", [["pre", "python", "x = 1"]]),
        ("```\nx\n\n  y\n", [["pre", "", "x\n\n  y"]]),
        ("    indented\n\tcode", [["pre", "", "indented\ncode"]]),
        ("*a* **b**", [["p", ["em", ["text", "a"]], ["text", " "], ["strong", ["text", "b"]]]]),
        ("- a\n- b", [["ul", ["li", ["text", "a"]], ["li", ["text", "b"]]]]),
        ("7. a", [["ol", 7, ["li", ["text", "a"]]]]),
        ("> a", [["quote", ["p", ["text", "a"]]]]),
        ("[a](https://b.org)", [["p", ["link", "https://b.org", ["text", "a"]]]]),
        ("<https://b.org>", [["p", ["link", "https://b.org", ["text", "https://b.org"]]]]),
        ("https://b.org/x_y_z", [["p", ["link", "https://b.org/x_y_z", ["text", "https://b.org/x_y_z"]]]]),
        ("mailto:a@b.org", [["p", ["link", "mailto:a@b.org", ["text", "mailto:a@b.org"]]]]),
    ],
)
def test_markdown(source: str, body: list[Token]) -> None:
    """What people write as Markdown becomes nodes."""
    assert parse(source) == body


@pytest.mark.parametrize(
    "source",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "<!-- x -->",
        "&lt;b&gt; &amp; &#106; &nbsp;",
        ">chr1 dna:chromosome",
        "$HOME/bin",
        "a<b && c>d",
        "a\tb\t\tc",
        "5 < 6 > 4",
        "# heading?",
        "#channel",
        "---",
        "===",
        "snake_case_name",
        "2 * 3 * 4",
        "👩‍👩‍👧‍👦 👍🏽 🏳️‍🌈",
        "日本語 עברית العربية",
        "samtools.sort is no host, nor is anna@example.org a link",
        "[x](javascript:alert(1))",
        "[x](JaVaScRiPt:alert(1))",
        "[x](&#106;avascript:alert(1))",
        "[x](vbscript:x)",
        "[x](data:text/html;base64,PHNjcmlwdD4=)",
        "[x](file:///etc/passwd)",
        "[x](//evil.example)",
        "[x](/user/logout)",
        "[x](http:/user/logout)",
        "[x](https:logout)",
        "javascript:alert(1)",
        "<javascript:alert(1)>",
        "ftp://example.org //example.org",
        "[x][y]",
        "[ ] todo",
        "+",
        "-",
        "1.",
        ">",
        "***",
        "```",
        "[](https://b.org)",
    ],
)
def test_what_stays_text(source: str) -> None:
    """Data, code and hostile markup are shown as they were written."""
    assert parse(source) == text(source)


def test_fasta_lines_are_kept_apart() -> None:
    """A pasted FASTA record keeps its header, its lines and nothing else."""
    assert parse(">seq1\nACGT\n>seq2") == [
        ["p", ["text", ">seq1"], ["br"], ["text", "ACGT"], ["br"], ["text", ">seq2"]]
    ]


@pytest.mark.parametrize("source", ["[x]()", "[x](<>)", 'see [x]( "y")', "![i](data:x)", "[a]: javascript:x\n[a]"])
def test_links_to_nowhere_are_no_links(source: str) -> None:
    """A link without a safe address is not made."""
    assert not [node for node in nodes(parse(source)) if node[0] == "link"]
    assert "x" in shown(parse(source)) or "i" in shown(parse(source))


@pytest.mark.parametrize("source", ["http://a.org/%E2%80%AEgnp", "http://xn--bcher-kva.de/", "https://a.org/a%20b"])
def test_addresses_are_shown_as_written(source: str) -> None:
    """A bare address is not decoded for show: it could hold what turns the direction of writing."""
    assert shown(parse(source)).strip() == source


@pytest.mark.parametrize("marks", [">", "> ", "- ", "1. ", "> - ", "* > 1. "])
def test_deep_nesting_loses_nothing(marks: str) -> None:
    """Blocks nest so deep and no deeper, and what lies below is still there."""
    body = parse("start\n\n" + marks * 60 + "the end")
    assert "the end" in shown(body)
    assert len(list(nodes(body))) < 60


@pytest.mark.parametrize(
    "source", ["*" * 2999 + "a" + "*" * 2999, "_" * 2999 + "a" + "_" * 2999, "*a " * 1499 + "a*" * 1499, "*_" * 3000]
)
def test_emphasis_nests_in_reason(source: str) -> None:
    """Emphasis within emphasis without end neither exhausts the stack of anybody nor loses text."""
    body = parse(source)
    BODY.validate(body)
    assert json.loads(msgspec.json.encode(body)) == body
    assert shown(body).count("a") == source.count("a")
    assert depth(body) <= 12


def depth(body: list[Token]) -> int:
    """Return how deep a tree is."""
    return 1 + max((depth([part for part in node[1:] if isinstance(part, list)]) for node in body), default=0)


# ---- any text


MARKS = [
    "*",
    "**",
    "_",
    "`",
    "```",
    "\n",
    "\n\n",
    "> ",
    "- ",
    "1. ",
    "[",
    "](",
    ")",
    "<",
    ">",
    "\\",
    "&amp;",
    "http://",
]
PIECES = st.sampled_from(
    [*MARKS, "@anna", "a", " ", "    ", "\t", "javascript:", "mailto:a@b.c", "\u200d", "\u202e", "!"]
)
ANY_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=80) | st.lists(PIECES, max_size=30).map("".join)


@given(ANY_TEXT)
@settings(max_examples=150, deadline=None)
def test_any_text_becomes_a_tree(source: str) -> None:
    """Parsing never fails, and what it gives is of the closed set, of the schema, with safe links only."""
    body = parse(source)
    BODY.validate(body)
    assert {node[0] for node in nodes(body)} <= KINDS
    for node in nodes(body):
        if node[0] == "link":
            assert node[1].lower().startswith(("http://", "https://", "mailto:"))
    assert bool(squeezed(shown(body))) == bool(squeezed(source)) or not source.isprintable()


PLAIN = st.text(
    st.characters(categories=["L", "M", "N", "Sc", "So"], include_characters=" \n.,;?<>&@$%|/\"'"), max_size=80
)


@given(PLAIN.filter(lambda words: not words[:1].isdigit()))
@settings(max_examples=150, deadline=None)
def test_plain_text_is_never_lost(source: str) -> None:
    """Every visible character of a text without marks is shown, in order; `>` before a blank marks a quote."""
    lines = [line for line in source.splitlines() if not line.lstrip().startswith((">", *"0123456789"))]
    kept = "\n".join(lines)
    assert squeezed(shown(parse(kept))) == squeezed(kept)


# ---- bounded work


HOSTILE = [
    "[",
    "![",
    "]",
    "[]",
    "[](",
    "[a](",
    "[a](<b",
    "*",
    "**a",
    "*a ",
    "*a_",
    "a*b",
    "`a",
    "``a ",
    "<a",
    "http://",
]
HOSTILE += ["http://a", "https://a.b/ ", "mailto:", "//a", "@a", "- ", "> ", ">", "1. ", "a\n", "- a\n", "> a\n", "\\"]
HOSTILE += [
    "[[a](b)",
    "*[",
    "[*",
    "[`",
    "***",
    "a**b*c_d",
    "http://a.b?x=[",
    "http://a.b/{",
    "ftp://a ",
    "<!--",
    "\t",
    "&",
]


@pytest.mark.parametrize("unit", HOSTILE)
def test_hostile_messages_are_bounded(unit: str) -> None:
    """No repeated mark makes more nodes than there are characters, a deep tree, or a body far larger than the text."""
    source = (unit * 6000)[:6000]
    with counted_tokens() as counts:
        body = parse(source)
    assert counts.call_count <= 15 * len(source)
    assert len(list(nodes(body))) <= len(source)
    assert depth(body) <= 40
    assert len(msgspec.json.encode(body)) <= 16 * len(source)


def counted_tokens() -> Any:
    """Count how often markdown-it looks at a place of a line, in earnest or ahead."""
    inline = markup._markdown.inline
    return mock.patch.object(inline, "skipToken", wraps=inline.skipToken)


@pytest.mark.parametrize("unit", ["[", "*[", "![", "[[[a "])
def test_brackets_without_a_link_are_not_looked_into(unit: str) -> None:
    """Where no address follows, rows of brackets cost no look ahead at all."""
    with counted_tokens() as counts:
        parse((unit * 6000)[:6000])
    assert counts.call_count == 0


@pytest.mark.parametrize("unit", ["a:", "http://a", "xhttp:"])
def test_colons_do_not_search_the_whole_line(unit: str) -> None:
    """The search for an address's scheme, which reads all of the text before a colon, runs where one may be."""
    with mock.patch("galaxychat.markup.linkify", wraps=linkify) as searched:
        parse((unit * 6000)[:6000])
    assert searched.call_count <= 1


def test_rules_that_surprise_are_off() -> None:
    """A newer markdown-it must not bring back what would change pasted data."""
    assert isinstance(markup._markdown, MarkdownIt)
    assert {"html_inline", "entity", "image"}.isdisjoint(markup._markdown.get_active_rules()["inline"])
    assert {"html_block", "heading", "lheading", "hr", "reference"}.isdisjoint(
        markup._markdown.get_active_rules()["block"]
    )


# ---- mentions


def mentioned(source: str, **people: int) -> tuple[list[Token], list[int]]:
    """Return a message's body with those people of a room mentioned who are meant."""
    body = parse(source)
    names = mention_candidates(body)
    rows = [(user, name, limits.name_key(name)) for name, user in people.items()]
    meant = {name: user for name in names for user, known, _ in rows if known == name}
    return with_mentions(body, meant)


@pytest.mark.parametrize(
    ("source", "body"),
    [
        ("@anna hi", [["p", ["mention", 1], ["text", " hi"]]]),
        ("hi @anna", [["p", ["text", "hi "], ["mention", 1]]]),
        ("@anna.", [["p", ["mention", 1], ["text", "."]]]),
        ("@anna...-_ x", [["p", ["mention", 1], ["text", "...-_ x"]]]),
        ("@anna, @bela!", [["p", ["mention", 1], ["text", ", "], ["mention", 2], ["text", "!"]]]),
        ("(@anna)", [["p", ["text", "("], ["mention", 1], ["text", ")"]]]),
        ("*@anna*", [["p", ["em", ["mention", 1]]]]),
        ("- @anna", [["ul", ["li", ["mention", 1]]]]),
        ("1. @anna", [["ol", 1, ["li", ["mention", 1]]]]),
        ("> @anna", [["quote", ["p", ["mention", 1]]]]),
        ("@anna_maria", text("@anna_maria")),
        ("@anna-maria", text("@anna-maria")),
        ("x@anna", text("x@anna")),
        ("@@anna", text("@@anna")),
        ("/@anna", text("/@anna")),
        ("@nobody", text("@nobody")),
        ("`@anna`", [["p", ["code", "@anna"]]]),
        ("```\n@anna\n```", [["pre", "", "@anna"]]),
        ("[@anna](https://b.org)", [["p", ["link", "https://b.org", ["text", "@anna"]]]]),
        ("https://b.org/@anna", [["p", ["link", "https://b.org/@anna", ["text", "https://b.org/@anna"]]]]),
    ],
)
def test_mentions(source: str, body: list[Token]) -> None:
    """A name after `@` is a mention, but not in code, links or words, and gives trailing marks back."""
    assert mentioned(source, anna=1, bela=2)[0] == body


def test_the_longest_name_wins() -> None:
    """Where both `anna` and `anna.` are members, the longer one is meant."""
    body, ids = with_mentions(parse("@anna. @anna"), {"anna": 1, "anna.": 2})
    assert (body, ids) == ([["p", ["mention", 2], ["text", " "], ["mention", 1]]], [2, 1])
    assert mention_candidates(parse("@anna.-")) == ["anna.-", "anna.", "anna"]


def test_each_person_counts_once_and_twenty_at_most() -> None:
    """Twenty people are mentioned, as often as they are named; the others stay text."""
    names = {f"u{number}": number for number in range(30)}
    source = " ".join(f"@{name}" for name in (*names, "u0"))
    body, ids = with_mentions(parse(source), names)
    assert ids == list(range(MENTIONS_PER_MESSAGE))
    assert sum(node[0] == "mention" for node in nodes(body)) == MENTIONS_PER_MESSAGE + 1
    assert "@u20" in shown(body)


@given(ANY_TEXT, st.dictionaries(st.sampled_from(["anna", "a", "anna.", "annaa"]), st.integers(1, 5), max_size=3))
@settings(max_examples=80, deadline=None)
def test_mentions_change_nothing_else(source: str, people: dict[str, int]) -> None:
    """Put back as text, the mentions give the text that was there."""
    names = {user: name for name, user in people.items()}
    body, ids = with_mentions(parse(source), {name: user for user, name in names.items()})
    BODY.validate(body)
    found = [node[1] for node in nodes(body) if node[0] == "mention"]
    assert set(found) == set(ids)
    back = "".join(f"@{names[node[1]]}" if node[0] == "mention" else shown([node[:1] + node[1:]])
                   if node[0] in ("text", "code", "pre") else "\n" for node in nodes(body))  # fmt: skip
    assert back == shown(parse(source))


@given(st.from_regex(markup._NO_MARKUP, fullmatch=True))
@example("a - b; 1. c, 2) d  e")
@example("www.example.org (or anna@example.org), see mailto")
@example("really?! a/b/c = +1 % \"x\" 'y'")
@settings(max_examples=500)
def test_what_is_not_parsed_has_no_markup(text: str) -> None:
    """A line that is spared markdown-it is what markdown-it would make of it."""
    assert parse(text) == markup._parsed(text)


@pytest.mark.parametrize(
    "text", ["- a", "1. a", "*a*", "a_b_", "`a`", "a ", "http://a.org", "a\nb", "> a", "a\\*", "~~a~~", "[a](b)", ""]
)
def test_what_may_have_markup_is_parsed(text: str) -> None:
    """Whatever Markdown has a rule for goes the long way."""
    assert not markup._NO_MARKUP.fullmatch(text)
