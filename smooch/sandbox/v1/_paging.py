"""Paging with `limit` and `offset`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .._call import Call
    from .._entities import JsonObject

DEFAULT_LIMIT = 25

T = TypeVar("T")


def build_page(call: Call, name: str, items: Sequence[T], serialize: Callable[[T], Any]) -> JsonObject:
    """Return the page of `items` that `call` asks for, under `name`."""
    offset = call.query.get("offset", 0)
    end = offset + call.query.get("limit", DEFAULT_LIMIT)
    return {name: [serialize(item) for item in items[offset:end]], "hasMore": end < len(items), "offset": offset}
