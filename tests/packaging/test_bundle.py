"""When the browser client is built again: build_support/bundle.py, on a small client that needs no Node."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MARK = "import bundle; bundle.MARK.write_text(bundle._mark(bundle.CLIENT, bundle.STATIC))"
STALE = "import bundle; print(bundle.is_stale())"


def python(code: str, checkout: Path) -> subprocess.CompletedProcess[str]:
    """Run code as a build front end would: beside the backend, in its own process."""
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=checkout / "build_support",
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def is_stale(checkout: Path) -> bool:
    """Ask the build whether it would need Node."""
    done = python(STALE, checkout)
    assert done.returncode == 0, done.stderr
    return done.stdout == "True\n"


@pytest.fixture
def built(tmp_path: Path) -> Path:
    """Lay out a checkout with a client and its current bundle."""
    shutil.copytree(ROOT / "build_support", tmp_path / "build_support")
    for name in ("client/src/main.ts", "client/package-lock.json", "galaxychat/static/index.html"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    done = python(MARK, tmp_path)
    assert done.returncode == 0, done.stderr
    return tmp_path


def test_a_bundle_of_these_sources_is_current(built: Path) -> None:
    """A second install needs neither Node nor time."""
    assert not is_stale(built)


@pytest.mark.parametrize(
    "name",
    [
        "client/src/main.ts",
        "client/package-lock.json",
        "client/src/new.ts",
        "build_support/node.py",
        "galaxychat/static/index.html",
    ],
)
def test_a_change_makes_it_stale(built: Path, name: str) -> None:
    """Nobody ships a client that is not made from the sources beside it."""
    with (built / name).open("a") as file:
        file.write("\n")
    assert is_stale(built)


@pytest.mark.parametrize("name", ["client/node_modules/x/index.js", "client/src/main.test.ts"])
def test_tools_and_tests_do_not(built: Path, name: str) -> None:
    """What the bundle is not made of costs no build."""
    (built / name).parent.mkdir(parents=True, exist_ok=True)
    (built / name).write_text("changed")
    assert not is_stale(built)


def test_a_bundle_without_sources_is_taken_as_it_is(built: Path) -> None:
    """A packager may build from the bundle alone."""
    shutil.rmtree(built / "client")
    assert not is_stale(built)


def test_neither_sources_nor_bundle_is_an_error_that_says_so(built: Path) -> None:
    """A package without its client must never be built by accident."""
    shutil.rmtree(built / "client")
    shutil.rmtree(built / "galaxychat")
    assert "are both missing: build from a whole checkout" in python(STALE, built).stderr
