"""The argument of a handler, and the registry of handlers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, TypeVar

import attrs
from starlette.responses import Response

if TYPE_CHECKING:
    from .._engine import Engine
    from .._entities import JsonObject
    from .._recording import RecordedRequest
    from ..store import App


@attrs.frozen(eq=False, kw_only=True)
class ControlCall:
    """A validated request; `body` is its JSON."""

    engine: Engine
    params: dict[str, str]
    query: dict[str, Any]
    body: JsonObject
    request: RecordedRequest

    @property
    def app(self) -> App:
        """The sandbox's app; 404 if the API has deleted it."""
        return self.engine.app


Result = dict[str, Any] | Response | None
Handler = Callable[[ControlCall], Result] | Callable[[ControlCall], Awaitable[Result]]
H = TypeVar("H", bound=Handler)

handlers: dict[str, Handler] = {}


def handles(operation_id: str) -> Callable[[H], H]:
    """Return a decorator that registers the handler of an operation."""

    def register(function: H) -> H:
        handlers[operation_id] = function
        return function

    return register
