"""Paging with `page[after]`, `page[before]` and `page[size]`. Cursors are ids of records."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, TypeVar
from urllib.parse import urlencode

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .._call import Call
    from .._entities import JsonObject

DEFAULT_SIZE = 25


class _Record(Protocol):
    @property
    def id(self) -> str: ...


T = TypeVar("T", bound=_Record)


def build_page(
    call: Call, name: str, records: Sequence[T], serialize: Callable[[T], Any], *, newest: int | None = None
) -> JsonObject:
    """Return the page of `records` that `call` asks for, under `name`.

    By default it is the first one; with `newest` it is the last one, and has that many records whatever `page[size]` says.
    """
    options = call.query.get("page", {})
    size = newest or options.get("size", DEFAULT_SIZE)
    if "before" in options or (newest and "after" not in options):
        end = _find_cursor(records, options["before"])[0] if "before" in options else len(records)
        start = max(end - size, 0)
        has_more = start > 0
    else:
        start = _find_cursor(records, options["after"])[1] if "after" in options else 0
        end = min(start + size, len(records))
        has_more = end < len(records)
    meta: JsonObject = {"hasMore": has_more}
    links = {}
    if 0 < start < end:
        meta["beforeCursor"] = records[start].id
        links["prev"] = _build_link(call, "before", records[start].id)
    if start < end < len(records):
        meta["afterCursor"] = records[end - 1].id
        links["next"] = _build_link(call, "after", records[end - 1].id)
    page = {name: [serialize(record) for record in records[start:end]], "meta": meta}
    return page | ({"links": links} if links else {})


def _find_cursor(records: Sequence[T], cursor: str) -> tuple[int, int]:
    """Return the indexes before and after a record, or where it would be if it is gone: ids ascend."""
    for index, record in enumerate(records):
        if record.id == cursor:
            return index, index + 1
    index = sum(record.id < cursor for record in records)
    return index, index


def _build_link(call: Call, direction: str, cursor: str) -> str:
    options = call.query.get("page", {})
    query = {name: value for name, value in call.query.items() if name not in ("filter", "page")}
    query |= {f"filter[{name}]": value for name, value in call.query.get("filter", {}).items()}
    query[f"page[{direction}]"] = cursor
    if "size" in options:
        query["page[size]"] = options["size"]
    return f"{call.url}?{urlencode(query)}"
