"""What code is coloured with."""

from __future__ import annotations

import io
import json
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from galaxychat import colourist
from galaxychat.colourist import runs
from galaxychat.tokens import COLOURS

PYTHON = 'def f(x):\n    """Say."""\n    return x + 1  # more\n'


def pieces(language: str, code: str) -> list[tuple[str, str]]:
    """Return the coloured pieces of code."""
    found, place = [], 0
    for colour, length in runs(language, code) or []:
        found.append((colour, code[place : place + length]))
        place += length
    return [(colour, text) for colour, text in found if colour]


def test_python() -> None:
    """Words are known for what they are."""
    found = pieces("python", PYTHON)
    for piece in (("k", "def"), ("nf", "f"), ("k", "return"), ("o", "+"), ("m", "1"), ("c", "# more")):
        assert piece in found


@pytest.mark.parametrize(
    ("language", "code", "piece"),
    [
        ("bash", "samtools sort -o x.bam $IN # now", ("nv", "$IN")),
        ("R", "x <- c(1, 2) # two", ("c", "# two")),
        ("sql", "SELECT 1", ("k", "SELECT")),
        ("diff", "+added\n-gone\n", ("gi", "+added")),
        ("xml", '<tool id="x"/>', ("na", "<tool")),
        ("yaml", "# why\na: 1", ("c", "# why")),
        ("perl", "my $x = 'a';", ("s", "'a'")),
    ],
)
def test_what_researchers_paste(language: str, code: str, piece: tuple[str, str]) -> None:
    """Their languages are known by the names that they write, in whatever case."""
    assert piece in pieces(language, code)


@pytest.mark.parametrize("language", ["", "nope", "../../etc", "python; rm", "x" * 5000, "\x00", "é"])
def test_unknown_languages(language: str) -> None:
    """They have no colours."""
    assert runs(language, "x") is None


@given(st.sampled_from(["python", "bash", "r", "html", "json", "diff", "text", "c++"]), st.text(max_size=200))
@settings(max_examples=150, deadline=None)
def test_runs_are_as_long_as_the_code(language: str, code: str) -> None:
    """Whatever is pasted, no character is lost, added or moved, and only known classes come of it."""
    found = runs(language, code)
    if found is not None:
        assert sum(length for _, length in found) == len(code)
        assert all(length > 0 and (colour == "" or colour in COLOURS) for colour, length in found)


def test_a_question_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """It answers each line with one, until there are no more."""
    questions = [["python", PYTHON], ["nope", "x"], ["python", "\n\u2028\r"]]
    answers = io.StringIO()
    monkeypatch.setattr(sys, "stdin", io.StringIO("".join(json.dumps(question) + "\n" for question in questions)))
    monkeypatch.setattr(sys, "stdout", answers)
    colourist.main()
    first, second, third = map(json.loads, answers.getvalue().splitlines())
    assert [tuple(run) for run in first] == runs("python", PYTHON)
    assert (second, sum(length for _, length in third)) == (None, 3)
