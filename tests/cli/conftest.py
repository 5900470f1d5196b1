"""Run the `smooch` command as a process, against a sandbox."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import attrs
import pytest

from smooch.sandbox import Sandbox

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

COMMAND = [sys.executable, "-W", "error", "-c", "from smooch.cli import main; main()"]


@attrs.frozen
class Run:
    status: int
    stdout: str
    stderr: str

    def json(self) -> Any:
        return json.loads(self.stdout)

    def json_lines(self) -> list[Any]:
        return [json.loads(line) for line in self.stdout.splitlines()]


@attrs.define
class Shell:
    """Runs `smooch` in its own folder with its own environment."""

    folder: Path
    environment: dict[str, str]

    def run(self, *arguments: str, stdin: str = "", **environment: str) -> Run:
        done = subprocess.run(
            [*COMMAND, *arguments],
            cwd=self.folder,
            env={**self.environment, **environment},
            input=stdin,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert "Traceback" not in done.stderr, done.stderr
        return Run(done.returncode, done.stdout, done.stderr)


@pytest.fixture(scope="module")
def shared_sandbox() -> Iterator[Sandbox]:
    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(shared_sandbox: Sandbox) -> Sandbox:
    shared_sandbox.reset()
    return shared_sandbox


@pytest.fixture
def shell(sandbox: Sandbox, tmp_path: Path) -> Shell:
    without = {name: value for name, value in os.environ.items() if not name.startswith("SMOOCH_")}
    return Shell(
        tmp_path,
        {
            **without,
            "SMOOCH_KEY_ID": sandbox.key_id,
            "SMOOCH_SECRET": sandbox.secret,
            "SMOOCH_APP_ID": sandbox.app_id,
            "SMOOCH_BASE_URL": sandbox.url,
            "COLUMNS": "100",
        },
    )
