"""Handlers: the function for each operation of the spec, and the scopes that may call it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, TypeVar

import attrs

from ._call import Call, Redirect
from ._entities import JsonObject

if TYPE_CHECKING:
    from ._auth import Scope

Function = Callable[[Call], JsonObject | Redirect | None] | Callable[[Call], Awaitable[JsonObject]]
A = TypeVar("A", bound=Function)


@attrs.frozen
class Handler:
    """Builds the body of a successful response; None is an empty object.

    `prepare` corrects bodies of old clients before they are validated. With `without_body` a missing body counts as an empty object. With `takes_form`
    the body may also be a urlencoded form.
    """

    function: Function
    allowed: frozenset[Scope]
    prepare: Callable[[Any], None] | None
    without_body: bool
    takes_form: bool


class Registry(dict[str, Handler]):
    """Handlers of one API version by operationId."""

    def handles(
        self,
        operation_id: str,
        allowed: frozenset[Scope],
        *,
        prepare: Callable[[Any], None] | None = None,
        without_body: bool = False,
        takes_form: bool = False,
    ) -> Callable[[A], A]:
        """Return a decorator that registers the handler of an operation."""

        def register(function: A) -> A:
            self[operation_id] = Handler(function, allowed, prepare, without_body, takes_form)
            return function

        return register
