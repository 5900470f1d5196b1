"""Remove secrets from whatever an exception holds: texts, requests, responses, tracebacks."""

from __future__ import annotations

import functools
import inspect
import json
import re
import sys
import traceback
from contextlib import suppress
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar, cast
from urllib.parse import quote

import httpx

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

P = ParamSpec("P")
R = TypeVar("R")

# Quantifiers have bounds, so that no text of a server makes a search take quadratic time.
_NAME = r"\w{0,60}(?:secret|token|password|auth_?code)\w{0,60}"
_SECRET_FIELD = re.compile(rf'("{_NAME}"\s{{0,9}}:\s{{0,9}}")(?:[^"\\]|\\.)+', re.IGNORECASE)
_SECRET_PARAMETER = re.compile(rf"((?<![^?&\s])(?:{_NAME})=)[^&\s\"']+", re.IGNORECASE)
_CODE = re.compile(r'("code"\s{0,9}:\s{0,9}"|(?<![^&])code=)(?:[^"\\&]|\\.)+')
_USERINFO = re.compile(r"(://)(?:[^\s/?#@]{1,200}|[^\s/?#@]{0,200}:[^\s@]{0,200})@")
_CREDENTIALS = re.compile(r"(?i:\b(?:bearer|basic))\s+(?=\S*[\d=])[\w.~+/=-]{8,}")
_DOTTED_WORD = re.compile(r"[\w-]+\.[\w.-]*")
_SECRET_HEADERS = ("authorization", "proxy-authorization", "app-token")


def redact(text: str, secrets: Iterable[str] = ()) -> str:
    """Replace the secrets in a text.

    These are tokens, passwords in URLs, the values of secret fields and parameters, and `secrets`.
    """
    for secret in secrets:
        if len(secret) >= 4:
            for spelling in {secret, json.dumps(secret)[1:-1], quote(secret, safe="")}:
                text = text.replace(spelling, "[secret]")
    text = _CREDENTIALS.sub("[token]", text)
    if "eyJ" in text:
        text = _DOTTED_WORD.sub(_redact_jwt, text)
    text = _USERINFO.sub(r"\1[secret]@", text)
    text = _SECRET_FIELD.sub(r"\1[secret]", text)
    return _SECRET_PARAMETER.sub(r"\1[secret]", text)


def _redact_jwt(match: re.Match[str]) -> str:
    word = match[0]
    start = word.find("eyJ")
    return f"{word[:start]}[token]" if start >= 0 and word.count(".", start) >= 2 else word


def redact_request(request: httpx.Request) -> httpx.Request:
    """Return a copy of a request without credentials, and without secrets in its body.

    The credentials are removed from the headers of the original too, which the causes of the exception refer to.
    """
    for name in _SECRET_HEADERS:
        if name in request.headers:
            request.headers[name] = "[secret]"
    try:
        content: bytes | None = request.content
    except httpx.RequestNotRead:  # a file: it is not kept
        content = None
    if content:
        text = _decode(content)
        if "client_secret" in text:
            text = _CODE.sub(r"\1[secret]", text)
        content = _encode(redact(text))
    return httpx.Request(request.method, request.url, headers=request.headers, content=content)


def redact_response(response: httpx.Response, secrets: Iterable[str] = ()) -> httpx.Response:
    """Return a copy of a response without secrets in its headers, body and request.

    A body that was not read is left out.
    """
    text = ""
    with suppress(httpx.ResponseNotRead):
        text = redact(_decode(response.content), secrets)
    request = None
    with suppress(RuntimeError):  # it has none yet
        request = redact_request(response.request)
    left_out = (b"content-encoding", b"content-length", b"transfer-encoding")
    # As bytes: a server may send values that are not ASCII, which httpx reads but does not write.
    headers = [(name, value) for name, value in response.headers.raw if name.lower() not in left_out]
    extensions = {name: value for name, value in response.extensions.items() if isinstance(value, bytes)}
    redacted = httpx.Response(
        response.status_code,
        headers=[(name, _encode(redact(_decode(value), secrets))) for name, value in headers],
        content=_encode(text),
        request=request,
        history=[redact_response(one, secrets) for one in response.history],
        extensions=extensions,
        default_encoding=response.default_encoding,
    )
    with suppress(RuntimeError):  # it was not measured
        redacted.elapsed = response.elapsed
    if response.next_request is not None:
        redacted.next_request = redact_request(response.next_request)
    return redacted


def clip(text: str, size: int) -> str:
    """Return a text, cut to `size` characters."""
    return text if len(text) <= size else f"{text[:size]}…"


def _decode(content: bytes) -> str:
    return content.decode("utf-8", "surrogateescape")


def _encode(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def clear_tracebacks(exception: BaseException, until: BaseException | None) -> None:
    """Clear what an exception and its causes hold besides their texts.

    `until` is the exception that the caller was handling when it called: what it holds belongs to the caller.
    """
    cause: BaseException | None = exception
    while cause is not None and cause is not until:
        clear_traceback(cause)
        cause = cause.__cause__ or cause.__context__


def clear_traceback(exception: BaseException) -> None:
    """Clear the local variables, the request and the body that an exception holds.

    Among them are tokens and secrets.
    """
    traceback.clear_frames(exception.__traceback__)
    if isinstance(exception, httpx.RequestError):
        with suppress(RuntimeError):  # it has no request
            exception.request = redact_request(exception.request)
    if isinstance(response := getattr(exception, "response", None), httpx.Response):
        exception.response = redact_response(response)  # type: ignore[attr-defined]
    if isinstance(exception, json.JSONDecodeError):
        exception.doc = ""


def hide_locals(function: Callable[P, R]) -> Callable[P, R]:
    """Clear the local variables of a function that takes a secret, if it raises.

    Crash reporters and `pytest --showlocals` print local variables, and the secret would be among them.
    """
    if inspect.iscoroutinefunction(function):

        @functools.wraps(function)
        async def call_async(*args: P.args, **kwargs: P.kwargs) -> Any:
            handled = sys.exception()
            try:
                return await function(*args, **kwargs)
            except BaseException as error:
                del args, kwargs
                clear_tracebacks(error, until=handled)
                raise

        return cast("Callable[P, R]", call_async)

    @functools.wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        handled = sys.exception()
        try:
            return function(*args, **kwargs)
        except BaseException as error:
            del args, kwargs
            clear_tracebacks(error, until=handled)
            raise

    return call
