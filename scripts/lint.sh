#!/usr/bin/env bash
# All that can be said about the code without running it.
set -euo pipefail
cd "$(dirname "$0")/.."
bin=.venv/bin

"$bin/ruff" check
"$bin/ruff" format --check
"$bin/mypy"
"$bin/lint-imports" --no-logo
"$bin/python" -m galaxychat.schema --check docs/protocol/schema.json
scripts/npm.sh run check
