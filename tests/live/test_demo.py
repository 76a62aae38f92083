"""The demo: one command, three people, a page that signs one in; everything behind it is the real thing."""

from __future__ import annotations

import http.client
import re
import signal
import subprocess
import urllib.parse
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.ports import free_port
from tests.support.server import BIN

_PATIENCE = 60


class _Demo:
    """A demo that runs, and a browser without memory."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.process = subprocess.Popen(
            [str(BIN / "galaxychat"), "demo", "--directory", str(folder), "--port", str(self.port)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert self.process.stdout is not None
        self.first_line = self.process.stdout.readline()

    def get(self, path: str, cookie: str = "", body: str | None = None) -> tuple[int, dict[str, str], str]:
        connection = http.client.HTTPConnection("localhost", self.port, timeout=_PATIENCE)
        try:
            headers = {"Cookie": cookie, "Content-Type": "application/x-www-form-urlencoded"}
            connection.request("GET" if body is None else "POST", path, body, headers)
            answer = connection.getresponse()
            return answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read().decode()
        finally:
            connection.close()

    def sign_in(self, name: str) -> str:
        status, headers, _ = self.get("/sign-in", body=urllib.parse.urlencode({"name": name}))
        assert (status, headers["location"]) == (303, "galaxychat/")
        assert "HttpOnly" in headers["set-cookie"]
        return headers["set-cookie"].partition(";")[0]

    def interrupt(self) -> tuple[int, str]:
        """Press Ctrl-C; return the exit status and what was said since the start."""
        self.process.send_signal(signal.SIGINT)
        said, _ = self.process.communicate(timeout=_PATIENCE)
        return self.process.returncode, said


@contextmanager
def _demo(folder: Path) -> Iterator[_Demo]:
    demo = _Demo(folder)
    try:
        yield demo
    finally:
        if demo.process.poll() is None:
            demo.process.kill()
        demo.process.communicate()


def test_demo(tmp_path: Path) -> None:
    """It says where it runs, signs in whom it shows, keeps what was there, and ends with Ctrl-C without a sound."""
    with _demo(tmp_path / "demo") as demo:
        assert demo.first_line == f"galaxychat is running at http://localhost:{demo.port}/galaxychat/\n"
        page = demo.get("/")[2]
        assert re.findall(r'name="name" value="(\w+)"', page) == ["alice", "bob", "carol"]
        assert demo.get("/demo.css")[0] == 200
        alice = demo.sign_in("alice")
        assert demo.get("/galaxychat/me", alice)[2] == '{"state": "ok", "unread": 0, "mentions": 0}'
        assert demo.get("/sign-in", body="name=mallory")[0] == 404
        assert demo.get("/sign-in", body="x=" + "y" * 1_000_000)[0] == 404
        status, said = demo.interrupt()
        assert status == 0
        assert "Traceback" not in said
    with _demo(tmp_path / "demo") as demo:
        assert demo.get("/galaxychat/me", alice)[2].startswith('{"state": "ok"')
        second = subprocess.run(
            [str(BIN / "galaxychat"), "demo", "--directory", str(tmp_path / "other"), "--port", str(demo.port)],
            capture_output=True,
            text=True,
            timeout=_PATIENCE,
            check=False,
        )
        assert second.returncode == 1
        assert re.fullmatch(r"galaxychat: Cannot listen on .*: Address already in use\.\n", second.stderr)
        assert second.stdout == ""


def test_demo_without_a_place(tmp_path: Path) -> None:
    """A folder that cannot be used is told in one line."""
    (tmp_path / "file").touch()
    done = subprocess.run(
        [str(BIN / "galaxychat"), "demo", "--directory", str(tmp_path / "file"), "--port", "0"],
        capture_output=True,
        text=True,
        timeout=_PATIENCE,
        check=False,
    )
    assert done.returncode == 1
    assert re.fullmatch(r"galaxychat: The demo's folder .*\n", done.stderr)


@pytest.mark.parametrize("arguments", [["--port", "http"], ["--directory"]])
def test_demo_misunderstood(arguments: list[str]) -> None:
    """Options that are none get the usage."""
    done = subprocess.run(
        [str(BIN / "galaxychat"), "demo", *arguments], capture_output=True, text=True, timeout=_PATIENCE, check=False
    )
    assert done.returncode == 2
    assert "usage: galaxychat demo" in done.stderr
