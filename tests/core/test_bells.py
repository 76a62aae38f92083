"""What nodes tell each other by notifications: numbers, as many as fit."""

from __future__ import annotations

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from galaxychat.bells import Bell, Kind, parse, payloads

NUMBERS = st.integers(0, 2**53 - 1)
BELLS = st.lists(st.builds(Bell, st.sampled_from(Kind), NUMBERS, NUMBERS), max_size=800)


@given(BELLS)
@settings(max_examples=50, deadline=None)
def test_what_is_rung_is_heard(bells: list[Bell]) -> None:
    """Each bell once, in order, in notifications that PostgreSQL takes, and nothing but numbers in them."""
    rung = list(payloads("4f2a", bells))
    heard = [parse(payload) for payload in rung]
    assert {node for node, _ in heard} <= {"4f2a"}
    assert [bell for _, some in heard for bell in some] == list(dict.fromkeys(bells))
    assert all(len(payload) < 8000 and re.fullmatch(r"4f2a( [a-z]\d+:\d+)+", payload) for payload in rung)


@given(st.text(max_size=60))
@settings(max_examples=100, deadline=None)
def test_what_anybody_may_send(payload: str) -> None:
    """Any role may notify; what is no bell is left out, and does no harm."""
    _, bells = parse(payload)
    assert all(isinstance(bell.first, int) and isinstance(bell.second, int) for bell in bells)


def test_what_another_version_rings() -> None:
    """A kind of bell that is not known yet keeps nobody from hearing the others."""
    assert parse("ab r1:2 x3:4 r:1 r5 t6:7") == ("ab", [Bell(Kind.REV, 1, 2), Bell(Kind.TYPING, 6, 7)])
