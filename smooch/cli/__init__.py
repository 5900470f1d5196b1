"""The `smooch` command (extra `cli`): everyday tasks on the API, and the sandbox with its console."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command; exit with 0, 1 (refused by the API), 2 (wrong usage) or 3 (no response)."""
    try:
        from ._app import run
    except ModuleNotFoundError as error:
        sys.exit(f"smooch needs {error.name}, which comes with an extra: pip install 'smooch-python[cli]'")
    run()
