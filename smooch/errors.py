"""What can go wrong, as one tree.

SmoochError
├── InvalidInput                 refused here, nothing was sent (also a ValueError)
├── ClientClosed                 called after `close()`, nothing was sent (also a RuntimeError)
├── ConnectionFailed             no answer: the connection failed or was lost
│   └── RequestTimeout           no answer in time
│       └── DeadlineExceeded     the whole call, retries and waits included, took too long
├── APIError                     an answer, and it says no
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
└── UnreadableResponse           an answer that says yes, but cannot be read: a call that changes something did so

`smooch.webhooks` adds `WebhookRejected` and `WebhookUnreadable`, for deliveries that are not taken.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

import httpx
from smooch_api.errors import InvalidInput, SmoochError

if TYPE_CHECKING:
    from collections.abc import Iterable

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

_TOKEN = re.compile(r"eyJ[\w-]+\.[\w-]*\.[\w-]*|(?i:\b(?:bearer|basic))\s+(?=\S*[\d=])[\w.~+/=-]{8,}")
_SECRET_FIELD = re.compile(r'("\w*(?:secret|token|password)\w*"\s*:\s*")(?:[^"\\]|\\.)+', re.IGNORECASE)


# Defined below us, where generated code raises them; tracebacks and pickles name the module that programs import.
SmoochError.__module__ = InvalidInput.__module__ = __name__


class ClientClosed(SmoochError, RuntimeError):
    """The client was closed before this call; nothing was sent."""

    def __str__(self) -> str:
        return "this client is closed: make a new one, or keep its `with` block open longer"


class ConnectionFailed(SmoochError):
    """No answer came: the host could not be reached, or the connection was lost."""

    method: str = ""
    url: str = ""


class RequestTimeout(ConnectionFailed):
    """No answer came within one of the timeouts (connect, read, write, or waiting for a free connection)."""


class DeadlineExceeded(RequestTimeout):
    """The call as a whole, retries and waits included, did not end before its deadline.

    A method that needs several calls gives each of them the whole deadline.
    """


class _Answered(SmoochError):
    response: httpx.Response
    hint: str = ""

    @property
    def status_code(self) -> int:
        """HTTP status of the answer."""
        return self.response.status_code

    @property
    def method(self) -> str:
        """HTTP method of the request."""
        return self.response.request.method

    @property
    def url(self) -> str:
        """URL of the request."""
        return str(self.response.request.url)


class APIError(_Answered):
    """The API answered with a status of 300 or above.

    `code` and `description` are the API's own words ("" where the body has none), `errors` all of them where there are
    several (v2 calls the description `title`, and so do they), `hint` says what to do where the cause is known,
    `response` is the answer as httpx saw it.
    """

    code: str = ""
    description: str = ""
    errors: tuple[dict[str, Any], ...] = ()

    by_status: ClassVar[dict[int, type[APIError]]] = {}

    def __init_subclass__(cls, status: int | None = None) -> None:
        if status is not None:
            cls.by_status[status] = cls


class BadRequest(APIError, status=400):
    """The request does not fit the API."""


class Unauthorized(APIError, status=401):
    """The key or token was not accepted."""


class PaymentRequired(APIError, status=402):
    """The account's plan does not allow this."""


class Forbidden(APIError, status=403):
    """The key is valid but may not do this."""


class NotFound(APIError, status=404):
    """There is no such path or object."""


class Conflict(APIError, status=409):
    """The object exists already, or was changed at the same time."""


class PayloadTooLarge(APIError, status=413):
    """The body or file is larger than the API accepts."""


class ConversationFull(APIError, status=423):
    """The conversation holds as many messages as the API allows."""


class RateLimited(APIError, status=429):
    """Too many requests; the allowed retries are used up, or the API asks for a longer wait than allowed."""

    @property
    def retry_after(self) -> float | None:
        """Seconds to wait, as the API asks for; None when it does not say."""
        return parse_retry_after(self.response.headers.get("Retry-After", ""))


class ServerError(APIError):
    """The API failed (any 5xx)."""


class UnreadableResponse(_Answered):
    """The API reported success, but its body is cut off or not what it documents; a call that changes something did so."""


def parse_retry_after(value: str) -> float | None:
    """Seconds that a Retry-After header asks for, given as seconds or as a date; None when it says neither."""
    from datetime import UTC, datetime
    from email.utils import parsedate_to_datetime

    try:
        seconds = float(value)
    except ValueError:
        try:
            date = parsedate_to_datetime(value)
        except (TypeError, ValueError):
            return None
        seconds = (date.replace(tzinfo=date.tzinfo or UTC) - datetime.now(UTC)).total_seconds()
    return max(0.0, seconds) if seconds == seconds and seconds != float("inf") else None


def redact(text: str, secrets: Iterable[str] = ()) -> str:
    """`text` without tokens, without what JSON in it calls a secret, and without the given secrets."""
    for secret in secrets:
        if len(secret) >= 4:
            text = text.replace(secret, "[secret]")
    return _SECRET_FIELD.sub(r"\1[secret]", _TOKEN.sub("[token]", text))


def forget_credentials(request: httpx.Request | None) -> None:
    """Take the credentials out of a request that an exception will carry around."""
    for name in ("Authorization", "app-token"):
        if request is not None and name in request.headers:
            request.headers[name] = "[secret]"


def forget_variables(exception: BaseException, until: BaseException | None) -> None:
    """Clear the variables of the functions that failed: among them are the bytes of the request, with its token.

    `until` is what the caller was handling when it called: its variables are none of ours.
    """
    import traceback

    cause: BaseException | None = exception
    while cause is not None and cause is not until:
        traceback.clear_frames(cause.__traceback__)
        cause = cause.__cause__ or cause.__context__


def from_response(response: httpx.Response, *, hint: str = "", secrets: Iterable[str] = ()) -> APIError:
    """The exception for an answer of status 300 or above, whatever its body is. The body must have been read."""
    errors = _reported_errors(response, secrets)
    code, description = errors[0].values() if errors else ("", _gist(response, secrets))
    status = response.status_code
    cls = APIError.by_status.get(status, ServerError if status >= 500 else APIError)
    request = response.request
    for one in (response, *response.history):
        forget_credentials(one.request)
        forget_credentials(one.next_request)
    text = redact(f"{status} {code or response.reason_phrase} for {request.method} {request.url}", secrets)
    words = "; ".join(dict.fromkeys(words for _, words in map(dict.values, errors) if words)) or description
    text = _clip(text.replace("  ", " "), 500) + (f": {_clip(words, 500)}" if words else "")
    error = cls(text + (f" ({hint})" if hint else ""))
    error.code, error.description, error.hint, error.response = code, description, hint, response
    error.errors = tuple(errors)
    return error


def unreadable(response: httpx.Response, cause: Exception) -> UnreadableResponse:
    """The exception for a success whose body cannot be read."""
    request = response.request
    forget_credentials(request)
    warning = "" if request.method in ("GET", "HEAD") else " (the call took effect; do not simply repeat it)"
    error = UnreadableResponse(
        f"{response.status_code} for {request.method} {request.url}, but its body of {len(response.content)} bytes "
        f"cannot be read ({type(cause).__name__}): {_gist(response) or 'it is empty'}{warning}"
    )
    error.response = response
    return error


def from_transport(exception: Exception, request: httpx.Request) -> ConnectionFailed:
    """The exception for a request that got no answer."""
    where = f"{request.method} {request.url}"
    cause = str(exception) or type(exception).__name__
    match exception:
        case httpx.PoolTimeout():
            error: ConnectionFailed = RequestTimeout(
                f"no free connection for {where}: more calls run at once than `max_connections` allows"
            )
        case httpx.ConnectTimeout():
            error = RequestTimeout(f"no connection for {where} in time; nothing was sent")
        case httpx.TimeoutException() | TimeoutError():
            error = RequestTimeout(f"no answer to {where} in time{_maybe_done(request)}")
        case httpx.ConnectError() | httpx.ProxyError() | httpx.UnsupportedProtocol():
            error = ConnectionFailed(f"no connection for {where}: {cause}; nothing was sent")
        case _:
            error = ConnectionFailed(f"connection lost during {where}: {cause}{_maybe_done(request)}")
    return _located(error, request)


def deadline_exceeded(request: httpx.Request, seconds: float) -> DeadlineExceeded:
    """The exception for a call that did not end before its deadline."""
    where = f"{request.method} {request.url}"
    return _located(DeadlineExceeded(f"{where} did not end within {seconds:g} s{_maybe_done(request)}"), request)


_E = TypeVar("_E", bound=ConnectionFailed)


def _located(error: _E, request: httpx.Request) -> _E:
    forget_credentials(request)
    error.method, error.url = request.method, str(request.url)
    return error


def _maybe_done(request: httpx.Request) -> str:
    return "; it may have taken effect, so look before repeating it" if request.method in ("POST", "PATCH") else ""


def _reported_errors(response: httpx.Response, secrets: Iterable[str]) -> list[dict[str, str]]:
    try:
        body = json.loads(response.content)
    except (ValueError, RecursionError):
        return []
    if not isinstance(body, dict):
        return []
    reported = body["errors"] if isinstance(body.get("errors"), list) else [body.get("error")]
    return [_reported_error(item, secrets) for item in reported if isinstance(item, dict)]


def _reported_error(item: dict[str, Any], secrets: Iterable[str]) -> dict[str, str]:
    """The code and then the words, under the name that v1 or v2 has for them."""
    name = "title" if item.get("title") and not item.get("description") else "description"
    found = {"code": item.get("code"), name: item.get(name) or item.get("message")}
    return {key: redact(str(words or ""), secrets) for key, words in found.items()}


def _gist(response: httpx.Response, secrets: Iterable[str] = ()) -> str:
    text = response.content[:4000].decode("utf-8", "replace")
    if title := re.search(r"<title[^>]*>(.*?)</title>", text, re.DOTALL | re.IGNORECASE):
        text = title[1]
    return _clip(" ".join(redact(text, secrets).split()), 200)


def _clip(text: str, size: int) -> str:
    return text if len(text) <= size else text[:size] + "…"
