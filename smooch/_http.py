"""How requests are made: one place for everything that configures httpx.

What waits is in `_async/http.py` (and derived in `_sync/http.py`); here are the decisions, without any I/O:
which answers and faults are tried again, how long a call may take, which address a path belongs to.
"""

from __future__ import annotations

import functools
import re
import sys
import time
import urllib.request
from typing import TYPE_CHECKING, Any

import attrs
import httpx

from . import errors
from ._version import __version__

if TYPE_CHECKING:
    import ssl

    from .auth import OriginAuth

ROOTS = {"us": "https://api.smooch.io", "eu-1": "https://api.eu-1.smooch.io"}
"""Where each region's API listens; the version follows."""

_ACCOUNT_PATH = re.compile(r"/?(?:apps|serviceaccounts|whatsapp/deployments)(?=[/?]|$)")
"""Paths that start at the version, not at one app: those with path-level servers in the specification."""

_IN_APP = re.compile(r"/?apps/[^/]+/(?!keys(?:/|$))")

TIMEOUT = httpx.Timeout(30.0, connect=5.0)
DEADLINE = 60.0
RETRIES = 3
MAX_CONNECTIONS = 100
KEEPALIVE_SECONDS = 5.0

WAIT_FIRST = (
    "wait for as many seconds as retry_after says, or longer each time where it is None; "
    "the client does so itself up to retries=… times, for 30 s in all"
)

_IDEMPOTENT = frozenset({"GET", "HEAD", "PUT", "DELETE"})

HEADERS = {
    "Accept": "application/json",
    "User-Agent": f"smooch-python/{__version__} httpx/{httpx.__version__} python/{sys.version_info.major}.{sys.version_info.minor}",
}


@attrs.frozen(kw_only=True)
class Settings:
    """What one client calls, and how patiently. Holds no secret."""

    root: httpx.URL
    """Where the API listens, without version."""
    prefix: str
    """Path of the version, such as `/v1.1`."""
    app_id: str | None
    scope: str
    timeout: httpx.Timeout
    deadline: float | None
    retries: int
    max_connections: int = MAX_CONNECTIONS

    @property
    def base_url(self) -> httpx.URL:
        """What the app's paths are relative to."""
        return self.version_url if self.app_id is None else self.join(f"apps/{self.app_id}")

    @property
    def version_url(self) -> httpx.URL:
        """What account-level paths are relative to."""
        return self.root.copy_with(path=self.root.path.rstrip("/") + self.prefix)

    def join(self, path: str) -> httpx.URL:
        """Address of an account-level path."""
        return httpx.URL(f"{self.version_url}/{path.lstrip('/')}")

    def locate(self, url: httpx.URL | str) -> httpx.URL | str:
        """Address of a path of the specification: account-level paths start at the version, all others at the app."""
        if self.app_id is not None and isinstance(url, str) and _ACCOUNT_PATH.match(url):
            return self.join(url)
        return url

    def hint(self, response: httpx.Response) -> str:
        """What to do about a refusal, where the cause is known."""
        return hint(self, response)


class CallPolicy:
    """What holds for every call of one client: when it is tried again, when it ends, and how a failure is explained."""

    def __init__(self, settings: Settings, auth: OriginAuth) -> None:
        self.deadline = settings.deadline
        self._settings = settings
        self._auth = auth
        # Imported with the first client, since it loads asyncio, which a program that only imports us may not need.
        from ._retries import RetryPolicy

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
        errors.forget_variables(exception, until=handled)
        if isinstance(exception, CutOff):
            return errors.unreadable(exception.answer(request), exception)
        timed_out = isinstance(exception, httpx.TimeoutException | TimeoutError)
        if timed_out and self.deadline is not None and _left(request) <= 0:
            return errors.deadline_exceeded(request, self.deadline)
        return errors.from_transport(exception, request)

    def refusal(self, response: httpx.Response) -> errors.APIError:
        """The exception for an answer of status 300 or above."""
        return errors.from_response(response, hint=self._settings.hint(response), secrets=self._auth.secrets)


def _left(request: httpx.Request) -> float:
    return float(request.extensions.get("deadline", "inf")) - time.monotonic()


class CutOff(httpx.ReadError):
    """An answer that says yes, but whose body stops in the middle."""

    def __init__(self, response: httpx.Response, content: bytes) -> None:
        super().__init__("the answer stops in the middle")
        self._response = response
        self._content = content

    def answer(self, request: httpx.Request) -> httpx.Response:
        """The answer as far as it came."""
        self._response.request = request
        return as_it_came(self._response, self._content)


def as_it_came(response: httpx.Response, content: bytes) -> httpx.Response:
    """An answer whose body is what came over the wire."""
    headers = [(name, value) for name, value in response.headers.multi_items() if name != "content-encoding"]
    return httpx.Response(response.status_code, headers=headers, content=content, request=response.request)


def patience(request: httpx.Request) -> float | None:
    """Seconds that a call may wait for a free connection; None without a limit."""
    timeout = request.extensions.get("timeout", {}).get("pool")
    left = max(0.0, _left(request))
    return timeout if left == float("inf") else left if timeout is None else min(timeout, left)


def hint(settings: Settings, response: httpx.Response) -> str:
    """What to do about a refusal, where the cause is known."""
    path = response.request.url.path.removeprefix(settings.version_url.path)
    speaks_json = response.headers.get("Content-Type", "").startswith("application/json")
    match response.status_code:
        case 401:
            return (
                f"check key id and secret, and that the key belongs to {settings.root}: "
                "a deleted key and a key of another region look the same"
            )
        case 403 if settings.scope == "app" and _ACCOUNT_PATH.match(path) and not _IN_APP.match(path):
            return "this path needs an account key (act_… or svc_…); the client holds an app key"
        case 403 | 404 if settings.scope == "account" and settings.app_id is None and not _ACCOUNT_PATH.match(path):
            return "an account key reaches an app's objects only by the app's id: pass app_id=… to the client"
        case 404 if not speaks_json:
            return f"this is not the API: check base_url, region and api_version (asked was {settings.version_url})"
        case 404 if path.endswith(("/messages", "/conversation/read")):
            return "a user has no conversation before the first message"
        case 413:
            return "the API takes 100 kB of JSON and files of 10 MB"
        case 423:
            return "the conversation is full: delete_messages(user_id) makes room"
        case 429:
            return WAIT_FIRST
        case status if status < 400:
            return "redirects are not followed: use the address that the API itself has, with https"
    return ""


class _NoCookies(httpx.Cookies):
    def extract_cookies(self, response: httpx.Response) -> None:
        """Keep none."""


NO_COOKIES = _NoCookies()


@functools.cache
def tls_context() -> ssl.SSLContext:
    """The TLS settings that all connections of the process share: loading the certificates takes longer than a call."""
    return httpx.create_ssl_context()


def environment_proxy(url: httpx.URL) -> str | None:
    """The proxy that the environment names for this address (`HTTPS_PROXY`, `ALL_PROXY`, `NO_PROXY` …)."""
    proxies = urllib.request.getproxies()
    proxy = proxies.get(url.scheme) or proxies.get("all")
    port = url.port or (443 if url.scheme == "https" else 80)
    if not proxy or urllib.request.proxy_bypass(f"{url.host}:{port}"):
        return None
    return proxy if "://" in proxy else f"http://{proxy}"


class Connector:
    """Opens connections: one httpx transport each, never used by two calls at the same time."""

    def __init__(self, url: httpx.URL, ssl_context: ssl.SSLContext | None = None) -> None:
        self._proxy = environment_proxy(url)
        self._ssl_context = ssl_context

    def sync(self) -> httpx.BaseTransport:
        """A connection for threads."""
        from ._connection import Connection

        return Connection(**self._options())

    def asynchronous(self) -> httpx.AsyncBaseTransport:
        """A connection for tasks."""
        from ._async_connection import AsyncConnection

        return AsyncConnection(**self._options())

    def _options(self) -> dict[str, Any]:
        limits = httpx.Limits(max_connections=1, max_keepalive_connections=1, keepalive_expiry=KEEPALIVE_SECONDS)
        return {"verify": self._ssl_context or tls_context(), "limits": limits, "proxy": self._proxy}
