#!/usr/bin/env bash
# Make the virtual environment DIRECTORY unless it is there: scripts/venv.sh DIRECTORY
set -euo pipefail
cd "$(dirname "$0")/.."
directory=$1
python=${PYTHON:-python3}

if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
    echo "galaxychat needs Python 3.11 or newer; '$python' is not that. Try: make PYTHON=/path/to/python3.11" >&2
    exit 1
fi

"$directory/bin/python" -m pip --version >/dev/null 2>&1 && exit 0

# --clear: Debian without python3-venv leaves half an environment behind.
if ! "$python" -m venv --clear "$directory" >/dev/null 2>&1; then
    scripts/apt.sh python3-venv
    "$python" -m venv --clear "$directory"
fi
