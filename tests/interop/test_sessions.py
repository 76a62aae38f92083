"""Who gets in, who has to go, and when: a running chat, while Galaxy's own models change Galaxy's database."""

from __future__ import annotations

import json
import re
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from galaxychat.authcheck import encode
from tests.interop.galaxylab import ID_SECRET, GalaxyModel
from tests.interop.site import Person, Site, serving
from tests.support.client import Client, Refused

pytestmark = pytest.mark.galaxy

#: Seconds between two looks at the sessions in use, and how long a test waits for what such a look finds.
INTERVAL, PATIENCE = 2, 15.0
GROUP, HELPERS = "Proteomics", "Helpers"
ADMIN = "ada@example.org"


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def site(
    request: pytest.FixtureRequest, galaxy_model: GalaxyModel, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    """A chat that asks of Galaxy all that it can."""
    maker = request.getfixturevalue(f"{request.param}_maker")
    galaxy = {"admin_users": ADMIN, "session_duration": 60, "user_activation_on": True}
    chat = {
        "session_check_interval": INTERVAL,
        "require_opt_in": True,
        "group_rooms": [GROUP],
        "moderators": {"groups": [HELPERS]},
    }
    with serving(maker.make(), galaxy_model, tmp_path_factory.mktemp("site"), galaxy, chat) as running:
        yield running


@pytest.fixture(scope="module")
def groups(site: Site) -> dict[str, int]:
    """Galaxy's groups by name; nobody is in them."""
    return {name: site.model.group(name=name) for name in (GROUP, HELPERS)}


@pytest.fixture(scope="module")
def admin(site: Site) -> Person:
    """One of Galaxy's `admin_users`."""
    made = site.model.user(email=ADMIN, username="ada")
    site.model.prefer(user=made, name="communication_server", value="true")
    return Person(site, made, "ada")


@contextmanager
def windows(*people: Person) -> Iterator[list[Client]]:
    """Have these people come in, each with a log-in of their own."""
    with ExitStack() as stack:
        yield [stack.enter_context(person.enter()) for person in people]


def ends(client: Client) -> tuple[int, str]:
    """Return how the server ends a connection, at the next look."""
    return client.closed(PATIENCE)


def stays(client: Client, room: int) -> None:
    """A connection is there, and is heard: looks were made since what was done before."""
    client.send(room, "still here")


# ---- who is not let in


def test_strangers(site: Site) -> None:
    """Whatever is wrong with a cookie, the answer is the same."""
    person = site.somebody()
    good = person.log_in()
    cookies = {
        "none": None,
        "empty": "",
        "no hex": "zz" * 40,
        "no blocks": good[:-2],
        "too long": good * 4,
        "no row": encode(secrets.token_hex(16), ID_SECRET),
        "wrong key": encode(person.sessions[0]["key"], "another id_secret"),
        "anonymous": site.model.session()["cookie"],
        "tool runner": person.sessions[0]["toolrunner"],
        "encoded id": site.model.id(number=person.id),
    }
    answers = {why: site.answer(cookie) for why, cookie in cookies.items()}
    assert answers == dict.fromkeys(cookies, (4401, "log in to Galaxy"))
    with Client.open(site.server, good) as client:
        assert client.event("welcome")["you"]["id"] == person.id


#: What Galaxy may come to say of a user, and the words with which they are out.
OUT: dict[str, tuple[Callable[[GalaxyModel, int], None], str]] = {
    "deleted": (lambda galaxy, user: galaxy.delete(user=user), "deleted"),
    "deleted and purged": (lambda galaxy, user: galaxy.delete(user=user, purge=True), "deleted"),
    "purged": (lambda galaxy, user: galaxy.change_user(user=user, purged=True), "deleted"),
    "inactive": (lambda galaxy, user: galaxy.change_user(user=user, active=False), "activate"),
    "no name": (lambda galaxy, user: galaxy.change_user(user=user, username=None), "public name"),
    "empty name": (lambda galaxy, user: galaxy.change_user(user=user, username=""), "public name"),
    "opted out": (lambda galaxy, user: galaxy.prefer(user=user, name="communication_server", value="no"), "off"),
}


def test_users_who_may_not(site: Site) -> None:
    """Who is logged in and may not come in is told why: before, and within the time of a look when inside already."""
    people = {why: site.somebody() for why in OUT}
    friend = site.somebody()
    with windows(*people.values(), *people.values(), friend) as clients:
        room = clients[-1].join("All Chats")["room"]["room"]
        for why, person in people.items():
            OUT[why][0](site.model, person.id)
        for why, client in zip((*OUT, *OUT), clients, strict=False):
            code, words = ends(client)
            assert (code, OUT[why][1] in words) == (4403, True), (why, words)
        stays(clients[-1], room)
    for why, person in people.items():
        code, words = site.answer(str(person.sessions[0]["cookie"]))
        assert (code, OUT[why][1] in words) == (4403, True), (why, words)


def test_galaxys_database_away(site: Site) -> None:
    """Nobody is let in unasked; those inside stay; when it answers again it is known who logged out meanwhile."""
    person, gone, late = site.somebody(), site.somebody(), site.somebody()
    with windows(person, gone) as (client, ended):
        cookie = late.log_in()
        room = client.join("All Chats")["room"]["room"]
        site.model.log_out(session=gone.sessions[0]["id"])
        site.model.hold()
        try:
            assert site.answer(cookie) == (4002, "Galaxy's database does not answer")
            stays(client, room)
        finally:
            site.model.let_go()
        assert ends(ended)[0] == 4401
        stays(client, room)
        with Client.open(site.server, cookie) as back:
            assert back.event("welcome", PATIENCE)["you"]["id"] == late.id


# ---- sessions that end


def test_log_out(site: Site) -> None:
    """The window of that browser goes, the user's other browser and everybody else stay."""
    person, friend = site.somebody(), site.somebody()
    with windows(person, person, friend) as (one, two, other):
        room = other.join("All Chats")["room"]["room"]
        site.model.log_out(session=person.sessions[0]["id"])
        assert ends(one) == (4401, "log in to Galaxy")
        for client in (two, other):
            stays(client, room)
    assert site.answer(str(person.sessions[0]["cookie"]))[0] == 4401


def test_log_out_everywhere(site: Site) -> None:
    """All of the user's windows go."""
    person, friend = site.somebody(), site.somebody()
    with windows(person, person, friend) as (one, two, other):
        room = other.join("All Chats")["room"]["room"]
        site.model.log_out_everywhere(session=person.sessions[0]["id"])
        assert [ends(one)[0], ends(two)[0]] == [4401, 4401]
        stays(other, room)


def test_another_password(site: Site) -> None:
    """The browser in which it was changed stays, every other is out."""
    person = site.somebody()
    with windows(person, person) as (one, two):
        room = one.join("All Chats")["room"]["room"]
        site.model.change_password(session=person.sessions[0]["id"], password="another-Pass-1")
        assert ends(two)[0] == 4401
        stays(one, room)


def test_expiry(site: Site) -> None:
    """A session that was not used in Galaxy for session_duration is over, one that was used is not."""
    person = site.somebody()
    now = datetime.now(UTC).replace(tzinfo=None)
    with windows(person, person) as (one, two):
        room = two.join("All Chats")["room"]["room"]
        site.model.acted(session=person.sessions[1]["id"], at=(now - timedelta(minutes=50)).isoformat())
        site.model.acted(session=person.sessions[0]["id"], at=(now - timedelta(minutes=61)).isoformat())
        assert ends(one)[0] == 4401
        stays(two, room)


def test_one_question_for_all(site: Site) -> None:
    """A look asks as often for thirty windows as for one: sessions, their users' groups, the groups' members."""
    people = [site.somebody() for _ in range(30)]
    with windows(*people):
        before, began = asked(site), time.monotonic()
        while asked(site) < before + 6:
            assert time.monotonic() - began < PATIENCE
            time.sleep(0.1)
        looks = 1 + (time.monotonic() - began) / INTERVAL
        assert asked(site) - before <= 3 * (looks + 1)


def asked(site: Site) -> int:
    """Return how often Galaxy's database was asked so far."""
    found = re.search(r"^galaxychat_galaxy_queries_total (\S+)$", site.server.get("/metrics")[1], re.MULTILINE)
    assert found is not None
    return int(float(found[1]))


# ---- what else Galaxy says of a user


def test_another_name(site: Site) -> None:
    """It shows to those who see the user, in the user's own windows, and in what was said before."""
    person, friend = site.somebody(), site.somebody()
    with windows(person, person, friend) as (one, two, other):
        room = other.ask("create", name=f"Names {secrets.token_hex(4)}")["room"]["room"]
        one.join(room)
        one.send(room, "under the old name")
        user = {"id": person.id, "name": f"{person.name}.renamed"}
        site.model.change_user(user=person.id, username=user["name"])
        for client in (one, two, other):
            assert client.event("user", PATIENCE)["user"] == user
        assert user in other.ask("history", room=room, around=1)["users"]
        one.send(room, "under the new name")
        assert user in other.event("message", room=room, rev=2)["users"]


def test_names_that_deceive(site: Site) -> None:
    """A name of an old table with a bidi override or a zero-width character in it is not taken for another's."""
    names = {"ad\u202emin": "ad\ufffdmin", "ada\u200b": "ada\ufffd", "a\nb": "a\ufffdb", "\u00c9mile": "\u00c9mile"}
    for name, shown in names.items():
        person = site.somebody()
        site.model.change_user(user=person.id, username=f"{name}{person.id}")
        with Client.open(site.server, person.log_in()) as client:
            assert client.event("welcome")["you"]["name"] == f"{shown}{person.id}"


def test_a_group(site: Site, groups: dict[str, int]) -> None:
    """Who is in a Galaxy group is in its room, and nobody else, as that changes; a deleted group has nobody."""
    member, other = site.somebody(), site.somebody()
    with windows(member, other) as (one, two):
        site.model.join_group(user=member.id, group=groups[GROUP])
        room = one.event("listed", PATIENCE)["room"]
        assert (room["kind"], room["name"]) == ("group", GROUP)
        number = room["room"]
        one.join(number)
        one.send(number, "among us")
        for fields in ({"room": number}, {"room": number, "after": 0}, {"name": GROUP}):
            assert refusal(two, "join", **fields) == "no_such_room"
        site.model.join_group(user=other.id, group=groups[GROUP])
        assert two.event("listed", PATIENCE)["room"]["room"] == number
        two.join(number)
        site.model.leave_group(user=member.id, group=groups[GROUP])
        assert one.event("left", PATIENCE)["room"] == number
        two.send(number, "without you")
        assert refusal(one, "join", room=number, after=1) == "no_such_room"
        site.model.delete_group(group=groups[GROUP])
        assert two.event("left", PATIENCE)["room"] == number
        assert [event["message"]["text"] for event in one.kept("message")] == ["among us"]


def test_moderators_by_group(site: Site, groups: dict[str, int]) -> None:
    """Who comes into the moderators' group may do more at once, and less again when they leave it."""
    person, owner = site.somebody(), site.somebody()
    with windows(person, owner) as (one, other):
        room = other.ask("create", name=f"Moderated {secrets.token_hex(4)}")["room"]["room"]
        one.join(room)
        assert refusal(one, "change_room", room=room, topic="calm") == "forbidden"
        site.model.join_group(user=person.id, group=groups[HELPERS])
        wait_until(lambda: "change" in one.event("listed", PATIENCE)["room"]["can"])
        one.ask("change_room", room=room, topic="calm")
        site.model.leave_group(user=person.id, group=groups[HELPERS])
        wait_until(
            lambda: one.event("listed", PATIENCE)["room"] == {**one.join(room)["room"], "can": ["send", "leave"]}
        )
        assert refusal(one, "change_room", room=room, topic="x") == "forbidden"


def test_impersonation(site: Site, admin: Person) -> None:
    """The admin's own window ends; as the other they look, and change nothing; the other's window goes on."""
    person = site.somebody()
    with windows(admin, person) as (own, other):
        room = other.join("All Chats")["room"]["room"]
        session = site.model.impersonate(session=admin.sessions[-1]["id"], user=person.id)
        assert ends(own)[0] == 4401
        with Client.open(site.server, session["cookie"]) as looking:
            you = looking.event("welcome")["you"]
            assert (you["id"], you["name"], you["role"], you["read_only"]) == (person.id, person.name, "user", True)
            assert looking.join(room)["room"]["can"] == []
            for command, fields in (
                ("send", {"room": room, "text": "as you", "nonce": "n"}),
                ("read", {"room": room, "seq": 1}),
                ("mute", {"room": room, "on": True}),
                ("direct", {"user": admin.id}),
                ("absent", {"on": True}),
                ("join", {"name": "all chats"}),
            ):
                assert refusal(looking, command, **fields) == ("ok" if command == "join" else "read_only")
            site.model.log_out(session=session["id"])
            assert ends(looking)[0] == 4401
        stays(other, room)
    assert f"user {admin.id} comes in as user {person.id}, read only" in site.server.output
    assert person.name not in site.server.output


def test_one_after_the_other_at_one_browser(site: Site, admin: Person) -> None:
    """Who logs in where an admin logged out a while before is themselves."""
    person = site.somebody()
    admin.log_in()
    anonymous = site.model.log_out(session=admin.sessions[-1]["id"])
    session = site.model.log_in(session=anonymous["id"], user=person.id)
    site.model.began(session=session["id"], seconds=3)
    with Client.open(site.server, session["cookie"]) as client:
        assert client.event("welcome")["you"]["read_only"] is False
        client.send(client.join("All Chats")["room"]["room"], "it is me")


def test_who_cannot_be_reached(site: Site) -> None:
    """Unknown, deleted, inactive, opted out, gone from the chat, ignoring: one answer, to `direct` and to `invite`."""
    people = {why: site.somebody() for why in ("deleted", "inactive", "opted out", "absent", "ignoring", "there")}
    asker = site.somebody()
    with windows(asker, *people.values()) as (client, *others):
        room = client.ask("create", name="Review", kind="private")["room"]["room"]
        others[3].ask("absent", on=True)
        others[4].ask("ignore", user=asker.id, on=True)
        for why in ("deleted", "inactive", "opted out"):
            OUT[why][0](site.model, people[why].id)
        ids = {why: person.id for why, person in people.items()} | {"unknown": 10**6, "oneself": asker.id}
        found = {user["id"] for user in client.ask("users", prefix="user")["users"]}
        for why, user in ids.items():
            for command in ({"command": "direct"}, {"command": "invite", "room": room}):
                assert refusal(client, **command, user=user) == ("ok" if why == "there" else "no_such_user"), why
            assert why in ("there", "ignoring", "oneself") or user not in found
        members = client.ask("members", room=room)["members"]
        assert set(members) == {asker.id, people["there"].id}


def test_no_badge_for_who_left(site: Site) -> None:
    """`me` counts what waits to be read; after leaving the chat it says so, and counts nothing."""
    person, friend = site.somebody(), site.somebody()
    with windows(person, friend) as (client, other):
        room = other.ask("direct", user=person.id)["room"]["room"]
        other.send(room, "are you there?")
        cookie = {"Cookie": f"galaxysession={person.sessions[0]['cookie']}"}
        page = f"{site.server.base}/me"
        assert json.loads(site.server.get(page, cookie)[1]) == {"state": "ok", "unread": 1, "mentions": 0}
        client.ask("absent", on=True)
        assert json.loads(site.server.get(page, cookie)[1]) == {"state": "ok", "absent": True}
        client.ask("absent", on=False)
        assert json.loads(site.server.get(page, cookie)[1])["unread"] == 1


def refusal(client: Client, command: str, **fields: Any) -> str:
    """Return "ok" or the code with which a command is refused."""
    try:
        client.ask(command, **fields)
    except Refused as refused:
        return refused.code
    return "ok"


def wait_until(done: Callable[[], bool]) -> None:
    """Try again until it is so, a bounded number of times."""
    for _ in range(50):
        if done():
            return
    raise AssertionError("it did not come to be so")
