"""Which function answers which operation of the spec, and who may call it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, TypeVar

import attrs

from ._call import Call, Redirect
from ._entities import JsonObject

if TYPE_CHECKING:
    from ._auth import Scope

Answer = Callable[[Call], JsonObject | Redirect] | Callable[[Call], Awaitable[JsonObject]]
A = TypeVar("A", bound=Answer)


def _as_it_is(body: Any) -> None:
    pass


@attrs.frozen
class Handler:
    """`answer` makes the success body; `prepare` mends a body that old clients send before it is validated.

    With `without_body` no body at all counts as an empty object.
    """

    answer: Answer
    allowed: frozenset[Scope]
    prepare: Callable[[Any], None]
    without_body: bool


class Registry(dict[str, Handler]):
    """The handlers of one API version by operationId."""

    def handles(
        self,
        operation_id: str,
        allowed: frozenset[Scope],
        *,
        prepare: Callable[[Any], None] = _as_it_is,
        without_body: bool = False,
    ) -> Callable[[A], A]:
        def register(answer: A) -> A:
            self[operation_id] = Handler(answer, allowed, prepare, without_body)
            return answer

        return register
