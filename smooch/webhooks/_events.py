"""From the body of a delivery to typed events."""

from __future__ import annotations

import logging
import threading
from functools import cache
from typing import TYPE_CHECKING, Any, get_args

import attrs
from smooch_api.v1.errors import WrongShape
from smooch_api.v1.unions import read_webhook_event

from . import _identity
from ._body import read_object
from ._verify import verify

if TYPE_CHECKING:
    from collections.abc import Iterator

    from smooch_api.v1.models import UnknownEvent, WebhookEvent

    from ._body import Body
    from ._verify import Headers, Secret

_logger = logging.getLogger("smooch.webhooks")
_reported: set[str] = set()
_reporting = threading.Lock()


@attrs.frozen
class Delivery:
    """What one request of the API tells: `for event in delivery: match event: case MessageAppUser(): …`."""

    events: tuple[WebhookEvent, ...]
    """One in v1 and v1.1; all its messages or postbacks are in it. An event that nobody has seen, or whose body does not
    fit its trigger, is an `UnknownEvent`, whole in `additional_properties`."""
    event_ids: tuple[str, ...]
    """One for each event: the same when it is delivered again, another for another event."""
    version: str
    """Version of the payload: `v1`, `v1.1` or `v2`."""
    app_id: str
    """"" where the delivery names no app."""
    raw: dict[str, Any] = attrs.field(repr=False)
    """The JSON as it came."""
    dated: bool = True
    """Whether the events carry an id or a time. A v1 postback carries neither: its id is good for a minute or so, since
    a button may be tapped again, and the same way."""

    def __iter__(self) -> Iterator[WebhookEvent]:
        return iter(self.events)

    def __len__(self) -> int:
        return len(self.events)


def parse(body: Body) -> Delivery:
    """Read a delivery: its body as bytes or text, or as the mapping that a framework made of it. Verify first.

    Raises:
        WebhookUnreadable: the body is no JSON object.
    """
    raw = read_object(body)
    return _enveloped(raw) if _is_envelope(raw) else _classic(raw)


def receive(body: Body, headers: Headers, secret: Secret) -> Delivery:
    """Verify, then parse.

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
        events=(_event(raw),),
        event_ids=(event_id,),
        version=_version(raw, "v1"),
        app_id=_identity.object_id(raw.get("app")),
        raw=raw,
        dated=dated,
    )


def _is_envelope(raw: dict[str, Any]) -> bool:
    events = raw.get("events")
    is_listed = isinstance(events, list) and all(isinstance(event, dict) for event in events)
    return is_listed and isinstance(raw.get("webhook"), dict) and "trigger" not in raw


def _enveloped(raw: dict[str, Any]) -> Delivery:
    from smooch_api.v1.models import UnknownEvent

    app_id = _identity.object_id(raw.get("app"))
    return Delivery(
        events=tuple(UnknownEvent.from_dict(event) for event in raw["events"]),
        event_ids=tuple(_identity.enveloped(app_id, event) for event in raw["events"]),
        version=_version(raw.get("webhook"), "v2"),
        app_id=app_id,
        raw=raw,
    )


def _version(carrier: object, otherwise: str) -> str:
    version = carrier.get("version") if isinstance(carrier, dict) else None
    return version if isinstance(version, str) else otherwise


def _event(raw: dict[str, Any]) -> WebhookEvent:
    from smooch_api.v1.models import UnknownEvent

    event = read_webhook_event(raw)
    if isinstance(event, UnknownEvent):
        _report_misfit(event)
    return event


def _report_misfit(event: UnknownEvent) -> None:
    """Log, once for each trigger, that a body does not fit the trigger that it names; a new trigger is no misfit."""
    trigger = event.trigger if isinstance(event.trigger, str) else ""
    if trigger not in _classes():
        return
    with _reporting:
        if trigger in _reported:
            return
        _reported.add(trigger)
    cls = _classes()[trigger]
    try:
        cls.from_dict(event.to_dict())
    except WrongShape as reason:
        _logger.warning(
            "a delivery of %s does not fit (%s): kept as UnknownEvent; said once per trigger", trigger, reason
        )


@cache
def _classes() -> dict[str, Any]:
    from smooch_api.v1.models import UnknownEvent, WebhookEvent

    known = (cls for cls in get_args(WebhookEvent) if cls is not UnknownEvent)
    return {str(attrs.fields_dict(cls)["trigger"].default): cls for cls in known}
