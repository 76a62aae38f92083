"""The service that twistd runs: options in, an orderly start and an orderly end."""

from __future__ import annotations

import atexit
import gc
import os
import sys
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, ClassVar, NoReturn

from twisted.application.service import Service
from twisted.internet.defer import Deferred, maybeDeferred
from twisted.internet.endpoints import serverFromString
from twisted.internet.error import CannotListenError
from twisted.internet.interfaces import IListeningPort
from twisted.internet.task import LoopingCall
from twisted.logger import Logger
from twisted.python import usage

from galaxychat import __version__, assembly, descriptors, sdnotify
from galaxychat.authcheck import probe_blowfish
from galaxychat.config import Config, load
from galaxychat.errors import ConfigError, StartError
from galaxychat.outgoing import bound_kernel

_BACKLOG = 1024
# Seconds.
_REGULARLY = 1.0
# Python's default of 700 new objects has the collector pass over those who are here again and again while others come
# in: measured, a fifth of what a storm of 1000 cost.
_COLLECT_AFTER = 10_000


_log = Logger(namespace="galaxychat")


class Options(usage.Options):
    """The command line of `twistd galaxychat`."""

    synopsis = "[options]"
    longdesc = "Serves a chat to the users of a Galaxy site. Galaxy's own configuration says who they are."
    optParameters: ClassVar = [
        ["port", "p", None, "TCP port (default 7070)"],
        ["host", None, None, "address or name to listen on (default localhost)"],
        [
            "endpoint",
            "e",
            None,
            "Twisted endpoint in place of port and host, such as unix:/run/galaxychat.sock",
        ],
        ["galaxy-config", None, None, "Galaxy's galaxy.yml or galaxy.ini (default: $GALAXY_CONFIG_FILE)"],
        ["config", None, None, "the chat's own settings, where they do not stand in Galaxy's file"],
        [
            "base-path",
            None,
            None,
            "path below which browsers find the chat (default <galaxy_url_prefix>/galaxychat)",
        ],
    ]
    optFlags: ClassVar = [["insecure-demo", None, "accept Galaxy's default id_secret: for trying out, never for users"]]

    def opt_version(self) -> NoReturn:
        """Print the version and exit."""
        print(f"galaxychat {__version__}")
        sys.exit(0)


def configured(options: Mapping[str, Any], environ: Mapping[str, str] = os.environ) -> Config:
    """Return the configuration that the options lead to; raises ConfigError."""
    overrides = {
        "port": options["port"],
        "host": options["host"],
        "endpoint": options["endpoint"],
        "base_path": options["base-path"],
    }
    return load(
        options["galaxy-config"],
        options["config"],
        overrides,
        environ,
        insecure_demo=bool(options["insecure-demo"]),
    )


def makeService(options: Mapping[str, Any]) -> Service:
    """Return the service, not started; a configuration that cannot be used ends the process with status 1."""
    from twisted.internet import reactor  # twistd chooses it before this runs

    try:
        config = configured(options)
        if not config.enabled:
            raise StartError("enable_communication_server is false: the chat is switched off and does not start.")
        return ChatService(config, reactor)
    except (ConfigError, StartError) as error:
        raise SystemExit("\n".join(f"galaxychat: {line}" for line in str(error).splitlines())) from None


def endpoint_of(config: Config) -> str:
    """Return the endpoint to listen on, as Twisted writes it."""
    if config.endpoint is not None:
        return config.endpoint
    host = config.host.replace(":", "\\:")
    kind = "tcp6" if ":" in config.host else "tcp"
    # Twisted's backlog of 50 makes a crowd that comes back at once wait for a second.
    return f"{kind}:{config.port}:interface={host}:backlog={_BACKLOG}"


class ChatService(Service):
    """The whole server. Its parts are made here, and opened only when the process has forked."""

    log = Logger()

    def __init__(self, config: Config, reactor: Any) -> None:
        self.config = config
        self._reactor = reactor
        self._rooms = assembly.site_rooms(config)
        self._without_effect = assembly.without_effect(config)
        self.house = assembly.build(config, reactor)
        self._endpoint = _endpoint(reactor, config)
        self._regular = [
            _looping(self.house.rooms.announce_waiting, reactor),
            _looping(self.house.watch.look_when_due, reactor),
            _looping(self.house.walls.look_when_due, reactor),
        ]
        self._port: IListeningPort | None = None
        self._opened = False
        self.when_started: Deferred[None] = Deferred()

    def startService(self) -> None:
        """Open the log, look for Galaxy's database, and listen; what cannot work ends the process with status 1."""
        super().startService()
        # The reactor's own clock is the time of day: an hour back would stop every timer for an hour.
        self._reactor.seconds = time.monotonic
        for warning in (*self.config.warnings, *self._without_effect):
            self.log.warn("{warning}", warning=warning)
        Deferred.fromCoroutine(self._start()).addErrback(self._failed)

    def stopService(self) -> Deferred[None]:
        """Stop accepting, send everybody 1012, wait for what is in hand, close the databases."""
        super().stopService()
        return Deferred.fromCoroutine(self._stop())

    async def _stop(self) -> None:
        sdnotify.notify("STOPPING=1")
        if self._port is not None:
            await maybeDeferred(self._port.stopListening)
        await self.house.factory.shut_down()
        self.house.highlighter.stop()
        for call in self._regular:
            if call.running:
                call.stop()
        if self._opened:
            if self.house.neighbourhood is not None:
                await self.house.neighbourhood.stop()
            await self.house.history.close()
        await self.house.galaxy.stop()

    async def _start(self) -> None:
        probe_blowfish()
        self._check_descriptors()
        await assembly.open_log(self.house.history, self._rooms)
        self._opened = True
        # Galaxy's database first, or whoever comes at once is told that it is away; a PostgreSQL that cannot be
        # reached is waited for no longer than one attempt takes.
        await self.house.galaxy.start()
        if self.house.neighbourhood is not None:
            await self.house.neighbourhood.start()
        for call in self._regular:
            call.start(_REGULARLY)
        self._port = await self._listen()
        self.log.info("Serving {base}/ at {address}", base=self.config.base_path, address=_shown(self._port))
        gc.set_threshold(_COLLECT_AFTER)
        sdnotify.notify("READY=1")
        self.when_started.callback(None)

    async def _listen(self) -> IListeningPort:
        try:
            port: IListeningPort = await self._endpoint.listen(self.house.http)
        except (CannotListenError, OSError) as problem:
            # A unix socket has a lock beside it, which fails with the system's own error.
            cause = problem.socketError if isinstance(problem, CannotListenError) else problem
            reason = getattr(cause, "strerror", None) or "unknown reason"
            raise StartError(f"Cannot listen on {endpoint_of(self.config)}: {reason}.") from None
        listening = getattr(port, "socket", None)
        if listening is not None:
            bound_kernel(listening)
        return port

    def _failed(self, failure: Any) -> None:
        if failure.check(StartError):
            self._give_up(str(failure.value))
        else:
            self.log.failure("The chat could not start", failure)
            self._give_up("The chat could not start; the log says why.")

    def _give_up(self, line: str) -> None:
        """End the process with status 1, after twistd has cleaned up: it has no way to be told of one."""
        self.log.critical("{line}", line=line)
        atexit.register(_exit_status_1)
        self._reactor.callWhenRunning(self._reactor.stop)

    def _check_descriptors(self) -> None:
        fit = descriptors.raise_limit()
        if fit < self.config.limits.connections:
            self.log.warn(
                "Only {fit} connections fit into this process's limit of open files, {wanted} are allowed by "
                "limits.connections: raise LimitNOFILE (systemd) or ulimit -n.",
                fit=fit,
                wanted=self.config.limits.connections,
            )


def _endpoint(reactor: Any, config: Config) -> Any:
    """Return where to listen; raises StartError for words that Twisted does not understand."""
    try:
        return serverFromString(reactor, endpoint_of(config))
    except Exception as problem:
        # Each kind of endpoint has exceptions of its own, and some have no words.
        words = str(problem).rstrip(".") or type(problem).__name__
        raise StartError(
            f"endpoint: Twisted cannot use it ({words}); right would be unix:/run/galaxychat.sock, say."
        ) from None


def _looping(work: Callable[[], Awaitable[None] | None], reactor: Any) -> LoopingCall:
    """Return a call that goes on when it fails once."""

    async def once() -> None:
        try:
            result = work()
            if result is not None:
                await result
        except Exception:
            _log.failure("What is done regularly failed")

    call = LoopingCall(lambda: Deferred.fromCoroutine(once()))
    call.clock = reactor
    return call


def _shown(port: IListeningPort) -> str:
    address = port.getHost()
    host, number = getattr(address, "host", None), getattr(address, "port", None)
    # A unix socket's name is bytes.
    return f"{host}:{number}" if host else os.fsdecode(getattr(address, "name", None) or str(address))


def _exit_status_1() -> None:
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(1)
