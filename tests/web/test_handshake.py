"""The handshake: who may open a socket at all, and what the answer gives away."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import ip_network

import pytest

from galaxychat.handshake import client_address
from galaxychat.values import LOCAL_PROXIES, TrustedProxy
from tests.support.site import LocalSite

_FIXTURE_ORIGINS = ("https://galaxy.example.org", "https://chat.example.org", "http://other.example.org:8080")


def _status(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("http://127.0.0.1:{port}", 101),
        ("https://127.0.0.1:{port}", 101),
        ("HTTP://127.0.0.1:{port}", 101),
        *((allowed, 101) for allowed in _FIXTURE_ORIGINS),
        ("https://GALAXY.example.org:443", 101),
        ("", 403),
        ("null", 403),
        ("*", 403),
        ("127.0.0.1:{port}", 403),
        ("http://127.0.0.1", 403),
        ("http://127.0.0.1:1", 403),
        ("http://localhost:{port}", 403),
        ("http://127.0.0.1:{port}/", 403),
        ("http://127.0.0.1:{port}/galaxychat", 403),
        ("http://127.0.0.1:{port}@evil.example.org", 403),
        ("http://evil.example.org@127.0.0.1:{port}", 403),
        ("http://127.0.0.1:{port}.evil.example.org", 403),
        ("ftp://127.0.0.1:{port}", 403),
        ("file://", 403),
        ("http://galaxy.example.org", 403),
        ("https://galaxy.example.org:8443", 403),
        ("https://galaxy.example.org/prefix", 403),
        ("https://galaxy.example.org.evil.org", 403),
        ("https://evilgalaxy.example.org", 403),
        ("https://galaxy.example.org, https://evil.example.org", 403),
        ("https://galaxy.example.org https://evil.example.org", 403),
        ("http://other.example.org", 403),
    ],
)
def test_origin(site: LocalSite, origin: str, status: int) -> None:
    """A page of this host or of an allowed origin may open a socket, a stranger's may not."""
    line = b"Origin: " + origin.format(port=site.port).encode()
    assert _status(site.shake_hands(line, leave_out="origin")) == status


def test_origin_missing_or_twice(site: LocalSite) -> None:
    """What no browser sends is refused: no Origin, or more than one."""
    own = b"Origin: http://127.0.0.1:%d" % site.port
    assert _status(site.shake_hands(leave_out="origin")) == 403
    assert _status(site.shake_hands(own)) == 403
    assert _status(site.shake_hands(b"Origin: https://evil.example.org")) == 403


def test_host_missing_or_twice(site: LocalSite) -> None:
    """Without one Host nothing is this host."""
    assert _status(site.shake_hands(leave_out="host")) == 403
    assert _status(site.shake_hands(b"Host: evil.example.org")) == 403
    assert _status(site.shake_hands(b"Host: evil.example.org", leave_out="host")) == 403


@pytest.mark.parametrize("byte", [0x00, 0x01, 0x08, 0x0B, 0x0C, 0x0E, 0x1B, 0x1C, 0x1D, 0x1E, 0x1F, 0x7F, 0x85])
@pytest.mark.parametrize("name", [b"X-Anything", b"Cookie", b"Sec-WebSocket-Protocol", b"User-Agent"])
def test_control_byte_in_a_header(site: LocalSite, byte: int, name: bytes) -> None:
    """A byte at which a parser may break the line is refused in any header, so that none can be smuggled in."""
    smuggled = name + b": a" + bytes((byte,)) + b"Cookie: galaxysession=00"
    assert _status(site.shake_hands(smuggled)) == 400


def test_harmless_bytes_in_a_header(site: LocalSite) -> None:
    """Tabs and letters of other languages stand in the headers of honest browsers."""
    assert _status(site.shake_hands("X-Name: \u00e9\tb".encode("latin-1"), "X-Other: \u4f60".encode())) == 101


@pytest.mark.parametrize(
    ("lines", "status"),
    [
        (lambda one, two: [b"Cookie: galaxysession=" + one + b"; galaxysession=" + two], 400),
        (lambda one, two: [b"Cookie: galaxysession=" + one, b"Cookie: galaxysession=" + two], 400),
        (lambda one, two: [b"Cookie: galaxysession=" + one + b"; galaxysession="], 400),
        (lambda one, two: [b"Cookie: galaxysession=" + one + b"; a=b; galaxysession=" + one], 101),
        (lambda one, two: [b"Cookie: galaxysession=" + one, b"Cookie: galaxysession=" + one], 101),
        (lambda one, two: [b"Cookie: galaxysession=" + one + b"; xgalaxysession=" + two], 101),
    ],
    ids=["one line", "two lines", "one empty", "alike in one line", "alike in two lines", "of another name"],
)
def test_two_cookies(site: LocalSite, lines: Callable[[bytes, bytes], list[bytes]], status: int) -> None:
    """Of two different sessions none is trusted; the same twice is one."""
    one, two = site.galaxy.cookie("alice").encode(), site.galaxy.cookie("bob").encode()
    assert _status(site.shake_hands(*lines(one, two))) == status


@pytest.mark.parametrize(
    ("offered", "spoken"),
    [
        ([], None),
        ([b"galaxychat.v1"], b"galaxychat.v1"),
        ([b"other, galaxychat.v1"], b"galaxychat.v1"),
        ([b"other", b"galaxychat.v1"], b"galaxychat.v1"),
        ([b"other"], None),
        ([b"GalaxyChat.V1"], None),
    ],
)
def test_subprotocol(site: LocalSite, offered: list[bytes], spoken: bytes | None) -> None:
    """The protocol's name is echoed where it was offered, and never else."""
    answer = site.shake_hands(*(b"Sec-WebSocket-Protocol: " + names for names in offered))
    assert _status(answer) == 101
    found = [line for line in answer.split(b"\r\n") if line.lower().startswith(b"sec-websocket-protocol:")]
    assert found == ([] if spoken is None else [b"Sec-WebSocket-Protocol: " + spoken])


def test_compression_is_declined(site: LocalSite) -> None:
    """What costs 100 KB a connection is not agreed on."""
    answer = site.shake_hands(b"Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits")
    assert _status(answer) == 101
    assert b"sec-websocket-extensions" not in answer.lower()


@pytest.mark.parametrize(
    ("leave_out", "line", "status"),
    [
        ("upgrade", b"", 426),
        ("upgrade", b"Upgrade: h2c", 426),
        ("connection", b"", 426),
        ("connection", b"Connection: keep-alive", 426),
        ("connection", b"Connection: keep-alive, Upgrade", 101),
        ("upgrade", b"Upgrade: h2c, WebSocket", 101),
        ("sec-websocket-version", b"", 426),
        ("sec-websocket-version", b"Sec-WebSocket-Version: 8", 426),
        ("sec-websocket-version", b"Sec-WebSocket-Version: 13, 8", 426),
        ("sec-websocket-key", b"", 400),
        ("sec-websocket-key", b"Sec-WebSocket-Key: short", 400),
        ("sec-websocket-key", b"Sec-WebSocket-Key: " + b"!" * 24, 400),
        ("", b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", 400),
        ("", b"Sec-WebSocket-Protocol: a, a", 400),
        ("", b"Sec-WebSocket-Extensions: permessage-deflate; nonsense=1; nonsense=1", 400),
    ],
)
def test_what_is_no_handshake(site: LocalSite, leave_out: str, line: bytes, status: int) -> None:
    """A request that asks for no WebSocket, or for one in a way of its own, gets an HTTP error."""
    answer = site.shake_hands(*([line] if line else []), leave_out=leave_out)
    assert _status(answer) == status
    for word in (b"autobahn", b"twisted", b"hixie"):
        assert word not in answer.lower()


def test_method(site: LocalSite) -> None:
    """A WebSocket is opened with GET."""
    origin = {"Origin": f"http://127.0.0.1:{site.port}"}
    assert site.get("/galaxychat/ws", origin, method="POST").status == 405
    assert site.get("/galaxychat/ws", origin).status == 426


def test_answer_to_a_good_handshake(site: LocalSite) -> None:
    """It has what the protocol needs and nothing about the software."""
    answer = site.shake_hands(cookie=site.galaxy.cookie("alice"))
    head, *lines = answer.split(b"\r\n")
    assert head.startswith(b"HTTP/1.1 101 ")
    headers = {line.partition(b":")[0].lower() for line in lines}
    assert headers == {b"upgrade", b"connection", b"sec-websocket-accept"}
    assert b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" in answer


@pytest.mark.parametrize("uri", [b"/galaxychat/ws?a\x85Cookie:b", b"/galaxychat/ws?a=%0d%0aX:y", b"/galaxychat/ws#a"])
def test_odd_addresses(site: LocalSite, uri: bytes) -> None:
    """Whatever follows the path neither breaks a line nor comes back."""
    request = (
        b"GET " + uri + b" HTTP/1.1\r\nHost: h\r\nOrigin: http://h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
    answer = site.converse(request)
    assert _status(answer) in (101, 400, 404)
    assert b"X:" not in answer
    assert b"Cookie" not in answer


_PROXIES: tuple[TrustedProxy, ...] = (*LOCAL_PROXIES, ip_network("10.0.0.0/8"), ip_network("fd00::/8"))


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        ("192.0.2.1", [], "192.0.2.1"),
        ("192.0.2.1", ["198.51.100.7"], "192.0.2.1"),
        ("127.0.0.1", [], "127.0.0.1"),
        ("127.0.0.1", ["198.51.100.7"], "198.51.100.7"),
        ("127.0.0.1", ["1.1.1.1, 198.51.100.7"], "198.51.100.7"),
        ("127.0.0.1", ["1.1.1.1, 198.51.100.7, 10.1.2.3"], "198.51.100.7"),
        ("127.0.0.1", ["1.1.1.1", "198.51.100.7", "10.1.2.3"], "198.51.100.7"),
        ("127.0.0.1", ["10.1.2.3, 10.1.2.4"], "10.1.2.3"),
        ("::1", ["2001:DB8::1"], "2001:db8::1"),
        ("::1", ["2001:db8:0:0:0:0:0:1"], "2001:db8::1"),
        ("fd00::1", ["2001:db8::2"], "2001:db8::2"),
        ("::ffff:127.0.0.1", ["198.51.100.7"], "198.51.100.7"),
        ("::ffff:7f00:1", ["198.51.100.7"], "198.51.100.7"),
        ("::ffff:192.0.2.1", ["198.51.100.7"], "192.0.2.1"),
        ("127.0.0.1", ["::FFFF:198.51.100.7"], "198.51.100.7"),
        ("unix", ["198.51.100.7"], "198.51.100.7"),
        ("unix", [], "unix"),
        ("127.0.0.1", ["1.1.1.1, unknown"], "unknown"),
        ("127.0.0.1", ["1.1.1.1, "], ""),
        ("127.0.0.1", ["1.1.1.1, \xff"], "\xff"),
        ("127.0.0.1", ["1.1.1.1, 198.51.100.7:1234"], "198.51.100.7:1234"),
    ],
)
def test_address_of_a_client(peer: str, forwarded: list[str], address: str) -> None:
    """The right-most hop that is no proxy of ours counts: what stands left of it anybody may have written."""
    assert client_address(peer, [value.encode("latin-1") for value in forwarded], _PROXIES) == address


def test_unix_is_trusted_only_where_it_is_listed() -> None:
    """Without `unix` among the proxies all who come through the socket file are one."""
    assert client_address("unix", [b"198.51.100.7"], [ip_network("127.0.0.0/8")]) == "unix"
