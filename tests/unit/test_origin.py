"""Which pages may open a socket: everything about the Origin header."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from galaxychat.origin import Origin, is_allowed, origin_of_url, parse_origin

ALLOWED = frozenset({Origin("https", "galaxy.example.org", 443), Origin("http", "localhost", 8080)})


@pytest.mark.parametrize(
    ("text", "origin"),
    [
        ("https://galaxy.example.org", Origin("https", "galaxy.example.org", 443)),
        ("HTTPS://Galaxy.Example.ORG", Origin("https", "galaxy.example.org", 443)),
        ("https://galaxy.example.org:443", Origin("https", "galaxy.example.org", 443)),
        ("http://galaxy.example.org:443", Origin("http", "galaxy.example.org", 443)),
        ("http://a:65535", Origin("http", "a", 65535)),
        ("http://127.0.0.1:7070", Origin("http", "127.0.0.1", 7070)),
        ("http://[::1]:7070", Origin("http", "[::1]", 7070)),
        ("http://[0:0:0:0:0:0:0:1]", Origin("http", "[::1]", 80)),
        ("https://xn--glaxy-gra.org", Origin("https", "xn--glaxy-gra.org", 443)),
    ],
)
def test_origins(text: str, origin: Origin) -> None:
    """Scheme and host lose their case, a missing port is the scheme's."""
    assert parse_origin(text) == origin


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "*",
        "galaxy.example.org",
        "//galaxy.example.org",
        "ftp://galaxy.example.org",
        "wss://galaxy.example.org",
        "chrome-extension://galaxy",
        "https://",
        "https://:443",
        "https://galaxy.example.org/",
        "https://galaxy.example.org/path",
        "https://galaxy.example.org?x",
        "https://galaxy.example.org#x",
        "https://galaxy.example.org:",
        "https://galaxy.example.org:0",
        "https://galaxy.example.org:0443",
        "https://galaxy.example.org:65536",
        "https://galaxy.example.org:+443",
        "https://galaxy.example.org:443@evil.com",
        "https://user@galaxy.example.org",
        "https://galaxy.example.org,https://evil.com",
        "https://galaxy.example.org https://evil.com",
        " https://galaxy.example.org",
        "https://galaxy.example.org\n",
        "https://galaxy.example.org\x00",
        "https://galaxy.example.org\x85",
        "https://gal\u00e4xy.org",
        "https://galaxy.example.\u017frg",
        "https://[::1",
        "https://[::g]",
        "https://[1.2.3.4]",
        "https://*.example.org",
        "https://galaxy.example.org:4\u0664",
    ],
)
def test_what_is_no_origin(text: str) -> None:
    """Whatever a browser would not send as an origin is refused."""
    assert parse_origin(text) is None
    assert not is_allowed([text], "galaxy.example.org", ALLOWED)


@given(st.text(max_size=40) | st.text("htps:/[]@.10ax\u017f\n", max_size=30).map(lambda rest: f"http://{rest}"))
def test_parsing_never_raises_and_is_stable(text: str) -> None:
    """What is an origin is the same one when it is written out and read again."""
    origin = parse_origin(text)
    assert origin is None or parse_origin(str(origin)) == origin


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        ("https://galaxy.example.org", "galaxy.example.org"),
        ("https://Galaxy.example.org", "GALAXY.example.org"),
        ("https://galaxy.example.org", "galaxy.example.org:443"),
        ("http://galaxy.example.org", "galaxy.example.org:80"),
        ("https://other.example.org:7070", "other.example.org:7070"),
        ("http://127.0.0.1:7070", "127.0.0.1:7070"),
        ("http://[::1]:7070", "[::1]:7070"),
        ("http://[::1]", "[0::1]:80"),
        # TLS ends at the proxy, which passes the host but speaks http to us.
        ("https://proxied.example.org", "proxied.example.org"),
    ],
)
def test_the_requests_own_host_is_allowed(origin: str, host: str) -> None:
    """A page of the server itself may talk to it, whatever the name that it is reached by."""
    assert is_allowed([origin], host, ())


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        ("https://galaxy.example.org:7070", "galaxy.example.org"),
        ("https://galaxy.example.org", "galaxy.example.org:7070"),
        ("https://galaxy.example.org:80", "galaxy.example.org"),
        ("https://galaxy.example.org.evil.com", "galaxy.example.org"),
        ("https://evilgalaxy.example.org", "galaxy.example.org"),
        ("https://example.org", "galaxy.example.org"),
        ("https://sub.galaxy.example.org", "galaxy.example.org"),
        ("https://galaxy.example.org.", "galaxy.example.org"),
        ("https://galaxy.example.org", None),
        ("https://galaxy.example.org", ""),
        ("https://galaxy.example.org", "user@galaxy.example.org"),
        ("https://galaxy.example.org", "galaxy.example.org/x"),
        ("https://galaxy.example.org", "galaxy.example.org:443:443"),
        ("https://galaxy.example.org", " galaxy.example.org"),
        ("http://[::1]:7070", "[::2]:7070"),
        ("http://[::1]:7070", "[::g]:7070"),
    ],
)
def test_other_hosts_are_not_the_own_one(origin: str, host: str | None) -> None:
    """A longer, shorter or similar name, or another port, is somebody else."""
    assert not is_allowed([origin], host, ())


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        ("https://galaxy.example.org", True),
        ("https://galaxy.example.org:443", True),
        ("http://localhost:8080", True),
        ("http://galaxy.example.org", False),
        ("http://galaxy.example.org:443", False),
        ("https://galaxy.example.org:8443", False),
        ("https://localhost:8080", False),
        ("http://localhost", False),
        ("https://galaxy.example.org.evil.com", False),
        ("https://evil-galaxy.example.org", False),
    ],
)
def test_configured_origins_are_compared_exactly(origin: str, allowed: bool) -> None:
    """Scheme, host and port must all be those of a configured origin."""
    assert is_allowed([origin], "chat.internal:7070", ALLOWED) is allowed
    assert is_allowed([origin], None, ALLOWED) is allowed


def test_exactly_one_origin_is_needed() -> None:
    """A missing header comes from no browser; two come from no honest one."""
    good = "https://galaxy.example.org"
    assert is_allowed([good], None, ALLOWED)
    assert not is_allowed([], "galaxy.example.org", ALLOWED)
    assert not is_allowed([good, good], "galaxy.example.org", ALLOWED)
    assert not is_allowed([good, "https://evil.com"], "galaxy.example.org", ALLOWED)


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://usegalaxy.example/galaxy/", "https://usegalaxy.example"),
        ("http://localhost:8080", "http://localhost:8080"),
        ("http://[::1]:8080/x", "http://[::1]:8080"),
        ("localhost", None),
        ("localhost:8080", None),
        ("ftp://x", None),
        ("http://[::1", None),
        ("http://u:p@host", None),
        ("", None),
    ],
)
def test_origin_of_an_address(url: str, origin: str | None) -> None:
    """Galaxy's address may have a path, which an origin has not."""
    found = origin_of_url(url)
    assert (str(found) if found else None) == origin
