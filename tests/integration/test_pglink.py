"""The supervised connection against a real server that dies, hangs, throws us out, or never answers."""

from __future__ import annotations

import os
import signal
import socket
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from twisted.internet.defer import CancelledError, Deferred, DeferredList, gatherResults
from twisted.logger import ILogObserver, LogEvent, globalLogPublisher
from txpostgres.txpostgres import Connection
from zope.interface import implementer

from galaxychat.dburl import PostgresUrl, parse_database_url
from galaxychat.errors import StartError
from galaxychat.pglink import LinkDeadline, LinkDown, LinkError, PgLink, QueryRefused
from tests.support.postgres import PostgresCluster
from tests.support.reactor import call, reactor, run, sleep, until

pytestmark = [pytest.mark.postgres, pytest.mark.slow]

Linker = Callable[..., PgLink]


@pytest.fixture(autouse=True)
def unhandled() -> Iterator[list[LogEvent]]:
    """No test may leave an unhandled error in Twisted's log."""
    failures: list[LogEvent] = []

    @implementer(ILogObserver)
    def observe(event: LogEvent) -> None:
        # What the reactor itself logs is of the old style.
        if event.get("log_failure") is not None or event.get("isError"):
            failures.append(event)

    globalLogPublisher.addObserver(observe)
    yield failures
    globalLogPublisher.removeObserver(observe)
    assert not failures


def url_of(text: str) -> PostgresUrl:
    """Return a URL that is PostgreSQL's."""
    url = parse_database_url(text)
    assert isinstance(url, PostgresUrl)
    return url


@pytest.fixture
def link(postgres: PostgresCluster) -> Iterator[Linker]:
    """Start links to the server that are stopped at the end; the server runs again afterwards."""
    links: list[PgLink] = []

    def start(url: str | None = None, **settings: Any) -> PgLink:
        links.append(call(PgLink, url_of(url or postgres.url()), reactor, **settings))
        run(links[-1].start)
        return links[-1]

    yield start
    for started in links:
        run(started.stop)
    if not postgres.running:
        postgres.start()


def one(link: PgLink) -> Any:
    """Ask for the number of the server's process."""
    return run(link.query("SELECT pg_backend_pid()"))[0][0]


def test_questions_and_answers(link: Linker) -> None:
    """Parameters go in and rows come out, also for many questions at once."""
    linked = link()
    assert run(linked.query("SELECT %s::text, 1 + %s", ("a'b%", 2))) == [("a'b%", 3)]
    assert run(linked.query("SELECT '%'")) == [("%",)]

    async def many() -> list[Any]:
        asked = [Deferred.fromCoroutine(linked.query("SELECT %s::int", (n,))) for n in range(100)]
        return [rows[0][0] for rows in await gatherResults(asked)]

    assert run(many) == list(range(100))


def test_refused_statements_leave_the_connection_alone(link: Linker) -> None:
    """A mistake in a statement is told with its SQLSTATE, and no reason to connect again."""
    linked = link()
    pid = one(linked)
    with pytest.raises(QueryRefused) as caught:
        run(linked.query("SELECT * FROM nowhere"))
    assert caught.value.pgcode == "42P01"
    with pytest.raises(ValueError, match="NUL"):
        run(linked.query("SELECT %s", ("\0",)))
    assert one(linked) == pid


def test_the_servers_own_timeout_keeps_the_connection(link: Linker) -> None:
    """A slow statement is ended by the server a little before our deadline."""
    linked = link(deadline=1.0)
    pid = one(linked)
    with pytest.raises(LinkDeadline):
        run(linked.query("SELECT pg_sleep(5)"))
    assert one(linked) == pid


def test_a_missed_deadline_ends_all_that_waits_and_heals(link: Linker, postgres: PostgresCluster) -> None:
    """A server that stands still is given up after the deadline, not sooner and not much later."""
    linked = link(deadline=1.0)
    pid = one(linked)

    async def outcome() -> type:
        try:
            await linked.query("SELECT 1")
        except LinkError as error:
            return type(error)
        return str

    async def outcomes() -> list[type]:
        return list(await gatherResults([Deferred.fromCoroutine(outcome()) for _ in range(5)]))

    os.kill(pid, signal.SIGSTOP)
    try:
        began = time.monotonic()
        found = run(outcomes)
        assert 0.9 < time.monotonic() - began < 2
    finally:
        os.kill(pid, signal.SIGCONT)
    assert all(issubclass(kind, LinkDown) for kind in found)
    run(until(lambda: linked.connected))
    assert one(linked) != pid


def test_standing_in_line_too_long_costs_the_question_but_not_the_connection(link: Linker) -> None:
    """Overload is no reason to throw a connection away that answers all the time."""
    linked = link(deadline=1.0)
    pid = one(linked)

    async def crowd() -> list[bool]:
        asked = [Deferred.fromCoroutine(linked.query("SELECT pg_sleep(0.4)")) for _ in range(4)]
        return [answered for answered, _ in await DeferredList(asked, consumeErrors=True)]

    assert run(crowd) == [True, True, False, False]
    assert one(linked) == pid


def test_the_reactor_goes_on_while_the_server_stands_still(link: Linker) -> None:
    """Nothing here waits in the foreground: a hung server must not stop the chat."""
    linked = link(deadline=1.0)
    pid = one(linked)

    async def longest_gap() -> float:
        asked = Deferred.fromCoroutine(linked.query("SELECT 1")).addErrback(lambda _: None)
        gap, last = 0.0, time.monotonic()
        while not asked.called:
            await sleep(0.01)
            gap, last = max(gap, time.monotonic() - last), time.monotonic()
        return gap

    os.kill(pid, signal.SIGSTOP)
    try:
        assert run(longest_gap) < 0.5
    finally:
        os.kill(pid, signal.SIGCONT)


def test_an_idle_connection_that_is_thrown_out_comes_back(link: Linker, postgres: PostgresCluster) -> None:
    """The loss is noticed without a question, and without an error in the log."""
    linked = link()
    pid = one(linked)
    admin = postgres.connect()
    admin.cursor().execute("SELECT pg_terminate_backend(%s)", (pid,))
    admin.close()
    run(until(lambda: not linked.connected))
    run(until(lambda: linked.connected))
    assert one(linked) != pid


def test_a_socket_that_the_library_let_go_of(link: Linker, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where libpq has closed the socket and psycopg2 does not say so, the reactor's refusal is a lost connection."""
    linked = link()
    pid = one(linked)

    def refuse(_connection: Connection) -> None:
        raise ValueError("file descriptor cannot be a negative integer (-1)")

    with monkeypatch.context() as patch:
        patch.setattr(Connection, "doRead", refuse)
        connection = linked._connection
        assert connection is not None
        call(connection.doRead)
        assert not linked.connected
    run(until(lambda: linked.connected))
    assert one(linked) != pid


def test_a_connection_that_is_thrown_out_in_a_question(link: Linker, postgres: PostgresCluster) -> None:
    """Who waits hears that the connection was lost."""
    linked = link()
    pid = one(linked)

    async def ask() -> Any:
        asked = Deferred.fromCoroutine(linked.query("SELECT pg_sleep(3)"))
        admin = postgres.connect()
        admin.cursor().execute("SELECT pg_terminate_backend(%s)", (pid,))
        admin.close()
        return await asked

    with pytest.raises(LinkDown):
        run(ask)
    run(until(lambda: linked.connected))
    assert one(linked) != pid


@pytest.mark.parametrize("mode", ["fast", "immediate"])
def test_a_restart(link: Linker, postgres: PostgresCluster, mode: Any) -> None:
    """Down means an answer at once, not a wait; up again means connected again."""
    linked = link()
    postgres.stop(mode)
    run(until(lambda: not linked.connected))
    with pytest.raises(LinkDown):
        run(linked.query("SELECT 1"), timeout=0.5)
    postgres.start()
    run(until(lambda: linked.connected, timeout=8))
    assert one(linked)


def test_many_connections_over_many_restarts(link: Linker, postgres: PostgresCluster) -> None:
    """Some read in one go why the server ends and that it has, so that libpq closes their sockets itself."""
    linked = [link() for _ in range(20)]

    def ask() -> None:
        for each in linked[:10]:
            Deferred.fromCoroutine(each.query("SELECT 1")).addErrback(lambda failure: failure.trap(LinkDown) and None)

    for _ in range(6):
        call(ask)
        postgres.stop("fast")
        run(until(lambda: not any(each.connected for each in linked)))
        postgres.start()
        run(until(lambda: all(each.connected for each in linked), timeout=8))


def test_cancelling_who_waits_does_not_cancel_the_question(link: Linker) -> None:
    """A user who leaves must not make txpostgres cancel, which stops the reactor; the next question is answered."""
    linked = link()
    pid = one(linked)

    async def leave() -> None:
        asked = Deferred.fromCoroutine(linked.query("SELECT pg_sleep(0.2)"))
        await sleep(0.05)
        asked.cancel()
        with pytest.raises(CancelledError):
            await asked

    run(leave)
    assert one(linked) == pid


def test_a_server_that_accepts_and_says_nothing(link: Linker) -> None:
    """An attempt to connect has a deadline as well, and so has the start that waits for it."""
    with socket.create_server(("127.0.0.1", 0)) as mute:
        began = time.monotonic()
        linked = link(f"postgresql://u@127.0.0.1:{mute.getsockname()[1]}/d", deadline=0.5)
        assert time.monotonic() - began < 2
        assert not linked.connected
        with pytest.raises(LinkDown):
            run(linked.query("SELECT 1"))
        run(linked.stop)


def test_names_are_looked_up(link: Linker, postgres: PostgresCluster) -> None:
    """A host's name works, a name that does not exist is no connection, and no crash."""
    assert one(link(f"postgresql://postgres@localhost:{postgres.port}/postgres"))
    assert not link(f"postgresql://postgres@nowhere.invalid:{postgres.port}/postgres", deadline=2.0).connected


def test_wrong_credentials_are_tried_again(link: Linker, postgres: PostgresCluster) -> None:
    """A database that is not there yet may be made later."""
    linked = link(postgres.url("made_later"))
    assert not linked.connected
    postgres.create_database("made_later")
    run(until(lambda: linked.connected))
    run(linked.stop)
    postgres.drop_database("made_later")


def test_on_connected_runs_on_each_connection(link: Linker, postgres: PostgresCluster) -> None:
    """What belongs to a connection is done again after each loss; where it fails, it is tried again."""
    calls: list[int] = []

    async def greet() -> None:
        calls.append(len(calls))
        if len(calls) == 2:
            raise LinkError("not this time")

    linked = link(on_connected=greet)
    pid = one(linked)
    admin = postgres.connect()
    admin.cursor().execute("SELECT pg_terminate_backend(%s)", (pid,))
    admin.close()
    run(until(lambda: len(calls) == 3 and linked.connected))


def test_settings_of_the_session(link: Linker, postgres: PostgresCluster) -> None:
    """Options in the URL are kept beside ours."""
    linked = link(postgres.url() + "?options=-c%20work_mem%3D1234kB", settings={"default_transaction_read_only": "on"})
    asked = "SELECT current_setting('work_mem'), current_setting('transaction_read_only'), current_setting(%s)"
    assert run(linked.query(asked, ("statement_timeout",))) == [("1234kB", "on", "4500ms")]


def test_stop_while_connecting(link: Linker) -> None:
    """Stopping does not wait for an attempt that is under way."""
    with socket.create_server(("127.0.0.1", 0)) as mute:
        linked = call(PgLink, url_of(f"postgresql://u@127.0.0.1:{mute.getsockname()[1]}/d"), reactor)

        async def start_and_stop() -> None:
            starting = Deferred.fromCoroutine(linked.start())
            await sleep(0.1)
            await linked.stop()
            await starting

        began = time.monotonic()
        run(start_and_stop)
        assert time.monotonic() - began < 1


def test_unknown_parameters_are_told_at_once() -> None:
    """What no server could answer is a mistake of the configuration."""
    with pytest.raises(StartError, match="invalid connection option"):
        PgLink(url_of("postgresql://u:hush@h/d?foo=bar"), reactor)
