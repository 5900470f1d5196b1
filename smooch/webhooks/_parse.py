"""Parse the body of a delivery into typed events."""

from __future__ import annotations

import logging
import threading
from functools import cache
from typing import TYPE_CHECKING, Any, get_args

import attrs
from smooch_api.v1 import models as v1
from smooch_api.v1.unions import read_event

from .._redaction import hide_locals
from . import _event_ids
from ._delivery import Delivery, is_envelope
from ._json import read_object
from ._verify import verify

if TYPE_CHECKING:
    from types import ModuleType

    from ._events import WebhookEvent
    from ._json import Body
    from ._verify import Headers, Secret

_logger = logging.getLogger("smooch.webhooks")
_reported: set[type] = set()
_reporting = threading.Lock()


def parse(body: Body) -> Delivery:
    """Parse a delivery of v1, v1.1 or v2: bytes, text, or the mapping that a framework parsed.

    The sender is not verified. No part of the JSON is lost: see `Delivery.events`.

    Raises:
        WebhookUnreadable: the body is not a JSON object.
    """
    raw = read_object(body)
    return _parse_v2(raw) if is_envelope(raw) else _parse_v1(raw)


@hide_locals
def receive(body: Body, headers: Headers, secret: Secret) -> Delivery:
    """Verify a delivery, then parse it: one typed event in v1 and v1.1, any number in v2.

    Raises:
        WebhookRejected: the `X-API-Key` is missing or matches none of the secrets. Answer 401.
        WebhookUnreadable: the body is not a JSON object. Answer 400.
        InvalidInput: `secret` is empty or not a string.
    """
    verify(headers, secret)
    return parse(body)


def _parse_v1(raw: dict[str, Any]) -> Delivery:
    event_id, is_dated = _event_ids.build_v1_event_id(raw)
    return Delivery(
        events=(_parse_v1_event(raw),),
        event_ids=(event_id,),
        version=_read_version(raw, "v1"),
        app_id=_event_ids.get_object_id(raw.get("app")),
        raw=raw,
        dated=(is_dated,),
    )


def _parse_v2(raw: dict[str, Any]) -> Delivery:
    app_id = _event_ids.get_object_id(raw.get("app"))
    # One event that is not an object must not make the others unreadable.
    events = [event if isinstance(event, dict) else {"payload": event} for event in raw["events"]]
    ids = [_event_ids.build_v2_event_id(app_id, event) for event in events]
    return Delivery(
        events=tuple(map(_parse_v2_event, events)),
        event_ids=tuple(event_id for event_id, _ in ids),
        version=_read_version(raw.get("webhook"), "v2"),
        app_id=app_id,
        raw=raw,
        dated=tuple(is_dated for _, is_dated in ids),
    )


def _read_version(holder: object, default: str) -> str:
    version = holder.get("version") if isinstance(holder, dict) else None
    return version if isinstance(version, str) else default


def _parse_v1_event(raw: dict[str, Any]) -> WebhookEvent:
    event = read_event(raw)
    if isinstance(event, v1.UnknownEvent):
        _report_misfit(raw, raw.get("trigger"), _map_event_classes(v1, "trigger"), "UnknownEvent")
    return event


def _parse_v2_event(raw: dict[str, Any]) -> WebhookEvent:
    from smooch_api.v2 import models, unions

    event = unions.read_event(raw)
    if isinstance(event, models.UnknownTypeEvent):
        _report_misfit(raw, raw.get("type"), _map_event_classes(models, "type_"), "UnknownTypeEvent")
    return event


def _report_misfit(raw: dict[str, Any], trigger: object, classes: dict[str, Any], kept_as: str) -> None:
    """Log, once per trigger, that a body does not fit its known trigger. New triggers are not logged."""
    cls = classes.get(trigger) if isinstance(trigger, str) else None
    if cls is None:
        return
    with _reporting:
        if cls in _reported:
            return
        _reported.add(cls)
    try:
        cls.from_dict(raw)
    except ValueError as reason:  # WrongShape, of which each version has its own class
        _logger.warning("an event of %s does not fit (%s): kept as %s; logged once", trigger, reason, kept_as)


@cache
def _map_event_classes(models: ModuleType, tag: str) -> dict[str, Any]:
    """Map each trigger of an API version to its class; `tag` is the attribute that holds the trigger."""
    classes = get_args(models.Event)
    triggers = ((attrs.fields_dict(cls)[tag].default, cls) for cls in classes)
    return {trigger: cls for trigger, cls in triggers if isinstance(trigger, str)}
