"""Names of rooms, texts of messages, rates."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from galaxychat.errors import Refusal
from galaxychat.limits import (
    ROOM_NAME_CHARS,
    TOPIC_CHARS,
    Buckets,
    message_text,
    name_key,
    person_name,
    room_name,
    topic,
)


@pytest.mark.parametrize(
    "name",
    [
        "a/b",
        "100%",
        "日本",
        "Articles & Blogs",
        "..",
        "#1",
        "<b>",
        "'; DROP TABLE room",
        "a" * 64,
        "日" * 64,
        "ß",
        "👍",
    ],
)
def test_names_that_are_good(name: str) -> None:
    """A name may hold whatever can be seen: nothing of it ends up in a path or in SQL."""
    assert room_name(name) == name


@pytest.mark.parametrize(
    ("name", "tidy"),
    [
        ("  a  ", "a"),
        ("a   b", "a b"),
        ("a\u00a0b", "a b"),
        ("e\u0301", "é"),
        (" x" * 64, ("x " * 64)[:-1]),
        ("❤\ufe0f", "❤"),
        ("#\ufe0e1", "#1"),
    ],
)
def test_names_are_tidied(name: str, tidy: str) -> None:
    """Space around a name goes, runs of it become one, composed letters are one character."""
    if len(tidy) <= ROOM_NAME_CHARS:
        assert room_name(name) == tidy
    else:
        assert code(room_name, name) == "bad_name"


def code(rule: object, *values: object) -> str:
    """Return the code with which a rule refuses."""
    assert callable(rule)
    with pytest.raises(Refusal) as caught:
        rule(*values)
    return caught.value.code


@pytest.mark.parametrize("name", ["", " ", "\u3000", "a" * 65, "日" * 65, "👍" * 65])
def test_names_have_1_to_64_characters(name: str) -> None:
    """Code points are counted, after tidying."""
    assert code(room_name, name) == "bad_name"


INVISIBLE = {
    "NUL": "\0",
    "tab": "\t",
    "newline": "\n",
    "unit separator": "\x1f",
    "DEL": "\x7f",
    "next line": "\x85",
    "soft hyphen": "\u00ad",
    "zero width space": "\u200b",
    "zero width non-joiner": "\u200c",
    "zero width joiner": "\u200d",
    "left-to-right mark": "\u200e",
    "right-to-left override": "\u202e",
    "isolate": "\u2066",
    "word joiner": "\u2060",
    "line separator": "\u2028",
    "paragraph separator": "\u2029",
    "byte order mark": "\ufeff",
    "tag": "\U000e0041",
    "private use": "\ue000",
    "unassigned": "\u0378",
    "Hangul filler": "\u3164",
    "braille blank": "\u2800",
    "grapheme joiner": "\u034f",
    "variation selector": "\ufe00",
    "ideographic variation selector": "\U000e0100",
    "Mongolian variation selector": "\u180b",
    "Khmer inherent vowel": "\u17b4",
}


@pytest.mark.parametrize("char", INVISIBLE.values(), ids=INVISIBLE)
@pytest.mark.parametrize("pattern", ["a{}b", "{}ab", "ab{}", "{}"])
def test_names_hold_nothing_invisible(char: str, pattern: str) -> None:
    """Two names that look alike are not to be two rooms, wherever the invisible character stands."""
    assert code(room_name, pattern.format(char)) == "bad_name"


@pytest.mark.parametrize("char", [*INVISIBLE.values(), "\ufe0f"], ids=[*INVISIBLE, "as a picture"])
def test_names_of_people_deceive_nobody(char: str) -> None:
    """A name in Galaxy's table that is another with something invisible in it does not look like the other."""
    assert person_name(f"ad{char}min") == "ad\ufffdmin"


@pytest.mark.parametrize("name", ["anna", "Jürgen Müller", "日本", "o'neill", "a.b-c_d", "", "👍"])
def test_other_names_of_people_are_as_they_are(name: str) -> None:
    """Letters of any script may stand in an account that another system made."""
    assert person_name(name) == name


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Assembly", "ASSEMBLY"),
        ("Assembly", " assembly "),
        ("a b", "a \u00a0  b"),
        ("é", "e\u0301"),
        ("É", "e\u0301"),
        ("straße", "STRASSE"),
        ("ΣΊΣΥΦΟΣ", "σίσυφος"),
        ("\u212b", "å"),
        ("\u1e9e", "ß"),
    ],
)
def test_variants_of_a_name_are_one_room(one: str, other: str) -> None:
    """Case, composition and space do not make another room."""
    assert name_key(one) == name_key(other)


@pytest.mark.parametrize(("one", "other"), [("a", "b"), ("a b", "ab"), ("e", "é"), ("a/b", "a-b"), ("O", "0")])
def test_other_names_are_other_rooms(one: str, other: str) -> None:
    """Letters, accents, signs and inner space tell rooms apart."""
    assert name_key(one) != name_key(other)


@given(st.text(max_size=70))
@settings(max_examples=100, deadline=None)
def test_any_name_is_tidied_or_refused(name: str) -> None:
    """A name that is taken is taken again as it is, and has a key that its normal forms share."""
    try:
        tidy = room_name(name)
    except Refusal as refusal:
        tidy = "refused"
        name = refusal.code
    assert room_name(tidy) == tidy
    assert 1 <= len(tidy) <= ROOM_NAME_CHARS
    assert name_key(tidy) == name_key(unicodedata.normalize("NFD", tidy)) == name_key(f"  {tidy} ")


# ---- messages and topics


@pytest.mark.parametrize("text", ["a", " a ", "\n\na", "0", ".", "👍", "a\u200db", "é" * 6000, "\t|\t"])
def test_texts_are_left_alone(text: str) -> None:
    """A message is what was sent, to the last blank."""
    assert message_text(text, 6000) == text


@pytest.mark.parametrize(
    "text",
    ["", " ", "\n", "\t\r\n ", "\u200b", "\u00a0\u2003", "\u202e\u2069", "\ufeff", "\u3164", "\u2800", "\u034f\ufe0f"],
)
def test_texts_that_show_nothing_are_empty(text: str) -> None:
    """White space, format characters and blank letters are no message."""
    assert code(message_text, text, 6000) == "empty"


@pytest.mark.parametrize("text", ["a" * 6001, "👍" * 6001, " " * 6001])
def test_long_texts_are_refused(text: str) -> None:
    """Code points are counted: 6000 of whatever length in bytes fit."""
    assert code(message_text, text, 6000) == "too_long"
    assert message_text("👍" * 6000, 6000)


def test_topics() -> None:
    """A topic is tidied like a name, may be absent, and has its own length."""
    assert topic("  a \n b ") == "a b"
    assert topic("") == ""
    assert topic("x" * TOPIC_CHARS) == "x" * TOPIC_CHARS
    assert code(topic, "x" * (TOPIC_CHARS + 1)) == "too_long"


# ---- rates


def test_a_bucket_empties_and_refills() -> None:
    """So many at once, then so many a second; what is asked to wait for is what it takes."""
    bucket = Buckets(3, 2)
    assert [bucket.take(1, 10.0) for _ in range(3)] == [0, 0, 0]
    assert bucket.take(1, 10.0) == 0.5
    assert bucket.take(1, 10.25) == 0.25
    assert bucket.take(1, 10.5) == 0
    assert bucket.take(1, 10.5) == 0.5


def test_a_bucket_holds_no_more_than_its_size() -> None:
    """A night's rest does not allow a flood."""
    bucket = Buckets(3, 2)
    bucket.take(1, 0.0)
    assert [bucket.take(1, 9999.0) for _ in range(4)] == [0, 0, 0, 0.5]


def test_users_have_buckets_of_their_own() -> None:
    """One user's flood costs nobody else anything."""
    bucket = Buckets(1, 1)
    assert bucket.take(1, 0.0) == 0
    assert bucket.take(1, 0.0) > 0
    assert bucket.take(2, 0.0) == 0


def test_a_token_can_be_given_back() -> None:
    """What turned out to cost nothing leaves the bucket as it was, and never more than full."""
    bucket = Buckets(1, 1)
    bucket.take(1, 0.0)
    bucket.give_back(1, 0.0)
    bucket.give_back(1, 0.0)
    assert bucket.take(1, 0.0) == 0
    assert bucket.take(1, 0.0) == 1


def test_a_clock_that_stands_or_steps_back_takes_nothing_away() -> None:
    """Time that does not pass refills nothing, and drains nothing."""
    bucket = Buckets(2, 1)
    bucket.take(1, 100.0)
    assert bucket.take(1, 50.0) == 0
    assert bucket.take(1, 50.0) == 1


@given(st.lists(st.floats(0, 3), min_size=1, max_size=40), st.sampled_from([(20, 2.0), (3, 0.3), (1, 7.0)]))
@settings(max_examples=60, deadline=None)
def test_who_waits_as_asked_is_let_through(pauses: list[float], rate: tuple[float, float]) -> None:
    """Whatever came before, after the wait that was named there is a token; and the rate is never exceeded."""
    bucket, now = Buckets(*rate), 1000.0
    for taken, pause in enumerate(pauses, 1):
        now += pause
        wait = bucket.take(1, now)
        if wait:
            now += wait
            assert bucket.take(1, now) == 0
        assert taken <= rate[0] + (now - 1000.0) * rate[1] + 0.01
