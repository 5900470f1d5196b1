"""Deliveries to webhooks."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from .._errors import not_found
from . import serialize
from ._call import handles
from ._paging import build_page

if TYPE_CHECKING:
    from .._delivery import Delivery
    from .._entities import JsonObject
    from ._call import ControlCall

DEFAULT_TIMEOUT = 10


@handles("listDeliveries")
def list_deliveries(call: ControlCall) -> JsonObject:
    """GET /_sandbox/deliveries."""
    return build_page(call, "deliveries", call.engine.dispatcher.deliveries, serialize.delivery)


@handles("deliver")
def deliver(call: ControlCall) -> JsonObject:
    """POST /_sandbox/deliveries."""
    return {"deliveries": [serialize.delivery(delivery) for delivery in call.engine.deliver(call.body["event"])]}


@handles("waitForDeliveries")
async def wait_for_deliveries(call: ControlCall) -> JsonObject:
    """POST /_sandbox/deliveries/wait."""
    try:
        async with asyncio.timeout(call.body.get("timeout", DEFAULT_TIMEOUT)):
            await call.engine.dispatcher.wait_until_idle()
    except TimeoutError:
        return {"isIdle": False}
    return {"isIdle": True}


@handles("getDelivery")
def get_delivery(call: ControlCall) -> JsonObject:
    """GET /_sandbox/deliveries/{deliveryId}."""
    return {"delivery": serialize.delivery_detail(_find_delivery(call))}


@handles("redeliver")
def redeliver(call: ControlCall) -> JsonObject:
    """POST /_sandbox/deliveries/{deliveryId}/redeliver."""
    delivery = _find_delivery(call)
    call.engine.dispatcher.redeliver(delivery)
    return {"delivery": serialize.delivery_detail(delivery)}


def _find_delivery(call: ControlCall) -> Delivery:
    for delivery in call.engine.dispatcher.deliveries:
        if delivery.id == call.params["deliveryId"]:
            return delivery
    raise not_found("Delivery")
