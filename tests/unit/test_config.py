"""Galaxy's configuration and ours become one value, or a list of everything that is wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
import yaml

from galaxychat.config import Config, Impersonation, Limits, Moderators, load
from galaxychat.errors import ConfigError

SECRET = "a secret of this test"

Load = Callable[..., Config]


@pytest.fixture
def load_yaml(tmp_path: Path) -> Load:
    """Write galaxy.yml with these sections and load it."""

    def loader(
        own: Any = None,
        *,
        overrides: Mapping[str, Any] | None = None,
        environ: Mapping[str, str] | None = None,
        demo: bool = False,
        **galaxy: Any,
    ) -> Config:
        galaxy.setdefault("id_secret", SECRET)
        content = {"gravity": None, "galaxy": galaxy, "galaxychat": own}
        file = tmp_path / "galaxy.yml"
        file.write_text(yaml.safe_dump(content))
        return load(str(file), None, overrides or {}, environ or {}, demo)

    return loader


def mistakes(call: Callable[[], Config]) -> list[str]:
    """Return what the ConfigError that `call` must raise has to say."""
    with pytest.raises(ConfigError) as caught:
        call()
    assert all("\n" not in line for line in caught.value.mistakes)
    return list(caught.value.mistakes)


def only_mistake(call: Callable[[], Config]) -> str:
    """Return the one line that the ConfigError has."""
    (line,) = mistakes(call)
    return line


def test_defaults_are_those_of_the_design(load_yaml: Load, tmp_path: Path) -> None:
    """With nothing but a secret, everything has its documented default."""
    config = load_yaml()
    assert config.galaxy_database == f"sqlite:///{tmp_path}/data/universe.sqlite"
    assert config.history == f"sqlite:///{tmp_path}/data/galaxychat.sqlite"
    assert (config.host, config.port, config.endpoint, config.base_path) == (
        "localhost",
        7070,
        None,
        "/galaxychat",
    )
    assert (config.enabled, config.require_opt_in, config.user_activation_on) == (True, False, False)
    assert (config.session_duration, config.session_check_interval, config.session_grace) == (0, 30, 300)
    assert config.impersonation is Impersonation.READ_ONLY
    assert config.trusted_proxies == (ip_network("127.0.0.0/8"), ip_network("::1/128"), "unix")
    assert config.limits == Limits()
    assert config.allowed_origins == frozenset()
    assert config.warnings == ()


def test_the_dataclass_has_the_same_defaults_as_an_empty_file(load_yaml: Load) -> None:
    """A Config made by hand in a test behaves as one that was loaded."""
    loaded = load_yaml()
    by_hand = Config(galaxy_database="", history="", id_secret="", data_dir="")
    for field in fields(Config):
        if field.name not in {"galaxy_database", "history", "id_secret", "data_dir", "galaxy_config"}:
            assert getattr(loaded, field.name) == getattr(by_hand, field.name), field.name


def test_every_own_setting_is_taken(load_yaml: Load, tmp_path: Path) -> None:
    """No key of the documented section is read and then forgotten."""
    words = tmp_path / "words"
    words.touch()
    config = load_yaml(
        {
            "history": "postgresql://chat@db/chat",
            "base_path": "/galaxy/talk/",
            "allowed_origins": ["https://Other.example.org:8443"],
            "trusted_proxies": ["10.0.0.0/8", "unix"],
            "require_opt_in": True,
            "moderators": {"users": ["helper", 7], "groups": ["staff"]},
            "group_rooms": ["course-1"],
            "impersonation": "refuse",
            "session_check_interval": 10,
            "session_grace": 60,
            "retention_days": 90,
            "word_list": str(words),
            "limits": {"message_chars": 100, "rate_per_second": 0.5},
            "host": "::1",
            "endpoint": "unix:/run/chat",
        },
        galaxy_url_prefix="/galaxy",
    )
    assert config.history == "postgresql://chat@db/chat"
    assert config.base_path == "/galaxy/talk"
    assert [str(origin) for origin in config.allowed_origins] == ["https://other.example.org:8443"]
    assert config.trusted_proxies == (ip_network("10.0.0.0/8"), "unix")
    assert config.require_opt_in
    assert config.moderators == Moderators(frozenset({"helper"}), frozenset({7}), frozenset({"staff"}))
    assert config.group_rooms == ("course-1",)
    assert config.impersonation is Impersonation.REFUSE
    assert (config.session_check_interval, config.session_grace) == (10, 60)
    assert config.retention_days == 90
    assert config.word_list == str(words)
    assert config.limits == Limits(message_chars=100, rate_per_second=0.5)
    assert (config.host, config.endpoint) == ("::1", "unix:/run/chat")


def test_galaxys_own_settings_are_taken(load_yaml: Load) -> None:
    """What Galaxy knows already is not asked of the admin again."""
    config = load_yaml(
        database_connection="postgresql://galaxy:pw@db/galaxy",
        admin_users="a@example.org, B@example.org",
        session_duration=90,
        user_activation_on="yes",
        galaxy_url_prefix="/galaxy/",
        galaxy_infrastructure_url="https://usegalaxy.example/galaxy",
        some_other_option=[1, 2],
    )
    assert config.galaxy_database == "postgresql://galaxy:pw@db/galaxy"
    assert config.admin_users == {"a@example.org", "B@example.org"}
    assert config.session_duration == 90
    assert config.user_activation_on
    assert config.base_path == "/galaxy/galaxychat"
    assert [str(origin) for origin in config.allowed_origins] == ["https://usegalaxy.example"]


ORIGINALS = {
    "enable_communication_server": False,
    "communication_server_host": "https://chat.example.org",
    "communication_server_port": 7171,
    "persistent_communication_rooms": "help, tools ,,",
}


@pytest.mark.parametrize("place", ["galaxy", "own"])
def test_the_originals_keys_stand_in_either_section(load_yaml: Load, place: str) -> None:
    """A site that keeps its old four keys, and one whose newer Galaxy dropped them, are both served."""
    config = load_yaml(**ORIGINALS) if place == "galaxy" else load_yaml(ORIGINALS)
    assert not config.enabled
    assert config.port == 7171
    assert config.host == "localhost"
    assert config.persistent_rooms == ("help", "tools")
    assert [str(origin) for origin in config.allowed_origins] == ["https://chat.example.org"]


def test_an_original_key_that_differs_in_two_places_is_a_mistake(load_yaml: Load) -> None:
    """Which of two values counts is for the admin to say."""
    line = only_mistake(lambda: load_yaml({"communication_server_port": 1111}, communication_server_port=2222))
    assert line.startswith("communication_server_port: differs")
    assert load_yaml({"communication_server_port": 7}, communication_server_port="7").port == 7
    assert load_yaml({"communication_server_port": 1}, communication_server_port=2, overrides={"port": 3}).port == 3


def test_the_command_line_beats_the_file(load_yaml: Load) -> None:
    """An option that is given counts, one that is None does not."""
    config = load_yaml(
        {"communication_server_port": 1, "host": "a", "base_path": "/b", "retention_days": 5},
        overrides={"port": "8080", "host": "0.0.0.0", "base_path": "/c", "retention_days": None},
    )
    assert (config.port, config.host, config.base_path, config.retention_days) == (8080, "0.0.0.0", "/c", 5)


def test_endpoint_and_port_exclude_each_other_on_the_command_line(load_yaml: Load) -> None:
    """A port that would be ignored is not silently ignored."""
    line = only_mistake(lambda: load_yaml(overrides={"endpoint": "unix:/run/x", "port": 80}))
    assert line.startswith("endpoint:")
    assert load_yaml(ORIGINALS, overrides={"endpoint": "unix:/run/x"}).endpoint == "unix:/run/x"


def test_environment_as_galaxy_reads_it(load_yaml: Load) -> None:
    """OVERRIDE beats the file; the plain variable counts only where the file is silent."""
    environ = {
        "GALAXY_CONFIG_OVERRIDE_ID_SECRET": "from the environment",
        "GALAXY_CONFIG_ADMIN_USERS": "env@example.org",
        "GALAXY_CONFIG_SESSION_DURATION": "15",
        "GALAXY_CONFIG_OVERRIDE_USER_ACTIVATION_ON": "true",
        "GALAXY_CONFIG_FILE": "/nowhere/galaxy.yml",
    }
    config = load_yaml(environ=environ, admin_users="file@example.org")
    assert config.id_secret == "from the environment"
    assert config.admin_users == {"file@example.org"}
    assert config.session_duration == 15
    assert config.user_activation_on


def test_galaxy_config_file_names_the_file(tmp_path: Path) -> None:
    """GALAXY_CONFIG_FILE is enough where no option names a file."""
    file = tmp_path / "galaxy.yaml"
    file.write_text(f"galaxy: {{id_secret: {SECRET}}}")
    config = load(None, None, {}, {"GALAXY_CONFIG_FILE": str(file)})
    assert config.galaxy_config == str(file)
    assert config.id_secret == SECRET


def test_environment_alone_is_enough_for_a_container(tmp_path: Path) -> None:
    """Galaxy runs without a file at all, and so do we; but nothing at all is a mistake."""
    environ = {"GALAXY_CONFIG_ID_SECRET": SECRET, "GALAXY_CONFIG_DATA_DIR": str(tmp_path)}
    assert load(None, None, {}, environ).galaxy_database == f"sqlite:///{tmp_path}/universe.sqlite"
    lines = mistakes(lambda: load(None, None, {}, {}))
    assert lines[0].startswith("galaxy_config:")
    assert "--galaxy-config" in lines[0]
    assert lines[1].startswith("id_secret: nothing;")


def test_old_ini(tmp_path: Path) -> None:
    """Galaxy 16.07's galaxy.ini, with %(here)s and a doubled percent sign, works."""
    file = tmp_path / "galaxy.ini"
    file.write_text(
        "[server:main]\nport = 8080\n[app:main]\n"
        f"id_secret = {SECRET}\n"
        "database_connection = postgresql://g:p%%40w@db/galaxy\n"
        "data_dir = %(here)s/files\nadmin_users = a@b.c,d@e.f\nenable_communication_server = True\n"
        "communication_server_host = http://localhost\npersistent_communication_rooms = one,two\n"
    )
    config = load(str(file), None, {}, {})
    assert config.galaxy_database == "postgresql://g:p%40w@db/galaxy"
    assert config.data_dir == f"{tmp_path}/files"
    assert config.admin_users == {"a@b.c", "d@e.f"}
    assert config.persistent_rooms == ("one", "two")


@pytest.mark.parametrize(
    ("written", "secret"),
    [("0123456", "42798"), ("12345678", "12345678"), ("true", "True"), ("'0123456'", "0123456")],
)
def test_id_secret_is_the_text_that_galaxy_makes_of_it(tmp_path: Path, written: str, secret: str) -> None:
    """YAML 1.1 turns some unquoted secrets into numbers; Galaxy uses the number's text."""
    file = tmp_path / "galaxy.yml"
    file.write_text(f"galaxy:\n  id_secret: {written}\n")
    assert load(str(file), None, {}, {}).id_secret == secret


@pytest.mark.parametrize(
    "secret", ["USING THE DEFAULT IS NOT SECURE!", None, "", "abc", "x" * 57, "\u00fc" * 29, ["a list"]]
)
def test_bad_secrets_are_refused_and_never_shown(load_yaml: Load, secret: Any) -> None:
    """The default, none, and what Blowfish cannot take are refused, without being quoted."""
    line = only_mistake(lambda: load_yaml(id_secret=secret))
    assert line.startswith("id_secret: ")
    assert not (isinstance(secret, str) and len(secret) > 2 and secret in line)


def test_the_default_secret_is_allowed_for_a_demo_only(load_yaml: Load) -> None:
    """--insecure-demo is the one way to run with the secret that everybody knows."""
    default = "USING THE DEFAULT IS NOT SECURE!"
    assert load_yaml(id_secret=default, demo=True).id_secret == default


def test_secrets_stay_out_of_repr(load_yaml: Load) -> None:
    """A Config may be logged."""
    config = load_yaml(
        {"history": "postgresql://c:hispw@db/chat"},
        database_connection="postgresql://g:galpw@db/galaxy",
        admin_users="boss@example.org",
    )
    for secret in (SECRET, "hispw", "galpw", "boss@example.org"):
        assert secret not in repr(config)


def test_all_mistakes_are_told_at_once(load_yaml: Load) -> None:
    """One run of check-config is enough to repair a file."""
    lines = mistakes(
        lambda: load_yaml(
            {
                "retentoin_days": 3,
                "limits": {"ping_intervall": 9, "ping_timeout": 1, "message_chars": "many"},
                "allowed_origins": ["https://ok.org", "https://no.org/path", "*"],
                "trusted_proxies": ["10.0.0.1/8"],
                "impersonation": "sometimes",
                "moderators": {"users": ["a@b.c"]},
                "require_opt_in": "perhaps",
                "session_check_interval": 60,
                "session_grace": 30,
                "base_path": "/a/../b",
                "word_list": "relative",
                "history": "mysql://secretuser:secretpw@db/x",
            },
            id_secret="abc",
            session_duration=-1,
            database_connection="postgresql://u:secretpw@db:port/x",
            communication_server_port=70000,
            communication_server_host="chat.example.org",
            galaxy_url_prefix="gal axy",
        )
    )
    for key in (
        "retentoin_days: an unknown key; did you mean retention_days?",
        "limits.ping_intervall: an unknown key; did you mean limits.ping_interval?",
        "limits.ping_timeout: 1 (a number); right would be a whole number from 2 ",
        "limits.message_chars: text; right would be a whole number",
        "allowed_origins[1]: text;",
        "allowed_origins[2]: text;",
        "trusted_proxies[0]: text;",
        "impersonation: text; right would be read_only or refuse or allow",
        "moderators.users[0]: text;",
        "require_opt_in: text; right would be true or false",
        "session_grace: 30 (a number); right would be at least session_check_interval",
        "base_path: text;",
        "word_list: text;",
        "history: text; right would be a URL of PostgreSQL",
        "id_secret: text;",
        "session_duration: -1 (a number);",
        "database_connection: text; right would be a port",
        "communication_server_port: 70000 (a number);",
        "communication_server_host: text;",
        "galaxy_url_prefix: text;",
    ):
        assert any(line.startswith(key) for line in lines), key
    assert len(lines) == 20
    assert "secret" not in "".join(lines).replace("id_secret", "")


def test_wrong_kinds_are_mistakes(load_yaml: Load) -> None:
    """A list where a group belongs, or a truth value where a number does, is told and not guessed at."""
    lines = mistakes(
        lambda: load_yaml({"limits": [1], "moderators": "me", "retention_days": True, "group_rooms": "one", "host": 7})
    )
    assert sorted(line.split(":")[0] for line in lines) == [
        "group_rooms",
        "host",
        "limits",
        "moderators",
        "retention_days",
    ]
    assert only_mistake(lambda: load_yaml(["a", "list"])).startswith("galaxychat: a list;")


@pytest.mark.parametrize("key", ["ping_interval", "ping_timeout", "admission_timeout"])
@pytest.mark.parametrize("seconds", [1, 1.5, 0, -3])
def test_timers_under_two_seconds_are_refused(load_yaml: Load, key: str, seconds: float) -> None:
    """Autobahn rounds timers down to whole seconds: under 2 they would be wrong, or off."""
    assert only_mistake(lambda: load_yaml({"limits": {key: seconds}})).startswith(f"limits.{key}: ")


def test_a_frame_must_hold_a_message(load_yaml: Load) -> None:
    """Limits that contradict each other would refuse messages that the client was told to be short enough."""
    line = only_mistake(lambda: load_yaml({"limits": {"message_chars": 20000}}))
    assert line.startswith("limits.frame_bytes: 131072 (a number); right would be at least 241024 bytes")


def test_the_log_never_shares_galaxys_file(load_yaml: Load, tmp_path: Path) -> None:
    """Galaxy's SQLite file is only ever read."""
    line = only_mistake(lambda: load_yaml({"history": f"sqlite:///{tmp_path}/data/universe.sqlite"}))
    assert line.startswith("history: ")


def test_a_relative_log_is_a_mistake(load_yaml: Load) -> None:
    """A service's working directory is no place to look for the only copy of a log."""
    assert "absolute" in only_mistake(lambda: load_yaml({"history": "sqlite:///log.sqlite"}))


@pytest.mark.parametrize("top", [True, False])
def test_own_file(tmp_path: Path, top: bool) -> None:
    """--config takes the keys at the top or below galaxychat:."""
    galaxy, own = tmp_path / "galaxy.yml", tmp_path / "galaxychat.yml"
    galaxy.write_text(f"galaxy: {{id_secret: {SECRET}}}")
    own.write_text("retention_days: 9" if top else "galaxychat: {retention_days: 9}")
    assert load(str(galaxy), str(own), {}, {}).retention_days == 9


def test_own_file_may_be_galaxys(tmp_path: Path) -> None:
    """--config with Galaxy's own file is not a second place."""
    file = tmp_path / "galaxy.yml"
    file.write_text(f"galaxy: {{id_secret: {SECRET}}}\ngalaxychat: {{retention_days: 9}}")
    assert load(str(file), str(file), {}, {}).retention_days == 9


def test_own_settings_in_two_places_are_a_mistake(tmp_path: Path) -> None:
    """Nobody should have to know which of two files counts."""
    galaxy, own = tmp_path / "galaxy.yml", tmp_path / "galaxychat.yml"
    galaxy.write_text(f"galaxy: {{id_secret: {SECRET}}}\ngalaxychat: {{retention_days: 1}}")
    own.write_text("retention_days: 9")
    assert "right would be one of them" in only_mistake(lambda: load(str(galaxy), str(own), {}, {}))


def test_keys_beside_the_section_are_a_mistake(tmp_path: Path) -> None:
    """A key at the wrong depth would have no effect, so it is told."""
    galaxy, own = tmp_path / "galaxy.yml", tmp_path / "galaxychat.yml"
    galaxy.write_text(f"galaxy: {{id_secret: {SECRET}}}")
    own.write_text("galaxychat: {retention_days: 1}\nhost: x")
    assert only_mistake(lambda: load(str(galaxy), str(own), {}, {})).startswith("host: stands beside")


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("galaxy.yml", "galaxy:\n  id_secret: 'se\n  x: y", "line 3, column"),
        ("galaxy.yml", "galaxy:\n  id_secret: *hidden\n", "line 2, column"),
        ("galaxy.yml", "galaxy:\n  id_secret: !hidden x\n", "line 2, column"),
        ("galaxy.yml", "- hidden", "holds no settings"),
        ("galaxy.yml", "galaxy: hidden", "'galaxy' holds no settings"),
        ("galaxy.yml", "[" * 100_000, "not valid YAML"),
        ("galaxy.yml", "galaxy: {a: 2020-13-45}", "not valid YAML"),
        ("galaxy.yml", b"galaxy: \xff\xfe", "not UTF-8"),
        ("galaxy.yml", "galaxy: \x00", "not valid YAML"),
        ("galaxy.ini", "[app:main]\nhidden\n", "line 2: not a valid ini file"),
        ("galaxy.ini", "hidden = 1\n", "line 1: not a valid ini file"),
        ("galaxy.ini", "[app:main]\nid_secret = %(hidden)s\n", "id_secret: a %"),
        ("galaxy.ini", "[app:main]\nid_secret = hidden%40\n", "id_secret: a %"),
        ("galaxy.json", "{}", "right would be .yml, .yaml or .ini"),
    ],
)
def test_broken_files_give_one_line(tmp_path: Path, name: str, content: str | bytes, told: str) -> None:
    """The line names file and place, and quotes nothing of the content."""
    file = tmp_path / name
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    line = only_mistake(lambda: load(str(file), None, {}, {}))
    assert line.startswith(f"{file}: ")
    assert told in line
    assert "hidden" not in line


def test_missing_files_are_both_told(tmp_path: Path) -> None:
    """Two wrong paths are two lines."""
    lines = mistakes(lambda: load(str(tmp_path / "a.yml"), str(tmp_path / "b.yml"), {}, {}))
    assert len(lines) == 2
    assert all("No such file" in line for line in lines)


def test_paths_of_a_source_checkout(tmp_path: Path) -> None:
    """Beside lib/galaxy the default data_dir is database/, and relative paths start at the checkout."""
    (tmp_path / "lib" / "galaxy").mkdir(parents=True)
    (tmp_path / "config").mkdir()
    file = tmp_path / "config" / "galaxy.yml"
    file.write_text(f"galaxy: {{id_secret: {SECRET}}}")
    assert load(str(file), None, {}, {}).galaxy_database == f"sqlite:///{tmp_path}/database/universe.sqlite"
    file.write_text(f"galaxy: {{id_secret: {SECRET}, database_connection: 'sqlite:///./db/u.sqlite?timeout=3'}}")
    config = load(str(file), None, {}, {})
    assert config.galaxy_database == f"sqlite:///{tmp_path}/db/u.sqlite"
    assert config.warnings[0].startswith("database_connection: a relative path")


def test_gravitys_galaxy_root_is_galaxys_directory(tmp_path: Path) -> None:
    """A file in /etc tells by gravity's galaxy_root where Galaxy runs."""
    file = tmp_path / "galaxy.yml"
    file.write_text(f"gravity: {{galaxy_root: /srv/galaxy}}\ngalaxy: {{id_secret: {SECRET}, data_dir: var}}")
    assert load(str(file), None, {}, {}).data_dir == "/srv/galaxy/var"


def test_a_placeholder_in_galaxys_address_is_a_warning(load_yaml: Load) -> None:
    """Galaxy fills in $GALAXY_WEB_PORT itself, so we cannot know the origin but must not fail either."""
    config = load_yaml(galaxy_infrastructure_url="http://localhost:$GALAXY_WEB_PORT")
    assert config.allowed_origins == frozenset()
    assert "allowed_origins" in config.warnings[0]


def test_a_base_path_outside_of_the_cookies_path_is_a_warning(load_yaml: Load) -> None:
    """Browsers send Galaxy's cookie below its prefix only."""
    assert "cookie" in load_yaml({"base_path": "/chat"}, galaxy_url_prefix="/galaxy").warnings[0]
    assert not load_yaml({"base_path": "/chat"}, galaxy_url_prefix="/").warnings
    assert "base_path" in only_mistake(lambda: load_yaml({"base_path": "/"}))


def test_unknown_overrides_are_mistakes(load_yaml: Load) -> None:
    """A misspelt option of the program itself is caught as well."""
    assert "did you mean host?" in only_mistake(lambda: load_yaml(overrides={"hots": "x"}))
