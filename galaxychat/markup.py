"""Text to tokens: what a browser builds elements from, so that no markup is ever parsed there.

Markdown, less what surprises people who paste data: raw HTML, entities, headings, rules, images and link
definitions stay the text they were, and `>` quotes only when a blank follows, so that FASTA is left alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import cast
from urllib.parse import urlsplit

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.rules_block.blockquote import blockquote
from markdown_it.rules_block.list import list_block
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline
from markdown_it.rules_inline.link import link
from markdown_it.rules_inline.linkify import linkify
from markdown_it.token import Token as InlineToken
from markdown_it.tree import SyntaxTreeNode

from galaxychat.tokens import Token

_WEB_SCHEMES = frozenset({"http", "https"})
_SCHEME_AT_END = re.compile(r"(?:^|[^a-z0-9.+-])(?:https?|mailto)\Z", re.IGNORECASE)
# One line in which no rule of Markdown or links finds anything, as most lines are: measured, to have that said by
# markdown-it was a seventh of what a message costs.
_NO_MARKUP = re.compile(r"[^\W\d_](?:[^\W_]|[ ,.;?!'\"()%+/=@-])*(?<! )")
_LEAVES = frozenset({"text", "code", "pre"})

#: How deep quotes and lists, and how deep emphasis may lie in each other; what lies deeper is text. markdown-it
#: itself would drop text below 20 levels, and nest emphasis until Python's stack ends.
_BLOCK_LEVELS = 16
_EMPHASIS_LEVELS = 8


def parse(text: str) -> list[Token]:
    """Return the body of a message that says `text`; mentions are still plain text in it."""
    if _NO_MARKUP.fullmatch(text):
        return [["p", ["text", text]]]
    return _parsed(text)


def _parsed(text: str) -> list[Token]:
    body = _nodes(SyntaxTreeNode(_markdown.parse(text)).children)
    # A lone `+` is an answer, not an empty list.
    return body if any(map(_is_seen, body)) else [["p", ["text", text.strip()]]]


def code_blocks(body: list[Token]) -> Iterator[Token]:
    """Return the blocks of code that name their language, each to be given its colours as a last part."""
    for node in body:
        if node[0] == "pre":
            if node[1] and node[2]:
                yield node
        elif node[0] not in _LEAVES:
            yield from code_blocks([child for child in node[1:] if isinstance(child, list)])


def _is_seen(node: Token) -> bool:
    """Whether a browser would show anything of a node."""
    if node[0] in _LEAVES:
        return bool(node[-1].strip())
    return any(_is_seen(part) for part in node[1:] if isinstance(part, list))


# ---- from markdown-it's tree


def _nodes(nodes: list[SyntaxTreeNode]) -> list[Token]:
    return [token for node in nodes for token in _node(node)]


def _node(node: SyntaxTreeNode) -> Iterator[Token]:
    build = _BUILDERS.get(node.type)
    if build is not None:
        yield from build(node)


def _wrapped(kind: str) -> Callable[[SyntaxTreeNode], Iterator[Token]]:
    def build(node: SyntaxTreeNode) -> Iterator[Token]:
        yield [kind, *_nodes(node.children)]

    return build


def _bare(node: SyntaxTreeNode) -> Iterator[Token]:
    yield from _nodes(node.children)


def _paragraph(node: SyntaxTreeNode) -> Iterator[Token]:
    # A tight list's items hold paragraphs that are not to be seen as such.
    yield from _bare(node) if node.hidden else [["p", *_nodes(node.children)]]


def _text(node: SyntaxTreeNode) -> Iterator[Token]:
    if node.content:
        yield ["text", node.content]


def _code(node: SyntaxTreeNode) -> Iterator[Token]:
    yield ["code", node.content]


def _pre(node: SyntaxTreeNode) -> Iterator[Token]:
    language = node.info.split(maxsplit=1)[0] if node.info.strip() else ""
    yield ["pre", language, node.content.removesuffix("\n")]


def _break(_node: SyntaxTreeNode) -> Iterator[Token]:
    yield ["br"]


def _ordered(node: SyntaxTreeNode) -> Iterator[Token]:
    yield ["ol", int(cast(int, node.attrs.get("start", 1))), *_nodes(node.children)]


def _link(node: SyntaxTreeNode) -> Iterator[Token]:
    yield ["link", str(node.attrs["href"]), *_nodes(node.children)]


_BUILDERS: Mapping[str, Callable[[SyntaxTreeNode], Iterator[Token]]] = {
    "paragraph": _paragraph,
    "inline": _bare,
    "text": _text,
    "softbreak": _break,
    "hardbreak": _break,
    "code_inline": _code,
    "code_block": _pre,
    "fence": _pre,
    "em": _wrapped("em"),
    "strong": _wrapped("strong"),
    "blockquote": _wrapped("quote"),
    "bullet_list": _wrapped("ul"),
    "ordered_list": _ordered,
    "list_item": _wrapped("li"),
    "link": _link,
}


# ---- markdown-it, set up once


def _quote_after_blank(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    mark = state.bMarks[start] + state.tShift[start]
    follows = state.src[mark + 1 : mark + 2]
    if follows not in ("", " ", "\t", "\n", ">") or state.level >= _BLOCK_LEVELS:
        return False
    return blockquote(state, start, end, silent)


def _list_not_too_deep(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    return state.level < _BLOCK_LEVELS and list_block(state, start, end, silent)


def _link_that_ends(state: StateInline, silent: bool) -> bool:
    # There are no link definitions, so a link holds `](`: without this, rows of `[` take quadratic time.
    return state.src.find("](", state.pos, state.posMax) >= 0 and link(state, silent)


def _address(state: StateInline, silent: bool) -> bool:
    # The rule looks through all of the text before each colon, which takes quadratic time too.
    return _SCHEME_AT_END.search(state.pending[-len("?mailto") :]) is not None and linkify(state, silent)


def _plain_again(state: StateCore) -> None:
    """Make emphasis that lies too deep, and links to nowhere, the text that they were."""
    for token in state.tokens:
        kept: list[bool] = []
        for child in token.children or ():
            if child.nesting > 0:
                kept.append(bool(child.attrs["href"]) if child.type == "link_open" else sum(kept) < _EMPHASIS_LEVELS)
                if not kept[-1]:
                    _make_text(child, child.markup or "[")
            elif child.nesting < 0 and not kept.pop():
                _make_text(child, child.markup or "]()")


def _make_text(token: InlineToken, content: str) -> None:
    token.type, token.nesting, token.content = "text", 0, content


def _is_safe_link(url: str) -> bool:
    try:
        parts = urlsplit(url.strip())
    except ValueError:
        return False
    # `http:path` would be a page of the site that shows it.
    return parts.scheme == "mailto" or (parts.scheme in _WEB_SCHEMES and bool(parts.netloc))


def _set_up() -> MarkdownIt:
    markdown = MarkdownIt("commonmark", {"html": False, "linkify": True}).enable("linkify")
    markdown.disable(["html_block", "html_inline", "entity", "heading", "lheading", "hr", "reference", "image"])
    markdown.block.ruler.at("blockquote", _quote_after_blank, {"alt": ["paragraph", "reference", "blockquote", "list"]})
    markdown.block.ruler.at("list", _list_not_too_deep, {"alt": ["paragraph", "reference", "blockquote"]})
    markdown.inline.ruler.at("link", _link_that_ends)
    markdown.inline.ruler.at("linkify", _address)
    markdown.core.ruler.push("plain_again", _plain_again)
    # Only what says its scheme is a link: `samtools.sort` is no host, and an e-mail address is no invitation.
    assert markdown.linkify is not None
    markdown.linkify.add("ftp:", None)
    markdown.linkify.add("//", None)
    markdown.linkify.set({"fuzzy_link": False, "fuzzy_email": False, "fuzzy_ip": False})
    markdown.validateLink = _is_safe_link  # type: ignore[method-assign]  # the documented way to narrow it
    # An address is shown as it was written: decoded, it could hold what turns the direction of writing.
    markdown.normalizeLinkText = lambda link: link  # type: ignore[method-assign]
    return markdown


_markdown = _set_up()
