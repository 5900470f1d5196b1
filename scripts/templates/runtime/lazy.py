"""Lazy imports for packages (PEP 562)."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping


def lazy(
    package: str, *, modules: Collection[str] = (), names: Mapping[str, str] | None = None
) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """Build `__getattr__` and `__dir__` of a package; `names` maps each name to its module."""
    sources = names or {}

    def __getattr__(name: str) -> Any:  # noqa: N807
        if name in sources:
            value = getattr(import_module(f"{package}.{sources[name]}"), name)
            setattr(sys.modules[package], name, value)
            return value
        if name in modules:
            return import_module(f"{package}.{name}")
        raise AttributeError(f"module {package!r} has no attribute {name!r}")

    def __dir__() -> list[str]:  # noqa: N807
        return sorted({*vars(sys.modules[package]), *modules, *sources})

    return __getattr__, __dir__
