"""Who does not know whether a message is in the log asks again: whatever raced, it is there once."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.support.crowd import Refused, Talker, crowd, enter_all, lobby
from tests.support.nodes import copied, database_of, log_in, nodes
from tests.support.pgproxy import PgProxy
from tests.support.postgres import PostgresCluster
from tests.support.server import Server
from tests.support.storm import storm
from tests.support.verdict import check

pytestmark = [pytest.mark.postgres, pytest.mark.slow]

Saw = Callable[[str], None]


def test_reset_right_after_the_commit(postgres: PostgresCluster, tmp_path: Path, saw: Saw) -> None:
    """A batch that was committed, but whose answer was lost, is answered when repeated, and heard by everybody."""
    rounds = 4
    with log_in(postgres, tmp_path) as galaxy, PgProxy(postgres.port) as proxy:
        galaxy.configure({}, {"history": proxy.url(galaxy.settings()["galaxychat"]["history"], postgres.port)})
        with nodes(galaxy) as servers:

            async def rage() -> Any:
                async with storm(servers) as raging:
                    for number in range(rounds):
                        await raging.more(50)
                        proxy.reset_commits(1)
                        async with asyncio.timeout(10):
                            while proxy.resets <= number:
                                await asyncio.sleep(0.01)
                        await raging.healed(servers)
                return raging

            raging = asyncio.run(rage())
        verdict = check(copied(postgres, galaxy), raging.talkers)
    assert proxy.resets == rounds
    # Else nothing was unknown to anybody.
    assert raging.refused["unavailable"] >= rounds
    saw(f"{proxy.resets} connections reset right after COMMIT, {raging.refused.total()} sends repeated; {verdict}")


def test_one_nonce_a_thousand_times(postgres: PostgresCluster, tmp_path: Path, saw: Saw) -> None:
    """One message, sent over and over on ever new connections to both nodes: one row, always the same answer."""
    times, connections = 1000, 40

    async def insist(servers: Sequence[Server]) -> tuple[Talker, set[int]]:
        talker = crowd(servers[0], 1)[0]
        seqs = set()
        room = 0
        for number in range(connections):
            talker.server = servers[number % 2]
            await talker.enter()
            room = room or await lobby(talker)
            asked = [
                asyncio.ensure_future(talker.ask("send", room=room, text="once", nonce="always-the-same"))
                for _ in range(times // connections)
            ]
            # Every other connection is lost while they are under way.
            wanted = asked[: 5 if number % 2 else None]
            seqs |= {answer["seq"] for answer in await asyncio.gather(*wanted)}
            assert talker.line is not None
            talker.line.transport.abort()
            await talker.line.ended
            await asyncio.gather(*asked, return_exceptions=True)
        return talker, seqs

    with log_in(postgres, tmp_path) as galaxy, nodes(galaxy) as servers:
        talker, seqs = asyncio.run(insist(servers))
        verdict = check(copied(postgres, galaxy), [talker])
    assert seqs == {1}
    assert verdict.logged == 1
    saw(f"one nonce {times} times over {connections} connections to two nodes: one message, seq {seqs}")


def test_raced_nonces(postgres: PostgresCluster, tmp_path: Path, saw: Saw) -> None:
    """Four windows of one user on two nodes send the same 25 messages at once, each in an order of its own."""
    count = 25

    async def race(servers: Sequence[Server]) -> list[dict[str, int]]:
        talker = crowd(servers[0], 1)[0]
        windows = [Talker(server, talker.name, talker.cookie) for server in (*servers, *servers)]
        await enter_all(windows)
        room = await lobby(windows[0])

        async def send(window: Talker) -> dict[str, int]:
            nonces = [f"raced-{number}" for number in range(count)]
            random.Random(windows.index(window)).shuffle(nonces)
            asked = [window.ask("send", room=room, text=f"text of {nonce}", nonce=nonce) for nonce in nonces]
            answers = await asyncio.gather(*asked)
            return {nonce: answer["seq"] for nonce, answer in zip(nonces, answers, strict=True)}

        told = list(await asyncio.gather(*(send(window) for window in windows)))
        for window in windows:
            window.leave()
        return told

    with log_in(postgres, tmp_path) as galaxy, nodes(galaxy) as servers:
        told = asyncio.run(race(servers))
        verdict = check(copied(postgres, galaxy), [])
    assert all(one == told[0] for one in told)
    assert sorted(told[0].values()) == list(range(1, count + 1))
    saw(f"{count} nonces raced by 4 windows over two nodes; {verdict.logged} messages, each seq once, no gap")


def test_the_same_nonces_in_two_rooms(postgres: PostgresCluster, tmp_path: Path, saw: Saw) -> None:
    """A nonce that two nodes give out at once in two rooms stands for one of them; nothing waits for a deadlock."""
    count = 50

    async def race(servers: Sequence[Server]) -> list[str]:
        talker = crowd(servers[0], 1)[0]
        windows = [Talker(server, talker.name, talker.cookie) for server in servers]
        await enter_all(windows)
        rooms = [room["room"] for room in (await windows[0].ask("rooms"))["rooms"]][:2]

        async def send(window: Talker, room: int, number: int) -> str:
            try:
                await window.ask("send", room=room, text="raced", nonce=f"raced-{number}")
            except Refused as refused:
                return str(refused)
            return "sent"

        async def all_of(window: Talker, room: int, numbers: Sequence[int]) -> list[str]:
            return list(await asyncio.gather(*(send(window, room, number) for number in numbers)))

        upwards = range(count)
        outcomes = await asyncio.gather(
            all_of(windows[0], rooms[0], upwards), all_of(windows[1], rooms[1], upwards[::-1])
        )
        for window in windows:
            window.leave()
        return [outcome for each in outcomes for outcome in each]

    with log_in(postgres, tmp_path) as galaxy, nodes(galaxy) as servers:
        outcomes = asyncio.run(race(servers))
        verdict = check(copied(postgres, galaxy), [])
    assert outcomes.count("sent") == outcomes.count("nonce_reused") == verdict.logged == count
    saw(f"{count} nonces, each in two rooms on two nodes at once: {verdict.logged} sent, {count} nonce_reused")


async def _everybody_talks_everywhere(talkers: Sequence[Talker], rooms: Sequence[int], rounds: int) -> None:
    async def talk(talker: Talker) -> None:
        order = random.Random(talker.name)
        for number in range(rounds):
            for room in order.sample(rooms, len(rooms)):
                seq = await talker.send(room, f"{talker.name} {number}")
                await talker.ask("read", room=room, seq=seq)
        # Whoever comes in is made a member of rooms that are being written in.
        await talker.ask("create", name=f"Room of {talker.name}")

    await asyncio.gather(*(talk(talker) for talker in talkers))


def test_batches_over_crossing_rooms(postgres: PostgresCluster, tmp_path: Path, saw: Saw) -> None:
    """Both nodes write batches over the same rooms, in every order, with positions, members and presence in them."""
    people, rounds = 20, 15
    before = postgres.log.count("deadlock detected")

    async def cross(servers: Sequence[Server]) -> list[Talker]:
        talkers = [talker for number, each in enumerate(servers) for talker in crowd(each, people, f"cross{number}-")]
        await enter_all(talkers)
        rooms = [room["room"] for room in (await talkers[0].ask("rooms"))["rooms"]]
        assert len(rooms) == 4
        for talker in talkers:
            for room in rooms:
                await talker.follow(room)

        await _everybody_talks_everywhere(talkers, rooms, rounds)
        for room in rooms:
            rev = max(talker.rooms[room].last for talker in talkers)
            await asyncio.gather(*(talker.caught_up(room, rev) for talker in talkers))
        for talker in talkers:
            talker.leave()
        return talkers

    with log_in(postgres, tmp_path) as galaxy, nodes(galaxy) as servers:
        talkers = asyncio.run(cross(servers))
        verdict = check(copied(postgres, galaxy), talkers)
        with closing(postgres.connect(database_of(galaxy))) as connection, connection.cursor() as cursor:
            cursor.execute("SELECT count(DISTINCT room) FROM message")
            assert cursor.fetchone() == (4,)
    assert verdict.acknowledged == verdict.logged == 2 * people * rounds * 4
    assert postgres.log.count("deadlock detected") == before
    saw(f"{2 * people} clients on two nodes over 4 rooms; {verdict}; no deadlock")
