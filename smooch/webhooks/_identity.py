"""What makes two deliveries the same event. API v1 and v1.1 give events no id, so one is made of what they carry.

1. `message:appUser`, `message:appMaker`: the `_id` of every message. `merge:appUser`: those of the discarded users.
   `appUser:delete`: that of the user. These can happen once only.
2. Else, with a `timestamp`: the timestamp and a digest of the body, in which user and client count by their id
   alone, so that fields which the API renders anew do not matter.
3. Else (`postback`, `link:*`, or an event that lacks what 1 asks for): a digest of the body. A button tapped twice can
   give the same body as one tap that is delivered twice, so such an id is good for a short time only.

App and trigger are part of every id. An event of the v2 envelope has an id of its own; the app is put before it. One that
lacks it gets a digest, which lasts if the event says when it happened.
"""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any

_HAPPENS_ONCE = {
    "message:appUser": "messages",
    "message:appMaker": "messages",
    "merge:appUser": "discarded",
    "appUser:delete": "appUser",
}
_RENDERED_ANEW = ("appUser", "client")
_PLAIN = re.compile(r"[\w:.+-]{1,64}(?:/[\w:.+-]{1,64})*", re.ASCII)
_LONGEST = 255


def classic(raw: dict[str, Any]) -> tuple[str, bool]:
    """The id of a v1 or v1.1 event, and whether it lasts."""
    trigger = raw.get("trigger")
    start = (object_id(raw.get("app")), trigger if isinstance(trigger, str) else "")
    if ids := _ids(raw.get(_HAPPENS_ONCE.get(start[1], ""))):
        return _join(*start, *ids), True
    timestamp = raw.get("timestamp")
    if isinstance(timestamp, int | float) and not isinstance(timestamp, bool):
        reduced = {name: object_id(raw[name]) or raw[name] for name in _RENDERED_ANEW if name in raw}
        return _join(*start, repr(timestamp), _digest(raw | reduced)), True
    return _join(*start, _digest(raw)), False


def enveloped(app_id: str, event: dict[str, Any]) -> tuple[str, bool]:
    """The id of an event of the v2 envelope, and whether it lasts."""
    event_id = event.get("id")
    if isinstance(event_id, str) and event_id:
        return _join(app_id, event_id), True
    return _join(app_id, _digest(event)), isinstance(event.get("createdAt"), str)


def object_id(value: object) -> str:
    """`_id` or `id` of an object, "" where it has none."""
    if not isinstance(value, dict):
        return ""
    found = value.get("_id", value.get("id"))
    return found if isinstance(found, str) else ""


def _ids(value: object) -> list[str]:
    """The ids of an object or of all objects of a list, none if one has none."""
    ids = [object_id(item) for item in (value if isinstance(value, list) else [value])]
    return sorted(ids) if all(ids) else []


def _join(*parts: str) -> str:
    joined = "/".join(parts)
    if len(joined) <= _LONGEST and joined.count("/") == len(parts) - 1 and _PLAIN.fullmatch(joined):
        return joined
    return f"sha256-{_digest(parts)}"


def _digest(value: object) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True, separators=(",", ":")).encode("ascii")).hexdigest()
