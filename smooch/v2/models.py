"""Models of requests and responses of API v2, each imported when it is used."""

from __future__ import annotations

from typing import TYPE_CHECKING

from smooch_api.v2 import models

if TYPE_CHECKING:
    from smooch_api.v2.models import *  # noqa: F403
else:
    __all__ = models.__all__

    def __getattr__(name: str) -> object:
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        globals()[name] = value = getattr(models, name)
        return value

    def __dir__() -> list[str]:
        return [*globals(), *__all__]
