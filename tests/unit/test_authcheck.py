"""Cookies in, verdicts out, without a database."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from galaxychat.authcheck import AuthCheck, State, decode, encode, galaxysession_values, probe_blowfish
from galaxychat.config import Config
from galaxychat.errors import Closing, GalaxyUnavailable
from galaxychat.sessionrow import SessionRow
from tests.support.reactor import run

SECRET = "the id_secret of the tests"
KEY = "0123456789abcdef0123456789abcdef"
#: Made by galaxy-data 26.1.2: IdEncodingHelper(id_secret=SECRET).encode_guid(KEY).
COOKIE = "d76b84c9af1138092179342bc44b6c5545db17a540fb400e2179342bc44b6c5545db17a540fb400e"
NOW = datetime(2026, 1, 2, 3, 4, 5)  # noqa: DTZ001
ROW = SessionRow(7, True, NOW, 3, "bob@example.org", "bob", deleted=False, purged=False, active=True)


@dataclass
class Sessions:
    """A table of sessions in memory."""

    rows: dict[str, SessionRow] = field(default_factory=dict)
    away: bool = False
    asked: int = 0

    async def session(self, session_key: str) -> SessionRow | None:
        """Look a key up."""
        self.asked += 1
        if self.away:
            raise GalaxyUnavailable("away")
        return self.rows.get(session_key)

    async def users(self, user_ids: Collection[int]) -> dict[int, SessionRow]:
        """Look users up."""
        return {row.user_id: row for row in self.rows.values() if row.user_id is not None and row.user_id in user_ids}


def check_of(sessions: Sessions, session_duration: int = 0) -> AuthCheck:
    """Return an AuthCheck at NOW over these sessions."""
    config = Config(galaxy_database="", history="", data_dir="", id_secret=SECRET, session_duration=session_duration)
    return AuthCheck(sessions, config, now=lambda: NOW)


def closing_of(sessions: Sessions, cookie: str | None, session_duration: int = 0) -> Closing:
    """Return what the cookie gets, which must not be an identity."""
    with pytest.raises(Closing) as caught:
        run(check_of(sessions, session_duration).identify(cookie))
    return caught.value


def test_a_cookie_of_galaxys_own_making() -> None:
    """The cipher is Galaxy's: the value was made by Galaxy's code."""
    assert decode(COOKIE, SECRET) == KEY
    assert decode(COOKIE.upper(), SECRET) == KEY
    assert decode(f'"{COOKIE}"', SECRET) == KEY
    assert encode(KEY, SECRET) == COOKIE


@given(st.binary(min_size=16, max_size=16), st.text(min_size=4, max_size=14))
def test_round_trip(key: bytes, secret: str) -> None:
    """Every key survives under every secret."""
    if len(secret.encode("utf-8", "replace")) > 56 or re.search("[\ud800-\udfff]", secret):
        return
    assert decode(encode(key.hex(), secret), secret) == key.hex()


@given(st.text() | st.text("0123456789abcdefABCDEF", max_size=300) | st.binary(max_size=130).map(bytes.hex))
def test_nothing_else_is_a_cookie(text: str) -> None:
    """Whatever a browser sends, decode neither raises nor makes a key of it."""
    assert decode(text, SECRET) is None


@pytest.mark.parametrize(
    "text",
    [
        *("", '"', '""', "!", f'"{COOKIE}', f"'{COOKIE}'", f'""{COOKIE}""', COOKIE + " "),
        *(COOKIE[:-2], COOKIE[:-16], COOKIE + "00" * 8, COOKIE.replace(COOKIE[0], "\u0660", 1)),
        *("00" * 8, "00" * 40, "00" * 128, "00" * 136),
    ],
)
def test_near_misses(text: str) -> None:
    """Too short, too long, quoted by half, or of digits that are not ASCII: not a cookie."""
    assert decode(text, SECRET) is None


@pytest.mark.parametrize("plain", ["1", KEY[:-1], KEY[:-1] + "g", KEY * 2, COOKIE, "!" * 8 + KEY, KEY.upper() + "!"])
def test_what_galaxy_encrypts_for_other_ends(plain: str) -> None:
    """Encoded ids, the tool runner's cookie and longer texts are made with the same key, and are no sessions."""
    assert decode(encode(plain, SECRET), SECRET) is None


def test_another_secret_does_not_fit() -> None:
    """A cookie of another site is noise."""
    assert decode(COOKIE, SECRET + "!") is None


@pytest.mark.parametrize(
    ("headers", "values"),
    [
        ([], []),
        ([b"a=b"], []),
        ([b"galaxysession=x"], ["x"]),
        (["a=b;galaxysession=x ; c=d"], ["x"]),
        ([b'galaxysession="x"'], ["x"]),
        ([b"galaxysession=x; galaxysession=x"], ["x"]),
        ([b"galaxysession=x", b'galaxysession="x"'], ["x"]),
        ([b"galaxysession=x; galaxysession=y"], ["x", "y"]),
        ([b"galaxysession=x", "galaxysession=y"], ["x", "y"]),
        ([b"Galaxysession=x; galaxysession2=y; xgalaxysession=z; galaxysession"], []),
        ([b"galaxytoolrunnersession=x"], []),
        ([b"galaxysession="], [""]),
        ([b"galaxysession=a=b"], ["a=b"]),
        ([b"\xa0galaxysession=x; \x85galaxysession=y"], []),
        ([b"galaxysession=\xff\x85;;;=;"], ["\xff\x85"]),
    ],
)
def test_cookie_headers(headers: list[bytes | str], values: list[str]) -> None:
    """The value is found among others; two that differ are both given, for the factory to refuse."""
    assert galaxysession_values(headers) == values


@given(st.lists(st.binary() | st.text()))
def test_cookie_headers_never_raise(headers: list[bytes | str]) -> None:
    """Headers are bytes from anywhere."""
    values = galaxysession_values(headers)
    assert len(values) == len(set(values))


NOT_LOGGED_IN: list[tuple[str | None, SessionRow | None]] = [
    (None, None),
    ("", None),
    ("not hexadecimal", None),
    ("00" * 40, None),
    (COOKIE, None),
    (COOKIE, replace(ROW, is_valid=False)),
    (COOKIE, replace(ROW, is_valid=False, deleted=True)),
    (COOKIE, replace(ROW, user_id=None, username=None, email=None, active=False)),
    (COOKIE, replace(ROW, last_action=NOW - timedelta(minutes=6))),
    (COOKIE, replace(ROW, last_action=datetime.min)),  # noqa: DTZ901
]


@pytest.mark.parametrize(("cookie", "row"), NOT_LOGGED_IN)
def test_everybody_who_is_not_logged_in_hears_the_same(cookie: str | None, row: SessionRow | None) -> None:
    """Nobody can find out by trying whether a session exists."""
    closing = closing_of(Sessions({KEY: row} if row else {}), cookie, session_duration=5)
    assert (closing.code, closing.reason) == (4401, "log in to Galaxy")


def test_malformed_cookies_ask_no_database() -> None:
    """Noise from the network costs Galaxy nothing."""
    sessions = Sessions(away=True)
    assert closing_of(sessions, "00" * 40).code == 4401
    assert sessions.asked == 0


def test_a_database_that_is_away_lets_nobody_in() -> None:
    """Not knowing who somebody is has a code of its own, so that the client comes back by itself."""
    assert closing_of(Sessions(away=True), COOKIE).code == 4002
    with pytest.raises(GalaxyUnavailable):
        run(check_of(Sessions(away=True)).state(COOKIE))


@pytest.mark.parametrize(
    ("cookie", "row", "state"),
    [
        (None, None, State.NO_COOKIE),
        ("", None, State.NO_COOKIE),
        ("nonsense", None, State.BAD_COOKIE),
        (COOKIE, None, State.BAD_COOKIE),
        (COOKIE, replace(ROW, is_valid=False, user_id=None), State.BAD_COOKIE),
        (COOKIE, replace(ROW, user_id=None), State.ANONYMOUS),
        (COOKIE, replace(ROW, deleted=True), State.REFUSED),
        (COOKIE, replace(ROW, username=""), State.REFUSED),
        (COOKIE, ROW, State.OK),
    ],
)
def test_states(cookie: str | None, row: SessionRow | None, state: State) -> None:
    """The /me page says what is wrong, and a reason exactly when somebody is refused."""
    found, reason = run(check_of(Sessions({KEY: row} if row else {})).state(cookie))
    assert found is state
    assert (reason is not None) is (state is State.REFUSED)


def test_reasons_fit_into_a_close_frame() -> None:
    """A close frame holds 123 bytes of reason."""
    refused = [replace(ROW, deleted=True), replace(ROW, username=None)]
    for row in refused:
        assert len(closing_of(Sessions({KEY: row}), COOKIE).reason.encode()) <= 123


def test_a_session_row_does_not_show_who_it_is() -> None:
    """Rows may end up in a traceback's locals; names and e-mail may not."""
    assert "bob" not in repr(ROW)


def test_blowfish_is_there() -> None:
    """The wheel of cryptography has the legacy provider."""
    probe_blowfish()


def test_without_the_legacy_provider_the_admin_is_told_what_to_do() -> None:
    """A machine whose OpenSSL lacks Blowfish is told so at start, not at the first log-in."""
    program = "from galaxychat.authcheck import probe_blowfish as p\ntry: p()\nexcept Exception as e: print(repr(e))"
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=os.environ | {"CRYPTOGRAPHY_OPENSSL_NO_LEGACY": "1"},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert "StartError" in done.stdout
    assert "CRYPTOGRAPHY_OPENSSL_NO_LEGACY" in done.stdout
