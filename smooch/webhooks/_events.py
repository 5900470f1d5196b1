"""From the body of a delivery to typed events."""

from __future__ import annotations

import logging
import threading
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any, get_args

import attrs
from smooch_api.v1.unions import read_webhook_event

from . import _identity
from ._body import read_object
from ._verify import verify

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ._body import Body
    from ._union import WebhookEvent
    from ._verify import Headers, Secret

_logger = logging.getLogger("smooch.webhooks")
_reported: set[type] = set()
_reporting = threading.Lock()


@attrs.frozen
class Delivery:
    """What one request of the API tells: `for event in delivery: match event: case ConversationMessageEvent(): …`."""

    events: tuple[WebhookEvent, ...]
    """One in v1 and v1.1; all its messages or postbacks are in it. Any number in v2, of any users and conversations.

    An event that nobody has seen, or whose body does not fit its trigger, is an `UnknownEvent`, in v2 an
    `UnknownTypeEvent`: `to_dict()` gives it as it came. The others of the delivery are what they are. Where v2 has no
    object for an event, what it has is the `payload` of an `UnknownTypeEvent`.
    """
    event_ids: tuple[str, ...]
    """One for each event: the same when it is delivered again, another for another event. In v2 made of `event.id`."""
    version: str
    """Version of the payload: `v1`, `v1.1` or `v2`."""
    app_id: str
    """"" where the delivery names no app."""
    raw: dict[str, Any] = attrs.field(repr=False)
    """The JSON as it came."""
    dated: tuple[bool, ...]
    """For each event, whether it carries an id or a time. A v1 postback carries neither: its id is good for a minute or
    so, since a button may be tapped again, and the same way."""

    def __iter__(self) -> Iterator[WebhookEvent]:
        return iter(self.events)

    def __len__(self) -> int:
        return len(self.events)


def parse(body: Body) -> Delivery:
    """Read a delivery of v1, v1.1 or v2: its body as bytes or text, or as the mapping that a framework made of it.

    It does not verify. Whatever the object holds, nothing of it is lost: see `Delivery.events`.

    Raises:
        WebhookUnreadable: the body is no JSON object.
    """
    raw = read_object(body)
    return _enveloped(raw) if _is_envelope(raw) else _classic(raw)


def receive(body: Body, headers: Headers, secret: Secret) -> Delivery:
    """Verify, then parse: one typed event in v1 and v1.1, any number in v2.

    Raises:
        WebhookRejected: the `X-API-Key` is missing, or none of the secrets. Answer 401.
        WebhookUnreadable: the body is no JSON object. Answer 400.
        InvalidInput: there is no secret to compare with.
    """
    verify(headers, secret)
    return parse(body)


def _classic(raw: dict[str, Any]) -> Delivery:
    event_id, dated = _identity.classic(raw)
    return Delivery(
        events=(_classic_event(raw),),
        event_ids=(event_id,),
        version=_version(raw, "v1"),
        app_id=_identity.object_id(raw.get("app")),
        raw=raw,
        dated=(dated,),
    )


def _is_envelope(raw: dict[str, Any]) -> bool:
    return isinstance(raw.get("events"), list) and isinstance(raw.get("webhook"), dict) and "trigger" not in raw


def _enveloped(raw: dict[str, Any]) -> Delivery:
    app_id = _identity.object_id(raw.get("app"))
    # What is no object has no place in an event but its payload, and must not cost the others theirs.
    events = [event if isinstance(event, dict) else {"payload": event} for event in raw["events"]]
    ids = [_identity.enveloped(app_id, event) for event in events]
    return Delivery(
        events=tuple(map(_enveloped_event, events)),
        event_ids=tuple(event_id for event_id, _ in ids),
        version=_version(raw.get("webhook"), "v2"),
        app_id=app_id,
        raw=raw,
        dated=tuple(dated for _, dated in ids),
    )


def _version(carrier: object, otherwise: str) -> str:
    version = carrier.get("version") if isinstance(carrier, dict) else None
    return version if isinstance(version, str) else otherwise


def _classic_event(raw: dict[str, Any]) -> WebhookEvent:
    from smooch_api.v1.models import UnknownEvent

    event = read_webhook_event(raw)
    if isinstance(event, UnknownEvent):
        _report_misfit(raw, raw.get("trigger"), _classes("v1", "trigger"), "UnknownEvent")
    return event


def _enveloped_event(raw: dict[str, Any]) -> WebhookEvent:
    from smooch_api.v2 import models, unions

    event = unions.read_webhook_event(raw)
    if isinstance(event, models.UnknownTypeEvent):
        _report_misfit(raw, raw.get("type"), _classes("v2", "type_"), "UnknownTypeEvent")
    return event


def _report_misfit(raw: dict[str, Any], trigger: object, classes: dict[str, Any], kept_as: str) -> None:
    """Log, once for each trigger, that a body does not fit the trigger that it names; a new trigger is no misfit."""
    cls = classes.get(trigger) if isinstance(trigger, str) else None
    if cls is None:
        return
    with _reporting:
        if cls in _reported:
            return
        _reported.add(cls)
    try:
        cls.from_dict(raw)
    except ValueError as reason:  # WrongShape, of which each version has its own
        _logger.warning("an event of %s does not fit (%s): kept as %s; said once per trigger", trigger, reason, kept_as)


@cache
def _classes(version: str, tag: str) -> dict[str, Any]:
    """The class of each trigger of a version of the API, where `tag` is the attribute that holds the trigger."""
    classes = get_args(import_module(f"smooch_api.{version}.models").WebhookEvent)
    triggers = ((attrs.fields_dict(cls)[tag].default, cls) for cls in classes)
    return {trigger: cls for trigger, cls in triggers if isinstance(trigger, str)}
