"""The Python client for the Smooch API, today Zendesk Sunshine Conversations.

`Smooch` and `AsyncSmooch` are the clients of API v1 and v1.1, `smooch.v2` has those of API v2. `smooch.errors` has all
exceptions, `smooch.webhooks` receives deliveries, and `smooch.sandbox` (extra `sandbox`) is a local server for tests.
`UNSET`, of the class `Unset`, is the value of a field that a response does not have; `File` is an upload for raw calls;
`parse_time` makes a datetime of a time of the API.

Importing this package loads only the exceptions; every other name is loaded when it is first used, so that a program
that uses one version of the API loads nothing of the other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import errors
from ._version import __version__
from .errors import APIError, ConnectionFailed, InvalidInput, SmoochError, UnreadableResponse

if TYPE_CHECKING:
    from smooch_api import UNSET, File, Unset, parse_time

    from . import v1, v2
    from .v1 import AsyncSmooch, Smooch

__all__ = [
    "UNSET",
    "APIError",
    "AsyncSmooch",
    "ConnectionFailed",
    "File",
    "InvalidInput",
    "Smooch",
    "SmoochError",
    "UnreadableResponse",
    "Unset",
    "__version__",
    "errors",
    "parse_time",
    "v1",
    "v2",
]

_LAZY = {
    "AsyncSmooch": "smooch.v1",
    "Smooch": "smooch.v1",
    "File": "smooch_api",
    "UNSET": "smooch_api",
    "Unset": "smooch_api",
    "parse_time": "smooch_api",
}


def __getattr__(name: str) -> object:
    from importlib import import_module

    if name in ("v1", "v2"):
        return import_module(f"{__name__}.{name}")
    if name in _LAZY:
        return getattr(import_module(_LAZY[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
