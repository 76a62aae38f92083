"""Where a SQLite log may lie: on a disk of this machine, in a writable folder, used by one process."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import IO

from galaxychat.errors import StartError

# SQLite's WAL needs shared memory, and its locks are not honoured over these.
_NETWORK = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "smbfs", "afs", "ceph", "glusterfs", "fuse.glusterfs", "fuse.sshfs", "lustre",
     "beegfs", "gpfs", "ocfs2", "gfs2", "fuse.ceph", "fuse.rclone"}
)  # fmt: skip

# Bytes. SQLite needs half of it for the memory that its readers and its writer share.
_ROOM = 65_536


def claim(path: Path) -> IO[str]:
    """Take a log's file for this process and return the open lock; raises StartError with what is wrong."""
    _check(path)
    try:
        # What people said is for their owner alone, whatever the umask says; SQLite gives its other files the same.
        path.touch(mode=0o600, exist_ok=True)
        lock = os.fdopen(os.open(path.with_name(path.name + ".lock"), os.O_CREAT | os.O_WRONLY, mode=0o600), "w")
    except OSError as problem:
        raise _unwritable(path, problem) from None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.close()
        raise StartError(
            f"Another galaxychat uses the log {path} already: stop it, or keep the log in PostgreSQL, "
            "which several processes may share."
        ) from None
    return lock


def unopened(path: Path, problem: Exception) -> StartError:
    """Return what is to be said of a log that SQLite cannot open: of a full disk it says no more than `I/O error`."""
    disk = os.statvfs(path.parent)
    reason = "no room is left on its disk" if disk.f_bavail * disk.f_frsize < _ROOM else str(problem)
    return StartError(f"The log {path} cannot be opened: {reason}.")


def _check(path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise _unwritable(path, problem) from None
    kind = filesystem(path.parent)
    if kind in _NETWORK:
        raise StartError(
            f"The log {path} would lie on a network file system ({kind}), where SQLite can lose data: "
            "set `history` to a place on a local disk, or to a PostgreSQL database."
        )


def filesystem(folder: Path, mounts: Path = Path("/proc/self/mounts")) -> str:
    """Return the type of the file system that holds a folder, "" where the system does not say."""
    try:
        lines = mounts.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    place, found = folder.resolve(), ("", "")
    for _device, mount, kind, *_rest in (line.split() for line in lines):
        # The last mount on a point is the one that shows.
        if place.is_relative_to(_unescaped(mount)) and len(mount) >= len(found[0]):
            found = (mount, kind)
    return found[1]


def _unescaped(mount: str) -> str:
    return mount.replace("\\040", " ").replace("\\011", "\t").replace("\\134", "\\")


def _unwritable(path: Path, problem: OSError) -> StartError:
    reason = os.strerror(problem.errno) if problem.errno else "unknown reason"
    return StartError(f"The log {path} cannot be written ({reason}): set `history` to a place that can.")
