#!/usr/bin/env bash
# Install what the tests need of the system: a browser, and PostgreSQL's programs without a running server.
set -euo pipefail
cd "$(dirname "$0")/.."

command -v chromium >/dev/null || scripts/apt.sh chromium

compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null && exit 0

as_root=()
((EUID == 0)) || as_root=(sudo)

# Debian's package makes a cluster and starts it, for as long as nothing tells it not to. Tests make their own.
settings=/etc/postgresql-common/createcluster.d
trap '"${as_root[@]}" rm -f "$settings/galaxychat.conf"' EXIT
"${as_root[@]}" mkdir -p "$settings"
echo 'create_main_cluster = false' | "${as_root[@]}" tee "$settings/galaxychat.conf" >/dev/null
scripts/apt.sh postgresql
