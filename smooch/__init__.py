"""The Python client for the Smooch API, today Zendesk Sunshine Conversations.

`Smooch` and `AsyncSmooch` speak API v1 and v1.1, those of `smooch.v2` API v2; `smooch.errors` is the tree of exceptions;
`smooch.sandbox` (extra `sandbox`) is a local server for development and tests.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import errors, v1
from ._version import __version__
from .errors import APIError, ConnectionFailed, InvalidInput, SmoochError, UnreadableResponse
from .v1 import Smooch

if TYPE_CHECKING:
    from . import v2
    from .v1 import AsyncSmooch

__all__ = [
    "APIError",
    "AsyncSmooch",
    "ConnectionFailed",
    "InvalidInput",
    "Smooch",
    "SmoochError",
    "UnreadableResponse",
    "__version__",
    "errors",
    "v1",
    "v2",
]


def __getattr__(name: str) -> object:
    if name == "AsyncSmooch":
        return v1.AsyncSmooch
    if name == "v2":
        from importlib import import_module

        return import_module(f"{__name__}.v2")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
