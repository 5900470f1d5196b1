"""The client that is passed to every operation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn, Self, TypeVar

import httpx
from attrs import define, field

from .errors import UnexpectedStatus, UnreadableResponse
from .types import Response

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


def _unreadable_response(response: httpx.Response, reason: Exception) -> Exception:
    return UnreadableResponse(response.status_code, response.content, str(reason))


def _repr_base_url(base_url: str) -> str:
    return repr(str(httpx.URL(base_url).copy_with(userinfo=b"")))


@define
class Client:
    """Sends requests and parses responses. Authentication is up to `headers` or the httpx client.

    An operation raises InvalidInput for an invalid path parameter, before anything is sent; UnexpectedStatus for a status
    of 300 or above; what `unreadable` returns (by default UnreadableResponse) for a body that cannot be parsed; and
    the exceptions of httpx.
    """

    _base_url: str = field(alias="base_url", repr=_repr_base_url)
    """The paths of the operations are appended to it."""
    _headers: dict[str, str] = field(factory=dict, kw_only=True, alias="headers", repr=False)
    _timeout: httpx.Timeout | None = field(default=httpx.Timeout(30.0), kw_only=True, alias="timeout", repr=False)
    """Default: 30 seconds for each of connecting, writing, reading and waiting for a connection."""
    _httpx_args: dict[str, Any] = field(factory=dict, kw_only=True, alias="httpx_args", repr=False)
    """Further arguments for `httpx.Client` and `httpx.AsyncClient`, such as `verify`."""
    unreadable: Callable[[httpx.Response, Exception], Exception] = field(
        default=_unreadable_response, kw_only=True, repr=False
    )
    """Builds the exception for a successful response whose body cannot be parsed."""
    _client: httpx.Client | None = field(default=None, init=False, repr=False)
    _async_client: httpx.AsyncClient | None = field(default=None, init=False, repr=False)

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Client cannot be pickled: it has open connections and may contain secrets")

    def set_httpx_client(self, client: httpx.Client) -> Self:
        """Use this client, with its own base URL, headers and timeout."""
        self._client = client
        return self

    def get_httpx_client(self) -> httpx.Client:
        """Return the httpx client; created on the first call."""
        if self._client is None:
            self._client = httpx.Client(**self._arguments())
        return self._client

    def set_async_httpx_client(self, async_client: httpx.AsyncClient) -> Self:
        """Use this async client, with its own base URL, headers and timeout."""
        self._async_client = async_client
        return self

    def get_async_httpx_client(self) -> httpx.AsyncClient:
        """Return the async httpx client; created on the first call."""
        if self._async_client is None:
            self._async_client = httpx.AsyncClient(**self._arguments())
        return self._async_client

    def __enter__(self) -> Self:
        self.get_httpx_client().__enter__()
        return self

    def __exit__(self, *args: Any) -> None:
        self.get_httpx_client().__exit__(*args)

    async def __aenter__(self) -> Self:
        await self.get_async_httpx_client().__aenter__()
        return self

    async def __aexit__(self, *args: Any) -> None:
        await self.get_async_httpx_client().__aexit__(*args)

    def call(self, request: dict[str, Any], read: Callable[[bytes], T]) -> Response[T]:
        """Send a request and parse its response."""
        return self._parse(self.get_httpx_client().request(**request), read)

    async def call_async(self, request: dict[str, Any], read: Callable[[bytes], T]) -> Response[T]:
        """Send a request and parse its response."""
        return self._parse(await self.get_async_httpx_client().request(**request), read)

    def _parse(self, response: httpx.Response, read: Callable[[bytes], T]) -> Response[T]:
        if response.status_code >= 300:
            raise UnexpectedStatus(response.status_code, response.content)
        try:
            parsed = read(response.content)
        except (ValueError, RecursionError) as reason:
            raise self.unreadable(response, reason) from reason
        return Response(response.status_code, response.content, response.headers, parsed, response.url)

    def _arguments(self) -> dict[str, Any]:
        return {
            "base_url": self._base_url,
            "headers": self._headers,
            "timeout": self._timeout,
            **self._httpx_args,
        }
