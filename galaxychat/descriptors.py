"""File descriptors: each connection takes one, and the usual limit of 1024 is soon used up."""

from __future__ import annotations

import resource
import sys

# Log, databases, listening sockets, and what Python holds open.
_OURS = 100


def raise_limit() -> int:
    """Raise the soft limit to the hard one; return how many connections fit."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return sys.maxsize if hard == resource.RLIM_INFINITY else max(0, hard - _OURS)
