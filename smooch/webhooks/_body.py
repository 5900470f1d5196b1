"""From the body of a delivery to a JSON object, strictly: what this lets through can be written as JSON again."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any, TypeAlias

from ._errors import WebhookUnreadable

Body: TypeAlias = bytes | bytearray | memoryview | str | Mapping[str, Any]

MAX_DEPTH = 100


def read_object(body: Body) -> dict[str, Any]:
    """The JSON object of a body; a mapping is taken as JSON that somebody has parsed, and copied.

    Raises:
        WebhookUnreadable: no JSON in UTF-8, no object, a key twice, NaN or Infinity, or nested more than 100 deep.
    """
    try:
        text = _text(body)
        raw = _DECODER.decode(text)
    except RecursionError:
        raise _too_deep() from None
    except (TypeError, ValueError) as error:
        raise WebhookUnreadable(f"the body of the delivery is not JSON: {error}") from None
    if not isinstance(raw, dict):
        raise WebhookUnreadable("the body of the delivery is JSON, but not an object")
    if text.count("{") + text.count("[") > MAX_DEPTH and _is_deep(raw):
        raise _too_deep()
    return raw


def _text(body: Body) -> str:
    if isinstance(body, str):
        return body
    if isinstance(body, Mapping):
        return json.dumps(dict(body), allow_nan=False)
    if isinstance(body, bytes | bytearray | memoryview):
        return bytes(body).decode("utf-8")
    raise TypeError(f"it is {type(body).__name__}")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise ValueError("an object has a key twice")
    return result


def _finite(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise ValueError("a number is too large")
    return number


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


_DECODER = json.JSONDecoder(object_pairs_hook=_unique, parse_float=_finite, parse_constant=_no_constant)


def _is_deep(raw: dict[str, Any]) -> bool:
    level: list[Any] = [raw]
    for _ in range(MAX_DEPTH):
        containers = (each.values() if isinstance(each, dict) else each for each in level)
        level = [item for items in containers for item in items if isinstance(item, dict | list)]
        if not level:
            return False
    return True


def _too_deep() -> WebhookUnreadable:
    return WebhookUnreadable(f"the body of the delivery is nested more than {MAX_DEPTH} deep")
