"""JSON as it goes over the wire."""

from __future__ import annotations

import json
from typing import Any


def present(**fields: Any) -> dict[str, Any]:
    """An object of the fields that have a value."""
    return {name: value for name, value in fields.items() if value is not None}


def encode(body: Any) -> bytes:
    """`body` in UTF-8, without spaces."""
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    # a lone surrogate is legal in JSON's escapes and has no UTF-8
    return text.encode("utf-8", "replace")
