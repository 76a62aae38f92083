"""What a message's body is made of: a closed set of nodes, and the classes in which code is coloured."""

from __future__ import annotations

from typing import Any

#: A node is `[kind, ...]`: strings, numbers and nodes follow as TOKEN_SCHEMA says.
Token = list[Any]

#: The classes of code: comment, keyword, string, number, name of a function, class, what is built in, decorator,
#: variable, attribute or tag, operator, a line added or removed, heading, error.
COLOURS = ("c", "k", "s", "m", "nf", "nc", "nb", "nd", "nv", "na", "o", "gi", "gd", "gh", "err")


def _children(*kinds: str) -> dict[str, Any]:
    return {
        "type": "array",
        "minItems": 1,
        "prefixItems": [{"enum": list(kinds)}],
        "items": {"$ref": "#/$defs/Token"},
    }


def _leaf(kind: str, *rest: dict[str, Any]) -> dict[str, Any]:
    items = [{"const": kind}, *rest]
    return {"type": "array", "minItems": len(items), "maxItems": len(items), "prefixItems": items}


TOKEN_SCHEMA: dict[str, Any] = {
    "description": "One node of a message's body; a client shows the children of a kind that it does not know.",
    "anyOf": [
        _leaf("text", {"type": "string"}),
        _leaf("code", {"type": "string"}),
        {
            "type": "array",
            "minItems": 3,
            "maxItems": 4,
            "prefixItems": [
                {"const": "pre"},
                {"type": "string", "description": "language, may be empty"},
                {"type": "string"},
                {
                    "description": "how the code is coloured: runs of a class, which may be empty, and a length in "
                    "characters, together as long as the code",
                    "type": "array",
                    "items": {
                        "type": "array",
                        "minItems": 2,
                        "maxItems": 2,
                        "prefixItems": [{"enum": ["", *COLOURS]}, {"type": "integer", "minimum": 1}],
                    },
                },
            ],
        },
        _leaf("mention", {"type": "integer", "description": "a user's id"}),
        _leaf("br"),
        _children("p", "em", "strong", "quote", "ul", "li"),
        {
            "type": "array",
            "minItems": 2,
            "prefixItems": [{"const": "ol"}, {"type": "integer", "description": "the first number"}],
            "items": {"$ref": "#/$defs/Token"},
        },
        {
            "type": "array",
            "minItems": 2,
            "prefixItems": [{"const": "link"}, {"type": "string", "description": "http, https or mailto"}],
            "items": {"$ref": "#/$defs/Token"},
        },
    ],
}
