"""The `galaxychat` command beside a running server."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import galaxychat as package
from tests.support.client import Client
from tests.support.galaxy_sqlite import ScratchGalaxy
from tests.support.server import IN_GOOD_ORDER, Server, galaxychat


def test_version(galaxy: ScratchGalaxy) -> None:
    """One line, on standard output."""
    done = galaxychat("--version", folder=galaxy.folder)
    assert (done.returncode, done.stdout, done.stderr) == (0, f"galaxychat {package.__version__}\n", "")


def test_check_of_a_good_configuration(galaxy: ScratchGalaxy) -> None:
    """It says what would be used, that both databases answer, and no secret; before and after the first start."""
    galaxy.configure({"admin_users": "alice@example.org"}, {"allowed_origins": ["https://galaxy.example.org"]})
    arguments = ("check-config", "--galaxy-config", str(galaxy.config))
    done = galaxychat(*arguments, folder=galaxy.folder)
    assert done.returncode == 0, done.stderr
    assert "The log does not exist yet" in done.stdout
    assert not galaxy.log.exists()
    with Server(galaxy) as server, Client.enter(server, "alice") as alice:
        alice.send(alice.join("Help")["room"]["room"], "hello")
        done = galaxychat(*arguments, folder=galaxy.folder)
    assert done.returncode == 0, done.stderr
    for words in ("Galaxy's database answers", "it holds 1 messages", "https://galaxy.example.org", "Help, Training"):
        assert words in done.stdout
    for secret in (galaxy.id_secret, "alice@example.org"):
        assert secret not in done.stdout + done.stderr


def test_check_of_a_bad_configuration(galaxy: ScratchGalaxy) -> None:
    """Both databases in trouble are both told, with status 1."""
    galaxy.database.unlink()
    galaxy.log.write_bytes(b"not a database, but long enough to be looked at" * 100)
    done = galaxychat("check-config", "--galaxy-config", str(galaxy.config), folder=galaxy.folder)
    assert done.returncode == 1
    problems = done.stderr.splitlines()
    assert len(problems) == 2
    assert all(line.startswith("galaxychat: ") for line in problems)
    assert str(galaxy.database) in problems[0]
    assert "Traceback" not in done.stderr
    galaxy.configure({"id_secret": None}, {"limits": {"connections": 0}})
    done = galaxychat("check-config", "--galaxy-config", str(galaxy.config), folder=galaxy.folder)
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 2


def test_backup_while_the_server_runs(galaxy: ScratchGalaxy) -> None:
    """The copy is a log of its own with everything acknowledged before, and a file is never overwritten."""
    copy = galaxy.folder / "copy.sqlite"
    arguments = ("backup", "--galaxy-config", str(galaxy.config), str(copy))
    done = galaxychat(*arguments, folder=galaxy.folder)
    assert done.returncode == 1
    assert "There is no log" in done.stderr
    assert not copy.exists()
    with Server(galaxy) as server, Client.enter(server, "alice") as alice:
        room = alice.join("Help")["room"]["room"]
        sent = [alice.send(room, f"message {number}")["seq"] for number in range(5)]
        done = galaxychat(*arguments, folder=galaxy.folder)
        assert done.returncode == 0, done.stderr
        alice.send(room, "after the copy")
    with closing(sqlite3.connect(copy)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert [seq for (seq,) in connection.execute("SELECT seq FROM message ORDER BY seq")] == sent
    assert galaxychat(*arguments, folder=galaxy.folder).returncode == 1
    galaxy.log.unlink()
    for leftover in galaxy.folder.glob("galaxychat.sqlite-*"):
        leftover.unlink()
    copy.rename(galaxy.log)
    with Server(galaxy) as server, Client.enter(server, "alice") as alice:
        texts = [message["text"] for message in alice.join("Help")["messages"]]
        assert texts == [f"message {number}" for number in range(5)]


def test_new_epoch(galaxy: ScratchGalaxy) -> None:
    """After a restore clients start over: refused while the server runs, then every resume is answered by a reset."""
    arguments = ("new-epoch", "--galaxy-config", str(galaxy.config))
    with Server(galaxy) as server:
        with Client.enter(server, "alice") as alice:
            epoch = alice.event("welcome")["epoch"]
            room = alice.join("Help")["room"]["room"]
            seq = alice.send(room, "hello")["seq"]
            done = galaxychat(*arguments, folder=galaxy.folder)
            assert done.returncode == 1
            assert "Another galaxychat uses the log" in done.stderr
        assert server.terminate() == IN_GOOD_ORDER
        done = galaxychat(*arguments, folder=galaxy.folder)
        assert done.returncode == 0, done.stderr
        server.start()
        with Client.enter(server, "alice") as alice:
            assert alice.event("welcome")["epoch"] != epoch
            joined = alice.join(room, after=seq, epoch=epoch)
            assert joined["reset"] is True
            assert [message["text"] for message in joined["messages"]] == ["hello"]


def test_command_that_is_none(galaxy: ScratchGalaxy) -> None:
    """A word that is no command gets the usage and status 2."""
    done = galaxychat("teleport", folder=galaxy.folder)
    assert done.returncode == 2
    assert "usage: galaxychat" in done.stderr
