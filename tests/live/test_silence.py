"""What the server writes down holds nothing about anybody."""

from __future__ import annotations

import socket

import pytest

from tests.support.client import Client, Refused, handshake
from tests.support.galaxy_sqlite import ScratchGalaxy
from tests.support.server import IN_GOOD_ORDER, Server

_NAME = "distinctive-name"
_EMAIL = "distinctive@example.org"
_TEXT = "a distinctive text"
_ROOM = "Distinctive room"
#: What would clear a terminal, turn a line about, or begin another one.
_CONTROL = "\x1b[2J\u202e\x85\r\n"
_FORGED = "[galaxychat#info] forged"


def test_log_names_nobody(galaxy: ScratchGalaxy) -> None:
    """After all sorts of use and misuse the log has no name, address, cookie, key or text, and no traceback."""
    galaxy.add(_NAME, email=_EMAIL)
    galaxy.configure({"admin_users": _EMAIL}, {})
    secrets = [_NAME, _EMAIL, _TEXT, _ROOM, galaxy.id_secret, "istinctive"]
    with Server(galaxy) as server:
        cookie = galaxy.cookie(_NAME)
        secrets += [cookie, cookie[::-1]]
        _use(server, cookie)
        _misuse(server, cookie)
        with Client.open(server, cookie[::-1]) as client:
            assert client.closed()[0] == 4401
        metrics = server.get("/metrics")[1]
        assert server.terminate() == IN_GOOD_ORDER
    for secret in secrets:
        assert secret not in server.output
        assert secret not in metrics
    assert "Traceback" not in server.output
    assert "Unhandled" not in server.output
    # Whoever reads the log on a terminal sees what it says, and one line is one event.
    odd = {char for char in server.output if not char.isprintable() and char != "\n"}
    assert odd == set()
    assert _FORGED not in server.output
    assert 'galaxychat_closed_total{code="4401"} 1.0' in metrics


def _use(server: Server, cookie: str) -> None:
    with Client.open(server, cookie) as client:
        room = client.ask("create", name=_ROOM, topic=_TEXT)["room"]["room"]
        seq = client.send(room, _TEXT, nonce="distinctive-nonce")["seq"]
        client.ask("read", room=room, seq=seq)
        client.ask("members", room=room)
        client.ask("users", prefix=_NAME)
        for code, fields in (
            ("nonce_reused", {"type_": "send", "room": room, "text": _TEXT + "!", "nonce": "distinctive-nonce"}),
            ("name_taken", {"type_": "create", "name": _ROOM}),
            ("unknown_type", {"type_": "istinctive"}),
        ):
            with pytest.raises(Refused) as refused:
                client.ask(**fields)
            assert refused.value.code == code
    assert server.get("/galaxychat/me", {"Cookie": f"galaxysession={cookie}"})[0] == 200


def _misuse(server: Server, cookie: str) -> None:
    for payload in (b'"distinctive \xff', b"[" * 30_000, b"distinctive" * 20_000):
        with Client.open(server, cookie) as client:
            client.send_frame(payload, text=True)
            client.next()
    for headers in (
        {"Origin": "https://distinctive.example.org"},
        {"Cookie": "galaxysession=distinctive"},
        {"Sec_WebSocket_Protocol": "distinctive,distinctive"},
        {"Sec_WebSocket_Extensions": "distinctive"},
        {"X_Distinctive": "a\x0bCookie: galaxysession=distinctive"},
    ):
        with socket.create_connection(("127.0.0.1", server.port), 10) as opened:
            opened.sendall(handshake(server.base, server.port, cookie, **headers))
            assert opened.recv(4096).startswith(b"HTTP/1.1 ")
    for line in (
        f"GET /{_CONTROL}{_FORGED} HTTP/1.1\r\nHost: h\r\n\r\n",
        f"GET /galaxychat/me HTTP/1.1\r\nHost: {_CONTROL}{_FORGED}\r\n\r\n",
        f"GET /galaxychat/me?{_FORGED}\x1b HTTP/1.1\r\nCookie: galaxysession={_CONTROL}\r\n\r\n",
        f"{_CONTROL}{_FORGED} / HTTP/1.1\r\n\r\n",
    ):
        with socket.create_connection(("127.0.0.1", server.port), 10) as opened:
            opened.sendall(line.encode())
            opened.recv(4096)
    with Client.open(server, cookie) as client:
        for fields in (
            {"type_": "create", "name": _CONTROL + _FORGED},
            {"type_": "join", "name": _CONTROL + _FORGED},
            {"type_": "users", "prefix": _CONTROL + _FORGED},
            {"type_": "search", "text": _CONTROL + _FORGED},
            {"type_": _CONTROL + _FORGED},
        ):
            client.say(**fields)
            client.next()
        client.connection.close(3999, (_CONTROL + _FORGED)[:100])
    for path in ("/distinctive", "/galaxychat/static/distinctive", "/galaxychat/ws?distinctive"):
        assert server.get(path)[0] in (403, 404)
