"""The class `Delivery`: the events of one webhook request."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ._events import WebhookEvent


@attrs.frozen
class Delivery:
    """The events of one webhook request: `for event in delivery: match event: case ConversationMessageEvent(): …`."""

    events: tuple[WebhookEvent, ...]
    """Exactly one in v1 and v1.1, which holds all its messages or postbacks; any number in v2, of any conversations.

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
