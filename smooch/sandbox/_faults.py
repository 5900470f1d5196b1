"""Injected faults: the next matching requests or deliveries fail, are late or get lost."""

from __future__ import annotations

import json
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, TypeVar

import attrs

if TYPE_CHECKING:
    from collections.abc import Mapping


def encode_body(body: bytes | str | Any) -> bytes:
    """Return bytes unchanged, text as UTF-8, anything else as JSON."""
    if isinstance(body, bytes):
        return body
    return (body if isinstance(body, str) else json.dumps(body)).encode()


def _define_times(default: int) -> Any:
    """Return a field for a count, which is checked only once: using up a fault makes it 0."""
    is_positive = [attrs.validators.instance_of(int), attrs.validators.ge(1)]
    return attrs.field(default=default, validator=is_positive, on_setattr=attrs.setters.NO_OP)


@attrs.define(eq=False, kw_only=True)
class Fault:
    """A fault that applies to the next `times` matches."""

    times: int = _define_times(1)


@attrs.define(eq=False, kw_only=True)
class RequestFault(Fault):
    """A fault of requests with this method, whose path ends with the glob `path`."""

    method: str | None = None
    path: str | None = None

    def matches(self, method: str, path: str) -> bool:
        return self.method in (None, method) and (self.path is None or fnmatchcase(path, f"*{self.path}"))


@attrs.define(eq=False, kw_only=True)
class Fail(RequestFault):
    """Respond with `status` without doing anything."""

    status: int = attrs.field(default=500, validator=[attrs.validators.ge(200), attrs.validators.le(599)])
    headers: Mapping[str, str] = attrs.Factory(dict)
    body: bytes | None = attrs.field(default=None, converter=attrs.converters.optional(encode_body))


@attrs.define(eq=False, kw_only=True)
class Delay(RequestFault):
    """Process the request, respond `seconds` later."""

    seconds: float = 1


@attrs.define(eq=False, kw_only=True)
class Drop(RequestFault):
    """Close the connection without a response, before or after processing the request."""

    after_processing: bool = False


@attrs.define(eq=False, kw_only=True)
class Garble(RequestFault):
    """Process the request, but respond with `body`, by default the first half of the right body."""

    body: bytes | None = attrs.field(default=None, converter=attrs.converters.optional(encode_body))


@attrs.define(eq=False, kw_only=True)
class DeliveryFault(Fault):
    """A fault of deliveries whose trigger matches the glob `trigger`."""

    trigger: str | None = None

    def matches(self, trigger: str) -> bool:
        return self.trigger is None or fnmatchcase(trigger, self.trigger)


@attrs.define(eq=False, kw_only=True)
class Duplicate(DeliveryFault):
    """Deliver twice at the same time."""


@attrs.define(eq=False, kw_only=True)
class DelayDelivery(DeliveryFault):
    """Deliver `seconds` later."""

    seconds: float = attrs.field(default=1, validator=attrs.validators.ge(0))


@attrs.define(eq=False, kw_only=True)
class Lose(DeliveryFault):
    """Never deliver."""


@attrs.define(eq=False, kw_only=True)
class Reorder(DeliveryFault):
    """Hold matching deliveries until the last of them, then send them in reverse order."""

    times: int = _define_times(2)


@attrs.define(eq=False, kw_only=True)
class ChannelFault(Fault):
    """A channel (by default any) that refuses messages with this error."""

    channel: str | None = None
    code: str = "uncategorized_error"
    message: str = "The channel refused the message"

    def matches(self, channel: str) -> bool:
        return self.channel in (None, channel)


F = TypeVar("F", RequestFault, DeliveryFault, ChannelFault)


class Faults(list[F]):
    """Faults that wait for a match, oldest first."""

    def consume(self, *subject: str) -> F | None:
        """Return the first fault that matches, and use it up once; None if none matches."""
        fault = next((fault for fault in self if fault.matches(*subject)), None)
        if fault is not None:
            fault.times -= 1
            if fault.times == 0:
                self.remove(fault)
        return fault
