#!/usr/bin/env bash
# Run the test suite and measure how much of the hand-written code it covers. pyproject.toml has the least that is allowed.
set -euo pipefail
cd "$(dirname "$0")/.."
coverage erase
coverage run -m pytest -n 2 --dist loadfile "$@"
coverage combine --quiet
coverage report
