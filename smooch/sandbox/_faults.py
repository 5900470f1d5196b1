"""Faults on request: what comes next and matches goes wrong, late or not at all."""

from __future__ import annotations

import json
import threading
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import attrs

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ._delivery import Delivery


@attrs.define(eq=False, kw_only=True)
class Fault:
    """Applies to the next `times` of what it matches."""

    times: int = attrs.field(
        validator=[attrs.validators.instance_of(int), attrs.validators.ge(1)], on_setattr=attrs.setters.NO_OP
    )


@attrs.define(eq=False, kw_only=True)
class RequestFault(Fault):
    """Matches requests with this `method` whose path ends in the glob `path`."""

    method: str | None = None
    path: str | None = None

    def matches(self, method: str, path: str) -> bool:
        return self.method in (None, method) and (self.path is None or fnmatchcase(path, f"*{self.path}"))


@attrs.define(eq=False, kw_only=True)
class Fail(RequestFault):
    """Answer `status` without doing anything."""

    status: int = attrs.field(validator=[attrs.validators.ge(200), attrs.validators.le(599)])
    headers: Mapping[str, str]
    body: bytes | None


@attrs.define(eq=False, kw_only=True)
class Delay(RequestFault):
    """Do what was asked, answer `seconds` later."""

    seconds: float


@attrs.define(eq=False, kw_only=True)
class Drop(RequestFault):
    """Close the connection without an answer, before or after doing what was asked."""

    after_processing: bool


@attrs.define(eq=False, kw_only=True)
class Garble(RequestFault):
    """Do what was asked, answer with `body`, or else with the first half of what the answer should have been."""

    body: bytes | None


@attrs.define(eq=False, kw_only=True)
class DeliveryFault(Fault):
    """Matches deliveries of a webhook whose trigger fits the glob `trigger`."""

    trigger: str | None

    def matches(self, trigger: str) -> bool:
        return self.trigger is None or fnmatchcase(trigger, self.trigger)


@attrs.define(eq=False, kw_only=True)
class Duplicate(DeliveryFault):
    """Deliver twice at the same time."""


@attrs.define(eq=False, kw_only=True)
class Late(DeliveryFault):
    """Deliver `seconds` later."""

    seconds: float = attrs.field(validator=attrs.validators.ge(0))


@attrs.define(eq=False, kw_only=True)
class Lost(DeliveryFault):
    """Never deliver."""


@attrs.define(eq=False, kw_only=True)
class Reorder(DeliveryFault):
    """Hold all that match until the last of them, then deliver one after the other, the last one first."""

    held: list[Delivery] = attrs.Factory(list)


@attrs.define(eq=False, kw_only=True)
class ChannelFault(Fault):
    """Matches messages to a channel, which answers with this error."""

    channel: str | None
    code: str
    message: str

    def matches(self, channel: str) -> bool:
        return self.channel in (None, channel)


F = TypeVar("F", RequestFault, DeliveryFault, ChannelFault)


class Faults(Generic[F]):
    """The faults to come, in the order they were asked for. Used by the server's thread and the test's."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: list[F] = []

    def add(self, fault: F) -> None:
        with self._lock:
            self._waiting.append(fault)

    def clear(self) -> None:
        with self._lock:
            self._waiting.clear()

    def take(self, *what: str) -> F | None:
        """The first fault that matches, used up by one."""
        with self._lock:
            fault = next((fault for fault in self._waiting if fault.matches(*what)), None)
            if fault is not None:
                fault.times -= 1
                if fault.times == 0:
                    self._waiting.remove(fault)
            return fault


def as_bytes(body: bytes | str | Any) -> bytes:
    """`body` as it goes over the wire: bytes and text as they are, anything else as JSON."""
    if isinstance(body, bytes):
        return body
    return (body if isinstance(body, str) else json.dumps(body)).encode()
