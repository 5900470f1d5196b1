"""The guides: every Python block runs and is correctly typed, every link and make target exists."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from itertools import chain
from pathlib import Path
from typing import NamedTuple

import pytest

from smooch import Smooch, v2
from smooch.sandbox import Sandbox

ROOT = Path(__file__).resolve().parent.parent
GUIDES = {
    str(path.relative_to(ROOT)): path.read_text(encoding="utf-8")
    for path in sorted(
        chain(
            ROOT.glob("*.md"), *(ROOT.glob(f"{folder}/**/*.md") for folder in ("generated", "smooch", "spec", "tests"))
        )
    )
}
README = GUIDES["README.md"]


class Block(NamedTuple):
    guide: str
    line: int
    language: str
    code: str

    def __str__(self) -> str:
        return f"{self.guide}:{self.line}"


BLOCKS = [
    Block(name, text[: match.start()].count("\n") + 1, match[1], match[2])
    for name, text in GUIDES.items()
    for match in re.finditer(r"^```(\w+)\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
]
PYTHON = [block for block in BLOCKS if block.language == "python"]
LENIENT = [
    # Blocks are scripts without annotations of their own, and use a name for one thing after another.
    *("--allow-untyped-defs", "--allow-untyped-calls", "--allow-redefinition"),
    # Django has no types, and Flask's way to put a middleware in is none for mypy.
    *("--ignore-missing-imports", "--disable-error-code=method-assign"),
]


def find_block(guide: str, first_line: str) -> str:
    """Return the code of the only Python block of a guide that begins with this line."""
    (code,) = (block.code for block in PYTHON if block.guide == guide and block.code.startswith(first_line))
    return code


def write_blocks(guide: str, folder: Path) -> dict[Block, Path]:
    """Write each Python block of a guide to a file, named by a first line like `# bot.py` so that others can import it."""
    paths = {}
    for block in PYTHON:
        if block.guide == guide:
            name = re.match(r"# (\w+\.py)\b", block.code)
            paths[block] = folder / (name[1] if name else f"test_line_{block.line}.py")
            assert not paths[block].exists(), f"two blocks of {guide} are called {paths[block].name}"
            paths[block].write_text(block.code, encoding="utf-8")
    return paths


@pytest.mark.parametrize("block", PYTHON, ids=str)
def test_python_block_runs(block: Block, tmp_path: Path) -> None:
    script = write_blocks(block.guide, tmp_path)[block]
    runner = ["-m", "pytest", "-q", "-p", "no:cacheprovider"] if "def test_" in block.code else ["-W", "error"]
    with Sandbox() as sandbox:
        environment = {
            **os.environ,
            "SMOOCH_KEY_ID": sandbox.key_id,
            "SMOOCH_SECRET": sandbox.secret,
            "SMOOCH_APP_ID": sandbox.app_id,
            "SMOOCH_BASE_URL": sandbox.url,
        }
        run = subprocess.run(
            [sys.executable, *runner, str(script)], cwd=tmp_path, env=environment, capture_output=True, text=True
        )
    assert run.returncode == 0, run.stdout + run.stderr


@pytest.fixture(scope="module")
def mypy_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("mypy")


@pytest.mark.parametrize("guide", sorted({block.guide for block in PYTHON}))
def test_python_blocks_are_clean_under_mypy(guide: str, tmp_path: Path, mypy_cache: Path) -> None:
    paths = write_blocks(guide, tmp_path)
    run = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", *LENIENT, "--config-file", "", "--cache-dir", mypy_cache, "."],
        cwd=tmp_path,
        env={"MYPYPATH": f"{ROOT}:{ROOT / 'generated'}", "PYTHONPATH": f"{ROOT}:{ROOT / 'generated'}"},
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert f"no issues found in {len(paths)} source file" in run.stdout


def test_readme_has_at_most_200_lines() -> None:
    assert len(README.splitlines()) <= 200


def test_first_screen_has_both_versions_the_two_commands_and_a_short_example() -> None:
    first_screen = README[: README.index("\n## ")]
    assert first_screen.index("API v2 | API v1") < first_screen.index("```")
    assert "make demo" in first_screen
    assert "make test" in first_screen
    example = next(block.code for block in PYTHON if block.guide == "README.md")
    assert example in first_screen
    assert len(example.strip().splitlines()) <= 10
    assert "](smooch/sandbox/console.png)" in first_screen


def test_readme_links_every_guide() -> None:
    assert set(GUIDES) - {"README.md"} <= set(re.findall(r"\]\(([^)#]+)\)", README))


def test_make_demo_runs() -> None:
    run = subprocess.run(["make", "--no-print-directory", "demo"], cwd=ROOT, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr
    assert "Is Smooch any good?" in run.stdout


def test_shell_blocks_of_readme_are_make_commands() -> None:
    lines = [
        line
        for block in BLOCKS
        if (block.guide, block.language) == ("README.md", "sh")
        for line in block.code.splitlines()
    ]
    assert lines
    assert all(line.startswith("make ") for line in lines)


@pytest.mark.parametrize("guide", GUIDES)
def test_make_targets_exist(guide: str) -> None:
    """Check that each command is a make target; `make test` itself cannot run inside a test."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in re.findall(r"(?:^(?:\$ )?|`)make ([\w-]+)", GUIDES[guide], re.MULTILINE):
        assert re.search(rf"^{re.escape(target)}:", makefile, re.MULTILINE), target


def without_code(guide: str) -> str:
    return re.sub(r"^```.*?^```", "", GUIDES[guide], flags=re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("guide", GUIDES)
def test_linked_files_exist(guide: str) -> None:
    for link in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", without_code(guide)):
        assert link.startswith("http") or (ROOT / guide).parent.joinpath(link).exists(), link


@pytest.mark.parametrize("guide", GUIDES)
def test_linked_headings_exist(guide: str) -> None:
    def anchors(name: str) -> set[str]:
        headings = re.findall(r"^#+ (.+)$", without_code(name), re.MULTILINE)
        return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}

    for file, anchor in re.findall(r"\]\(([^)#:]*)#([^)]+)\)", without_code(guide)):
        name = os.path.relpath((ROOT / guide).parent / file, ROOT) if file else guide
        assert anchor in anchors(name), f"{file}#{anchor}"


def test_the_client_guide_lists_every_method_of_v1() -> None:
    (table,) = re.findall(r"^\| method \| does \|\n.*\n((?:\|.*\n)+)", GUIDES["smooch/README.md"], re.MULTILINE)
    listed = {
        name.removeprefix("Smooch.")
        for row in table.splitlines()
        for name in re.findall(r"`([\w.]+)`", row.split("|")[1])
    }
    about_the_client = {"APIError", "close", "from_env", "with_options"}
    methods = {name for name in dir(Smooch) if not name.startswith("_")} - about_the_client
    assert listed == methods | {"raw"}


def test_the_client_guide_lists_every_resource_and_method_of_v2() -> None:
    """`clients.create` names its resource; a bare name belongs to the resources in the first cell, or to the last one named."""
    (table,) = re.findall(r"^\| resource \| methods \|\n.*\n((?:\|.*\n)+)", GUIDES["smooch/README.md"], re.MULTILINE)
    listed: set[str] = set()
    for row in table.splitlines():
        resources, methods = (re.findall(r"`([\w.]+)`", cell) for cell in row.split("|")[1:-1])
        for method in methods:
            if "." in method:
                resources = [method.partition(".")[0]]
            listed |= {f"{resource}.{method.rpartition('.')[2]}" for resource in resources}
    with v2.Smooch(token="never-sent", app_id="5d", base_url="http://127.0.0.1:1") as api:
        resources = {
            name: getattr(api, name)
            for name in dir(api)
            if type(getattr(api, name)).__module__.startswith("smooch._sync.v2.")
        }
    assert listed == {
        f"{name}.{method}"
        for name, resource in resources.items()
        for method in dir(resource)
        if not method.startswith("_")
    }
