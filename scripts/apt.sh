#!/usr/bin/env bash
# Install the Debian packages named as arguments that are missing: as root, or by sudo.
set -euo pipefail

missing=()
for package in "$@"; do
    # No package, or one that was removed but not purged, is not "install ok installed".
    [[ $(dpkg-query -W -f '${Status}' "$package" 2>/dev/null || true) == "install ok installed" ]] || missing+=("$package")
done
((${#missing[@]})) || exit 0

if ! command -v apt-get >/dev/null; then
    echo "This is not Debian or Ubuntu. Install what these packages hold: ${missing[*]}" >&2
    exit 1
fi

as_root=()
((EUID == 0)) || as_root=(sudo)
apt() {
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq "$@" </dev/null
}

echo "Installing Debian packages: ${missing[*]}"
apt update
# What goes wrong is on standard error; the rest is a line per file.
apt install -y --no-install-recommends "${missing[@]}" >/dev/null
