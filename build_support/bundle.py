"""The browser client's bundle in galaxychat/static/: is it current, and how is it built.

`python build_support/bundle.py` builds it when it is stale.
"""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

import node

ROOT = Path(__file__).resolve().parent.parent
CLIENT = ROOT / "client"
STATIC = ROOT / "galaxychat" / "static"
PAGE = STATIC / "index.html"
#: Says which sources gave which files. No dotfile: package_data would not match it.
MARK = STATIC / "bundle.sha256"

#: What tools leave in client/, and tests: a bundle does not depend on them.
_IGNORED = (
    "node_modules",
    "coverage",
    "dist",
    "test",
    "tests",
    "*.test.ts",
    "*.test.tsx",
    "*.tsbuildinfo",
    ".vite",
)


class ClientMissing(Exception):
    """There is neither a client to build nor one that was built."""


def is_stale() -> bool:
    """Whether the bundle must be built; raises ClientMissing where it cannot be."""
    if (CLIENT / "package-lock.json").is_file():
        return not (PAGE.is_file() and MARK.is_file() and MARK.read_text() == _mark(CLIENT, STATIC))
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


def _mark(client: Path, static: Path) -> str:
    """Tie the sources, and what builds them, to the files built: a bundle touched since is stale too."""
    parts = {
        "builder": Path(__file__).parent.glob("*.py"),
        "client": _files(client),
        "bundle": (path for path in _files(static) if path.name != MARK.name),
    }
    roots = {"builder": ROOT, "client": client, "bundle": static}
    return "".join(f"{name} {_hash(roots[name], paths)}\n" for name, paths in parts.items())


def _hash(root: Path, paths: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for path in sorted(paths):
        content = path.read_bytes()
        digest.update(f"{path.relative_to(root).as_posix()}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()


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
    with tempfile.TemporaryDirectory(prefix="galaxychat-client-") as name:
        client, output = Path(name, "client"), Path(name, "static")
        shutil.copytree(CLIENT, client, ignore=shutil.ignore_patterns(*_IGNORED))
        output.mkdir()
        # Scripts of packages are other people's programs; esbuild works without its own.
        node.npm("ci", "--omit=dev", "--ignore-scripts", cwd=client)
        node.node("build.mjs", str(output), cwd=client)
        (output / MARK.name).write_text(_mark(client, output))
        _replace(output)


def _replace(output: Path) -> None:
    """Put a new bundle in the old one's place, only now: a build that failed has left the old one alone."""
    if not (output / PAGE.name).is_file():
        raise ClientMissing(f"client/build.mjs wrote no {PAGE.name}")
    shutil.rmtree(STATIC, ignore_errors=True)
    shutil.copytree(output, STATIC)


if __name__ == "__main__":
    ensure()
