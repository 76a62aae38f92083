"""The browser client's bundle in galaxychat/static/: is it current, and how is it built.

`python build_support/bundle.py` builds it when it is stale.
"""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import node

ROOT = Path(__file__).resolve().parent.parent
CLIENT = ROOT / "client"
STATIC = ROOT / "galaxychat" / "static"
PAGE = STATIC / "index.html"
#: Names the sources that the bundle was built from. No dotfile: package_data would not match it.
MARK = STATIC / "bundle.sha256"

#: What tools leave in client/, and tests: a bundle does not depend on them.
_IGNORED = ("node_modules", "coverage", "dist", "test", "tests", "*.test.ts", "*.test.tsx", ".vite")


class ClientMissing(Exception):
    """There is neither a client to build nor one that was built."""


def is_stale() -> bool:
    """Whether the bundle must be built; raises ClientMissing where it cannot be."""
    if (CLIENT / "package-lock.json").is_file():
        return not PAGE.is_file() or not MARK.is_file() or MARK.read_text().strip() != fingerprint()
    if PAGE.is_file():
        return False
    raise ClientMissing(
        f"{CLIENT.relative_to(ROOT)}/package-lock.json and {PAGE.relative_to(ROOT)} are both missing: "
        "build from a whole checkout or from the source distribution."
    )


def ensure() -> None:
    """Build the bundle unless it is current."""
    if is_stale():
        _build()


def fingerprint() -> str:
    """Return a hash over the paths and bytes of all that the bundle is made from, and of what makes it."""
    digest = hashlib.sha256()
    for path in _sources():
        content = path.read_bytes()
        digest.update(f"{path.relative_to(ROOT).as_posix()}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()


def _sources() -> Iterator[Path]:
    yield from sorted(Path(__file__).parent.glob("*.py"))
    yield from sorted(_files(CLIENT))


def _files(directory: Path) -> Iterator[Path]:
    for path in directory.iterdir():
        if any(path.match(pattern) for pattern in _IGNORED):
            continue
        if path.is_dir():
            yield from _files(path)
        else:
            yield path


def _build() -> None:
    """Build in a copy: client/node_modules, with a developer's tools in it, stays as it is."""
    mark = fingerprint()
    with tempfile.TemporaryDirectory(prefix="galaxychat-client-") as name:
        client, output = Path(name, "client"), Path(name, "static")
        shutil.copytree(CLIENT, client, ignore=shutil.ignore_patterns(*_IGNORED))
        output.mkdir()
        # Scripts of packages are other people's programs; esbuild works without its own.
        node.npm("ci", "--omit=dev", "--ignore-scripts", cwd=client)
        node.node("build.mjs", str(output), cwd=client)
        (output / MARK.name).write_text(f"{mark}\n")
        _replace(output)


def _replace(output: Path) -> None:
    """Put a new bundle in the old one's place, only now: a build that failed has left the old one alone."""
    if not (output / PAGE.name).is_file():
        raise ClientMissing(f"client/build.mjs wrote no {PAGE.name}")
    shutil.rmtree(STATIC, ignore_errors=True)
    shutil.copytree(output, STATIC)


if __name__ == "__main__":
    ensure()
