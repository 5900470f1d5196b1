"""Which answers and faults are tried again: decisions only, httpx-retries does the repeating."""

from __future__ import annotations

import time

import httpx
from httpx_retries import Retry, RetryTransport

from .. import errors

__all__ = ["RetryPolicy", "RetryTransport"]

_WAITS_AT_MOST = 30.0
_TRY_AGAIN_ANY = frozenset({429})
_TRY_AGAIN_IDEMPOTENT = frozenset({429, 502, 503, 504})
_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
_NO_ANSWER = (httpx.TimeoutException, httpx.NetworkError, httpx.RemoteProtocolError)


class RetryPolicy(Retry):
    """Which answers and faults of one call are tried again, and when to stop.

    429 always; 502, 503, 504 and lost connections where a repetition does no harm; what never left, always. A message
    is never sent twice: there is no second try of a POST or PATCH that may have arrived. The API's wish (`Retry-After`)
    is obeyed or, where it is longer than all waits together may be or than the deadline allows, not tried again at all.
    """

    deadline: float = float("inf")

    def __init__(self, retries: int, *, idempotent: bool) -> None:
        super().__init__(
            total=retries,
            allowed_methods=["GET", "HEAD", "PUT", "DELETE", "POST", "PATCH", "OPTIONS"],
            status_forcelist=_TRY_AGAIN_IDEMPOTENT if idempotent else _TRY_AGAIN_ANY,
            retry_on_exceptions=(_TryAgain, *(_NO_ANSWER if idempotent else _NOT_SENT)),
            backoff_factor=0.25,
            max_backoff_wait=_WAITS_AT_MOST,
            total_timeout=_WAITS_AT_MOST,
        )

    def until(self, deadline: float) -> RetryPolicy:
        """The policy for one call that ends at this `time.monotonic()`."""
        policy = self._copy()
        policy.deadline = deadline
        return policy

    def increment(self) -> RetryPolicy:
        """The policy for the next try."""
        policy = self._copy()
        policy.attempts_made += 1
        return policy

    def is_retryable_exception(self, exception: Exception) -> bool:
        """Whether this fault may go away in time."""
        return super().is_retryable_exception(exception) and (
            isinstance(exception, _TryAgain) or time.monotonic() < self.deadline
        )

    def is_retryable_status_code(self, status_code: int) -> bool:
        """Never by status alone: `_check` sees the whole answer."""
        return False

    def backoff_strategy(self) -> float:
        """Exponential with full jitter, but not beyond the deadline."""
        return max(0.0, min(super().backoff_strategy(), self.deadline - time.monotonic()))

    def parse_retry_after(self, retry_after: str) -> float:
        """Seconds asked for, as a number or a date."""
        seconds = errors.parse_retry_after(retry_after)
        if seconds is None:
            raise ValueError(retry_after)
        return seconds

    def _copy(self) -> RetryPolicy:
        policy = object.__new__(RetryPolicy)
        policy.__dict__.update(self.__dict__)
        policy.validate_response = policy._check
        return policy

    def _check(self, response: httpx.Response) -> None:
        if response.status_code in self.status_forcelist:
            wait = errors.parse_retry_after(response.headers.get("Retry-After", "")) or 0.0
            if self.elapsed_sleep + wait <= _WAITS_AT_MOST and time.monotonic() + wait < self.deadline:
                raise _TryAgain


class _TryAgain(Exception):
    """An answer that asks for another try."""
