"""Every code block of README.md and the guides runs as it stands, each in a process of its own, against a sandbox."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from smooch.sandbox import Sandbox

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
GUIDES = {
    name: (ROOT / name).read_text(encoding="utf-8")
    for name in ("README.md", "MIGRATING.md", "smooch/webhooks/README.md")
}
BLOCKS = [
    block for guide in GUIDES.values() for block in re.findall(r"^```(\w+)\n(.*?)^```", guide, re.DOTALL | re.MULTILINE)
]
PYTHON = [code for language, code in BLOCKS if language == "python"]
FILES = {code[2 : code.index(".py") + 3]: code for code in PYTHON if re.match(r"# \w+\.py\b", code)}
"""Blocks that begin with the name of their file; other blocks may import them."""
SHELL = [line for language, code in BLOCKS if language == "sh" for line in code.splitlines()]


@pytest.mark.parametrize("code", PYTHON, ids=range(len(PYTHON)))
def test_python_block_runs(code: str, tmp_path: Path) -> None:
    script = tmp_path / "test_block.py"
    script.write_text(code, encoding="utf-8")
    for name, file in FILES.items():
        (tmp_path / name).write_text(file, encoding="utf-8")
    runner = ["-m", "pytest", "-q", "-p", "no:cacheprovider"] if "def test_" in code else ["-W", "error"]
    with Sandbox() as sandbox:
        key = (sandbox.key_id, sandbox.secret)
        if "webhooks.ensure(target, " in code:
            key = (sandbox.integration_key_id, sandbox.integration_secret)
        environment = {
            **os.environ,
            "SMOOCH_KEY_ID": key[0],
            "SMOOCH_SECRET": key[1],
            "SMOOCH_APP_ID": sandbox.app_id,
            "SMOOCH_BASE_URL": sandbox.url,
        }
        run = subprocess.run(
            [sys.executable, *runner, str(script)], cwd=tmp_path, env=environment, capture_output=True, text=True
        )
    assert run.returncode == 0, run.stdout + run.stderr


def test_first_screen_has_the_two_commands_and_a_short_example() -> None:
    first_screen = README[: README.index("\n## ")]
    assert "make demo" in first_screen
    assert "make test" in first_screen
    assert PYTHON[0] in first_screen
    assert len(PYTHON[0].strip().splitlines()) <= 10


def test_make_demo_runs() -> None:
    run = subprocess.run(["make", "--no-print-directory", "demo"], cwd=ROOT, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr
    assert "Is Smooch any good?" in run.stdout


def test_shell_blocks_are_known_targets() -> None:
    """`make test` cannot run inside itself; that each command is a target is what is left to check."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for line in SHELL:
        command, _, target = line.partition("#")[0].strip().partition(" ")
        assert command == "make"
        assert re.search(rf"^{re.escape(target)}:", makefile, re.MULTILINE), line


def test_linked_files_exist() -> None:
    for name, guide in GUIDES.items():
        for link in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", guide):
            assert link.startswith("http") or (ROOT / name).parent.joinpath(link).exists(), f"{name}: {link}"


def test_linked_headings_exist() -> None:
    def anchors(guide: str) -> set[str]:
        headings = re.findall(r"^#+ (.+)$", guide, re.MULTILINE)
        return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}

    for name, guide in GUIDES.items():
        for file, anchor in re.findall(r"\]\(([^)#:]*)#([^)]+)\)", guide):
            linked = (ROOT / name).parent.joinpath(file) if file else ROOT / name
            assert anchor in anchors(linked.read_text(encoding="utf-8")), f"{name}: {file}#{anchor}"
