"""Who gets in, judged over sessions and cookies that Galaxy's own code made, in both kinds of database."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from galaxychat.authcheck import AuthCheck, State, decode, encode
from galaxychat.config import Config, Impersonation, Moderators
from galaxychat.errors import Closing
from galaxychat.model import Identity, Role
from tests.interop.conftest import Galaxy
from tests.interop.galaxylab import ID_SECRET
from tests.support.reactor import run

pytestmark = pytest.mark.galaxy


def check_of(galaxy: Galaxy, **settings: Any) -> AuthCheck:
    """Return an AuthCheck over this Galaxy with these settings."""
    config = Config(galaxy_database=galaxy.url, history="", data_dir="", id_secret=ID_SECRET, **settings)
    return AuthCheck(galaxy.database, config)


def code_of(check: AuthCheck, cookie: str | None) -> int:
    """Return the close code that a cookie gets."""
    with pytest.raises(Closing) as caught:
        run(check.identify(cookie))
    return caught.value.code


def state_of(check: AuthCheck, cookie: str | None) -> State:
    """Return what /me says of a cookie."""
    return run(check.state(cookie))[0]


def test_a_user_is_known_by_galaxys_cookie(galaxy: Galaxy) -> None:
    """The very cookie that Galaxy sets names its user, with nothing else to say who they are."""
    alice = galaxy.model.user(email="alice@example.org", username="alice")
    session = galaxy.model.session(user=alice)
    check = check_of(galaxy)
    expected = Identity(alice, "alice", Role.USER, session["id"])
    assert run(check.identify(session["cookie"])) == expected
    assert run(check.identify(session["cookie"].upper())) == expected
    assert run(check.identify(f'"{session["cookie"]}"')) == expected
    assert state_of(check, session["cookie"]) == State.OK


def test_the_cipher_is_galaxys(galaxy: Galaxy) -> None:
    """We decode what Galaxy encodes and encode, for the demo, what Galaxy would."""
    session = galaxy.model.session()
    assert decode(session["cookie"], ID_SECRET) == session["key"]
    assert encode(session["key"], ID_SECRET) == session["cookie"]
    assert encode("1", ID_SECRET) == galaxy.model.id(number=1)


def test_the_tool_runners_cookie_lets_nobody_in(galaxy: Galaxy) -> None:
    """A galaxytoolrunnersession holds the cookie encrypted again; it must not open the chat."""
    alice = galaxy.model.user(email="alice@example.org", username="alice")
    session = galaxy.model.session(user=alice)
    assert code_of(check_of(galaxy), session["toolrunner"]) == 4401
    assert state_of(check_of(galaxy), session["toolrunner"]) == State.BAD_COOKIE


def test_encoded_ids_let_nobody_in(galaxy: Galaxy) -> None:
    """Any user can see encoded ids, which are made with the same key."""
    assert code_of(check_of(galaxy), galaxy.model.id(number=1)) == 4401


def test_anonymous_visitors_are_told_to_log_in(galaxy: Galaxy) -> None:
    """An anonymous visitor holds a real session that has no user."""
    session = galaxy.model.session()
    assert code_of(check_of(galaxy), session["cookie"]) == 4401
    assert state_of(check_of(galaxy), session["cookie"]) == State.ANONYMOUS


def test_log_in_changes_the_cookie(galaxy: Galaxy) -> None:
    """After a log-in the old cookie is nothing any more and the new one is the user's."""
    bob = galaxy.model.user(email="bob@example.org", username="bob")
    anonymous = galaxy.model.session()
    session = galaxy.model.log_in(session=anonymous["id"], user=bob)
    assert run(check_of(galaxy).identify(session["cookie"])).user_id == bob
    assert code_of(check_of(galaxy), anonymous["cookie"]) == 4401


def test_log_out_ends_this_session_only(galaxy: Galaxy) -> None:
    """The original let a logged-out cookie in for ever; another browser's session goes on."""
    bob = galaxy.model.user(email="bob@example.org", username="bob")
    here, elsewhere = galaxy.model.session(user=bob), galaxy.model.session(user=bob)
    check = check_of(galaxy)
    assert run(check.identify(here["cookie"])).user_id == bob
    after = galaxy.model.log_out(session=here["id"])
    assert code_of(check, here["cookie"]) == 4401
    assert state_of(check, here["cookie"]) == State.BAD_COOKIE
    assert state_of(check, after["cookie"]) == State.ANONYMOUS
    assert run(check.identify(elsewhere["cookie"])).user_id == bob


def test_log_out_everywhere_ends_all_sessions(galaxy: Galaxy) -> None:
    """So does a change of password, which does the same to the rows."""
    bob = galaxy.model.user(email="bob@example.org", username="bob")
    eve = galaxy.model.user(email="eve@example.org", username="eve")
    sessions = [galaxy.model.session(user=bob) for _ in range(3)]
    other = galaxy.model.session(user=eve)
    galaxy.model.log_out_everywhere(session=sessions[0]["id"])
    check = check_of(galaxy)
    assert [code_of(check, session["cookie"]) for session in sessions] == [4401] * 3
    assert run(check.identify(other["cookie"])).user_id == eve


@pytest.mark.parametrize("purge", [False, True])
def test_deleted_accounts_are_refused(galaxy: Galaxy, purge: bool) -> None:
    """Deletion leaves the sessions valid, so the account itself has to be looked at."""
    bob = galaxy.model.user(email="bob@example.org", username="bob")
    session = galaxy.model.session(user=bob)
    galaxy.model.delete(user=bob, purge=purge)
    assert code_of(check_of(galaxy), session["cookie"]) == 4403
    assert run(check_of(galaxy).state(session["cookie"])) == (State.REFUSED, "this account was deleted")


def test_nulls_of_old_rows_count_as_false(galaxy: Galaxy) -> None:
    """Rows of old Galaxies have NULL where newer ones have false."""
    bob = galaxy.model.user(email="bob@example.org", username="bob")
    session = galaxy.model.session(user=bob)
    galaxy.model.change_user(user=bob, deleted=None, purged=None)
    assert run(check_of(galaxy).identify(session["cookie"])).user_id == bob


@pytest.mark.parametrize("name", [None, ""])
def test_no_public_name_no_chat(galaxy: Galaxy, name: str | None) -> None:
    """Somebody without a public name could only be shown by e-mail, which nobody else may see."""
    bob = galaxy.model.user(email="bob@example.org", username=None)
    galaxy.model.change_user(user=bob, username=name)
    session = galaxy.model.session(user=bob)
    state, reason = run(check_of(galaxy).state(session["cookie"]))
    assert (state, code_of(check_of(galaxy), session["cookie"])) == (State.REFUSED, 4403)
    assert reason is not None
    assert "choose a public name" in reason


def test_activation_counts_only_where_galaxy_asks_for_it(galaxy: Galaxy) -> None:
    """Remote-user accounts are inactive for ever and work."""
    bob = galaxy.model.user(email="bob@example.org", username="bob", active=False)
    session = galaxy.model.session(user=bob)
    assert run(check_of(galaxy).identify(session["cookie"])).user_id == bob
    assert code_of(check_of(galaxy, user_activation_on=True), session["cookie"]) == 4403


def test_roles(galaxy: Galaxy) -> None:
    """Admins are known by their exact e-mail, moderators by public name or id."""
    ids = {
        name: galaxy.model.user(email=f"{name}@example.org", username=name)
        for name in ("ada", "bob", "cyd", "dan", "eve")
    }
    check = check_of(
        galaxy,
        admin_users=frozenset({"ada@example.org", "BOB@example.org", "eve"}),
        moderators=Moderators(names=frozenset({"cyd", "ada"}), ids=frozenset({ids["dan"]})),
    )
    roles = {name: run(check.identify(galaxy.model.session(user=user)["cookie"])).role for name, user in ids.items()}
    assert roles == {
        "ada": Role.ADMIN,
        "bob": Role.USER,
        "cyd": Role.MODERATOR,
        "dan": Role.MODERATOR,
        "eve": Role.USER,
    }


def test_session_duration(galaxy: Galaxy) -> None:
    """Idle for longer than session_duration means logged out; zero means never; NULL was never used."""
    bob = galaxy.model.user(email="bob@example.org", username="bob")
    session = galaxy.model.session(user=bob)
    last = datetime(2026, 1, 2, 3, 4, 5)  # noqa: DTZ001
    galaxy.model.acted(session=session["id"], at=last.isoformat())
    config = Config(galaxy_database="", history="", data_dir="", id_secret=ID_SECRET, session_duration=10)

    def at(minutes: float) -> AuthCheck:
        return AuthCheck(galaxy.database, config, now=lambda: last + timedelta(minutes=minutes))

    assert run(at(9.9).identify(session["cookie"])).user_id == bob
    assert code_of(at(10.1), session["cookie"]) == 4401
    assert run(check_of(galaxy).identify(session["cookie"])).user_id == bob
    galaxy.model.acted(session=session["id"], at=None)
    assert run(at(999).identify(session["cookie"])).user_id == bob


def test_a_rename_is_seen_at_once(galaxy: Galaxy) -> None:
    """Nothing about a user is remembered between two questions."""
    bob = galaxy.model.user(email="bob@example.org", username="bob")
    session = galaxy.model.session(user=bob)
    check = check_of(galaxy)
    assert run(check.identify(session["cookie"])).name == "bob"
    galaxy.model.change_user(user=bob, username="b\u00f6b")
    assert run(check.identify(session["cookie"])).name == "b\u00f6b"


def _impersonating(galaxy: Galaxy) -> tuple[int, int, dict[str, Any]]:
    """Return an admin, whom they look at Galaxy as, and the session in which they do."""
    ada = galaxy.model.user(email="ada@example.org", username="ada")
    bob = galaxy.model.user(email="bob@example.org", username="bob")
    own = galaxy.model.session(user=ada)
    return ada, bob, galaxy.model.impersonate(session=own["id"], user=bob)


def test_an_impersonation_only_looks(galaxy: Galaxy) -> None:
    """An admin who goes on as somebody else comes in as them, read-only, and known by their own id."""
    ada, bob, session = _impersonating(galaxy)
    identity = run(check_of(galaxy, admin_users=frozenset({"ada@example.org"})).identify(session["cookie"]))
    assert (identity.user_id, identity.role) == (bob, Role.USER)
    assert identity.read_only
    assert identity.impersonator == ada


def test_an_impersonation_may_be_refused_or_allowed(galaxy: Galaxy) -> None:
    """The admin of the site decides what becomes of it."""
    ada, bob, session = _impersonating(galaxy)
    admins = frozenset({"ada@example.org"})
    refusing = check_of(galaxy, admin_users=admins, impersonation=Impersonation.REFUSE)
    assert code_of(refusing, session["cookie"]) == 4403
    allowing = check_of(galaxy, admin_users=admins, impersonation=Impersonation.ALLOW)
    identity = run(allowing.identify(session["cookie"]))
    assert (identity.user_id, identity.read_only, identity.impersonator) == (bob, False, ada)


def test_who_is_no_admin_impersonates_nobody(galaxy: Galaxy) -> None:
    """The same chain of sessions below somebody who is no admin is two people at one browser."""
    _, bob, session = _impersonating(galaxy)
    identity = run(check_of(galaxy, admin_users=frozenset()).identify(session["cookie"]))
    assert (identity.user_id, identity.read_only, identity.impersonator) == (bob, False, None)


def test_two_people_at_one_browser(galaxy: Galaxy) -> None:
    """An admin logs out, and a while later somebody else logs in: that is no impersonation."""
    _, bob, session = _impersonating(galaxy)
    galaxy.model.began(session=session["id"], seconds=5)
    identity = run(check_of(galaxy, admin_users=frozenset({"ada@example.org"})).identify(session["cookie"]))
    assert (identity.user_id, identity.read_only, identity.impersonator) == (bob, False, None)


@pytest.mark.parametrize(
    ("preferences", "is_in"),
    [
        ({}, False),
        ({"communication_server": "true"}, True),
        ({"communication_server": "1"}, True),
        ({"communication_server": "false"}, False),
        ({"extra_user_preferences": '{"chat|communication_server": "true"}'}, True),
        ({"extra_user_preferences": '{"chat|communication_server": "false"}', "communication_server": "true"}, False),
        ({"extra_user_preferences": "not JSON", "communication_server": "true"}, True),
    ],
)
def test_opt_in(galaxy: Galaxy, preferences: dict[str, str], is_in: bool) -> None:
    """Where the site asks for it, only who switched the chat on in Galaxy comes in, by the old switch or the new."""
    bob = galaxy.model.user(email="bob@example.org", username="bob")
    for name, value in preferences.items():
        galaxy.model.prefer(user=bob, name=name, value=value)
    session = galaxy.model.session(user=bob)
    asking = check_of(galaxy, require_opt_in=True)
    if is_in:
        assert run(asking.identify(session["cookie"])).user_id == bob
    else:
        assert code_of(asking, session["cookie"]) == 4403
    assert run(check_of(galaxy).identify(session["cookie"])).user_id == bob


def test_another_sites_cookie_lets_nobody_in(galaxy: Galaxy) -> None:
    """A cookie made with another id_secret is noise, even for a key that exists."""
    alice = galaxy.model.user(email="alice@example.org", username="alice")
    key = galaxy.model.session(user=alice)["key"]
    assert code_of(check_of(galaxy), encode(key, "another id_secret")) == 4401


def test_no_optional_feature_is_missing_in_galaxys_schema(galaxy: Galaxy) -> None:
    """Every table and column that we name exists in the newest Galaxy."""
    assert galaxy.database.warnings == ()
    run(galaxy.database.ping)
