"""The httpx client behind a facade and its raw client: the attempt loop, the deadline, and errors."""

from __future__ import annotations

import functools
import logging
import sys
import time
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import httpx
from httpx import USE_CLIENT_DEFAULT

from .. import errors
from .._http.async_synchronization import async_sleep, async_time_limit
from .._http.body import Body
from .._http.call import Call
from .._http.retry import RetryPolicy
from .._http.settings import HEADERS, Settings
from .._json import encode_json
from .._redaction import clear_tracebacks, redact

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from httpx._client import UseClientDefault
    from httpx._types import AuthTypes

    from ..auth import OriginBoundAuth

_logger = logging.getLogger("smooch")
_NO_AUTH = httpx.Auth()
_NOT_MERGED = frozenset({"content", "data", "files", "json", "params"})
"""Arguments of `build_request` that need not be merged with settings of the client."""
_WITH_BODY = frozenset({"PATCH", "POST", "PUT"})
"""Methods whose requests have a `Content-Length` even without a body."""


@functools.lru_cache(128)
def _parse_url(url: str, query: str = "") -> httpx.URL:
    """Parse a URL; cached, since URLs repeat and parsing takes a tenth of a call."""
    return httpx.URL(url, params=query) if query else httpx.URL(url)


class _NoCookies(httpx.Cookies):
    def extract_cookies(self, response: httpx.Response) -> None:
        """Keep none."""

    def __bool__(self) -> bool:
        return False


_NO_COOKIES = _NoCookies()


class AsyncHTTPClient(httpx.AsyncClient):
    """An httpx client that retries, keeps the deadline and raises this library's errors.

    The facade and the generated client send through it, so both behave the same.
    """

    def __init__(self, settings: Settings, auth: OriginBoundAuth, transport: httpx.AsyncBaseTransport) -> None:
        super().__init__(
            auth=auth, base_url=settings.base_url, headers=HEADERS, timeout=settings.timeout, transport=transport
        )
        del self.headers["Connection"]  # HTTP/1.1 keeps connections alive anyway, and h11 checks each header
        self._unchanged_headers = self.headers.raw
        self._settings = settings
        self._secrets = auth.secrets

    @property  # type: ignore[misc]
    def cookies(self) -> httpx.Cookies:
        """Always empty: the API has no cookies, and skipping the cookie jar saves 5 % per call."""
        return _NO_COOKIES

    def build_request(self, method: str, url: httpx.URL | str, **options: Any) -> httpx.Request:
        """Build a request; account-level paths start at the version, all others at the app."""
        try:
            url = self._settings.locate(url)
            if isinstance(url, str) and url.startswith("/"):
                # httpx would parse the URL twice and copy the headers twice: that is a tenth of a call.
                url = f"{str(self.base_url).rstrip('/')}/{url.lstrip('/')}"
                passed = {
                    name: value
                    for name, value in options.items()
                    if value is not None and value is not USE_CLIENT_DEFAULT
                }
                if passed.keys() <= _NOT_MERGED and not self.params:
                    query = str(httpx.QueryParams(passed.pop("params"))) if "params" in passed else ""
                    extensions = {"timeout": self.timeout.as_dict()}
                    if passed.keys() <= {"json"} and self.headers.raw == self._unchanged_headers:
                        return self._build_usual_request(method, _parse_url(url, query), passed.get("json"), extensions)
                    return httpx.Request(
                        method, _parse_url(url, query), headers=self.headers, extensions=extensions, **passed
                    )
            return super().build_request(method, url, **options)
        except httpx.InvalidURL as error:
            raise errors.InvalidInput(f"invalid URL: {error}", "url") from None

    def _build_usual_request(self, method: str, url: httpx.URL, data: Any, extensions: dict[str, Any]) -> httpx.Request:
        """Build a request with a JSON body or none, and all headers at once: httpx would build them four times."""
        body = b"" if data is None else encode_json(data)
        headers = [(b"Host", url.netloc), *self._unchanged_headers]
        if body or method.upper() in _WITH_BODY:
            headers.append((b"Content-Length", b"%d" % len(body)))
        if body:
            headers.append((b"Content-Type", b"application/json"))
        request = httpx.Request(method, url, headers=headers, stream=httpx.ByteStream(body), extensions=extensions)
        request.read()
        return request

    async def send(
        self,
        request: httpx.Request,
        *,
        stream: bool = False,
        auth: AuthTypes | UseClientDefault | None = USE_CLIENT_DEFAULT,
        follow_redirects: bool | UseClientDefault = USE_CLIENT_DEFAULT,
    ) -> httpx.Response:
        """Send a request within the deadline.

        Raises:
            APIError: the response has a status of 300 or above.
            ConnectionFailed: no response came.
            UnreadableResponse: the body of a success response is truncated or too large.
        """
        if self.is_closed:
            raise errors.ClientClosed
        deadline = self._settings.deadline
        call = Call(request, deadline)
        handled = sys.exception()
        is_open = False
        try:
            async with async_time_limit(deadline):
                response = await self._send_until_final(request, call, stream, auth, follow_redirects)
            is_open = stream and response.status_code < 300
        except (httpx.RequestError, TimeoutError) as exception:
            clear_tracebacks(exception, until=handled)
            raise call.to_exception(exception, request, deadline, self._secrets) from exception
        finally:
            if not is_open:
                await self._release(call)
        if response.status_code >= 300:
            raise errors.error_from_response(response, hint=self._settings.find_hint(response), secrets=self._secrets)
        return response

    @asynccontextmanager
    async def stream(self, method: str, url: httpx.URL | str, **options: Any) -> AsyncIterator[httpx.Response]:
        """Send a request; the block reads the body of the response."""
        async with super().stream(method, url, **options) as response:
            try:
                yield response
            finally:
                await self._release(Call.of(response.request))

    async def _release(self, call: Call) -> None:
        """Release the connection, even if an exception from a signal handler interrupted the pool's own release."""
        if call.lease is not None:
            await call.lease.aclose()

    async def _send_until_final(
        self,
        request: httpx.Request,
        call: Call,
        stream: bool,
        auth: AuthTypes | UseClientDefault | None,
        follow_redirects: bool | UseClientDefault,
    ) -> httpx.Response:
        """Make attempts until the response or the failure of one is final."""
        policy = RetryPolicy(request, self._settings.retries, call)
        steps = _NO_AUTH.auth_flow(request)
        if auth is USE_CLIENT_DEFAULT:
            steps, auth = (self.auth or _NO_AUTH).auth_flow(request), _NO_AUTH
        request = next(steps)
        while True:
            call.clip(None)
            try:
                response = await self._attempt(request, call, stream, auth, follow_redirects)
            except httpx.TransportError as failure:
                wait, reason = policy.wait_after_failure(failure), type(failure).__name__
                if wait is None:
                    raise
            else:
                wait, reason = policy.wait_after_response(response), str(response.status_code)
                if wait is None:
                    try:
                        request = steps.send(response)  # another request only after a 401 that a wrong clock caused
                    except StopIteration:
                        return response
                    continue
            path = redact(request.url.path, self._secrets)
            _logger.info("retry of %s %s in %.2f s after %s", request.method, path, wait, reason)
            await async_sleep(wait)

    async def _attempt(
        self,
        request: httpx.Request,
        call: Call,
        stream: bool,
        auth: AuthTypes | UseClientDefault | None,
        follow_redirects: bool | UseClientDefault,
    ) -> httpx.Response:
        """Send a request once and read the response."""
        call.nothing_sent = False
        started, outcome = time.perf_counter(), "without a response"
        try:
            response = await super().send(request, stream=True, auth=auth, follow_redirects=follow_redirects)
            outcome = str(response.status_code)
            if not stream or response.status_code >= 300:
                await self._read(response, call)
        finally:
            if _logger.isEnabledFor(logging.DEBUG):
                path, took = redact(request.url.path, self._secrets), time.perf_counter() - started
                _logger.debug("%s %s %s in %.0f ms", request.method, path, outcome, took * 1000)
        return response

    async def _read(self, response: httpx.Response, call: Call) -> None:
        """Read and decode the body, within the limit."""
        if response.is_stream_consumed:
            return  # a custom transport has read it
        body = Body(response, self._settings.max_response_bytes)
        stream = response.stream
        assert isinstance(stream, httpx.AsyncByteStream)
        try:
            async for chunk in stream:
                if not body.add(chunk):
                    break
        except (httpx.NetworkError, httpx.RemoteProtocolError) as failure:
            body.truncate(failure)
        finally:
            await stream.aclose()
        body.attach(lambda: call.clip(None))
