"""API v2: `Smooch`, `AsyncSmooch`, the models of the generated client as `models`, and tokens of end users.

`MessageOptions` types the keyword arguments of functions that hand them on to `post_text` and the like.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from smooch_api.v2 import models

from ._sync.paging import Paged
from ._sync.v2 import Smooch
from ._v2.bodies import MessageOptions
from ._v2.config import BRIDGE
from ._v2.tokens import Finding, authorize_url, inspect_user_jwt, jwt_for_user

if TYPE_CHECKING:
    from ._async.paging import AsyncPaged
    from ._async.v2 import AsyncSmooch

__all__ = [
    "BRIDGE",
    "AsyncPaged",
    "AsyncSmooch",
    "Finding",
    "MessageOptions",
    "Paged",
    "Smooch",
    "authorize_url",
    "inspect_user_jwt",
    "jwt_for_user",
    "models",
]


def __getattr__(name: str) -> object:
    # asyncio takes longer to load than all the rest, and most programs use one of the two clients.
    if name == "AsyncSmooch":
        from ._async.v2 import AsyncSmooch

        return AsyncSmooch
    if name == "AsyncPaged":
        from ._async.paging import AsyncPaged

        return AsyncPaged
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
