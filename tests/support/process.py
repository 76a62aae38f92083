"""What a process holds: memory and open files, as Linux counts them."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Holding:
    """Memory in MiB (now, and at most since the start), and open files.

    Those of SQLite do not count: a pool may open its next connection, up to its size, at any time that all others are
    busy, or not yet known to be idle.
    """

    memory: float
    peak: float
    files: int


def holding(pid: int) -> Holding:
    """Return what a process holds now."""
    status = Path(f"/proc/{pid}/status").read_text()
    return Holding(_mebibytes(status, "VmRSS"), _mebibytes(status, "VmHWM"), len(_files(pid)))


def reset_peak(pid: int) -> None:
    """Let the peak begin again from what is held now."""
    Path(f"/proc/{pid}/clear_refs").write_text("5")


def cpu_seconds(pid: int) -> float:
    """Return the processor time that a process has used."""
    # After the name, which is in parentheses and may hold spaces: utime and stime in hundredths of a second.
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100


def unsent_by_kernel(port: int) -> list[int]:
    """Return the bytes that the kernel still has to send over each connection that a port of the loopback accepted."""
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return [int(row[4].partition(":")[0], 16) for row in rows if row[1].endswith(f":{port:04X}")]


def _files(pid: int) -> list[str]:
    names = []
    for descriptor in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(FileNotFoundError):  # closed meanwhile
            names.append(str(descriptor.readlink()))
    return [name for name in names if ".sqlite" not in name]


def _mebibytes(status: str, name: str) -> float:
    found = re.search(rf"^{name}:\s+(\d+) kB$", status, re.MULTILINE)
    assert found, name
    return int(found[1]) / 1024
