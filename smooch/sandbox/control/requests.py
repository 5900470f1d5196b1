"""Requests that the API has received."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._errors import not_found
from . import serialize
from ._call import handles
from ._paging import build_page

if TYPE_CHECKING:
    from .._entities import JsonObject
    from ._call import ControlCall


@handles("listRequests")
def list_requests(call: ControlCall) -> JsonObject:
    """GET /_sandbox/requests."""
    return build_page(call, "requests", call.engine.requests, serialize.request)


@handles("getRequest")
def get_request(call: ControlCall) -> JsonObject:
    """GET /_sandbox/requests/{requestId}."""
    for request in call.engine.requests:
        if str(request.id) == call.params["requestId"]:
            return {"request": serialize.request_detail(request)}
    raise not_found("Request")
