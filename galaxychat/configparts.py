"""Takes each setting from where it may stand: the command line, our own section, Galaxy's."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from galaxychat import settinggroups, values
from galaxychat.galaxyconfig import GalaxySettings
from galaxychat.origin import Origin
from galaxychat.settinggroups import Impersonation
from galaxychat.settings import Checker
from galaxychat.values import TrustedProxy

#: The original server's settings, which may stand in Galaxy's section or in ours.
_ORIGINALS = frozenset(
    {
        "enable_communication_server",
        "communication_server_host",
        "communication_server_port",
        "persistent_communication_rooms",
    }
)
_OWN = _ORIGINALS | {
    "allowed_origins",
    "base_path",
    "endpoint",
    "group_rooms",
    "history",
    "host",
    "impersonation",
    "limits",
    "moderators",
    "require_opt_in",
    "fast_path",
    "retention_days",
    "session_check_interval",
    "session_grace",
    "trusted_proxies",
    "word_list",
}


def own_section(check: Checker, in_galaxys: object, own_file: Mapping[Any, Any]) -> Mapping[str, Any]:
    """Our settings, from Galaxy's file or our own; two places would leave open which of them counts."""
    if "galaxychat" in own_file:
        for name in _OWN & set(own_file):
            check.mistakes.append(f"{name}: stands beside 'galaxychat:'; right would be below it")
        own_file = check.group("galaxychat", own_file["galaxychat"], _OWN, prefix="")
        if own_file == in_galaxys:
            # --config names Galaxy's own file.
            return own_file
    else:
        all_known(check, own_file)
    section = check.group("galaxychat", in_galaxys, _OWN, prefix="")
    if own_file and section:
        check.mistakes.append("galaxychat: a section in Galaxy's file and --config; right would be one of them")
    return own_file or section


def all_known(check: Checker, names: Iterable[object]) -> None:
    """A mistake for each name that is none of our settings."""
    for name in names:
        check.known(name, _OWN)


class ConfigParts:
    """Takes each setting from where it may stand: the command line, our section, Galaxy's."""

    def __init__(
        self, check: Checker, galaxy: GalaxySettings, own: Mapping[str, Any], given: Mapping[str, Any]
    ) -> None:
        self._check = check
        self._galaxy = galaxy
        self._own = own
        self._given = given
        self._warnings: list[str] = []

    def all(self, insecure_demo: bool) -> dict[str, Any]:
        """The fields of Config; whatever is wrong is on the checker's list, and has its default here."""
        parts = self._of_galaxy(insecure_demo) | self._of_address() | self._of_behaviour()
        return parts | {"warnings": tuple(self._warnings)}

    def _of_galaxy(self, insecure_demo: bool) -> dict[str, Any]:
        check, options = self._check, self._galaxy.options
        week = 7 * 24 * 60
        return {
            "galaxy_config": str(self._galaxy.path) if self._galaxy.path else None,
            "galaxy_database": self._galaxy_database(),
            "data_dir": str(self._galaxy.data_dir),
            "id_secret": values.id_secret(check, options, insecure_demo),
            "admin_users": frozenset(check.texts("admin_users", options.get("admin_users"), "an e-mail", True)),
            "session_duration": check.integer(
                "session_duration", options.get("session_duration"), 0, 0, 5200 * week, "minutes"
            ),
            "user_activation_on": check.boolean("user_activation_on", options.get("user_activation_on"), default=False),
        }

    def _galaxy_database(self) -> str:
        """Galaxy's database, by default the one that Galaxy makes for itself."""
        galaxy = self._galaxy
        given = galaxy.options.get("database_connection") or None
        if given is None and galaxy.path is None and not galaxy.options.get("data_dir"):
            right = "--galaxy-config or GALAXY_CONFIG_FILE with the path of galaxy.yml"
            self._check.mistakes.append(f"galaxy_config: Galaxy's configuration is not named; right would be {right}")
        default = f"sqlite:///{galaxy.data_dir / 'universe.sqlite'}"
        url = values.database_url(self._check, "database_connection", given or default, galaxy.root)
        if isinstance(given, str) and url.startswith("sqlite:") and url not in given:
            self._warnings.append(
                f"database_connection: a relative path, taken from {galaxy.root}, where Galaxy seems to run"
            )
        return url

    def _of_address(self) -> dict[str, Any]:
        check = self._check
        if "endpoint" in self._given and self._given.keys() & {"host", "port"}:
            check.mistakes.append("endpoint: stands beside host or port; right would be one or the other")
        prefix = values.url_path(check, "galaxy_url_prefix", self._galaxy.options.get("galaxy_url_prefix"))
        return {
            "host": check.text("host", self._of_ours("host"), "a name or address to listen on") or "localhost",
            "port": self._port(),
            "endpoint": check.text("endpoint", self._of_ours("endpoint"), "a Twisted endpoint, as unix:/run/chat"),
            "base_path": self._base_path(prefix),
            "allowed_origins": self._origins(),
            "trusted_proxies": self._proxies(),
        }

    def _port(self) -> int:
        """0 lets the system choose, for whoever then asks it."""
        if "port" in self._given:
            return self._check.integer("port", self._given["port"], 7070, 0, 65535)
        key = "communication_server_port"
        return self._check.integer(key, self._original(key), 7070, 0, 65535)

    def _base_path(self, prefix: str) -> str:
        path = values.url_path(self._check, "base_path", self._of_ours("base_path"), f"{prefix}/galaxychat")
        if not path:
            self._check.wrong("base_path", "/", "a path below Galaxy's, as /galaxychat: / is Galaxy itself")
        if not f"{path}/".startswith(f"{prefix}/") and not self._galaxy.options.get("cookie_path"):
            self._warnings.append("base_path: not below galaxy_url_prefix, where browsers do not send Galaxy's cookie")
        return path

    def _origins(self) -> frozenset[Origin]:
        own = values.origins(self._check, "allowed_origins", self._of_ours("allowed_origins"))
        host = self._original("communication_server_host")
        addresses = (
            self._infrastructure_origin(),
            values.web_address(self._check, "communication_server_host", host),
        )
        return own | {origin for origin in addresses if origin}

    def _infrastructure_origin(self) -> Origin | None:
        """Galaxy fills in `$NAME` when it starts; from outside nobody can say with what."""
        key = "galaxy_infrastructure_url"
        value = self._galaxy.options.get(key)
        if isinstance(value, str) and "$" in value:
            self._warnings.append(f"{key}: has a $ that only Galaxy can fill in; name the origin in allowed_origins")
            return None
        return values.web_address(self._check, key, value)

    def _proxies(self) -> tuple[TrustedProxy, ...]:
        value = self._of_ours("trusted_proxies")
        if value is None:
            return values.LOCAL_PROXIES
        return values.proxies(self._check, "trusted_proxies", value)

    def _of_behaviour(self) -> dict[str, Any]:
        check, ours = self._check, self._of_ours
        rooms = self._original("persistent_communication_rooms")
        enabled = self._original("enable_communication_server")
        return {
            "enabled": check.boolean("enable_communication_server", enabled, default=True),
            "persistent_rooms": values.room_names(check, "persistent_communication_rooms", rooms),
            "history": self._history(),
            "fast_path": check.boolean("fast_path", ours("fast_path"), default=True),
            "require_opt_in": check.boolean("require_opt_in", ours("require_opt_in"), default=False),
            "moderators": settinggroups.moderators(check, ours("moderators")),
            "group_rooms": check.texts("group_rooms", ours("group_rooms"), "the name of a Galaxy group"),
            "impersonation": check.choice(
                "impersonation", ours("impersonation"), Impersonation, Impersonation.READ_ONLY
            ),
            "retention_days": check.integer("retention_days", ours("retention_days"), 0, 0, 36_500, "days"),
            "word_list": values.readable_file(check, "word_list", ours("word_list")),
            "limits": settinggroups.limits(check, ours("limits")),
        } | self._checks_of_sessions()

    def _checks_of_sessions(self) -> dict[str, int]:
        whole, ours = self._check.integer, self._of_ours
        every = whole("session_check_interval", ours("session_check_interval"), 30, 2, 3600, "seconds")
        grace = whole("session_grace", ours("session_grace"), 300, 2, 86_400, "seconds")
        if grace < every:
            self._check.wrong("session_grace", grace, f"at least session_check_interval, {every} seconds")
        return {"session_check_interval": every, "session_grace": grace}

    def _history(self) -> str:
        default = f"sqlite:///{self._galaxy.data_dir / 'galaxychat.sqlite'}"
        return values.database_url(self._check, "history", self._of_ours("history") or default, None)

    def _of_ours(self, key: str) -> Any:
        return self._given.get(key, self._own.get(key))

    def _original(self, key: str) -> Any:
        """One of the original server's settings: in Galaxy's section, in ours, or alike in both."""
        ours, galaxys = self._of_ours(key), self._galaxy.options.get(key)
        if key not in self._given and None not in (ours, galaxys) and str(ours) != str(galaxys):
            self._check.mistakes.append(f"{key}: differs between Galaxy's section and ours; right would be one of them")
        return galaxys if ours is None else ours
