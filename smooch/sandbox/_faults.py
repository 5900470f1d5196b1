"""Faults on request: the next requests that match are answered wrongly, late or not at all."""

from __future__ import annotations

import json
import threading
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

import attrs

if TYPE_CHECKING:
    from collections.abc import Mapping


@attrs.define(eq=False, kw_only=True)
class Fault:
    """Applies to the next `times` requests with this `method` whose path ends in the glob `path`."""

    times: int = attrs.field(validator=attrs.validators.ge(1), on_setattr=attrs.setters.NO_OP)
    method: str | None = None
    path: str | None = None

    def matches(self, method: str, path: str) -> bool:
        return self.method in (None, method) and (self.path is None or fnmatchcase(path, f"*{self.path}"))


@attrs.define(eq=False, kw_only=True)
class Fail(Fault):
    """Answer `status` without doing anything."""

    status: int = attrs.field(validator=[attrs.validators.ge(200), attrs.validators.le(599)])
    headers: Mapping[str, str]
    body: bytes | None


@attrs.define(eq=False, kw_only=True)
class Delay(Fault):
    """Do what was asked, answer `seconds` later."""

    seconds: float


@attrs.define(eq=False, kw_only=True)
class Drop(Fault):
    """Close the connection without an answer, before or after doing what was asked."""

    after_processing: bool


@attrs.define(eq=False, kw_only=True)
class Garble(Fault):
    """Do what was asked, answer with `body`, or else with the first half of what the answer should have been."""

    body: bytes | None


class Faults:
    """The faults to come, in the order they were asked for. Used by the server's thread and the test's."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: list[Fault] = []

    def add(self, fault: Fault) -> None:
        with self._lock:
            self._waiting.append(fault)

    def clear(self) -> None:
        with self._lock:
            self._waiting.clear()

    def take(self, method: str, path: str) -> Fault | None:
        """The first fault that matches, used up by one."""
        with self._lock:
            fault = next((fault for fault in self._waiting if fault.matches(method, path)), None)
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
