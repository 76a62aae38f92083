"""nginx and Apache of a test's own, in front of one server or several, with what stands in deploy/."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from tests.support.galaxy_sqlite import ScratchGalaxy
from tests.support.ports import free_port
from tests.support.server import Server

DEPLOY = Path(__file__).parents[2] / "deploy"
#: Where the chat listens in the files of deploy/.
DOCUMENTED = "127.0.0.1:7070"

NGINX = """
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/proxy.log;
events {{ worker_connections 1000; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    {http}
    server {{
        listen 127.0.0.1:{port};
        {site}
    }}
}}
"""
APACHE = """
ServerRoot {folder}
ServerName localhost
PidFile {folder}/apache.pid
ErrorLog {folder}/proxy.log
Mutex file:{folder}
DefaultRuntimeDir {folder}
Listen 127.0.0.1:{port}
LoadModule mpm_event_module {modules}/mod_mpm_event.so
LoadModule authz_core_module {modules}/mod_authz_core.so
LoadModule proxy_module {modules}/mod_proxy.so
LoadModule proxy_http_module {modules}/mod_proxy_http.so
LoadModule slotmem_shm_module {modules}/mod_slotmem_shm.so
LoadModule proxy_balancer_module {modules}/mod_proxy_balancer.so
LoadModule lbmethod_bybusyness_module {modules}/mod_lbmethod_bybusyness.so
LoadModule rewrite_module {modules}/mod_rewrite.so
<IfModule !unixd_module>
    LoadModule unixd_module {modules}/mod_unixd.so
</IfModule>
User nobody
Group nogroup
{site}
"""
_APACHE_MODULES = Path("/usr/lib/apache2/modules")


class Proxy(Server):
    """A server as it is seen through a proxy on another port."""

    def __init__(self, galaxy: ScratchGalaxy, port: int) -> None:
        super().__init__(galaxy)
        self.port = port


@contextmanager
def nginx(folder: Path, site: str, http: str = "") -> Iterator[int]:
    """Run nginx with these lines in its `server` and its `http` block; give its port."""
    program = _program("nginx")
    port = free_port()
    config = NGINX.format(folder=folder, port=port, site=site, http=http)
    with _serving([program, "-p", str(folder), "-c"], folder, config, port):
        yield port


@contextmanager
def apache(folder: Path, site: str) -> Iterator[int]:
    """Run Apache with these lines; give its port."""
    program = _program("apache2")
    port = free_port()
    config = APACHE.format(folder=folder, port=port, modules=_APACHE_MODULES, site=site)
    with _serving([program, "-D", "FOREGROUND", "-f"], folder, config, port):
        yield port


def documented(name: str, *places: str) -> str:
    """Return what stands in deploy/, with the places where the chat's nodes listen here."""
    text = (DEPLOY / name).read_text()
    host, _, first = DOCUMENTED.rpartition(":")
    for number, place in enumerate(places):
        written = f"{host}:{int(first) + number}"
        assert written in text
        text = text.replace(written, place)
    return text


def _program(name: str) -> str:
    found = shutil.which(name, path="/usr/sbin:/usr/bin")
    # Not skipped where it is missing: `make test` installs both.
    assert found is not None, f"{name} is not installed: scripts/system.sh"
    return found


@contextmanager
def _serving(command: list[str], folder: Path, config: str, port: int) -> Iterator[None]:
    """Run a proxy in the foreground while it is needed."""
    # Its workers run as somebody else, who must reach its files.
    folder.chmod(0o755)
    path = folder / "proxy.conf"
    path.write_text(config)
    with (folder / "output").open("w") as output:
        process = subprocess.Popen([*command, str(path)], stdout=output, stderr=subprocess.STDOUT)
        try:
            _wait_for(process, port, folder)
            yield
        finally:
            process.terminate()
            process.wait(10)


def _wait_for(process: subprocess.Popen[bytes], port: int, folder: Path) -> None:
    """Wait until somebody listens: a proxy says so to nobody."""
    end = time.monotonic() + 10
    while time.monotonic() < end and process.poll() is None:
        with closing(socket.socket()) as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    logs = [path.read_text() for path in (folder / "output", folder / "proxy.log") if path.exists()]
    raise AssertionError("the proxy did not start:\n" + "\n".join(logs))
