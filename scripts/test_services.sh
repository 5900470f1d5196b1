#!/usr/bin/env bash
# Install the servers that tests start for themselves. Does nothing where they are there already.
set -euo pipefail
command -v redis-server >/dev/null && exit 0
if ! command -v apt-get >/dev/null; then
    echo "redis-server is missing, and there is no apt-get to install it with" >&2
    exit 1
fi
as_root=()
[ "$(id -u)" -eq 0 ] || as_root=(sudo)
"${as_root[@]}" apt-get update -qq
# The run level keeps Debian from starting a server of its own: tests start theirs.
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get install -y -qq --no-install-recommends redis-server
