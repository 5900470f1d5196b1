"""Every code block of README.md and the guides is correctly typed, as mypy sees it in a user's project."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

from test_readme import FILES, PYTHON, ROOT

if TYPE_CHECKING:
    from pathlib import Path

LENIENT = [
    # Blocks are scripts without annotations of their own, and use a name for one thing after another.
    *("--allow-untyped-defs", "--allow-untyped-calls", "--allow-redefinition"),
    # Django has no types, and Flask's way to put a middleware in is none for mypy.
    *("--ignore-missing-imports", "--disable-error-code=method-assign"),
]


def test_python_blocks_are_clean_under_mypy(tmp_path: Path) -> None:
    names = {code: name for name, code in FILES.items()}
    for number, code in enumerate(PYTHON):
        (tmp_path / names.get(code, f"block_{number}.py")).write_text(code, encoding="utf-8")
    run = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", *LENIENT, "--config-file", "", "."],
        cwd=tmp_path,
        env={"MYPYPATH": f"{ROOT}:{ROOT / 'generated'}", "PYTHONPATH": f"{ROOT}:{ROOT / 'generated'}"},
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert f"no issues found in {len(PYTHON)} source files" in run.stdout
