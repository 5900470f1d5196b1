#!/usr/bin/env bash
# Install other people's clients of the API, each in an environment of its own, and run a session of each against the sandbox.
set -euo pipefail
cd "$(dirname "$0")/.."
environments=$PWD/.venvs/foreign
python=$PWD/.venv/bin/python

install_python() { # name requirement
    [ -x "$environments/$1/bin/python" ] || "$python" -m venv "$environments/$1"
    "$environments/$1/bin/python" -m pip install --quiet --disable-pip-version-check "$2"
}

install_python python_v2 sunshine-conversations-client==17.0.1
install_python python_v1 smooch==5.34.0
if command -v npm >/dev/null; then
    mkdir -p "$environments/javascript"
    npm install --silent --no-audit --no-fund --prefix "$environments/javascript" sunshine-conversations-client@14.1.0 smooch-core@8.11.4
else
    echo "npm is missing: the JavaScript clients are left out" >&2
fi
SMOOCH_FOREIGN=$environments exec "$python" -m pytest tests/foreign "$@"
