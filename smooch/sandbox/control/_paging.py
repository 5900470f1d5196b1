"""Paging with `before` and `limit`, from the newest record to the oldest."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from .._errors import not_found

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .._entities import JsonObject
    from ._call import ControlCall

DEFAULT_LIMIT = 100


class _Record(Protocol):
    @property
    def id(self) -> Any: ...


T = TypeVar("T", bound=_Record)


def build_page(call: ControlCall, name: str, records: Sequence[T], serialize: Callable[[T], JsonObject]) -> JsonObject:
    """Return the page of `records` that `call` asks for, under `name`, oldest first.

    404 if the record `before` does not exist.
    """
    newer = reversed(records)
    # after any() only the older records are left in the iterator
    if "before" in call.query and not any(record.id == call.query["before"] for record in newer):
        raise not_found("Record before which the list ends")
    limit = call.query.get("limit", DEFAULT_LIMIT)
    selected = list(itertools.islice(newer, limit + 1))
    return {
        name: [serialize(record) for record in reversed(selected[:limit])],
        "hasMore": len(selected) > limit,
        "lastEventId": call.engine.last_event_id,
    }
