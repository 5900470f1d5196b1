"""What holds for every call of one client."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import httpx

from .. import errors

if TYPE_CHECKING:
    from ..auth import OriginBoundAuth
    from .settings import Settings

_IDEMPOTENT = frozenset({"GET", "HEAD", "PUT", "DELETE"})


class CallPolicy:
    """What holds for every call of one client: when it is tried again, when it ends, and how a failure is explained."""

    def __init__(self, settings: Settings, auth: OriginBoundAuth) -> None:
        self.deadline = settings.deadline
        self._settings = settings
        self._auth = auth
        # Imported with the first client, since it loads asyncio, which a program that only imports us may not need.
        from .retry import RetryPolicy

        self._idempotent = RetryPolicy(settings.retries, idempotent=True)
        self._other = RetryPolicy(settings.retries, idempotent=False)

    def start(self, request: httpx.Request, *, streamed: bool) -> None:
        """Start the clock of a call."""
        deadline = float("inf") if self.deadline is None else time.monotonic() + self.deadline
        policy = self._idempotent if request.method in _IDEMPOTENT else self._other
        request.extensions["streamed"] = streamed
        request.extensions["deadline"] = deadline
        request.extensions["retry"] = policy.until(deadline)

    def explain(
        self, exception: Exception, request: httpx.Request, handled: BaseException | None
    ) -> errors.SmoochError:
        """The exception for a call without an answer, or with half of one, made while `handled` was being handled."""
        errors.clear_tracebacks(exception, until=handled)
        if isinstance(exception, CutOff):
            return errors.unreadable_response(exception.answer(request), exception)
        timed_out = isinstance(exception, httpx.TimeoutException | TimeoutError)
        if timed_out and self.deadline is not None and _left(request) <= 0:
            return errors.deadline_exceeded(request, self.deadline)
        return errors.error_from_transport(exception, request)

    def refusal(self, response: httpx.Response) -> errors.APIError:
        """The exception for an answer of status 300 or above."""
        return errors.error_from_response(response, hint=self._settings.hint(response), secrets=self._auth.secrets)


def _left(request: httpx.Request) -> float:
    return float(request.extensions.get("deadline", "inf")) - time.monotonic()


class CutOff(httpx.ReadError):
    """An answer that says yes, but whose body stops in the middle."""

    def __init__(self, response: httpx.Response, content: bytes) -> None:
        super().__init__("the answer stops in the middle")
        self.response = response
        self._content = content

    def answer(self, request: httpx.Request) -> httpx.Response:
        """The answer as far as it came."""
        self.response.request = request
        return as_it_came(self.response, self._content)


def as_it_came(response: httpx.Response, content: bytes) -> httpx.Response:
    """An answer whose body is what came over the wire."""
    headers = [(name, value) for name, value in response.headers.multi_items() if name != "content-encoding"]
    return httpx.Response(response.status_code, headers=headers, content=content, request=response.request)


def patience(request: httpx.Request) -> float | None:
    """Seconds that a call may wait for a free connection; None without a limit."""
    timeout = request.extensions.get("timeout", {}).get("pool")
    left = max(0.0, _left(request))
    return timeout if left == float("inf") else left if timeout is None else min(timeout, left)


class _NoCookies(httpx.Cookies):
    def extract_cookies(self, response: httpx.Response) -> None:
        """Keep none."""


NO_COOKIES = _NoCookies()
