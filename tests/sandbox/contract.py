"""Check responses of the sandbox against spec/v1.yaml and spec/v2.yaml."""

from __future__ import annotations

import ssl
from typing import Any

import httpx

from smooch.sandbox import _spec
from smooch.sandbox._app import build_router
from smooch.sandbox._errors import ApiError

SPEC = _spec.load("v1")
CONNECTION_CLOSED = (httpx.RemoteProtocolError, httpx.ReadError)
SPEC_V2 = _spec.load("v2")
_ROUTER = build_router()
_TLS = ssl.create_default_context()


def checked_client(url: str, key_id: str, secret: str, **options: Any) -> httpx.Client:
    """A client that checks every response. All share one TLS context, because making one takes 16 ms."""
    options = {"auth": (key_id, secret), "timeout": 5, "verify": _TLS, **options}
    return httpx.Client(base_url=url, event_hooks={"response": [assert_within_spec]}, **options)


def assert_within_spec(response: httpx.Response) -> None:
    response.read()
    path = response.request.url.raw_path.partition(b"?")[0].decode()
    assert_response_within_spec(response.request.method, path, response)


def assert_response_within_spec(method: str, path: str, response: Any) -> None:
    """Check a response of any client that has httpx's attributes."""
    path = path.removeprefix("/sc")
    if path.startswith("/media/") or method in ("HEAD", "OPTIONS"):
        return
    is_v2 = path.startswith(("/v2", "/oauth"))
    spec = SPEC_V2 if is_v2 else SPEC
    try:
        operation = _ROUTER.find(method, path).operation
    except ApiError:
        operation = spec.operations["getUser" if is_v2 else "getAppUser"]
    if 200 <= response.status_code < 400:
        assert response.status_code == operation.success
    if response.status_code == 302:
        assert response.headers["content-type"] == "text/plain; charset=utf-8"
        return
    assert response.headers["content-type"] == "application/json; charset=utf-8"
    spec.get_response_validator(operation, response.status_code).validate(response.json())
