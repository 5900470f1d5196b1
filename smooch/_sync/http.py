# Derived from smooch/_async/http.py by scripts/unasync.py; edit that file.
"""The httpx client behind a facade and its raw client."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import httpx
from httpx import USE_CLIENT_DEFAULT

from .. import errors
from .._http import policy
from .._http.synchronization import time_limit
from .._http.settings import HEADERS, Settings

if TYPE_CHECKING:
    from httpx._client import UseClientDefault
    from httpx._types import AuthTypes

    from ..auth import OriginBoundAuth


class HTTPClient(httpx.Client):
    """An httpx client that authenticates, repeats, gives up in time and raises this library's errors.

    The facade and the generated client send through it, so both behave the same.
    """

    def __init__(self, settings: Settings, auth: OriginBoundAuth, transport: httpx.BaseTransport) -> None:
        from .._http.retry import RetryTransport

        super().__init__(
            auth=auth,
            base_url=settings.base_url,
            headers=HEADERS,
            timeout=settings.timeout,
            transport=RetryTransport(WholeAnswers(transport)),
        )
        self._settings = settings
        self._call = policy.CallPolicy(settings, auth)

    @property  # type: ignore[misc]
    def cookies(self) -> httpx.Cookies:
        """None: the API has no cookies, and looking for them costs a twentieth of a call."""
        return policy.NO_COOKIES

    def build_request(self, method: str, url: httpx.URL | str, **options: Any) -> httpx.Request:
        """Build a request; account-level paths start at the version, all others at the app."""
        try:
            url = self._settings.locate(url)
            if isinstance(url, str) and url.startswith("/"):
                # Parsed once; httpx would do so twice.
                url = httpx.URL(f"{str(self.base_url).rstrip('/')}/{url.lstrip('/')}")
            return super().build_request(method, url, **options)
        except httpx.InvalidURL as error:
            raise errors.InvalidInput(f"this makes no valid address: {error}", "url") from None

    def send(
        self,
        request: httpx.Request,
        *,
        stream: bool = False,
        auth: AuthTypes | UseClientDefault | None = USE_CLIENT_DEFAULT,
        follow_redirects: bool | UseClientDefault = USE_CLIENT_DEFAULT,
    ) -> httpx.Response:
        """Send a request within the deadline; raise for any answer of status 300 or above, and for none at all."""
        if self.is_closed:
            raise errors.ClientClosed
        self._call.start(request, streamed=stream)
        handled = sys.exception()
        try:
            with time_limit(self._call.deadline):
                response = super().send(request, stream=True, auth=auth, follow_redirects=follow_redirects)
                if not stream or response.status_code >= 300:
                    response = self._read(response)
        except (httpx.RequestError, TimeoutError) as exception:
            raise self._call.explain(exception, request, handled) from exception
        if response.status_code >= 300:
            raise self._call.refusal(response)
        return response

    def _read(self, response: httpx.Response) -> httpx.Response:
        """Read an answer; a body that is not encoded as its header says is taken as it came."""
        try:
            response.read()
        except httpx.DecodingError:
            assert isinstance(response.stream, httpx.SyncByteStream)
            return policy.as_it_came(response, b"".join([piece for piece in response.stream]))
        return response


class WholeAnswers(httpx.BaseTransport):
    """Has an answer come in whole before it counts as one, so that it is tried again where the end of it is missing."""

    def __init__(self, transport: httpx.BaseTransport) -> None:
        self._transport = transport

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request, and read the answer unless the caller wants to do that."""
        response = self._transport.handle_request(request)
        if request.extensions["streamed"] and response.status_code < 300:
            return response
        assert isinstance(response.stream, httpx.SyncByteStream)
        content = bytearray()
        try:
            for piece in response.stream:
                content += piece
        except (httpx.NetworkError, httpx.RemoteProtocolError) as exception:
            if response.status_code < 300:
                raise policy.CutOff(response, bytes(content)) from exception
        finally:
            response.stream.close()
        response.stream = httpx.ByteStream(bytes(content))
        return response

    def close(self) -> None:
        """Close the transport below."""
        self._transport.close()
