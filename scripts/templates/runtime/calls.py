"""Builds requests and parses response bodies."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote

from .base import Model, dump
from .errors import InvalidInput
from .types import UNSET, File, Unset

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

T = TypeVar("T")


def path_segment(name: str, value: str) -> str:
    """Escape a path parameter. Raises InvalidInput for a value that would address another resource."""
    if not isinstance(value, str) or not value.strip():
        description = repr(value[:20]) if isinstance(value, str) else "None" if value is None else type(value).__name__
        raise InvalidInput(f"{name} must be a non-empty string, got {description}: pass an id", name)
    if value in {".", ".."}:
        raise InvalidInput(f"{name} must not be {value!r}, which would address another resource: pass an id", name)
    try:
        return quote(value, safe="")
    except UnicodeEncodeError:
        raise InvalidInput(f"{name} contains half of a surrogate pair: decode it as UTF-8 first", name) from None


def query(*parameters: tuple[str, Any]) -> dict[str, Any]:
    """Build query parameters; UNSET and None are left out."""
    return {name: value for name, value in parameters if value is not UNSET and value is not None}


def comma_separated(name: str, values: Iterable[Any] | Unset | None) -> tuple[str, str | None]:
    """Join a list into one query parameter. Raises InvalidInput for a string instead of a list."""
    if isinstance(values, str):
        raise InvalidInput(f"{name} must be a list of strings, got a string: pass [{values!r}]", name)
    return name, ",".join(map(str, values)) if values else None


def deep_object(name: str, value: Any) -> list[tuple[str, Any]]:
    """Build one query parameter per property: `name[property]`."""
    return [(f"{name}[{key}]", item) for key, item in (dump(value) or {}).items()]


def multipart(body: Model) -> dict[str, Any]:
    """Build a multipart form; httpx makes a new random boundary for each request."""
    data: dict[str, Any] = {}
    files: list[tuple[str, Any]] = []
    for key, value in body.to_dict().items():
        if isinstance(value, File):
            files.append((key, value.to_tuple()))
        else:
            data[key] = json.dumps(value) if isinstance(value, dict) else value
    if not files:
        raise InvalidInput("the form has no file: pass a File", "body")
    return {"data": data, "files": files}


def from_json(parse: Callable[[Any], T], *, may_be_empty: bool = False) -> Callable[[bytes], T]:
    """Return a parser of JSON bodies; with `may_be_empty`, an empty body counts as `{}`."""

    def read(content: bytes) -> T:
        return parse({} if may_be_empty and not content.strip() else json.loads(content))

    return read
