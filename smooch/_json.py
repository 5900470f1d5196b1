"""Build bodies and write them as JSON, and say why one cannot be written."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

from . import _checks
from .errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Iterable

_MAX_PATH = 200
"""Maximum length of a path in an error text, in characters: keys of mappings can be long."""


def check_json(body: Any, field: str) -> int:
    """Return the size of a body in bytes of JSON.

    Raises:
        InvalidInput: JSON cannot represent it: a NaN, half of a surrogate pair, a datetime or another Python object.
    """
    try:
        return len(encode_json(body))
    except (TypeError, ValueError, RecursionError):
        raise _json_error(body, field) from None


def _json_error(body: Any, field: str) -> InvalidInput:
    try:
        located = _find_not_json(body)
    except RecursionError:
        located = None
    if located is None:
        return nesting_error(field)
    path, reason = clip_path(field + located[0]), located[1]
    return InvalidInput(f"{path} cannot be written as JSON: {reason} (nothing was sent)", path)


def _find_not_json(value: Any) -> tuple[str, str] | None:
    """Return the path of the first value that JSON cannot represent, and why."""
    if isinstance(value, str):
        return ("", "it holds half of a surrogate pair") if _checks.has_lone_surrogate(value) else None
    if isinstance(value, float):
        return None if math.isfinite(value) else ("", f"it is {value!r}")
    if isinstance(value, int | None):
        return None if _is_printable(value) else ("", "it has too many digits")
    items: Iterable[tuple[str, Any]]
    if isinstance(value, dict):
        for key in value:
            if not isinstance(key, str | int | float | None):
                return "", f"it has a key that is a {type(key).__name__}"
            if isinstance(key, str) and _checks.has_lone_surrogate(key):
                return "", "it has a key that holds half of a surrogate pair"
        items = ((f".{key}", item) for key, item in value.items())
    elif isinstance(value, list | tuple):
        items = ((f"[{index}]", item) for index, item in enumerate(value))
    else:
        return "", f"it is a {type(value).__name__}"
    for place, item in items:
        if (inner := _find_not_json(item)) is not None:
            return place + inner[0], inner[1]
    return None


def drop_none(**fields: Any) -> dict[str, Any]:
    """Return the fields whose value is not None."""
    return {name: value for name, value in fields.items() if value is not None}


def clip_path(path: str) -> str:
    """Shorten a long path in its middle, since its end says most."""
    return path if len(path) <= _MAX_PATH else f"{path[: _MAX_PATH // 2]}…{path[-_MAX_PATH // 2 :]}"


def _is_printable(number: int | None) -> bool:
    try:
        return bool(repr(number))
    except ValueError:  # Python refuses to print integers of thousands of digits
        return False


def nesting_error(field: str) -> InvalidInput:
    """Return the exception for a body that contains itself or is nested too deeply."""
    return InvalidInput(f"{field} contains itself, or is nested too deeply (nothing was sent)", field)


def encode_json(body: Any) -> bytes:
    """Return a body as JSON, written as httpx writes it."""
    return json.dumps(body, allow_nan=False, ensure_ascii=False, separators=(",", ":")).encode()
