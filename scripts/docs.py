"""Build the API reference into dist/docs with pdoc.

A warning, such as one about an unknown name, is an error.
"""

from __future__ import annotations

import argparse
import ast
import importlib
import inspect
import pkgutil
import shutil
import sys
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import pdoc

if TYPE_CHECKING:
    from types import ModuleType

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("smooch", "smooch_api")
PAGES = ("smooch", "smooch.auth", "smooch.webhooks", "smooch.sandbox", "smooch.pytest_plugin", "smooch_api")
"""Modules with pages for themselves and for what their `__all__` holds."""


def load(name: str) -> list[ModuleType]:
    """Import a package and all its modules."""
    package = importlib.import_module(name)
    submodules = pkgutil.iter_modules(getattr(package, "__path__", ()), f"{name}.")
    return [
        package,
        *(module for each in submodules if not each.name.endswith("__main__") for module in load(each.name)),
    ]


def run_type_checking_blocks(modules: list[ModuleType]) -> None:
    """Run the imports that only type checkers see: pdoc evaluates annotations in the module that has them."""
    waiting = modules
    while waiting:
        # A block may import what such a block of another module defines: then it has to wait.
        failed = [module for module in waiting if not run_type_checking_block(module)]
        if len(failed) == len(waiting):
            raise ImportError(
                f"the imports for type checkers fail in {', '.join(module.__name__ for module in failed)}"
            )
        waiting = failed


def run_type_checking_block(module: ModuleType) -> bool:
    for node in ast.parse(inspect.getsource(module)).body:
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            try:
                exec(compile(ast.Module(node.body, []), str(module.__file__), "exec"), vars(module))  # noqa: S102
            except ImportError:
                return False
    return True


def inherit_names(modules: list[ModuleType]) -> None:
    """Add to each module the names that annotations of inherited attributes refer to."""
    for module in modules:
        classes = [value for value in vars(module).values() if isinstance(value, type)]
        bases = {sys.modules[base.__module__] for each in classes for base in each.__mro__[1:]}
        for base in bases & set(modules):
            for name, value in vars(base).items():
                vars(module).setdefault(name, value)


def resolve_aliases(modules: list[ModuleType]) -> None:
    """Evaluate the type aliases that are strings: pdoc would do so in the modules that import them."""
    for module in modules:
        for name, annotation in getattr(module, "__annotations__", {}).items():
            alias = getattr(module, name, None)
            if "TypeAlias" in str(annotation) and isinstance(alias, str):
                value = eval(alias, vars(module))  # noqa: S307 - our own source
                for other in modules:
                    if getattr(other, name, None) is alias:
                        setattr(other, name, value)


def load_lazy_names(modules: list[ModuleType]) -> None:
    """Load the names that modules load on first use."""
    for module in modules:
        for name in getattr(module, "__all__", ()):
            setattr(module, name, getattr(module, name))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=ROOT / "dist" / "docs", help="folder, emptied before")
    target = parser.parse_args().out
    warnings.simplefilter("error")
    modules = [module for name in PACKAGES for module in load(name)]
    run_type_checking_blocks(modules)
    inherit_names(modules)
    resolve_aliases(modules)
    load_lazy_names(modules)
    shutil.rmtree(target, ignore_errors=True)
    pdoc.render.configure(docformat="google", show_source=False)
    pdoc.pdoc(*PAGES, output_directory=target)
    print(target / "index.html")


if __name__ == "__main__":
    main()
