#!/usr/bin/env bash
# Install what tests start for themselves: Redis, and Chromium. Does nothing where both are there already.
set -euo pipefail
missing=()
command -v redis-server >/dev/null || missing+=(redis-server)
command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null ||
    missing+=(chromium)
[ ${#missing[@]} -gt 0 ] || exit 0
if ! command -v apt-get >/dev/null; then
    echo "there is no apt-get to install ${missing[*]} with" >&2
    # Without Chromium the tests of the console are skipped.
    [ "${missing[*]}" = chromium ] && exit 0 || exit 1
fi
as_root=()
[ "$(id -u)" -eq 0 ] || as_root=(sudo)
"${as_root[@]}" apt-get update -qq
for package in "${missing[@]}"; do
    # The run level keeps Debian from starting a server of its own: tests start theirs.
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get install -y -qq --no-install-recommends "$package" ||
        [ "$package" = chromium ]
done
