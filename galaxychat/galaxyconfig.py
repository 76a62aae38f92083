"""Reading Galaxy's own configuration as Galaxy's loader does: galaxy.yml or galaxy.ini, then the environment.

Error texts of the parsers quote the file, and the file holds passwords: only line numbers are passed on.
"""

from __future__ import annotations

import configparser
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from galaxychat.errors import ConfigError

_YAML = (".yml", ".yaml")
_INI = (".ini", ".cfg", ".conf")
_VARIABLE = "GALAXY_CONFIG_"
_OVERRIDE = "GALAXY_CONFIG_OVERRIDE_"
_INI_SECTION = "app:main"


@dataclass(frozen=True, slots=True)
class GalaxySettings:
    """What Galaxy is told: `options` with the environment applied, and our own section, if the file has one.

    `root` is the directory from which Galaxy runs, as far as its files tell; `from_source` says whether that
    is a checkout. `path` is None when everything comes from the environment.
    """

    path: Path | None
    options: Mapping[str, Any]
    own: Any
    root: Path
    from_source: bool

    @property
    def data_dir(self) -> Path:
        """Galaxy's data_dir, absolute: a relative one is taken from Galaxy's working directory."""
        given = self.options.get("data_dir")
        if given:
            return self.root / str(given)
        return self.root / "database" if self.from_source else self._config_dir() / "data"

    def _config_dir(self) -> Path:
        beside = self.path.parent if self.path else self.root
        return self.root / str(self.options.get("config_dir") or beside)


def read_galaxy(path: str | None, environ: Mapping[str, str]) -> GalaxySettings:
    """Galaxy's settings from the named file, else from GALAXY_CONFIG_FILE, else from the environment alone.

    Raises ConfigError with one line if the file cannot be read.
    """
    name = path or environ.get("GALAXY_CONFIG_FILE")
    if not name:
        return _settings(None, {}, None, {}, environ)
    file = Path(name).absolute()
    if file.suffix.lower() in _YAML:
        content = read_yaml(file)
        galaxy, gravity = (_section(content, section, file) for section in ("galaxy", "gravity"))
        return _settings(file, galaxy, content.get("galaxychat"), gravity, environ)
    if file.suffix.lower() in _INI:
        return _settings(file, _read_ini(file), None, {}, environ)
    raise ConfigError([f"{file}: a file name that Galaxy does not know; right would be .yml, .yaml or .ini"])


def read_yaml(path: Path) -> dict[Any, Any]:
    """The mapping in a YAML file; an empty file is an empty one. Raises ConfigError with one line."""
    try:
        content = yaml.safe_load(_text(path))
    except yaml.YAMLError as error:
        raise ConfigError([f"{path}: {_place(error)}not valid YAML{_problem(error)}"]) from None
    except (RecursionError, ValueError):
        # ValueError: an unquoted date such as 2020-13-45.
        raise ConfigError([f"{path}: not valid YAML (nested too deeply, or an impossible date)"]) from None
    if content is None:
        return {}
    if not isinstance(content, dict):
        raise ConfigError([f"{path}: holds no settings; right would be lines such as 'key: value'"])
    return content


def _settings(
    path: Path | None,
    options: Mapping[str, Any],
    own: Any,
    gravity: Mapping[str, Any],
    environ: Mapping[str, str],
) -> GalaxySettings:
    root, from_source = _root(path, gravity)
    return GalaxySettings(path, _with_environment(options, environ), own, root, from_source)


def _with_environment(options: Mapping[str, Any], environ: Mapping[str, str]) -> dict[str, Any]:
    """GALAXY_CONFIG_OVERRIDE_X beats the file; GALAXY_CONFIG_X counts only where the file is silent."""
    result = dict(options)
    for name, value in environ.items():
        if name.startswith(_OVERRIDE):
            result[name.removeprefix(_OVERRIDE).lower()] = value
        elif name.startswith(_VARIABLE) and name != "GALAXY_CONFIG_FILE":
            result.setdefault(name.removeprefix(_VARIABLE).lower(), value)
    return result


def _root(path: Path | None, gravity: Mapping[str, Any]) -> tuple[Path, bool]:
    """Gravity's galaxy_root, else the checkout that holds the file, else where we run ourselves."""
    given = gravity.get("galaxy_root")
    here = path.parent if path else Path.cwd()
    candidates = [here / str(given)] if given else [here, here.parent]
    for directory in candidates:
        if (directory / "lib" / "galaxy").is_dir():
            return directory, True
    return (candidates[0] if given else Path.cwd()), False


def _section(content: Mapping[Any, Any], name: str, path: Path) -> Mapping[str, Any]:
    section = content.get(name)
    if section is None:
        return {}
    if not isinstance(section, dict):
        right = "right would be lines such as 'key: value' below it"
        raise ConfigError([f"{path}: '{name}' holds no settings; {right}"])
    return section


def _read_ini(path: Path) -> dict[str, str]:
    """The section [app:main], with `%(here)s` and `%(__file__)s` as Paste gave them to Galaxy."""
    parser = configparser.ConfigParser(defaults={"here": str(path.parent), "__file__": str(path)})
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    try:
        parser.read_string(_text(path))
    except configparser.Error as error:
        raise ConfigError([f"{path}: {_ini_place(error)}not a valid ini file"]) from None
    if not parser.has_section(_INI_SECTION):
        return {}
    return {option: _interpolated(parser, option, path) for option in parser.options(_INI_SECTION)}


def _interpolated(parser: configparser.ConfigParser, option: str, path: Path) -> str:
    try:
        return parser.get(_INI_SECTION, option)
    except configparser.InterpolationError:
        mistake = f"{path}: {option}: a % that names nothing; right would be %% for a plain one"
        raise ConfigError([mistake]) from None


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError([f"{path}: cannot be read ({error.strerror})"]) from None
    except UnicodeDecodeError:
        raise ConfigError([f"{path}: not UTF-8 text"]) from None


def _place(error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None)
    return f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""


def _problem(error: yaml.YAMLError) -> str:
    """The parser's reason without what it quotes from the file, which may be part of a secret."""
    problem = getattr(error, "problem", None)
    return " (" + re.sub(r"'.*'|\".*\"", "...", problem) + ")" if problem else ""


def _ini_place(error: configparser.Error) -> str:
    errors = getattr(error, "errors", None)
    line = errors[0][0] if errors else getattr(error, "lineno", None)
    return f"line {line}: " if line else ""
