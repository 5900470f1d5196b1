"""The retry rule: which responses and failures are retried, how often, and after how long.

429 is retried on every method; 502, 503, 504 and lost connections on GET, HEAD, PUT and DELETE only, since the API has
no idempotency key and would take a message twice; a request of which nothing was sent on every method. `Retry-After`
is honoured within the wait budget and the deadline, or else the response is final; without it the waits grow
exponentially, with full jitter.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import httpx

from .. import errors

if TYPE_CHECKING:
    from .call import Call

MAX_TOTAL_WAIT = 30.0
"""Seconds that all waits of a call take together at most."""

_IDEMPOTENT = frozenset({"GET", "HEAD", "PUT", "DELETE"})
_RETRIED_STATUSES = frozenset({502, 503, 504})
_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
_NO_RESPONSE = (httpx.TimeoutException, httpx.NetworkError, httpx.RemoteProtocolError)


class RetryPolicy:
    """Decides after each attempt of a call whether to retry: methods return the wait in seconds, or None."""

    def __init__(self, request: httpx.Request, retries: int, call: Call) -> None:
        self._is_idempotent = request.method in _IDEMPOTENT
        self._retries = retries if isinstance(request.stream, httpx.ByteStream) or _is_form(request) else 0
        self._call = call
        self._waited = 0.0
        self._attempt = 0

    def wait_after_response(self, response: httpx.Response) -> float | None:
        """Decide after a response."""
        status = response.status_code
        if status == 429 or (self._is_idempotent and status in _RETRIED_STATUSES):
            return self._wait(errors.parse_retry_after(response.headers.get("Retry-After", "")))
        return None

    def wait_after_failure(self, failure: httpx.TransportError) -> float | None:
        """Decide after an attempt without a response."""
        if isinstance(failure.__context__, httpx.InvalidURL):
            return None  # a redirect to an invalid URL: httpx raises RemoteProtocolError although a response came
        is_harmless = self._is_idempotent or self._call.nothing_sent
        if isinstance(failure, _NOT_SENT) or (is_harmless and isinstance(failure, _NO_RESPONSE)):
            return self._wait(None)
        return None

    def _wait(self, retry_after: float | None) -> float | None:
        budget, remaining = MAX_TOTAL_WAIT - self._waited, self._call.time_left()
        if self._attempt >= self._retries or budget <= 0 or remaining <= 0:
            return None
        if retry_after:
            if retry_after > budget or retry_after >= remaining:
                return None
            wait = retry_after
        else:
            wait = min(random.uniform(0, 0.5 * 2 ** min(self._attempt, 6)), budget, remaining)
        self._attempt += 1
        self._waited += wait
        return wait


def _is_form(request: httpx.Request) -> bool:
    """Whether the body is a form with files, which are rewound before they are sent again."""
    return bool(request.headers.get("Content-Type", "").startswith("multipart/form-data"))
