"""The settings that are more than a number or a text, each from raw value to what the house uses."""

from __future__ import annotations

import re
from collections.abc import Mapping
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any, Literal

from galaxychat.dburl import SqliteUrl, parse_database_url
from galaxychat.origin import Origin, origin_of_url, parse_origin
from galaxychat.settings import Checker

#: Galaxy's own default: everybody knows it, so everybody can make cookies with it.
DEFAULT_ID_SECRET = "USING THE DEFAULT IS NOT SECURE!"  # noqa: S105

TrustedProxy = IPv4Network | IPv6Network | Literal["unix"]

#: What may stand before us on the same machine.
LOCAL_PROXIES: tuple[TrustedProxy, ...] = (ip_network("127.0.0.0/8"), ip_network("::1/128"), "unix")

_PATH = re.compile(r"(?:/[A-Za-z0-9._~-]+)*", re.ASCII)
_ORIGIN_RIGHT = "an origin such as https://galaxy.example.org: no path, no user, no *, other scripts as xn--..."


def id_secret(check: Checker, options: Mapping[str, Any], insecure_demo: bool) -> str:
    """Galaxy's id_secret as the text that Galaxy makes of whatever YAML made of it."""
    value = options.get("id_secret", DEFAULT_ID_SECRET if insecure_demo else None)
    if value is None or isinstance(value, list | dict):
        check.wrong("id_secret", value, "Galaxy's own id_secret, a text that nobody can guess", secret=True)
        return DEFAULT_ID_SECRET
    text = str(value)
    if text == DEFAULT_ID_SECRET and not insecure_demo:
        right = "a text of its own: anybody can make cookies with Galaxy's default"
        check.wrong("id_secret", value, right, secret=True)
    elif not 4 <= _size(text) <= 56:
        check.wrong("id_secret", value, "a text of 4 to 56 bytes, as Blowfish takes", secret=True)
    return text


def _size(text: str) -> int:
    """Bytes of UTF-8; 0 for what has none."""
    try:
        return len(text.encode("utf-8"))
    except UnicodeEncodeError:
        return 0


def database_url(check: Checker, key: str, value: object, directory: Path | None) -> str:
    """A database URL with an absolute path; a relative one from `directory`, if there is one."""
    right = "a URL such as postgresql://user:password@host/database or sqlite:////path/to/file"
    text = check.text(key, value, right, secret=True)
    url = check.parsed(key, text, parse_database_url, secret=True) if text else None
    if not isinstance(url, SqliteUrl):
        return text or ""
    if directory is None and not Path(url.path).is_absolute():
        check.wrong(key, text, "sqlite://// with an absolute path", secret=True)
    return url.within(directory or Path("/")).shown


def url_path(check: Checker, key: str, value: object, default: str = "") -> str:
    """A path as a prefix: a slash before each part and none at the end; empty for `/`."""
    if value is None:
        return default
    path = "/" + value.strip().strip("/") if isinstance(value, str) else ""
    path = "" if path == "/" else path
    if isinstance(value, str) and _PATH.fullmatch(path) and not {".", ".."} & set(path.split("/")):
        return path
    check.wrong(key, value, "a path such as /galaxy, of letters, digits and . _ ~ -")
    return default


def web_address(check: Checker, key: str, value: object) -> Origin | None:
    """The origin of an address that may have a path; None if there is none."""
    text = check.text(key, value, "an address such as https://galaxy.example.org")
    origin = origin_of_url(text) if text else None
    if text and origin is None:
        check.wrong(key, value, "an address such as https://galaxy.example.org, with its http:// or https://")
    return origin


def origins(check: Checker, key: str, value: object) -> frozenset[Origin]:
    """A list of origins, each exactly as a browser sends it."""
    found = set()
    for place, item in enumerate(check.items(key, value)):
        origin = parse_origin(item) if isinstance(item, str) else None
        if origin is None:
            check.wrong(f"{key}[{place}]", item, _ORIGIN_RIGHT)
        else:
            found.add(origin)
    return frozenset(found)


def proxies(check: Checker, key: str, value: object) -> tuple[TrustedProxy, ...]:
    """A list of networks and the word `unix`, which stands for whatever comes through a UNIX socket."""
    found: list[TrustedProxy] = []
    for place, item in enumerate(check.items(key, value)):
        if item == "unix":
            found.append("unix")
            continue
        network = check.parsed(f"{key}[{place}]", item if isinstance(item, str) else "", _network)
        if network is not None:
            found.append(network)
    return tuple(found)


def _network(text: str) -> IPv4Network | IPv6Network:
    try:
        return ip_network(text)
    except ValueError:
        raise ValueError("an address, a network such as 10.0.0.0/8 (no bits after the mask), or unix") from None


def people(check: Checker, key: str, value: object) -> tuple[frozenset[str], frozenset[int]]:
    """A list of public names (texts) and ids (numbers) of Galaxy's users."""
    names, ids = set(), set()
    for place, item in enumerate(check.items(key, value)):
        if isinstance(item, int) and not isinstance(item, bool) and item > 0:
            ids.add(item)
        elif isinstance(item, str) and item.strip() and "@" not in item:
            names.add(item.strip())
        else:
            check.wrong(f"{key}[{place}]", item, "a public name (text) or a user id (number), no e-mail")
    return frozenset(names), frozenset(ids)


def room_names(check: Checker, key: str, value: object) -> tuple[str, ...]:
    """A list of room names, or a text with commas; the chat's own rule for names looks again at each."""
    names = check.texts(key, value, "a room's name", commas=True)
    for place, name in enumerate(names):
        if len(name) > 64:
            check.wrong(f"{key}[{place}]", name, "a room's name of at most 64 characters")
    return tuple(dict.fromkeys(names))


def readable_file(check: Checker, key: str, value: object) -> str | None:
    """The absolute path of a file that is there."""
    text = check.text(key, value, "the absolute path of a file")
    if text and not (Path(text).is_absolute() and Path(text).is_file()):
        check.wrong(key, value, "the absolute path of a file that is there")
    return text
