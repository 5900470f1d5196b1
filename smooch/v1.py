"""API v1 and v1.1: `Smooch`, `AsyncSmooch`, and the models of the generated client as `models`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from smooch_api.v1 import models

from ._sync.v1 import Smooch

if TYPE_CHECKING:
    from ._async.v1 import AsyncSmooch

__all__ = ["AsyncSmooch", "Smooch", "models"]


def __getattr__(name: str) -> object:
    # asyncio takes longer to load than all the rest, and most programs use one of the two clients.
    if name == "AsyncSmooch":
        from ._async.v1 import AsyncSmooch

        return AsyncSmooch
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
