"""Which function answers which operation of the spec, and who may call it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import attrs

from ._call import Call
from ._entities import JsonObject

if TYPE_CHECKING:
    from ._auth import Scope

Answer = Callable[[Call], JsonObject]


def _as_it_is(body: Any) -> None:
    pass


@attrs.frozen
class Handler:
    """`answer` makes the success body; `prepare` mends a body that old clients send before it is validated."""

    answer: Answer
    allowed: frozenset[Scope]
    prepare: Callable[[Any], None]


class Registry(dict[str, Handler]):
    """The handlers of one API version by operationId."""

    def handles(
        self, operation_id: str, allowed: frozenset[Scope], *, prepare: Callable[[Any], None] = _as_it_is
    ) -> Callable[[Answer], Answer]:
        def register(answer: Answer) -> Answer:
            self[operation_id] = Handler(answer, allowed, prepare)
            return answer

        return register
