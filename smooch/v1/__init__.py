"""API v1 and v1.1: `Smooch`, `AsyncSmooch`, and the generated `models`.

`dicts` has the request bodies as TypedDicts, for annotations: `data: dicts.AppUserUpdate = {"givenName": "Ana"}`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._sync.v1 import Smooch
from .._v1.triggers import Trigger
from . import models

if TYPE_CHECKING:
    from .._async.v1 import AsyncSmooch
    from . import dicts

__all__ = ["AsyncSmooch", "Smooch", "Trigger", "dicts", "models"]


def __getattr__(name: str) -> object:
    # asyncio takes longer to load than all the rest, and most programs use one of the two clients.
    if name == "AsyncSmooch":
        from .._async.v1 import AsyncSmooch

        return AsyncSmooch
    if name == "dicts":
        from importlib import import_module

        return import_module(f"{__name__}.dicts")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
