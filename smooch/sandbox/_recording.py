"""Requests that arrived at the sandbox, for tests to inspect."""

from __future__ import annotations

import json
from typing import Any

import attrs
from starlette.datastructures import Headers

from ._entities import describe_size

_SECRET_HEADERS = frozenset({"authorization", "app-token", "cookie"})


class RequestHeaders(Headers):
    """Headers by case-insensitive name; `repr` hides credentials, which failing tests would print."""

    def __repr__(self) -> str:
        items = {name: "[hidden]" if name in _SECRET_HEADERS else value for name, value in self.items()}
        return f"{type(self).__name__}({items!r})"


@attrs.define(eq=False)
class RecordedRequest:
    """A request with its response; `path` is percent-encoded as it was sent, `query` is decoded.

    `at` is the time of arrival in seconds since 1970, `seconds` how long the response took. As long as there is no response, or if a fault took it
    away, `status` is None. Of the response to a fetch of media the body is not kept.
    """

    id: int
    at: float = attrs.field(repr=False)
    method: str
    path: str
    query: dict[str, str]
    headers: RequestHeaders
    body: bytes = attrs.field(repr=describe_size)
    status: int | None = None
    seconds: float | None = attrs.field(default=None, repr=False)
    response_body: bytes = attrs.field(default=b"", repr=describe_size)

    @property
    def json(self) -> Any:
        """The body as JSON; None if it is empty or not JSON."""
        return _parse(self.body)

    @property
    def response_json(self) -> Any:
        """The body of the response as JSON; None if it is empty or not JSON."""
        return _parse(self.response_body)


def _parse(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None
