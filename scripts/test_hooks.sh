#!/usr/bin/env bash
# Install tools that hook into httpx beside the library, in an environment of their own, and run the clients under them.
set -euo pipefail
cd "$(dirname "$0")/.."
environment=$PWD/.venvs/hooks

[ -x "$environment/bin/python" ] || .venv/bin/python -m venv "$environment"
"$environment/bin/python" -m pip install --quiet --disable-pip-version-check --editable . \
    anyio attrs hypothesis opentelemetry-instrumentation-httpx opentelemetry-sdk pytest pytest-httpx respx trio vcrpy
exec "$environment/bin/python" -m pytest tests/hooks "$@"
