"""The proxy configurations in deploy/ are run as they stand, in front of a real server."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from tests.support.client import Client
from tests.support.galaxy_sqlite import ScratchGalaxy
from tests.support.ports import free_port
from tests.support.server import Server

DEPLOY = Path(__file__).parents[2] / "deploy"
DOCUMENTED = "127.0.0.1:7070"

# Everything else is passed on as well, as by an admin who means it too well.
NGINX = """
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/proxy.log;
events {{ worker_connections 100; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{
        listen 127.0.0.1:{port};
        {documented}
        location / {{
            proxy_pass http://127.0.0.1:{chat};
            proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
        }}
    }}
}}
"""
APACHE = """
ServerRoot {folder}
ServerName localhost
PidFile {folder}/apache.pid
ErrorLog {folder}/proxy.log
Mutex file:{folder}
Listen 127.0.0.1:{port}
LoadModule mpm_event_module {modules}/mod_mpm_event.so
LoadModule authz_core_module {modules}/mod_authz_core.so
LoadModule proxy_module {modules}/mod_proxy.so
LoadModule proxy_http_module {modules}/mod_proxy_http.so
LoadModule rewrite_module {modules}/mod_rewrite.so
<IfModule !unixd_module>
    LoadModule unixd_module {modules}/mod_unixd.so
</IfModule>
User nobody
Group nogroup
{documented}
ProxyPass "/" "http://127.0.0.1:{chat}/"
"""
APACHE_MODULES = Path("/usr/lib/apache2/modules")


class Proxy(Server):
    """A server as it is seen through a proxy on another port."""

    def __init__(self, behind: Server, port: int) -> None:
        super().__init__(behind.galaxy)
        self.base, self.port = behind.base, port


@pytest.fixture(scope="module")
def chat(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The chat without any proxy."""
    with Server(ScratchGalaxy(tmp_path_factory.mktemp("galaxy"))) as server:
        yield server


@pytest.fixture(scope="module", params=["nginx", "apache"])
def proxy(request: pytest.FixtureRequest, chat: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    """The chat behind a proxy that has the documented configuration."""
    folder = tmp_path_factory.mktemp(request.param)
    with {"nginx": nginx, "apache": apache}[request.param](folder, chat) as port:
        yield Proxy(chat, port)


@contextmanager
def nginx(folder: Path, chat: Server) -> Iterator[int]:
    """Run nginx."""
    program = shutil.which("nginx", path="/usr/sbin:/usr/bin")
    if program is None:
        pytest.skip("nginx is not installed")
    port = free_port()
    config = NGINX.format(folder=folder, port=port, chat=chat.port, documented=documented("nginx.conf", chat))
    with serving([program, "-p", str(folder), "-c"], folder, config, port):
        yield port


@contextmanager
def apache(folder: Path, chat: Server) -> Iterator[int]:
    """Run Apache."""
    program = shutil.which("apache2", path="/usr/sbin:/usr/bin")
    if program is None:
        pytest.skip("Apache is not installed")
    port = free_port()
    config = APACHE.format(
        folder=folder, port=port, chat=chat.port, modules=APACHE_MODULES, documented=documented("apache.conf", chat)
    )
    with serving([program, "-D", "FOREGROUND", "-f"], folder, config, port):
        yield port


def documented(name: str, chat: Server) -> str:
    """Return what stands in deploy/, with the port that the chat has here."""
    text = (DEPLOY / name).read_text()
    assert DOCUMENTED in text
    return text.replace(DOCUMENTED, f"127.0.0.1:{chat.port}")


@contextmanager
def serving(command: list[str], folder: Path, config: str, port: int) -> Iterator[None]:
    """Run a proxy in the foreground while it is needed."""
    # Its workers run as somebody else, who must reach its files.
    folder.chmod(0o755)
    path = folder / "proxy.conf"
    path.write_text(config)
    with (folder / "output").open("w") as output:
        process = subprocess.Popen([*command, str(path)], stdout=output, stderr=subprocess.STDOUT)
        try:
            wait_for(process, port, folder)
            yield
        finally:
            process.terminate()
            process.wait(10)


def wait_for(process: subprocess.Popen[bytes], port: int, folder: Path) -> None:
    """Wait until somebody listens: a proxy says so to nobody."""
    end = time.monotonic() + 10
    while time.monotonic() < end and process.poll() is None:
        with closing(socket.socket()) as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    logs = [path.read_text() for path in (folder / "output", folder / "proxy.log") if path.exists()]
    raise AssertionError("the proxy did not start:\n" + "\n".join(logs))


def test_two_people_talk_through_the_proxy(proxy: Proxy) -> None:
    """The upgrade passes, the page's own origin is allowed, and events come as they happen."""
    with Client.enter(proxy, "alice") as alice, Client.enter(proxy, "bob") as bob:
        assert alice.connection.subprotocol == "galaxychat.v1"
        room = alice.join("Help")["room"]["room"]
        bob.join(room)
        sent = alice.send(room, "through the proxy")
        heard = bob.event("message", room=room, rev=sent["seq"])
        assert heard["message"]["text"] == "through the proxy"


def test_a_close_code_passes(proxy: Proxy) -> None:
    """A browser without a session learns why, in the code that its client acts on."""
    with Client.open(proxy, "00" * 40) as nobody:
        assert nobody.closed()[0] == 4401


def test_the_page_and_its_state_pass(proxy: Proxy) -> None:
    """The path is not changed on its way, with or without the last slash."""
    assert proxy.get("/galaxychat/")[0] == 200
    assert proxy.get("/galaxychat")[0] == 200
    assert proxy.get("/galaxychat/me") == (200, '{"state": "no_cookie"}')


def test_health_and_metrics_are_not_for_the_proxy(chat: Server, proxy: Proxy) -> None:
    """Nobody outside sees them, even where everything is passed on: X-Forwarded-For gives the proxy away."""
    for page in ("/healthz", "/readyz", "/metrics"):
        assert chat.get(page)[0] == 200
        assert proxy.get(page)[0] == 404
