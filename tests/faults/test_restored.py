"""The log is put back from a backup: what came after it is gone, and everybody starts over from what is there."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

from tests.support.crowd import RATES, Talker, crowd, enter_all, lobby
from tests.support.galaxy_sqlite import ScratchGalaxy
from tests.support.nodes import quiet
from tests.support.server import IN_GOOD_ORDER, Server, galaxychat
from tests.support.verdict import check

_BEFORE, _AFTER, _AGAIN = 30, 40, 60


def test_log_restored_from_a_backup(tmp_path: Path, saw: Callable[[str], None]) -> None:
    """Clients hold what the restored log never had, and more is written than was lost: all end with what it has."""
    server = Server(ScratchGalaxy(tmp_path, chat={"limits": RATES}))
    talkers = crowd(server, 10)
    with server:
        lost = asyncio.run(_lose_and_restore(server, talkers))
        assert server.terminate() == IN_GOOD_ORDER
        quiet(server)
    # A client that went on from where it was would hold a message that is lost in the place of a new one.
    assert _AGAIN > _AFTER
    verdict = check(server.galaxy.log, talkers)
    assert verdict.logged == _BEFORE + _AGAIN
    assert all(talker.resets == 1 and not talker.gaps for talker in talkers)
    saw(
        f"{lost} messages newer than the backup are gone; {len(talkers)} clients told to start over, and did; {verdict}"
    )


async def _lose_and_restore(server: Server, talkers: list[Talker]) -> int:
    await enter_all(talkers)
    room = await lobby(talkers[0])
    for talker in talkers:
        await talker.follow(room)
    await _talk(talkers, room, _BEFORE)
    kept = [len(talker.acknowledged) for talker in talkers]
    copy = server.galaxy.folder / "copy.sqlite"
    await asyncio.to_thread(_command, server, "backup", str(copy))
    await _talk(talkers, room, _AFTER)
    server.kill()
    await asyncio.to_thread(_restore, server, copy)
    for talker, count in zip(talkers, kept, strict=True):
        # Lost with the machine that the backup is for: docs/reliability.md says so.
        del talker.acknowledged[count:]
    await talkers[0].enter()
    await _talk(talkers[:1], room, _AGAIN)
    await enter_all(talkers[1:])
    rev = talkers[0].rooms[room].last
    for talker in talkers:
        await talker.caught_up(room, rev)
        await talker.read_back(room)
        talker.leave()
    return _AFTER


def _restore(server: Server, copy: Path) -> None:
    """Do what docs/backup.md says."""
    for file in server.galaxy.folder.glob("galaxychat.sqlite*"):
        file.unlink()
    copy.rename(server.galaxy.log)
    _command(server, "new-epoch")
    server.start()


def _command(server: Server, name: str, *arguments: str) -> None:
    done = galaxychat(name, "--galaxy-config", str(server.galaxy.config), *arguments, folder=server.galaxy.folder)
    assert done.returncode == 0, done.stderr


async def _talk(talkers: list[Talker], room: int, messages: int) -> None:
    """Have so many messages said, in turns."""
    for number in range(messages):
        author = talkers[number % len(talkers)]
        await author.send(room, f"{author.name}: {number} of {messages}")
