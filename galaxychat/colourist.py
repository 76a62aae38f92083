"""The process that colours code: `python -m galaxychat.colourist` reads a question a line, and answers each in a line.

Lexers are regular expressions over text from strangers. Python cannot stop one that backtracks without end, and
while it runs no other thread does: so it has a process of its own, which can be killed. A question is
`[language, code]` in JSON, the answer a list of runs or null.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from itertools import groupby

from pygments.lexer import Lexer
from pygments.lexers import get_lexer_by_name
from pygments.token import Token, _TokenType
from pygments.util import ClassNotFound

#: Kinds of tokens and the class that each is shown in; what is not here has that of the kind above it, or none.
_CLASSES = {
    Token.Comment: "c",
    Token.Keyword: "k",
    Token.Literal.String: "s",
    Token.Literal.Number: "m",
    Token.Name.Function: "nf",
    Token.Name.Class: "nc",
    Token.Name.Builtin: "nb",
    Token.Name.Decorator: "nd",
    Token.Name.Variable: "nv",
    Token.Name.Attribute: "na",
    Token.Name.Tag: "na",
    Token.Operator: "o",
    Token.Operator.Word: "k",
    Token.Generic.Inserted: "gi",
    Token.Generic.Deleted: "gd",
    Token.Generic.Heading: "gh",
    Token.Generic.Subheading: "gh",
    Token.Error: "err",
}


def runs(language: str, code: str) -> list[tuple[str, int]] | None:
    """Return runs of a class and a length that together are as long as `code`; None for an unknown language."""
    try:
        lexer: Lexer = get_lexer_by_name(language, stripnl=False, ensurenl=False)
    except ClassNotFound:
        return None
    # Not get_tokens, which makes one kind of line break of all.
    pieces = ((_class(kind), len(text)) for _, kind, text in lexer.get_tokens_unprocessed(code))
    merged = [(shown, sum(length for _, length in run)) for shown, run in groupby(pieces, key=lambda each: each[0])]
    found = [(shown, length) for shown, length in merged if length]
    # A lexer that loses characters would shift everything after them.
    return found if sum(length for _, length in found) == len(code) else None


def _class(kind: _TokenType) -> str:
    return next((_CLASSES[each] for each in _upwards(kind) if each in _CLASSES), "")


def _upwards(kind: _TokenType | None) -> Iterator[_TokenType]:
    while kind is not None:
        yield kind
        kind = kind.parent


def main() -> None:
    """Answer until the questions end."""
    for line in sys.stdin:
        language, code = json.loads(line)
        try:
            answer = runs(language, code)
        except Exception:  # a lexer's fault costs the colours and nothing else
            answer = None
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
