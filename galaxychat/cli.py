"""The `galaxychat` command: try it, check a configuration, look after the log."""

from __future__ import annotations

import argparse
import os
import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

from galaxychat import __version__
from galaxychat.config import Config
from galaxychat.dburl import PostgresUrl, SqliteUrl, parse_database_url
from galaxychat.errors import ConfigError, GalaxyUnavailable, HistoryUnavailable, StartError


def main(arguments: list[str] | None = None) -> int:
    """Run one command; return the exit status."""
    given = _parser().parse_args(arguments)
    command: Callable[[argparse.Namespace], int] = given.command
    try:
        return command(given)
    except (ConfigError, StartError) as error:
        for line in str(error).splitlines():
            print(f"galaxychat: {line}", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="galaxychat", description=__doc__.partition(":")[0] if __doc__ else None)
    parser.add_argument("--version", action="version", version=f"galaxychat {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    demo = commands.add_parser("demo", help="serve a demo with three people on this machine")
    demo.add_argument("--port", type=int, default=7070, help="TCP port (default 7070)")
    demo.add_argument("--directory", type=Path, default=Path("galaxychat-demo"), help="where it is kept")
    demo.set_defaults(command=_demo)

    check = commands.add_parser("check-config", help="say what would be used, and whether both databases answer")
    check.set_defaults(command=_check_config)
    backup = commands.add_parser("backup", help="copy the log to a file, while the service runs")
    backup.add_argument("file", type=Path, help="the copy; it must not exist")
    backup.set_defaults(command=_backup)
    epoch = commands.add_parser("new-epoch", help="after a restore (SQLite: with the service stopped)")
    epoch.set_defaults(command=_new_epoch)
    webhook = commands.add_parser("install-webhook", help="write the folder that puts the chat into Galaxy's masthead")
    webhook.add_argument("folder", metavar="DIR", type=Path, help="Galaxy's webhooks_dir")
    webhook.add_argument("--url", required=True, help="where browsers find the chat: https://<galaxy>/galaxychat/")
    webhook.set_defaults(command=_install_webhook)
    for each in (check, backup, epoch):
        each.add_argument("--galaxy-config", help="Galaxy's configuration (default: $GALAXY_CONFIG_FILE)")
        each.add_argument("--config", help="the chat's own settings")
    return parser


def _demo(given: argparse.Namespace) -> int:
    from galaxychat import demo  # brings the reactor with it

    demo.run(given.directory, given.port)
    return 0


def _install_webhook(given: argparse.Namespace) -> int:
    from galaxychat import webhook

    print(webhook.next_steps(webhook.install(given.folder, given.url)))
    return 0


def _configured(given: argparse.Namespace) -> Config:
    from galaxychat.config import load

    return load(given.galaxy_config, given.config, {}, os.environ)


def _check_config(given: argparse.Namespace) -> int:
    from twisted.internet import defer

    config = _configured(given)
    for line in _described(config):
        print(line)
    problems: list[str] = []
    _react(lambda reactor: defer.Deferred.fromCoroutine(_probe(config, reactor, problems)))
    for problem in problems:
        print(f"galaxychat: {problem}", file=sys.stderr)
    return 1 if problems else 0


def _react(work: Callable[[Any], Any]) -> None:
    """Run the reactor until the Deferred that `work` returns has fired."""
    from twisted.internet import task

    try:
        task.react(work)
    except SystemExit as ended:
        if ended.code:
            raise


def _described(config: Config) -> list[str]:
    from galaxychat.service import endpoint_of

    history, galaxy = parse_database_url(config.history), parse_database_url(config.galaxy_database)
    return [
        *(f"warning: {warning}" for warning in config.warnings),
        f"Galaxy's configuration: {config.galaxy_config or '(none)'}",
        f"Galaxy's database:      {galaxy.shown}",
        f"the chat's log:         {history.shown}",
        f"listens at:             {endpoint_of(config)}",
        f"base path:              {config.base_path}/",
        f"allowed origins:        {', '.join(sorted(map(str, config.allowed_origins))) or '(its own host only)'}",
        f"persistent rooms:       {', '.join(config.persistent_rooms) or '(none)'}",
        f"admins:                 {len(config.admin_users)}",
        *([] if config.fast_path else ["fast path:              off: delivery costs three times as much"]),
        *([] if config.enabled else ["switched off:           enable_communication_server is false"]),
    ]


async def _probe(config: Config, reactor: Any, problems: list[str]) -> None:
    """Ask both databases, as the service would at its start."""
    from galaxychat import assembly
    from galaxychat.galaxydb import open_galaxy_database

    galaxy = open_galaxy_database(config.galaxy_database, reactor, assembly.wanted_features(config))
    try:
        assembly.site_rooms(config)
        for line in assembly.without_effect(config):
            print(f"warning: {line}")
        await galaxy.start()
        await galaxy.ping()
        for line in galaxy.warnings:
            print(f"warning: {line}")
        print("Galaxy's database answers.")
    except StartError as error:
        problems.append(str(error))
    except GalaxyUnavailable:
        problems.append("Galaxy's database does not answer.")
    finally:
        await galaxy.stop()
    try:
        print(await _log_state(config, reactor))
    except (StartError, sqlite3.Error) as error:
        problems.append(str(error))
    except HistoryUnavailable:
        problems.append("The log's database does not answer.")


async def _log_state(config: Config, reactor: Any) -> str:
    url = parse_database_url(config.history)
    if isinstance(url, SqliteUrl):
        return _file_state(Path(url.path))
    from galaxychat.history.postgres import PostgresHistory

    return await PostgresHistory(reactor, url).described()


def _file_state(path: Path) -> str:
    if not path.exists():
        place = next(folder for folder in path.absolute().parents if folder.exists())
        if not os.access(place, os.W_OK | os.X_OK):
            raise StartError(f"The log {path} cannot be made: {place} cannot be written by this user.")
        return "The log does not exist yet; it is made at the first start."
    with _reading(path) as connection:
        (messages,) = connection.execute("SELECT count(*) FROM message").fetchone()
    return f"The log answers; it holds {messages} messages."


def _log_file(config: Config, instead: str) -> Path:
    url = parse_database_url(config.history)
    if not isinstance(url, SqliteUrl):
        raise StartError(f"history: the log is in PostgreSQL; {instead}")
    return Path(url.path)


def _reading(path: Path) -> sqlite3.Connection:
    if not path.is_file():
        raise StartError(f"There is no log at {path}.")
    return sqlite3.connect(f"file:{quote(str(path.absolute()))}?mode=ro", uri=True)


def _backup(given: argparse.Namespace) -> int:
    source = _log_file(_configured(given), "copy it with pg_dump, which may run beside the service.")
    if given.file.exists():
        raise StartError(f"{given.file} exists already; name a new file.")
    reading = _reading(source)
    try:
        # Before SQLite makes it with whatever rights the umask leaves.
        given.file.touch(mode=0o600, exist_ok=False)
        copy = sqlite3.connect(given.file)
        with reading, copy:
            reading.backup(copy)
        copy.close()
        reading.close()
    except (OSError, sqlite3.Error) as error:
        given.file.unlink(missing_ok=True)
        raise StartError(f"The log could not be copied: {error}.") from None
    print(f"The log was copied to {given.file} ({given.file.stat().st_size} bytes).")
    return 0


def _new_epoch(given: argparse.Namespace) -> int:
    url = parse_database_url(_configured(given).history)
    if isinstance(url, SqliteUrl):
        _renew_in_file(Path(url.path))
    else:
        _renew_in_database(url)
    print("The log has a new epoch: every client starts over when it comes back.")
    return 0


def _renew_in_database(url: PostgresUrl) -> None:
    from twisted.internet import defer

    from galaxychat.history.postgres import PostgresHistory

    problems: list[str] = []

    async def renew(reactor: Any) -> None:
        try:
            await PostgresHistory(reactor, url).renew_epoch()
        except StartError as error:
            problems.append(str(error))
        except HistoryUnavailable:
            problems.append("The log's database does not answer.")

    _react(lambda reactor: defer.Deferred.fromCoroutine(renew(reactor)))
    if problems:
        raise StartError(problems[0])


def _renew_in_file(path: Path) -> None:
    from galaxychat.history import place, schema

    if not path.is_file():
        raise StartError(f"There is no log at {path}.")
    lock = place.claim(path)
    try:
        with sqlite3.connect(path) as connection:
            connection.execute("UPDATE log SET value = ? WHERE key = 'epoch'", (schema.new_epoch(),))
        connection.close()
    except sqlite3.Error as error:
        raise StartError(f"The log could not be written: {error}.") from None
    finally:
        lock.close()


if __name__ == "__main__":
    sys.exit(main())
