"""Generate generated/smooch_api from spec/: validate, prepare, generate into an empty folder, format, swap.

openapi-python-client reads the description and lays out the package; our templates render the files.
"""

from __future__ import annotations

import argparse
import contextlib
import filecmp
import importlib.metadata
import io
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FileSystemLoader
from openapi_python_client import Project
from openapi_python_client.config import Config, ConfigFile, MetaType
from openapi_python_client.parser import GeneratorData
from specification import REASONS, InvalidDescription, Specification
from templates.code import Code, Unsupported

if TYPE_CHECKING:
    from collections.abc import Sequence

    from openapi_python_client.parser.errors import GeneratorError

SCRIPTS = Path(__file__).resolve().parent
ROOT = SCRIPTS.parent
TEMPLATES = SCRIPTS / "templates"
PINNED = ("openapi-python-client", "ruff")
RUFF_OPTIONS = ("--isolated", "--no-cache", "--quiet", "--line-length", "120", "--target-version", "py311")


class RegenError(Exception):
    """Generation failed; nothing was changed."""


def check_pins(pyproject: Path) -> None:
    """Raise RegenError if the generator or formatter is not the pinned version: its output would differ."""
    required = tomllib.loads(pyproject.read_text(encoding="utf-8"))["project"]["optional-dependencies"]["dev"]
    for name in PINNED:
        installed = importlib.metadata.version(name)
        if f"{name}=={installed}" not in required:
            pins = [line for line in required if re.match(rf"{name}\b", line)]
            raise RegenError(f"{name} {installed} is installed, but pyproject.toml has {pins}: run `make install`")


def generate(specs: Sequence[Path], package: Path) -> None:
    """Generate the package for these descriptions into a folder that does not exist yet."""
    write_runtime(package, [spec.stem for spec in specs])
    for spec in specs:
        generate_version(spec, package / spec.stem)


def write_runtime(package: Path, versions: Sequence[str]) -> None:
    """Write the modules that all versions share."""
    shutil.copytree(TEMPLATES / "runtime", package, ignore=shutil.ignore_patterns("__pycache__"))
    init = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=False).get_template("root_init.py.jinja")  # noqa: S701
    (package / "__init__.py").write_text(init.render(versions=versions) + "\n", encoding="utf-8")
    (package / "py.typed").touch()
    tidy(package)
    add_marker(package, "scripts/templates")


def generate_version(spec: Path, package: Path) -> None:
    """Generate the package for one description into a folder that does not exist yet."""
    specification = Specification.load(spec)
    document, dropped = specification.prepare()
    for kind, count in sorted(dropped.items()):
        if count:
            print(f"{spec.name}: left out {count} {kind}: {REASONS[kind]}")
    config = Config.from_sources(
        ConfigFile.load_from_path(SCRIPTS / "openapi-python-client.yaml"),
        MetaType.NONE,
        document_source=spec,
        file_encoding="utf-8",
        overwrite=False,
        output_path=package,
    )
    data = parse(document, config, spec)
    code = Code(specification, data, config)
    code.check_complete()
    data.models = code.classes
    render(Project(openapi=data, config=config, custom_template_path=TEMPLATES), code, specification)
    tidy(package)
    add_marker(package, f"spec/{spec.name}")


def parse(document: dict[str, Any], config: Config, spec: Path) -> GeneratorData:
    """Parse a prepared description. RegenError for a warning: the generator would drop something."""
    data = GeneratorData.from_dict(document, config=config)
    problems: list[GeneratorError] = []
    if isinstance(data, GeneratorData):
        problems += data.errors
        for tag in data.endpoint_collections_by_tag.values():
            problems += tag.parse_errors
        if not problems:
            return data
    else:
        problems.append(data)
    texts = [f"{problem.header} {problem.detail or ''}".strip() for problem in problems]
    raise RegenError("\n".join([f"{spec.name}: the generator warns:", *texts]))


def render(project: Project, code: Code, specification: Specification) -> None:
    """Render the files that the generator lays out, then those of our own."""
    project.env.globals.update(code=code)
    with contextlib.redirect_stdout(io.StringIO()):
        project.build()
    for name in ("client", "errors", "types"):
        (project.package_dir / f"{name}.py").unlink()  # the generator's own; ours are in the shared runtime
    for name in ("dicts", "paths", "schemas", "unions"):
        content = project.env.get_template(f"{name}.py.jinja").render(specification=specification)
        (project.package_dir / f"{name}.py").write_text(content, encoding="utf-8")
    for name, annotation in code.aliases.items():
        content = project.env.get_template("alias.py.jinja").render(
            name=name,
            annotation=annotation,
            description=code.describe_alias(name),
            imports=code.names_in(annotation, without=name),
        )
        (project.package_dir / "models" / f"{code.exports[name]}.py").write_text(content, encoding="utf-8")


def tidy(package: Path) -> None:
    """Remove unused imports, sort the others, and format."""
    ruff("check", "--fix", "--select", "F,I,UP", folder=package)
    ruff("format", "--config", "format.skip-magic-trailing-comma=true", folder=package)


def ruff(*arguments: str, folder: Path) -> None:
    """Run ruff without any configuration."""
    command = [sys.executable, "-m", "ruff", *arguments, *RUFF_OPTIONS, str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RegenError(f"ruff {arguments[0]} refuses the generated code:\n{done.stdout}{done.stderr}")


def add_marker(package: Path, source: str) -> None:
    """Put the marker line at the top of every file."""
    marker = f"# Generated by scripts/regen.py from {source}; do not edit.\n"
    for path in filter(Path.is_file, package.rglob("*")):
        path.write_text(marker + path.read_text(encoding="utf-8"), encoding="utf-8")


def find_differences(expected: Path, actual: Path) -> list[str]:
    """List the files that differ, are missing, or should not exist."""

    def files(folder: Path) -> set[str]:
        paths = (path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
        return {str(path) for path in paths if "__pycache__" not in path.parts}

    fresh, current = files(expected), files(actual)
    changed = {name for name in fresh & current if not filecmp.cmp(expected / name, actual / name, shallow=False)}
    kinds = {"missing": fresh - current, "not generated": current - fresh, "differs": changed}
    return [f"{kind}: {actual / name}" for kind, names in kinds.items() for name in sorted(names)]


def swap(fresh: Path, target: Path) -> None:
    """Replace the old package by the new one."""
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(fresh, target)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="change nothing, fail if anything would change")
    parser.add_argument("--out", type=Path, default=ROOT / "generated", help="folder that smooch_api is in")
    options = parser.parse_args(arguments)
    target = options.out / "smooch_api"
    try:
        check_pins(ROOT / "pyproject.toml")
        with tempfile.TemporaryDirectory() as folder:
            fresh = Path(folder) / "smooch_api"
            generate(sorted((ROOT / "spec").glob("v*.yaml")), fresh)
            if not options.check:
                swap(fresh, target)
                return 0
            changes = find_differences(fresh, target)
    except (RegenError, Unsupported, InvalidDescription) as error:
        print(error, file=sys.stderr)
        return 1
    if changes:
        print("run `make regen`:", *changes, sep="\n", file=sys.stderr)
    return bool(changes)


if __name__ == "__main__":
    sys.exit(main())
