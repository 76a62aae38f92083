"""The configuration as the rest of the house sees it: one frozen value, made once, checked as a whole.

galaxyconfig.py reads Galaxy's part, configparts.py takes each setting from where it may stand, values.py,
settinggroups.py and settings.py check it. Nothing here imports a framework.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from galaxychat.configparts import ConfigParts, all_known, own_section
from galaxychat.errors import ConfigError
from galaxychat.galaxyconfig import read_galaxy, read_yaml
from galaxychat.origin import Origin
from galaxychat.settinggroups import Impersonation, Limits, Moderators
from galaxychat.settings import Checker
from galaxychat.values import DEFAULT_ID_SECRET, LOCAL_PROXIES, TrustedProxy

__all__ = ["DEFAULT_ID_SECRET", "Config", "Impersonation", "Limits", "Moderators", "TrustedProxy", "load"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """All settings. What may hold a secret is left out of its repr.

    `galaxy_database` and `history` are SQLAlchemy URLs with absolute paths; `session_duration` is in minutes
    (0: off), `session_check_interval` and `session_grace` in seconds, `retention_days` in days (0: for ever).
    `endpoint`, when given, replaces `host` and `port`. `base_path` begins with a slash and ends with none.
    `galaxy_config` is the file that was read. `warnings` are for the log at start, one line each.
    """

    galaxy_database: str = field(repr=False)
    history: str = field(repr=False)
    id_secret: str = field(repr=False)
    data_dir: str
    galaxy_config: str | None = None
    admin_users: frozenset[str] = field(default=frozenset(), repr=False)
    session_duration: int = 0
    user_activation_on: bool = False
    enabled: bool = True
    host: str = "localhost"
    port: int = 7070
    endpoint: str | None = None
    base_path: str = "/galaxychat"
    allowed_origins: frozenset[Origin] = frozenset()
    trusted_proxies: tuple[TrustedProxy, ...] = LOCAL_PROXIES
    persistent_rooms: tuple[str, ...] = ()
    require_opt_in: bool = False
    fast_path: bool = True
    moderators: Moderators = field(default_factory=Moderators)
    group_rooms: tuple[str, ...] = ()
    impersonation: Impersonation = Impersonation.READ_ONLY
    session_check_interval: int = 30
    session_grace: int = 300
    retention_days: int = 0
    word_list: str | None = None
    limits: Limits = field(default_factory=Limits)
    warnings: tuple[str, ...] = ()


def load(
    galaxy_config: str | None,
    own_config: str | None,
    overrides: Mapping[str, Any],
    environ: Mapping[str, str],
    insecure_demo: bool = False,
) -> Config:
    """The configuration from Galaxy's file (else GALAXY_CONFIG_FILE), our section or file, and `overrides`.

    `overrides` come from the command line and beat the files: any key of our own section, and `port`; a value
    of None counts as not given. Raises ConfigError that names all mistakes.
    """
    check = Checker()
    galaxy = _tried(check, lambda: read_galaxy(galaxy_config, environ))
    own_file = _tried(check, lambda: read_yaml(Path(own_config)) if own_config else {})
    if galaxy is None or own_file is None:
        raise ConfigError(check.mistakes)
    own = own_section(check, galaxy.own, own_file)
    given = {key: value for key, value in overrides.items() if value is not None}
    all_known(check, given.keys() - {"port"})
    config = Config(**ConfigParts(check, galaxy, own, given).all(insecure_demo))
    _check_apart(check, config)
    if check.mistakes:
        raise ConfigError(check.mistakes)
    return config


def _tried(check: Checker, read: Callable[[], T]) -> T | None:
    """What `read` gives, or its mistakes added to the others."""
    try:
        return read()
    except ConfigError as error:
        check.mistakes.extend(error.mistakes)
        return None


def _check_apart(check: Checker, config: Config) -> None:
    """The log never shares Galaxy's SQLite file: we only ever read that one."""
    if config.history == config.galaxy_database and config.history.startswith("sqlite:"):
        check.wrong("history", config.history, "a database of its own, not Galaxy's file", secret=True)
