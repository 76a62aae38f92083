"""From a galaxysession cookie to an identity, or to the close code and words that the browser is given.

Galaxy encrypts a session's key with Blowfish in ECB mode under its `id_secret`; see
lib/galaxy/security/idencoding.py there. The key alone says nothing: the session's row and its user decide.
Nothing here logs: cookies, keys, names and addresses have no business in a log.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import lru_cache

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.decrepit.ciphers.algorithms import Blowfish
from cryptography.hazmat.primitives.ciphers import Cipher, CipherContext, modes

from galaxychat.config import Config, Impersonation
from galaxychat.errors import Closing, GalaxyUnavailable, StartError
from galaxychat.limits import person_name
from galaxychat.model import Identity, Role
from galaxychat.sessionrow import SessionRow, SessionSource

COOKIE_NAME = "galaxysession"

_COOKIE = re.compile(r"(?:[0-9a-f]{16}){1,16}", re.ASCII | re.IGNORECASE)
# 32 digits are a multiple of the block, for which Galaxy puts one whole block of padding in front.
_PLAINTEXT = re.compile(rb"!{8}([0-9a-fA-F]{32})")

_NOT_LOGGED_IN = "log in to Galaxy"
_UNAVAILABLE = "Galaxy's database does not answer"


class State(StrEnum):
    """What `GET <base>/me` tells a browser about its cookie; the values stand in the wire."""

    OK = "ok"
    NO_COOKIE = "no_cookie"
    BAD_COOKIE = "bad_cookie"
    ANONYMOUS = "anonymous"
    REFUSED = "refused"


def decode(cookie_value: str, id_secret: str) -> str | None:
    """The session key in a cookie's value; None for whatever Galaxy did not make of a session key.

    Upper-case digits and a pair of double quotes are accepted as Galaxy does. A `galaxytoolrunnersession`
    never is: decrypted it holds another cookie, which is longer than a key.
    """
    if len(cookie_value) > 1 and cookie_value[0] == cookie_value[-1] == '"':
        cookie_value = cookie_value[1:-1]
    if not _COOKIE.fullmatch(cookie_value):
        return None
    found = _PLAINTEXT.fullmatch(_decryptor(id_secret).update(bytes.fromhex(cookie_value)))
    return found[1].decode("ascii") if found else None


def encode(session_key: str, id_secret: str) -> str:
    """The cookie that Galaxy makes of a session key (Latin-1 text); for the demo and for tests."""
    plain = session_key.encode("latin-1")
    encryptor = _cipher(id_secret).encryptor()
    padded = b"!" * (8 - len(plain) % 8) + plain
    return (encryptor.update(padded) + encryptor.finalize()).hex()


def probe_blowfish() -> None:
    """Try the cipher once, so that a missing one is told to the admin and not to every user.

    Raises StartError.
    """
    try:
        _cipher("probe").encryptor()
    except UnsupportedAlgorithm:
        raise StartError(
            "Galaxy's cookies need the Blowfish cipher, and OpenSSL's legacy provider, which holds it, is "
            "not there: unset CRYPTOGRAPHY_OPENSSL_NO_LEGACY, or install the 'cryptography' wheel from PyPI"
        ) from None


def galaxysession_values(cookie_headers: Iterable[bytes | str]) -> list[str]:
    """The different values of `galaxysession` in a request's Cookie headers, in their order.

    More than one means that somebody planted a cookie for another path or domain: trust none of them.
    """
    values: dict[str, None] = {}
    for header in cookie_headers:
        text = header.decode("latin-1") if isinstance(header, bytes) else header
        for pair in text.split(";"):
            name, equals, value = pair.partition("=")
            # Blanks and tabs only: a no-break space, say, is part of another cookie's name.
            if equals and name.strip(" \t") == COOKIE_NAME:
                values[value.strip(" \t").strip('"')] = None
    return list(values)


def utc_now() -> datetime:
    """The time as Galaxy's database holds it: UTC without a zone."""
    return datetime.now(UTC).replace(tzinfo=None)


class AuthCheck:
    """Says who holds a cookie, by Galaxy's database as it is at the moment; nothing is remembered."""

    def __init__(self, sessions: SessionSource, config: Config, now: Callable[[], datetime] = utc_now) -> None:
        self._sessions = sessions
        self._config = config
        self._now = now

    async def identify(self, cookie: str | None) -> Identity:
        """Who holds this value of galaxysession (None: there was none).

        Raises Closing: 4401 not logged in, 4403 refused for the reason given, 4002 Galaxy's database is away.
        The answers to missing, malformed, unknown and expired cookies are the same.
        """
        try:
            return self.judge(await self._row(cookie))
        except GalaxyUnavailable:
            raise Closing(4002, _UNAVAILABLE) from None

    async def state(self, cookie: str | None) -> tuple[State, str | None]:
        """What is wrong with this value of galaxysession, and a reason for a person when it is refused.

        Raises GalaxyUnavailable.
        """
        if not cookie:
            return State.NO_COOKIE, None
        row = await self._row(cookie)
        if row is not None and row.is_valid and row.user_id is None:
            return State.ANONYMOUS, None
        try:
            self.judge(row)
        except Closing as closing:
            return (State.REFUSED, closing.reason) if closing.code == 4403 else (State.BAD_COOKIE, None)
        return State.OK, None

    def judge(self, row: SessionRow | None) -> Identity:
        """Whom a session's row lets in, now; raises Closing. Also for asking again about sessions in use."""
        if row is None or not row.is_valid or row.user_id is None or self._is_over(row):
            raise Closing(4401, _NOT_LOGGED_IN)
        refusal = self._refusal(row)
        if refusal is not None:
            raise Closing(4403, refusal)
        assert row.username
        admin = self._impersonator(row)
        if admin is not None and self._config.impersonation is Impersonation.REFUSE:
            raise Closing(4403, "an admin who uses Galaxy as somebody else stays out of the chat")
        return Identity(
            row.user_id,
            person_name(row.username),
            self._role(row, row.user_id),
            row.session_id,
            read_only=admin is not None and self._config.impersonation is Impersonation.READ_ONLY,
            impersonator=admin,
        )

    async def admissible(self, user_ids: Collection[int]) -> frozenset[int]:
        """Which of these users would be let in now, had they a session; raises GalaxyUnavailable."""
        rows = await self._sessions.users(user_ids)
        return frozenset(user for user, row in rows.items() if self._refusal(row) is None)

    async def _row(self, cookie: str | None) -> SessionRow | None:
        key = decode(cookie, self._config.id_secret) if cookie else None
        return None if key is None else await self._sessions.session(key)

    def _is_over(self, row: SessionRow) -> bool:
        """Whether `session_duration` has passed; like Galaxy, not for a session that it never saw in use."""
        minutes = self._config.session_duration
        if not minutes or row.last_action is None:
            return False
        return row.last_action + timedelta(minutes=minutes) < self._now()

    def _refusal(self, row: SessionRow) -> str | None:
        """Why somebody who is logged in may not come in."""
        if row.deleted or row.purged:
            return "this account was deleted"
        if not row.active and self._config.user_activation_on:
            return "activate your Galaxy account first"
        if not (row.username or "").strip():
            return "choose a public name in Galaxy's preferences first"
        # Where preferences cannot be read nobody is known to have opted in.
        if self._config.require_opt_in and not row.opted_in:
            return "the chat is switched off in your Galaxy preferences"
        return None

    def _impersonator(self, row: SessionRow) -> int | None:
        """The id of the admin who looks through this user's eyes."""
        before = row.before
        if before is None or before.user_id == row.user_id or not before.present:
            return None
        return before.user_id if before.email in self._config.admin_users else None

    def _role(self, row: SessionRow, user_id: int) -> Role:
        moderators = self._config.moderators
        if row.email in self._config.admin_users:
            return Role.ADMIN
        if row.username in moderators.names or user_id in moderators.ids or row.groups & moderators.groups:
            return Role.MODERATOR
        return Role.USER


@lru_cache(maxsize=4)
def _decryptor(id_secret: str) -> CipherContext:
    """Whole blocks go in and come out, each by itself: one context serves all, and Blowfish's are slow to make."""
    return _cipher(id_secret).decryptor()


@lru_cache(maxsize=4)
def _cipher(id_secret: str) -> Cipher[modes.ECB]:
    """ECB and Blowfish are what Galaxy uses; there is nothing of ours to protect with them."""
    return Cipher(Blowfish(id_secret.encode("utf-8")), modes.ECB())  # noqa: S305
