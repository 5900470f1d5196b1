"""Build event ids for deduplication. Events of v1 and v1.1 have no id: build it from their content.

1. `message:appUser`, `message:appMaker`: the `_id` of every message. `merge:appUser`: the ids of the discarded users.
   `appUser:delete`: the id of the user. These events can happen only once.
2. Otherwise, with a `timestamp`: the timestamp and a digest of the body. Only the ids of user and client go into the
   digest, because their other fields can differ between two deliveries.
3. Otherwise (`postback`, `link:*`, or an event that lacks the ids of 1): a digest of the body. A button tapped twice can
   give the same body as one tap delivered twice, so such an id is valid for a short time only.

App and trigger are part of every id. An event of v2 has an id of its own; the app is put before it. A v2 event without
an id gets a digest, which is lasting if the event has a `createdAt`.
"""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any

_OBJECTS_WITH_IDS = {
    "message:appUser": "messages",
    "message:appMaker": "messages",
    "merge:appUser": "discarded",
    "appUser:delete": "appUser",
}
_REDUCED_TO_ID = ("appUser", "client")
_PLAIN_ID = re.compile(r"[\w:.+-]{1,64}(?:/[\w:.+-]{1,64})*", re.ASCII)
_MAX_LENGTH = 255


def build_v1_event_id(raw: dict[str, Any]) -> tuple[str, bool]:
    """Build the id of a v1 or v1.1 event; the second value tells whether the id is lasting."""
    trigger = raw.get("trigger")
    start = (get_object_id(raw.get("app")), trigger if isinstance(trigger, str) else "")
    if ids := _get_object_ids(raw.get(_OBJECTS_WITH_IDS.get(start[1], ""))):
        return _join(*start, *ids), True
    timestamp = raw.get("timestamp")
    if isinstance(timestamp, int | float) and not isinstance(timestamp, bool):
        reduced = {name: get_object_id(raw[name]) or raw[name] for name in _REDUCED_TO_ID if name in raw}
        return _join(*start, repr(timestamp), _build_digest(raw | reduced)), True
    return _join(*start, _build_digest(raw)), False


def build_v2_event_id(app_id: str, event: dict[str, Any]) -> tuple[str, bool]:
    """Build the id of a v2 event; the second value tells whether the id is lasting."""
    event_id = event.get("id")
    if isinstance(event_id, str) and event_id:
        return _join(app_id, event_id), True
    return _join(app_id, _build_digest(event)), isinstance(event.get("createdAt"), str)


def get_object_id(value: object) -> str:
    """Return `_id` or `id` of a JSON object, "" if it has none."""
    if not isinstance(value, dict):
        return ""
    identifier = value.get("_id", value.get("id"))
    return identifier if isinstance(identifier, str) else ""


def _get_object_ids(value: object) -> list[str]:
    """Return the id of an object or the ids of a list of objects; empty if any has none."""
    ids = [get_object_id(item) for item in (value if isinstance(value, list) else [value])]
    return sorted(ids) if all(ids) else []


def _join(*parts: str) -> str:
    joined = "/".join(parts)
    if len(joined) <= _MAX_LENGTH and joined.count("/") == len(parts) - 1 and _PLAIN_ID.fullmatch(joined):
        return joined
    return f"sha256-{_build_digest(parts)}"


def _build_digest(value: object) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True, separators=(",", ":")).encode("ascii")).hexdigest()
