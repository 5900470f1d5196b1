"""Read JSON strictly: every object that is accepted can be written as JSON again."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any, TypeAlias

from ._errors import WebhookUnreadable

Body: TypeAlias = bytes | bytearray | memoryview | str | Mapping[str, Any]

MAX_DEPTH = 100


def read_object(body: Body) -> dict[str, Any]:
    """Read the JSON object of a body; a mapping counts as parsed JSON and is copied.

    Raises:
        WebhookUnreadable: the body is not JSON in UTF-8, not an object, has a key twice, NaN or Infinity,
            or is nested more than 100 levels deep.
    """
    try:
        text = _to_text(body)
        raw = _DECODER.decode(text)
    except RecursionError:
        raise _nesting_error() from None
    except (TypeError, ValueError) as error:
        raise WebhookUnreadable(f"the body of the delivery is not JSON: {error}") from None
    if not isinstance(raw, dict):
        raise WebhookUnreadable("the body of the delivery is JSON, but not an object")
    if text.count("{") + text.count("[") > MAX_DEPTH and _is_too_deep(raw):
        raise _nesting_error()
    return raw


def _to_text(body: Body) -> str:
    if isinstance(body, str):
        return body
    if isinstance(body, Mapping):
        return json.dumps(dict(body), allow_nan=False)
    if isinstance(body, bytes | bytearray | memoryview):
        return bytes(body).decode("utf-8")
    raise TypeError(f"it is {type(body).__name__}")


def _refuse_duplicate_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise ValueError("an object has a key twice")
    return result


def _parse_finite_float(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise ValueError("a number is too large")
    return number


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


_DECODER = json.JSONDecoder(
    object_pairs_hook=_refuse_duplicate_keys, parse_float=_parse_finite_float, parse_constant=_refuse_constant
)


def _is_too_deep(raw: dict[str, Any]) -> bool:
    level: list[Any] = [raw]
    for _ in range(MAX_DEPTH):
        containers = (each.values() if isinstance(each, dict) else each for each in level)
        level = [item for items in containers for item in items if isinstance(item, dict | list)]
        if not level:
            return False
    return True


def _nesting_error() -> WebhookUnreadable:
    return WebhookUnreadable(f"the body of the delivery is nested more than {MAX_DEPTH} levels deep")
