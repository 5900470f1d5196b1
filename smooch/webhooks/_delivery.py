"""The class `Delivery`: the events of one webhook request."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs
from smooch_api import parse_time

from ._event_ids import get_object_id

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from ._events import WebhookEvent


@attrs.frozen
class Delivery:
    """The events of one webhook request; iterate over it, and `match` each event by its class."""

    events: tuple[WebhookEvent, ...]
    """Exactly one in v1 and v1.1, with all messages or postbacks; in v2 any number, of any conversations.

    An event with a new trigger, or whose body does not fit its trigger, is an `UnknownEvent` (v1, v1.1) or an
    `UnknownTypeEvent` (v2); its `to_dict()` returns the original JSON. The other events of the delivery are not
    affected. If a v2 event is not a JSON object, its value is the `payload` of an `UnknownTypeEvent`.
    """
    event_ids: tuple[str, ...]
    """One id per event: equal when the same event is delivered again. Built from `event.id` in v2."""
    version: str
    """Version of the payload: `v1`, `v1.1` or `v2`."""
    app_id: str
    """Id of the app, "" if the delivery has none."""
    raw: dict[str, Any] = attrs.field(repr=False)
    """The JSON of the request body."""
    dated: tuple[bool, ...]
    """One flag per event: whether the event has an id or a time of its own.

    A v1 postback has neither. Its event id is valid for about a minute, because a second tap on the button looks the
    same as a second delivery of the first.
    """

    def __iter__(self) -> Iterator[WebhookEvent]:
        return iter(self.events)

    def __len__(self) -> int:
        return len(self.events)

    @property
    def times(self) -> tuple[datetime | None, ...]:
        """One time per event, in UTC.

        It is `createdAt` in v2, and `timestamp` or the first message's `received` in v1 and v1.1. None for an event
        without a time, such as a v1 postback.
        """
        return tuple(map(_get_event_time, self._raw_events()))

    @property
    def conversation_ids(self) -> tuple[str, ...]:
        """One conversation id per event. If an event has none, as in v1, the id of its user; else ""."""
        return tuple(map(_get_conversation_id, self._raw_events()))

    def _raw_events(self) -> list[Any]:
        return self.raw["events"] if is_envelope(self.raw) else [self.raw]


def is_envelope(raw: dict[str, Any]) -> bool:
    """Return whether a body is an envelope of v2."""
    return isinstance(raw.get("events"), list) and isinstance(raw.get("webhook"), dict) and "trigger" not in raw


def _get_event_time(event: Any) -> datetime | None:
    if not isinstance(event, dict):
        return None
    if isinstance(created_at := event.get("createdAt"), str):
        return parse_time(created_at)
    messages = event.get("messages")
    first = messages[0] if isinstance(messages, list) and messages else None
    values = (event.get("timestamp"), first.get("received") if isinstance(first, dict) else None)
    numbers = (value for value in values if isinstance(value, int | float) and not isinstance(value, bool))
    return parse_time(next(numbers, None))


def _get_conversation_id(event: Any) -> str:
    holder = event.get("payload", event) if isinstance(event, dict) else {}
    if not isinstance(holder, dict):
        return ""
    match_result = holder.get("matchResult")
    for each in (holder, match_result if isinstance(match_result, dict) else {}):
        for name in ("conversation", "appUser", "user"):
            if identifier := get_object_id(each.get(name)):
                return identifier
    return ""
