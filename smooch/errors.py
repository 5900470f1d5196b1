"""All exceptions of this library, as one tree.

SmoochError
├── InvalidInput                 an argument or the environment is invalid; nothing was sent (also a ValueError)
├── ClientClosed                 called after `close()`; nothing was sent (also a RuntimeError)
├── ConnectionFailed             no response: the connection failed or was lost
│   └── RequestTimeout           no response in time
│       └── DeadlineExceeded     the whole call, retries and waits included, took too long
├── APIError                     error response (status ≥ 300)
│   ├── BadRequest               400
│   ├── Unauthorized             401
│   ├── PaymentRequired          402
│   ├── Forbidden                403
│   ├── NotFound                 404
│   ├── Conflict                 409
│   ├── PayloadTooLarge          413
│   ├── ConversationFull         423
│   ├── RateLimited              429, with `retry_after`
│   └── ServerError              5xx
└── UnreadableResponse           success response that cannot be parsed: a call that changes something took effect

`smooch.webhooks` adds `WebhookRejected` and `WebhookUnreadable`, for deliveries that it refuses.
"""

from __future__ import annotations

import json
import re
import time
from datetime import UTC
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

import httpx
from smooch_api.errors import InvalidInput, SmoochError

from ._redaction import clear_traceback, clip, redact, redact_request, redact_response

if TYPE_CHECKING:
    from collections.abc import Iterable

    from smooch_api import Response

__all__ = [
    "APIError",
    "BadRequest",
    "ClientClosed",
    "Conflict",
    "ConnectionFailed",
    "ConversationFull",
    "DeadlineExceeded",
    "Forbidden",
    "InvalidInput",
    "NotFound",
    "PayloadTooLarge",
    "PaymentRequired",
    "RateLimited",
    "RequestTimeout",
    "ServerError",
    "SmoochError",
    "Unauthorized",
    "UnreadableResponse",
]

# Defined below us, where generated code raises them; tracebacks and pickles name the module that programs import.
SmoochError.__module__ = InvalidInput.__module__ = __name__


class ClientClosed(SmoochError, RuntimeError):
    """The client was closed before this call; nothing was sent."""

    def __str__(self) -> str:
        return "this client is closed: make a new one, or keep its `with` block open longer"


class ConnectionFailed(SmoochError):
    """No response: the host could not be reached, or the connection was lost."""

    method: str = ""
    url: str = ""


class RequestTimeout(ConnectionFailed):
    """No response within a timeout: connect, read, write, or wait for a free connection."""


class DeadlineExceeded(RequestTimeout):
    """The whole call, retries and waits included, did not end before its deadline.

    A method that makes several calls gives each of them the whole deadline.
    """


class _WithResponse(SmoochError):
    response: httpx.Response
    hint: str = ""

    @property
    def status_code(self) -> int:
        """HTTP status of the response."""
        return self.response.status_code

    @property
    def method(self) -> str:
        """HTTP method of the request."""
        return self.response.request.method

    @property
    def url(self) -> str:
        """URL of the request."""
        return str(self.response.request.url)


class APIError(_WithResponse):
    """Error response: a status of 300 or above.

    - `code`, `description`: as the API reports them, "" if it does not
    - `errors`: all errors that the API reports; on v2 each has `title` instead of `description`
    - `hint`: what to do, "" if the cause is not known
    - `response`: the httpx response
    """

    code: str = ""
    description: str = ""
    errors: tuple[dict[str, Any], ...] = ()

    by_status: ClassVar[dict[int, type[APIError]]] = {}

    def __init_subclass__(cls, status: int | None = None) -> None:
        if status is not None:
            cls.by_status[status] = cls


class BadRequest(APIError, status=400):
    """The request is invalid."""


class Unauthorized(APIError, status=401):
    """The key or token was not accepted."""


class PaymentRequired(APIError, status=402):
    """The account's plan does not allow this."""


class Forbidden(APIError, status=403):
    """The key is valid but may not do this."""


class NotFound(APIError, status=404):
    """The path or object does not exist."""


class Conflict(APIError, status=409):
    """The object exists already, or was changed at the same time."""


class PayloadTooLarge(APIError, status=413):
    """The body or file is larger than the API accepts."""


class ConversationFull(APIError, status=423):
    """The conversation holds as many messages as the API allows."""


class RateLimited(APIError, status=429):
    """Too many requests: retries are used up, or the API asks for too long a wait."""

    @property
    def retry_after(self) -> float | None:
        """Seconds to wait before the next attempt; None if the API does not say."""
        return parse_retry_after(self.response.headers.get("Retry-After", ""))


class ServerError(APIError):
    """The API failed (any 5xx)."""


class UnreadableResponse(_WithResponse):
    """Success response whose body is truncated or invalid.

    A call that changes something took effect.
    """


def parse_retry_after(value: str) -> float | None:
    """Return the seconds of a Retry-After header; None if it holds neither seconds nor a date."""
    try:
        seconds = float(value)
    except ValueError:
        date = parse_date(value)
        if date is None:
            return None
        seconds = date - time.time()
    return max(0.0, seconds) if seconds == seconds and seconds != float("inf") else None


def parse_date(value: str) -> float | None:
    """Return the Unix seconds of an HTTP date; None if Python cannot represent it."""
    from email.utils import parsedate_to_datetime  # takes 6 ms to load, and few programs need it

    try:
        date = parsedate_to_datetime(value)
        return date.replace(tzinfo=date.tzinfo or UTC).timestamp()
    except (TypeError, ValueError, OverflowError):
        return None


def error_from_response(response: httpx.Response, *, hint: str = "", secrets: Iterable[str] = ()) -> APIError:
    """Return the exception for an error response whose body has been read, whatever it is."""
    response = redact_response(response, secrets)
    errors = _read_errors(response, secrets)
    code, description = errors[0].values() if errors else ("", _body_excerpt(response))
    status = response.status_code
    cls = APIError.by_status.get(status, ServerError if status >= 500 else APIError)
    where = f"{response.request.method} {response.request.url}"
    text = redact(f"{status} {code or response.reason_phrase} for {where}", secrets)
    words = "; ".join(dict.fromkeys(words for _, words in map(dict.values, errors) if words)) or description
    text = clip(text.replace("  ", " "), 500) + (f": {clip(words, 500)}" if words else "")
    error = cls(text + (f" ({hint})" if hint else ""))
    error.code, error.description, error.hint, error.response = code, description, hint, response
    error.errors = tuple(errors)
    return error


def error_from_unreadable(
    response: httpx.Response, cause: Exception, *, secrets: Iterable[str] = ()
) -> UnreadableResponse:
    """Return the exception for a success response whose body cannot be parsed."""
    clear_traceback(cause)
    size = len(response.content)
    response = redact_response(response, secrets)
    request = response.request
    reason = clip(redact(str(cause), secrets), 200)
    if type(cause) is not ValueError:
        reason = f"{type(cause).__name__}: {reason}"
    warning = "" if request.method in ("GET", "HEAD") else " (the call took effect; do not simply repeat it)"
    error = UnreadableResponse(
        f"{response.status_code} for {request.method} {request.url}, but its body of {size} bytes "
        f"cannot be parsed ({reason}): {_body_excerpt(response) or 'it is empty'}{warning}"
    )
    error.response = response
    return error


def error_from_invalid_response(response: Response[Any], problem: str, *, method: str = "GET") -> UnreadableResponse:
    """Return the exception for a success response that was parsed, but makes no sense."""
    headers = [(name, value) for name, value in response.headers.items() if name != "content-encoding"]
    request = httpx.Request(method, response.url or "/")
    original = httpx.Response(response.status_code, headers=headers, content=response.content, request=request)
    return error_from_unreadable(original, ValueError(problem))


def error_from_transport(
    exception: Exception, request: httpx.Request, *, nothing_sent: bool = False
) -> ConnectionFailed:
    """Return the exception for a request without a response."""
    where = redact(f"{request.method} {request.url}")
    cause = redact(str(exception)) or type(exception).__name__
    match exception:
        case httpx.PoolTimeout():
            error: ConnectionFailed = RequestTimeout(
                f"no free connection for {where}: more calls run at once than `max_connections` allows"
            )
        case httpx.ConnectTimeout():
            error = RequestTimeout(f"no connection for {where} in time; nothing was sent")
        case httpx.TimeoutException() | TimeoutError():
            error = RequestTimeout(
                f"no response to {where} within `timeout`{_side_effect_warning(request, nothing_sent)}"
            )
        case httpx.ConnectError() | httpx.ProxyError() | httpx.UnsupportedProtocol():
            error = ConnectionFailed(f"no connection for {where}: {cause}; nothing was sent")
        case _:
            error = ConnectionFailed(
                f"connection lost during {where}: {cause}{_side_effect_warning(request, nothing_sent)}"
            )
    return _attach_request(error, request)


def error_from_deadline(request: httpx.Request, seconds: float, *, nothing_sent: bool = False) -> DeadlineExceeded:
    """Return the exception for a call that did not end before its deadline."""
    where = redact(f"{request.method} {request.url}")
    warning = _side_effect_warning(request, nothing_sent)
    return _attach_request(DeadlineExceeded(f"{where} did not end within {seconds:g} s{warning}"), request)


_E = TypeVar("_E", bound=ConnectionFailed)


def _attach_request(error: _E, request: httpx.Request) -> _E:
    redact_request(request)
    error.method, error.url = request.method, str(request.url)
    return error


def _side_effect_warning(request: httpx.Request, nothing_sent: bool) -> str:
    if nothing_sent:
        return "; nothing was sent"
    return "; it may have taken effect, so look before repeating it" if request.method in ("POST", "PATCH") else ""


def _read_errors(response: httpx.Response, secrets: Iterable[str]) -> list[dict[str, str]]:
    try:
        body = json.loads(response.content)
    except (ValueError, RecursionError):
        return []
    if not isinstance(body, dict):
        return []
    reported = body["errors"] if isinstance(body.get("errors"), list) else [body.get("error")]
    return [_read_error(item, secrets) for item in reported if isinstance(item, dict)]


def _read_error(item: dict[str, Any], secrets: Iterable[str]) -> dict[str, str]:
    """Return the code and the description, which v2 calls title."""
    name = "title" if item.get("title") and not item.get("description") else "description"
    fields = {"code": item.get("code"), name: item.get(name) or item.get("message")}
    return {key: redact(str(text or ""), secrets) for key, text in fields.items()}


def _body_excerpt(response: httpx.Response) -> str:
    text = response.content[:4000].decode("utf-8", "replace")
    if title := re.search(r"<title[^>]*>(.*?)</title>", text, re.DOTALL | re.IGNORECASE):
        text = title[1]
    return clip(" ".join(text.split()), 200)
