"""Runs Twisted code in plain tests: one reactor in a daemon thread for the whole test session.

A reactor can be started once per process only, so tests share it; `run` blocks the test, never the reactor.
"""

from __future__ import annotations

import threading
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

from twisted.internet import reactor as _reactor
from twisted.internet.defer import Deferred
from twisted.internet.threads import blockingCallFromThread

T = TypeVar("T")

#: The global reactor; typed Any because its interfaces are provided at run time.
reactor: Any = _reactor

#: Typed Any: mypy cannot join a generic function with its overloads of Deferred and plain result.
_blocking: Any = blockingCallFromThread

_start_lock = threading.Lock()
_thread: threading.Thread | None = None


def start_reactor() -> None:
    """Start the reactor's thread unless it runs; returns once the reactor takes calls."""
    global _thread
    with _start_lock:
        if _thread is not None:
            return
        running = threading.Event()
        reactor.callWhenRunning(running.set)
        # Signal handlers work in the main thread only, and pytest wants its own.
        _thread = threading.Thread(
            target=reactor.run, kwargs={"installSignalHandlers": False}, name="reactor", daemon=True
        )
        _thread.start()
        if not running.wait(10):
            raise RuntimeError("the reactor did not start in 10 s")


def run(
    work: Callable[[], Awaitable[T]] | Coroutine[Any, Any, T],
    timeout: float = 10.0,
) -> T:
    """Run a coroutine (or what a function without arguments returns to await) in the reactor's thread.

    Returns its result or raises its exception; after `timeout` seconds it is cancelled and TimeoutError raised.
    """
    start_reactor()
    result: T = _blocking(reactor, _bounded, work, timeout)
    return result


def call(function: Callable[..., T], *args: Any, **kwargs: Any) -> T:
    """Call a plain function in the reactor's thread, where Twisted's objects may be touched."""
    start_reactor()
    result: T = _blocking(reactor, function, *args, **kwargs)
    return result


async def sleep(seconds: float) -> None:
    """Let the reactor go on for so long; only for polling loops that are bounded, and for real time-outs."""
    waiting: Deferred[None] = Deferred()
    reactor.callLater(seconds, waiting.callback, None)
    await waiting


async def until(condition: Callable[[], bool], timeout: float = 5.0, step: float = 0.01) -> None:
    """Wait until `condition()` is true, looking every `step` seconds; TimeoutError after `timeout` seconds."""
    end = reactor.seconds() + timeout
    while not condition():
        if reactor.seconds() > end:
            raise TimeoutError(f"not true within {timeout} s")
        await sleep(step)


def _bounded(work: Callable[[], Awaitable[T]] | Coroutine[Any, Any, T], timeout: float) -> Deferred[T]:
    async def whole() -> T:
        return await (work() if callable(work) else work)

    return Deferred.fromCoroutine(whole()).addTimeout(timeout, reactor, _too_late)


def _too_late(_result: object, timeout: float) -> Any:
    raise TimeoutError(f"not finished within {timeout} s")
