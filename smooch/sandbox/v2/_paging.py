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


def build_page(call: Call, name: str, records: Sequence[T], serialize: Callable[[T], Any]) -> JsonObject:
    """Return the page of `records` that `call` asks for, by default the first, under `name`."""
    options = call.query.get("page", {})
    size = options.get("size", DEFAULT_SIZE)
    if "before" in options:
        return _build_page_before(call, name, records, _find_index(records, options["before"]), size, serialize)
    return _build_page_after(call, name, records, _find_start(records, options), size, serialize)


def build_newest_page(
    call: Call, name: str, records: Sequence[T], size: int, serialize: Callable[[T], Any]
) -> JsonObject:
    """Return a page of `size` records, by default the last, under `name`."""
    options = call.query.get("page", {})
    if "after" in options:
        return _build_page_after(call, name, records, _find_start(records, options), size, serialize)
    end = _find_index(records, options["before"]) if "before" in options else len(records)
    return _build_page_before(call, name, records, end, size, serialize)


def _find_index(records: Sequence[T], cursor: str) -> int:
    """Return the index of a record, or where it would be if it is gone: ids ascend."""
    for index, record in enumerate(records):
        if record.id == cursor:
            return index
    return sum(1 for record in records if record.id < cursor)


def _find_start(records: Sequence[T], options: JsonObject) -> int:
    if "after" not in options:
        return 0
    index = _find_index(records, options["after"])
    is_present = index < len(records) and records[index].id == options["after"]
    return index + is_present


def _build_page_before(
    call: Call, name: str, records: Sequence[T], end: int, size: int, serialize: Callable[[T], Any]
) -> JsonObject:
    start = max(end - size, 0)
    return {name: [serialize(record) for record in records[start:end]]} | _build_meta(
        call, records, start, end, has_more=start > 0
    )


def _build_page_after(
    call: Call, name: str, records: Sequence[T], start: int, size: int, serialize: Callable[[T], Any]
) -> JsonObject:
    end = min(start + size, len(records))
    has_more = end < len(records)
    return {name: [serialize(record) for record in records[start:end]]} | _build_meta(
        call, records, start, end, has_more=has_more
    )


def _build_meta(call: Call, records: Sequence[T], start: int, end: int, *, has_more: bool) -> JsonObject:
    meta: JsonObject = {"hasMore": has_more}
    links = {}
    if start < end and start > 0:
        meta["beforeCursor"] = records[start].id
        links["prev"] = _build_link(call, "before", records[start].id)
    if start < end < len(records):
        meta["afterCursor"] = records[end - 1].id
        links["next"] = _build_link(call, "after", records[end - 1].id)
    return {"meta": meta, "links": links} if links else {"meta": meta}


def _build_link(call: Call, direction: str, cursor: str) -> str:
    options = call.query.get("page", {})
    query = {name: value for name, value in call.query.items() if name not in ("filter", "page")}
    query |= {f"filter[{name}]": value for name, value in call.query.get("filter", {}).items()}
    query[f"page[{direction}]"] = cursor
    if "size" in options:
        query["page[size]"] = options["size"]
    return f"{call.url}?{urlencode(query)}"
