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

from galaxychat.demo import DemoGalaxy
from tests.deploy.site import ROOT, Chat, ask, running, said, talking, visit
from tests.support.ports import free_port

DEPLOY = ROOT / "deploy"
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


@pytest.fixture(scope="module")
def galaxy(tmp_path_factory: pytest.TempPathFactory) -> DemoGalaxy:
    """A Galaxy with three people."""
    made = DemoGalaxy(tmp_path_factory.mktemp("galaxy"), 0)
    made.prepare()
    return made


@pytest.fixture(scope="module")
def chat(galaxy: DemoGalaxy, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chat]:
    """The chat of that Galaxy, without any proxy."""
    with running(tmp_path_factory.mktemp("chat"), galaxy.config) as serving:
        yield serving


@pytest.fixture(scope="module", params=["nginx", "apache"])
def proxy(request: pytest.FixtureRequest, chat: Chat, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of a proxy with the documented configuration before the chat."""
    folder = tmp_path_factory.mktemp(request.param)
    with {"nginx": nginx, "apache": apache}[request.param](folder, chat) as port:
        yield port


@contextmanager
def nginx(folder: Path, chat: Chat) -> Iterator[int]:
    """Run nginx."""
    program = shutil.which("nginx", path="/usr/sbin:/usr/bin")
    if program is None:
        pytest.skip("nginx is not installed")
    port = free_port()
    config = NGINX.format(folder=folder, port=port, chat=chat.port, documented=documented("nginx.conf", chat))
    with serving([program, "-p", str(folder), "-c"], folder, config, port):
        yield port


@contextmanager
def apache(folder: Path, chat: Chat) -> Iterator[int]:
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


def documented(name: str, chat: Chat) -> str:
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


def cookie_of(galaxy: DemoGalaxy, name: str) -> str:
    """Return a fresh cookie of one of the people."""
    cookie = galaxy.sign_in(name)
    assert cookie
    return cookie


def test_two_people_talk_through_the_proxy(galaxy: DemoGalaxy, proxy: int) -> None:
    """The upgrade passes, the page's own origin is allowed, and events come as they happen."""
    with talking(proxy, cookie_of(galaxy, "alice")) as alice, talking(proxy, cookie_of(galaxy, "bob")) as bob:
        assert alice.subprotocol == "galaxychat.v1"
        lobby = said(alice)["rooms"][0]["room"]
        said(bob)
        ask(alice, type="join", room=lobby)
        ask(bob, type="join", room=lobby)
        ask(alice, type="send", room=lobby, text="through the proxy", nonce=f"proxy-{proxy}")
        heard = said(bob)
        while heard["type"] != "message":
            heard = said(bob)
        assert heard["message"]["text"] == "through the proxy"


def test_a_close_code_passes(proxy: int) -> None:
    """A browser without a session learns why, in the code that its client acts on."""
    with talking(proxy, "00" * 40) as nobody:
        while nobody.close_code is None:
            try:
                nobody.recv(10)
            except Exception:
                break
        assert nobody.close_code == 4401


def test_the_page_and_its_files_pass(proxy: int) -> None:
    """The path is not changed on its way, with or without the last slash."""
    assert visit(proxy, "/galaxychat/")[0] == 200
    assert visit(proxy, "/galaxychat")[0] == 200
    assert visit(proxy, "/galaxychat/me") == (200, '{"state": "no_cookie"}')


def test_health_and_metrics_are_not_for_the_proxy(chat: Chat, proxy: int) -> None:
    """Nobody outside sees them, even where everything is passed on: X-Forwarded-For gives the proxy away."""
    for page in ("/healthz", "/readyz", "/metrics"):
        assert visit(chat.port, page)[0] == 200
        assert visit(proxy, page)[0] == 404
