"""Who is meant in a body: from `@name` in its text to nodes that say a user's id."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

from galaxychat.tokens import Token

MENTIONS_PER_MESSAGE = 20
_MENTION = re.compile(r"(?<![\w@./-])@(\w[\w.\-]{0,254})")
_GIVEN_BACK = ".-_"


def mention_candidates(body: list[Token]) -> list[str]:
    """Return the names that may be meant after an `@`, longest first for each place, in order of the places."""
    found: dict[str, None] = {}
    for node in _texts(body):
        for match in _MENTION.finditer(node[1]):
            found.update(dict.fromkeys(_shortened(match[1])))
    return list(found)


def with_mentions(body: list[Token], people: Mapping[str, int]) -> tuple[list[Token], list[int]]:
    """Return the body with each `@name` of `people` as a mention, and the ids mentioned, at most 20."""
    ids: dict[int, None] = {}

    def identify(name: str) -> tuple[str, int] | None:
        for candidate in _shortened(name):
            person = people.get(candidate)
            if person is not None and (person in ids or len(ids) < MENTIONS_PER_MESSAGE):
                ids[person] = None
                return candidate, person
        return None

    return _replaced(body, identify), list(ids)


def _shortened(name: str) -> Iterator[str]:
    """Give back trailing punctuation one by one: a name may end with it, and so may a sentence."""
    yield name
    while name and name[-1] in _GIVEN_BACK:
        name = name[:-1]
        yield name


def _texts(body: list[Token]) -> Iterator[Token]:
    for node in body:
        if node[0] == "text":
            yield node
        elif node[0] not in ("code", "pre", "link"):
            yield from _texts([child for child in node[1:] if isinstance(child, list)])


def _replaced(body: list[Token], identify: Callable[[str], tuple[str, int] | None]) -> list[Token]:
    out: list[Token] = []
    for node in body:
        if node[0] == "text":
            out.extend(_split(node[1], identify))
        elif node[0] in ("code", "pre", "link", "mention", "br"):
            out.append(node)
        else:
            plain = [part for part in node if not isinstance(part, list)]
            out.append([*plain, *_replaced(node[len(plain) :], identify)])
    return out


def _split(text: str, identify: Callable[[str], tuple[str, int] | None]) -> Iterator[Token]:
    done = 0
    for match in _MENTION.finditer(text):
        meant = identify(match[1])
        if meant is None:
            continue
        name, person = meant
        if match.start() > done:
            yield ["text", text[done : match.start()]]
        yield ["mention", person]
        done = match.start() + 1 + len(name)
    if done < len(text):
        yield ["text", text[done:]]
