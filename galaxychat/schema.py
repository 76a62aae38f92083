"""The wire as a JSON Schema: `python -m galaxychat.schema FILE` writes it, `--check` says whether FILE is current."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any, get_args

import msgspec

from galaxychat import messages, tokens

_TEMPLATE = "#/$defs/{name}"


def build() -> dict[str, Any]:
    """Return the schema: every type under `$defs`, `AnyCommand` and `AnyEvent` as the two unions."""
    commands, events = get_args(messages.AnyCommand), get_args(messages.AnyEvent)
    _, defs = msgspec.json.schema_components((*commands, *events), ref_template=_TEMPLATE)
    defs["Token"] = tokens.TOKEN_SCHEMA
    defs["Message"]["properties"]["body"] = {"type": "array", "items": {"$ref": "#/$defs/Token"}}
    defs["AnyCommand"] = {"anyOf": [{"$ref": f"#/$defs/{kind.__name__}"} for kind in commands]}
    defs["AnyEvent"] = {"anyOf": [{"$ref": f"#/$defs/{kind.__name__}"} for kind in events]}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": messages.SUBPROTOCOL,
        "description": "Made from galaxychat/messages.py by `make docs`; do not edit.",
        "anyOf": [{"$ref": "#/$defs/AnyCommand"}, {"$ref": "#/$defs/AnyEvent"}],
        "$defs": dict(sorted(defs.items())),
    }


def text() -> str:
    """Return the schema as the file's text."""
    return json.dumps(build(), indent=2, ensure_ascii=False) + "\n"


def main(arguments: list[str]) -> int:
    """Write the schema, or with `--check` return 1 when the file is stale."""
    target = Path(arguments[-1])
    if arguments[0] != "--check":
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text(), encoding="utf-8")
        return 0
    if target.is_file() and target.read_text(encoding="utf-8") == text():
        return 0
    print(f"{target} is stale: run `make docs` and commit what it writes.", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
