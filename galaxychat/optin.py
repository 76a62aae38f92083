"""Whether a user switched the chat on in Galaxy: the preference of the original, or its like in newer Galaxies."""

from __future__ import annotations

import json

OPT_IN = "communication_server"
#: The names of the two preferences that are read: the original's, and the one in which newer Galaxies keep all
#: that the admin adds to the page of preferences, as JSON by `<section>|<input>`.
PREFERENCES = (OPT_IN, "extra_user_preferences")
_ON = frozenset({"true", "1"})


def is_on(old: str | None, extra: str | None) -> bool:
    """Whether the switch is on; where the newer one was ever used, it is the one that the user sees."""
    newer = _newer(extra)
    return _says_on(old if newer is None else newer)


def _newer(extra: str | None) -> object:
    if extra is None or OPT_IN not in extra:
        return None  # as most are, and they are looked at with every look at all sessions
    try:
        values = json.loads(extra)
    except ValueError:
        return None
    if not isinstance(values, dict):
        return None
    return next((value for key, value in values.items() if key.rpartition("|")[2] == OPT_IN), None)


def _says_on(value: object) -> bool:
    return str(value).strip().lower() in _ON
