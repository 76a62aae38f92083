"""The schema of a PostgreSQL log, brought up to date by whichever node comes first."""

from __future__ import annotations

from galaxychat.errors import StartError
from galaxychat.history import schema
from galaxychat.pglink import Ask

# Any number will do that nothing else in the database takes: "galaxych" as a big-endian integer.
_LOCK = int.from_bytes(b"galaxych", "big")


# normalize() in the index of words.
_OLDEST = 13


async def check_server(ask: Ask) -> None:
    """Raise StartError for a database that cannot hold a log."""
    settings = "SELECT current_setting('server_encoding'), current_setting('server_version_num')::int / 10000"
    ((encoding, version),) = await ask(settings)
    if version < _OLDEST:
        raise StartError(f"history: PostgreSQL {_OLDEST} or newer is needed for the log; this is PostgreSQL {version}.")
    if encoding != "UTF8":
        raise StartError(
            f"history: the log's database has the encoding {encoding}, which cannot hold every text; make it with "
            "CREATE DATABASE ... ENCODING 'UTF8' TEMPLATE template0."
        )


async def migrate(ask: Ask) -> None:
    """Apply the steps that are missing, inside the caller's transaction; raises StartError for a newer log."""
    # A role that only uses the log may not create tables: look before.
    ((there,),) = await ask("SELECT to_regclass('schema_change') IS NOT NULL")
    steps = schema.files("postgres")
    if there and not schema.missing(steps, await _done(ask)):
        return
    await lock(ask)
    for statement in schema.RECORD:
        await ask(statement)
    for number, name, sql in schema.missing(steps, await _done(ask)):
        await ask(sql)
        await ask("INSERT INTO schema_change VALUES (%s, %s)", (number, name))
    await ask("INSERT INTO log VALUES ('epoch', %s) ON CONFLICT DO NOTHING", (schema.new_epoch(),))


async def lock(ask: Ask) -> None:
    """Let one node after the other do what all do when they start, to the end of the transaction."""
    await ask("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))


async def _done(ask: Ask) -> set[int]:
    return {number for (number,) in await ask("SELECT number FROM schema_change")}
