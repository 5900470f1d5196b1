"""Metadata: flat maps of at most 4 kB."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from .._errors import bad_request

if TYPE_CHECKING:
    from .._entities import JsonObject

MAX_METADATA_BYTES = 4096


def checked(metadata: JsonObject | None, what: str) -> JsonObject | None:
    """`metadata` as it is. 400 if it is too large."""
    if metadata is not None:
        size = len(json.dumps(metadata, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass"))
        if size > MAX_METADATA_BYTES:
            raise bad_request(f"{what} metadata is limited to {MAX_METADATA_BYTES} bytes in size.")
    return metadata


def updated(metadata: JsonObject | None, body: JsonObject, what: str) -> JsonObject | None:
    """`metadata` after the change that `body` may hold: its keys are merged in, null takes all away."""
    if "metadata" not in body:
        return metadata
    change = body["metadata"]
    return None if change is None else checked({**(metadata or {}), **change}, what)
