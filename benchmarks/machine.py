"""Where it was measured, and with what."""

from __future__ import annotations

import os
import platform
import re
import sqlite3
import sys
from importlib.metadata import version
from pathlib import Path

_PACKAGES = ("twisted", "autobahn", "msgspec", "psycopg2-binary")


def described() -> str:
    """Return machine and versions in a line each."""
    cpu = re.search(r"^model name\s*: (.*)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    chip = cpu[1] if cpu else platform.machine()
    versions = ", ".join(f"{name} {version(name)}" for name in _PACKAGES)
    return "\n".join(
        (
            f"- {os.cpu_count()} x {chip}, {memory:.0f} GiB, Linux {platform.release()}",
            f"- Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, {versions}",
        )
    )


def load() -> str:
    """Return the load averages of the last one, five and fifteen minutes."""
    return "load average " + ", ".join(f"{value:.2f}" for value in os.getloadavg())


def command() -> str:
    """Return how this was started."""
    return "python -m benchmarks " + " ".join(sys.argv[1:])
