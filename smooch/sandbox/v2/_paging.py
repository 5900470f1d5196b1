"""Lists that are read with `page[after]`, `page[before]` and `page[size]`. Cursors are ids of records."""

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


def page(call: Call, name: str, records: Sequence[T], wire: Callable[[T], Any]) -> JsonObject:
    """The page of `records` that `call` asks for, the first one by default, under `name`."""
    asked = call.query.get("page", {})
    size = asked.get("size", DEFAULT_SIZE)
    if "before" in asked:
        return _before(call, name, records, _index(records, asked["before"]), size, wire)
    return _after(call, name, records, _start(records, asked), size, wire)


def newest_page(call: Call, name: str, records: Sequence[T], size: int, wire: Callable[[T], Any]) -> JsonObject:
    """The same with the last page by default, and pages of `size` whatever `call` asks for."""
    asked = call.query.get("page", {})
    if "after" in asked:
        return _after(call, name, records, _start(records, asked), size, wire)
    end = _index(records, asked["before"]) if "before" in asked else len(records)
    return _before(call, name, records, end, size, wire)


def _index(records: Sequence[T], cursor: str) -> int:
    """Where the record is, or would be if it is gone: ids ascend."""
    for index, record in enumerate(records):
        if record.id == cursor:
            return index
    return sum(1 for record in records if record.id < cursor)


def _start(records: Sequence[T], asked: JsonObject) -> int:
    if "after" not in asked:
        return 0
    index = _index(records, asked["after"])
    is_there = index < len(records) and records[index].id == asked["after"]
    return index + is_there


def _before(call: Call, name: str, records: Sequence[T], end: int, size: int, wire: Callable[[T], Any]) -> JsonObject:
    start = max(end - size, 0)
    return {name: [wire(record) for record in records[start:end]]} | _meta(
        call, records, start, end, has_more=start > 0
    )


def _after(call: Call, name: str, records: Sequence[T], start: int, size: int, wire: Callable[[T], Any]) -> JsonObject:
    end = min(start + size, len(records))
    has_more = end < len(records)
    return {name: [wire(record) for record in records[start:end]]} | _meta(call, records, start, end, has_more=has_more)


def _meta(call: Call, records: Sequence[T], start: int, end: int, *, has_more: bool) -> JsonObject:
    meta: JsonObject = {"hasMore": has_more}
    links = {}
    if start < end and start > 0:
        meta["beforeCursor"] = records[start].id
        links["prev"] = _link(call, "before", records[start].id)
    if start < end < len(records):
        meta["afterCursor"] = records[end - 1].id
        links["next"] = _link(call, "after", records[end - 1].id)
    return {"meta": meta, "links": links} if links else {"meta": meta}


def _link(call: Call, direction: str, cursor: str) -> str:
    asked = call.query.get("page", {})
    query = {name: value for name, value in call.query.items() if name not in ("filter", "page")}
    query |= {f"filter[{name}]": value for name, value in call.query.get("filter", {}).items()}
    query[f"page[{direction}]"] = cursor
    if "size" in asked:
        query["page[size]"] = asked["size"]
    return f"{call.url}?{urlencode(query)}"
