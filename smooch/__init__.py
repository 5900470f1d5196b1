"""The Python client for the Smooch API, today Zendesk Sunshine Conversations.

`Smooch` and `AsyncSmooch` speak API v1 and v1.1; `smooch.errors` is the tree of exceptions; `smooch.sandbox` (extra
`sandbox`) is a local server for development and tests.
"""

from . import errors
from ._version import __version__
from .errors import APIError, ConnectionFailed, InvalidInput, SmoochError, UnreadableResponse
from .v1 import AsyncSmooch, Smooch

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
]
