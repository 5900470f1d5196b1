"""Run the test suite on each supported Python that this machine has.

Each Python has its own environment. With --lowest the suite runs on the oldest of them, with the lowest versions of the dependencies that
pyproject.toml allows, and without the tests whose tools need newer ones. Further arguments go to pytest, after `--` if they begin with a
dash. Exit status: 0 if all pass, 1 if one fails, 2 if no Python is found.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.version import Version

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

ROOT = Path(__file__).resolve().parent.parent
ENVIRONMENTS = ROOT / ".venvs"
PUBLIC_EXTRAS = ("aiohttp", "cli", "redis", "sandbox")
# With --lowest: tools that need newer dependencies than the library does, and the tests with them.
NEED_NEWER = {"celery", "celery-types", "import-linter", "taskiq", "taskiq-redis"}
LEFT_OUT = ("tests/queues", "tests/test_imports.py")
PRINT_VERSION = "import platform; print(platform.python_version())"


def read_project() -> dict[str, Any]:
    """Return the table `project` of pyproject.toml."""
    table: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return table


def find_interpreters() -> Iterator[Path]:
    """Yield the Python interpreters on the PATH and in pyenv's folder."""
    folders = [Path(folder) for folder in os.environ["PATH"].split(os.pathsep) if folder]
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    for folder in [*folders, *sorted(pyenv.glob("*/bin"))]:
        if not folder.is_relative_to(ROOT) and folder.is_dir():
            yield from sorted(path for path in folder.iterdir() if re.fullmatch(r"python3\.\d+t?", path.name))


def choose_interpreters(supported: SpecifierSet) -> dict[str, Path]:
    """Map each supported minor version, oldest first, to its newest interpreter."""
    newest: dict[tuple[int, ...], tuple[Version, Path]] = {}
    for path in find_interpreters():
        completed = subprocess.run([path, "-c", PRINT_VERSION], capture_output=True, text=True, check=False)
        if completed.returncode == 0 and supported.contains(completed.stdout.strip(), prereleases=True):
            version = Version(completed.stdout.strip())
            if version.release[:2] not in newest or version > newest[version.release[:2]][0]:
                newest[version.release[:2]] = version, path
    return {str(version): path for _, (version, path) in sorted(newest.items())}


def pin_lowest(table: dict[str, Any]) -> list[str]:
    """Return the lowest allowed version of each dependency, as constraints for pip."""
    extras = table["optional-dependencies"]
    listed = [*table["dependencies"], *(line for extra in PUBLIC_EXTRAS for line in extras[extra])]
    requirements = [requirement for requirement in map(Requirement, listed) if requirement.name != table["name"]]
    return [
        f"{requirement.name}=={specifier.version}"
        for requirement in requirements
        for specifier in requirement.specifier
        if specifier.operator in (">=", "==", "~=")
    ]


def list_tools(table: dict[str, Any]) -> list[str]:
    """Return the requirements of the extra `dev` that can do with the lowest dependencies."""
    return [
        line
        for line in table["optional-dependencies"]["dev"]
        if Requirement(line).name not in {table["name"], *NEED_NEWER}
    ]


def prepare(name: str, python: Path, requirements: Sequence[str], constraints: Sequence[str] = ()) -> Path:
    """Create or update an environment with the project in it; return its interpreter."""
    folder = ENVIRONMENTS / name
    subprocess.run([python, "-m", "venv", folder], check=True)
    (folder / "constraints.txt").write_text("\n".join([*constraints, ""]), encoding="utf-8")
    pip: list[Any] = [folder / "bin" / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "--constraint", folder / "constraints.txt", "--editable", *requirements], check=True)
    return folder / "bin" / "python"


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lowest", action="store_true", help="on the oldest Python, with the lowest dependencies")
    parser.add_argument("pytest", nargs="*", help="arguments for pytest")
    options = parser.parse_args(arguments)
    table = read_project()
    pythons = choose_interpreters(SpecifierSet(table["requires-python"]))
    if not pythons:
        print(f"no Python {table['requires-python']} on the PATH or in pyenv's folder", file=sys.stderr)
        return 2
    outcomes: dict[str, bool] = {}
    for version, python in list(pythons.items())[: 1 if options.lowest else None]:
        name = f"{version}-lowest" if options.lowest else version
        print(f"Python {name}", flush=True)
        command: list[Any] = ["-m", "pytest", "-n", "2", "--dist", "loadfile", *options.pytest]
        if options.lowest:
            extras = ",".join(PUBLIC_EXTRAS)
            interpreter = prepare(name, python, [f"{ROOT}[{extras}]", *list_tools(table)], pin_lowest(table))
            command += [f"--ignore={ROOT / path}" for path in LEFT_OUT]
        else:
            interpreter = prepare(name, python, [f"{ROOT}[dev]"])
        outcomes[name] = subprocess.run([interpreter, *command], cwd=ROOT, check=False).returncode == 0
    for name, passed in outcomes.items():
        print(f"Python {name}: {'passed' if passed else 'FAILED'}")
    return 0 if all(outcomes.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
