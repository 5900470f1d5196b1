"""Metadata: flat maps of at most 4 kB."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from .._errors import bad_request

if TYPE_CHECKING:
    from .._entities import JsonObject

MAX_METADATA_BYTES = 4096


def validate(metadata: JsonObject | None, owner: str) -> JsonObject | None:
    """Return `metadata` unchanged. 400 if it is too large; `owner` names it in the error."""
    if metadata is not None:
        size = len(json.dumps(metadata, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass"))
        if size > MAX_METADATA_BYTES:
            raise bad_request(f"{owner} metadata is limited to {MAX_METADATA_BYTES} bytes in size.")
    return metadata


def merge(metadata: JsonObject | None, body: JsonObject, owner: str) -> JsonObject | None:
    """Return `metadata` updated with the keys of `body["metadata"]`; null clears all."""
    if "metadata" not in body:
        return metadata
    change = body["metadata"]
    return None if change is None else validate({**(metadata or {}), **change}, owner)
