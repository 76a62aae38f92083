"""What a process has used, as the kernel counts it: processor time and memory."""

from __future__ import annotations

import os
import re
import time
from dataclasses import dataclass
from pathlib import Path

# How Linux makes a process's id into the clock of its processor time, ended threads included (man clock_getcpuclockid).
_SCHEDULED = 2
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Cpu:
    """Processor time in seconds: `total` to the nanosecond, `user` of it in hundredths of a second."""

    total: float
    user: float

    def __sub__(self, other: Cpu) -> Cpu:
        return Cpu(self.total - other.total, self.user - other.user)

    @property
    def system(self) -> float:
        """What the kernel used on the process's behalf."""
        return self.total - self.user


def cpu(pid: int) -> Cpu:
    """Return what a process has used since its start, over all of its threads."""
    total = time.clock_gettime(~pid << 3 | _SCHEDULED)
    # After the name, which is in parentheses and may hold spaces.
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return Cpu(total, int(fields[11]) / _TICKS)


def resident(pid: int) -> int:
    """Return how many bytes of memory a process holds that it shares with no file."""
    status = Path(f"/proc/{pid}/status").read_text()
    found = re.search(r"^RssAnon:\s+(\d+) kB$", status, re.MULTILINE)
    assert found
    return int(found[1]) * 1024
