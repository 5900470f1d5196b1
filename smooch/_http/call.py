"""State of one call, which client, pool and connection share."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import httpx

from .. import errors
from .body import OversizedBody, TruncatedBody

if TYPE_CHECKING:
    from collections.abc import Iterable

_KEY = "smooch"
"""Key of the call in `request.extensions`."""


class Call:
    """The deadline of a call, what is known of its last attempt, and the connection that it holds."""

    nothing_sent = False
    """True if certainly nothing of the last attempt left this machine; a custom transport does not tell."""
    lease: Any = None
    """The lease of the pool, to be released whatever happens; None on a custom transport."""

    def __init__(self, request: httpx.Request, deadline: float | None = None) -> None:
        self.deadline = float("inf") if deadline is None else time.monotonic() + deadline
        request.extensions[_KEY] = self

    @classmethod
    def of(cls, request: httpx.Request) -> Call:
        """Return the call of a request, without a deadline if the request was not sent by our client."""
        return request.extensions.get(_KEY) or cls(request)

    def time_left(self) -> float:
        """Seconds until the deadline."""
        return self.deadline - time.monotonic()

    def clip(self, timeout: float | None) -> float | None:
        """Return the timeout, or the time left until the deadline if that is less.

        Raises:
            TimeoutError: the deadline has passed.
        """
        remaining = self.time_left()
        if remaining <= 0:
            raise TimeoutError("the deadline of the call has passed")
        if remaining == float("inf"):
            return timeout
        return remaining if timeout is None else min(timeout, remaining)

    def to_exception(
        self, exception: Exception, request: httpx.Request, deadline: float | None, secrets: Iterable[str]
    ) -> errors.SmoochError:
        """Return the error of a call without a response that can be read; `deadline` is in seconds."""
        if isinstance(exception, OversizedBody | TruncatedBody):
            return errors.error_from_unreadable(exception.response, exception, secrets=secrets)
        is_timeout = isinstance(exception, TimeoutError | httpx.TimeoutException)
        if is_timeout and deadline is not None and self.time_left() <= 0:
            return errors.error_from_deadline(request, deadline, nothing_sent=self.nothing_sent)
        return errors.error_from_transport(exception, request, nothing_sent=self.nothing_sent)
