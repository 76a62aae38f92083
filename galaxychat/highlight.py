"""Colours for code, made by a process beside the server: slow or broken lexers cost colours and nothing else."""

from __future__ import annotations

import json
import sys
from collections import OrderedDict, deque
from dataclasses import dataclass, field
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.error import ProcessExitedAlready
from twisted.internet.interfaces import IDelayedCall
from twisted.internet.protocol import ProcessProtocol
from twisted.logger import Logger

Runs = list[tuple[str, int]]

#: In characters: more is not coloured. A message of the default limits is shorter.
LONGEST = 20_000
#: In seconds: how long a message may wait for its colours, the start of the process included.
DEADLINE = 2.0
#: Questions that wait at most; who comes later goes without colours.
_WAITING = 20
#: In seconds: how long the process stays when nobody asks.
_IDLE = 300.0
_REMEMBERED = 64


@dataclass
class _Question:
    line: bytes
    answer: Deferred[Runs | None] = field(default_factory=Deferred)


class Highlighter:
    """Implements ports.Colouring by one child process, which is there while people show each other code."""

    log = Logger()

    def __init__(self, reactor: Any) -> None:
        self._reactor = reactor
        self._waiting: deque[_Question] = deque()
        self._asked: _Question | None = None
        self._child: _Child | None = None
        self._deadline: IDelayedCall | None = None
        self._known: OrderedDict[tuple[str, str], Runs | None] = OrderedDict()
        self._stopped = False

    async def __call__(self, language: str, code: str, /) -> Runs | None:
        """Return runs of a class and a length, together as long as `code`; None where there are no colours."""
        key = (language.lower(), code)
        if key in self._known:
            return self._known[key]
        if self._stopped or len(code) > LONGEST or len(self._waiting) >= _WAITING:
            return None
        question = _Question(json.dumps(key).encode() + b"\n")
        self._waiting.append(question)
        self._ask_next()
        answer = await question.answer
        self._known[key] = answer
        if len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)
        return answer

    def stop(self) -> None:
        """End the process; nobody gets colours from now on."""
        self._stopped = True
        waiting, self._waiting = self._waiting, deque()
        self._give_up()
        for question in waiting:
            question.answer.callback(None)

    def _ask_next(self) -> None:
        if self._asked is not None:
            return
        self._cancel()
        if not self._waiting:
            if self._child is not None:
                self._deadline = self._reactor.callLater(_IDLE, self._give_up)
            return
        self._asked = self._waiting.popleft()
        self._deadline = self._reactor.callLater(DEADLINE, self._too_late)
        child = self._child = self._child or self._start()
        if child is None:
            self._give_up()
        else:
            child.ask(self._asked.line)

    def _start(self) -> _Child | None:
        child = _Child(self)
        # -P: nothing of the directory that the server happens to run in.
        command = [sys.executable, "-P", "-m", "galaxychat.colourist"]
        try:
            self._reactor.spawnProcess(child, sys.executable, command, env=None)
        except OSError:
            self.log.warn("The process that colours code could not be started")
            return None
        return child

    def _too_late(self) -> None:
        self.log.info("A block of code goes without colours: its lexer took too long")
        self._give_up()

    def _give_up(self) -> None:
        """End the process, and whatever it was asked."""
        self._cancel()
        child, self._child = self._child, None
        if child is not None:
            child.kill()
        self._settle(None)

    def _settle(self, answer: Runs | None) -> None:
        asked, self._asked = self._asked, None
        if asked is not None:
            asked.answer.callback(answer)
        self._ask_next()

    def _cancel(self) -> None:
        deadline, self._deadline = self._deadline, None
        if deadline is not None and deadline.active():
            deadline.cancel()

    def answered(self, child: _Child, line: bytes) -> None:
        """Take an answer of the process."""
        if child is not self._child:
            return
        try:
            found = json.loads(line)
        except ValueError:
            self._give_up()
            return
        self._settle(None if found is None else [(shown, length) for shown, length in found])

    def ended(self, child: _Child) -> None:
        """Take note that the process is gone."""
        if child is self._child:
            # Also when a terminal's Ctrl-C or the system's end went to both of us.
            self.log.info("The process that colours code ended; it is started again when it is needed")
            self._give_up()


class _Child(ProcessProtocol):
    """The other process."""

    transport: Any

    def __init__(self, owner: Highlighter) -> None:
        self._owner = owner
        self._received = b""

    def ask(self, line: bytes) -> None:
        """Send a question."""
        self.transport.write(line)

    def kill(self) -> None:
        """End it, whatever it does."""
        try:
            self.transport.signalProcess("KILL")
        except ProcessExitedAlready:
            return

    def outReceived(self, data: bytes) -> None:
        """Collect a line."""
        self._received += data
        line, newline, rest = self._received.partition(b"\n")
        if newline:
            self._received = rest
            self._owner.answered(self, line)

    def errReceived(self, data: bytes) -> None:
        """Say nothing: it could quote what was pasted."""

    def outConnectionLost(self) -> None:
        """Tell whoever asked: it says nothing more, whether or not it was reaped already."""
        self._owner.ended(self)
