"""The units for systemd: systemd understands them, and their commands start what they say."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import socket
import subprocess
from pathlib import Path

from tests.support.client import Client
from tests.support.galaxy_sqlite import ScratchGalaxy
from tests.support.ports import free_port
from tests.support.server import BIN, Server

DEPLOY = Path(__file__).parents[2] / "deploy"
DOCUMENTED = "/srv/galaxychat/venv/bin"


def program(name: str) -> str:
    """Return where one of systemd's programs is."""
    found = shutil.which(name)
    # Not skipped where it is missing: `make test` installs it.
    assert found is not None, f"{name} is not installed: scripts/system.sh"
    return found


def start_command(unit: str) -> list[str]:
    """Return the last ExecStart of a unit, commented out or not, with the programs of this environment."""
    lines = re.findall(r"ExecStart=(\S.*)", (DEPLOY / unit).read_text())
    return shlex.split(lines[-1].replace(DOCUMENTED, str(BIN)))


def test_systemd_understands_the_units(tmp_path: Path) -> None:
    """No unknown key, no value out of place."""
    analyze = program("systemd-analyze")
    for unit in ("galaxychat.service", "galaxychat.socket"):
        (tmp_path / unit).write_text((DEPLOY / unit).read_text().replace(DOCUMENTED, str(BIN)))
    for unit in ("galaxychat.service", "galaxychat.socket"):
        done = subprocess.run([analyze, "verify", tmp_path / unit], capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, "")


def test_the_service_says_ready_and_stopping(tmp_path: Path) -> None:
    """Type=notify: systemd hears when people can come in, and when an orderly end begins."""
    environ = {
        "GALAXY_CONFIG_FILE": str(ScratchGalaxy(tmp_path).config),
        "GALAXY_CONFIG_OVERRIDE_COMMUNICATION_SERVER_PORT": "0",
        "NOTIFY_SOCKET": str(tmp_path / "notify"),
    }
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd, (tmp_path / "output").open("w") as output:
        systemd.bind(environ["NOTIFY_SOCKET"])
        systemd.settimeout(20)
        process = subprocess.Popen(
            start_command("galaxychat.service"), env=os.environ | environ, stdout=output, stderr=subprocess.STDOUT
        )
        try:
            assert systemd.recv(100) == b"READY=1", (tmp_path / "output").read_text()
            process.terminate()
            assert systemd.recv(100) == b"STOPPING=1"
        finally:
            process.terminate()
            process.wait(20)


def test_systemd_hands_the_socket_over(tmp_path: Path) -> None:
    """Who comes before there is a process waits, and is served."""
    port = free_port()
    server = Server(ScratchGalaxy(tmp_path))
    server._command = [
        *(program("systemd-socket-activate"), "--listen", f"127.0.0.1:{port}", "--fdname", "galaxychat.socket"),
        *("--setenv", "PATH", "--setenv", "GALAXY_CONFIG_FILE", *start_command("galaxychat.socket")),
    ]
    server._environ = {"GALAXY_CONFIG_FILE": str(server.galaxy.config)}
    server.launch()
    try:
        server.wait_for(re.compile("Listening on"))
        server.port = port
        with Client.enter(server, "alice") as alice:
            assert alice.event("welcome")["you"]["name"] == "alice"
    finally:
        server.kill()
