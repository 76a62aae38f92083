#!/usr/bin/env bash
# Install what the tests need of the system: a browser, what makes faults (clocks, networks, disks), and nginx, Apache and
# PostgreSQL's programs without running servers.
set -euo pipefail
cd "$(dirname "$0")/.."

as_root=()
((EUID == 0)) || as_root=(sudo)

command -v chromium >/dev/null || scripts/apt.sh chromium
# Apache's programs alone: the package of that name would start it.
scripts/apt.sh apache2-bin faketime iproute2 iptables mount systemd util-linux

if [[ ! -x /usr/sbin/nginx ]]; then
    # Debian starts each service that it installs, unless this program says no. Tests start their own.
    policy=/usr/sbin/policy-rc.d
    if [[ ! -e $policy ]]; then
        trap '"${as_root[@]}" rm -f "$policy"' EXIT
        printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee "$policy" >/dev/null
        "${as_root[@]}" chmod 755 "$policy"
    fi
    scripts/apt.sh nginx-light
    [[ -z $(trap -p EXIT) ]] || "${as_root[@]}" rm -f "$policy"
    trap - EXIT
fi

compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null && exit 0

# Debian's package makes a cluster and starts it, for as long as nothing tells it not to. Tests make their own.
settings=/etc/postgresql-common/createcluster.d
trap '"${as_root[@]}" rm -f "$settings/galaxychat.conf"' EXIT
"${as_root[@]}" mkdir -p "$settings"
echo 'create_main_cluster = false' | "${as_root[@]}" tee "$settings/galaxychat.conf" >/dev/null
scripts/apt.sh postgresql
