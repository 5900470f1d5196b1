"""Encode JSON bodies."""

from __future__ import annotations

import json
from typing import Any


def encode(body: Any) -> bytes:
    """Return `body` as UTF-8 without spaces."""
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    # a JSON escape may be half of a surrogate pair, which UTF-8 cannot encode
    return text.encode("utf-8", "replace")
