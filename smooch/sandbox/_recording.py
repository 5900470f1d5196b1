"""Requests that arrived at the sandbox, for tests to inspect."""

from __future__ import annotations

import json
from typing import Any

import attrs
from starlette.datastructures import Headers

from ._entities import count

_SECRET_HEADERS = frozenset({"authorization", "app-token", "cookie"})


class RequestHeaders(Headers):
    """Headers by case-insensitive name. The repr hides credentials, so that a failing test does not print them."""

    def __repr__(self) -> str:
        shown = {name: "[hidden]" if name in _SECRET_HEADERS else value for name, value in self.items()}
        return f"{type(self).__name__}({shown!r})"


@attrs.frozen(eq=False)
class RecordedRequest:
    """A request as it arrived. `path` is percent-encoded as it was sent; `query` is decoded."""

    method: str
    path: str
    query: dict[str, str]
    headers: RequestHeaders
    body: bytes = attrs.field(repr=count)

    @property
    def json(self) -> Any:
        """The body as JSON; None if it is empty or not JSON."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None
