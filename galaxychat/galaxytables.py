"""Which of Galaxy's tables and columns are read, for what, and what follows when one may not be read.

Galaxy from 16.07 to 26.1 has them all, but for galaxy_session.last_action, which came at about 17.01. No
other table or column is ever named in a statement, so a database role with these column grants is enough.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from enum import StrEnum

from galaxychat.errors import StartError

#: A column, by its table, and whether it may be read; what is not in it does not exist.
Columns = Mapping[tuple[str, str], bool]


class Feature(StrEnum):
    """What works only where more than the required columns may be read; the value is for people."""

    SESSION_DURATION = "session_duration"
    IMPERSONATION = "detection of impersonation"
    NEW_ACCOUNTS = "limits for new accounts"
    OPT_IN = "require_opt_in"
    GROUPS = "rooms and moderators by Galaxy group"


_REQUIRED = {
    "galaxy_session": ("id", "user_id", "session_key", "is_valid"),
    "galaxy_user": ("id", "email", "username", "deleted", "purged", "active"),
}
_OPTIONAL: dict[Feature, dict[str, tuple[str, ...]]] = {
    Feature.SESSION_DURATION: {"galaxy_session": ("last_action",)},
    Feature.IMPERSONATION: {"galaxy_session": ("create_time", "prev_session_id")},
    Feature.NEW_ACCOUNTS: {"galaxy_user": ("create_time",)},
    Feature.OPT_IN: {"user_preference": ("user_id", "name", "value")},
    Feature.GROUPS: {
        "galaxy_group": ("id", "name", "deleted"),
        "user_group_association": ("user_id", "group_id"),
    },
}
#: What follows, where it is not that the feature is off: nobody is let in whom the admin means to keep out.
_FOLLOWS = {Feature.OPT_IN: "nobody gets in while require_opt_in is on"}
TABLES = tuple(sorted({*_REQUIRED, *(table for tables in _OPTIONAL.values() for table in tables)}))


def features_of(
    columns: Columns, wanted: Collection[Feature] = tuple(Feature)
) -> tuple[frozenset[Feature], tuple[str, ...]]:
    """The features that these columns allow, and a warning for each other one that is wanted.

    Raises StartError, naming all that is missing, if a required column is.
    """
    missing = _lacking(columns, _REQUIRED)
    if missing:
        raise StartError(f"Galaxy's database: {', '.join(missing)}; it must hold Galaxy's tables, and let us read them")
    lacking = {feature: _lacking(columns, tables) for feature, tables in _OPTIONAL.items()}
    warnings = [
        f"Galaxy's database: {', '.join(why)}: {_FOLLOWS.get(what, f'{what} is off')}"
        for what, why in lacking.items()
        if why and what in wanted
    ]
    return frozenset(feature for feature, why in lacking.items() if not why), tuple(warnings)


def _lacking(columns: Columns, wanted: Mapping[str, Iterable[str]]) -> list[str]:
    """What is missing or may not be read, in words; a table that is missing is named once."""
    tables = {table for table, _ in columns}
    return [words for table, names in wanted.items() for words in _lacking_of_table(columns, tables, table, names)]


def _lacking_of_table(columns: Columns, tables: Collection[str], table: str, names: Iterable[str]) -> list[str]:
    if table not in tables:
        return [f"table {table} is missing"]
    words = {None: "is missing", False: "may not be read"}
    found = [(name, columns.get((table, name))) for name in names]
    return [f"column {table}.{name} {words[state]}" for name, state in found if not state]
