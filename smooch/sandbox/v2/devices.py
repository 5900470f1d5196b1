"""Devices that run an SDK."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._auth import ANY_KEY
from .._call import Call, get_or_404
from . import serialize
from ._registry import registry

if TYPE_CHECKING:
    from .._entities import JsonObject


@registry.handles("listDevices", ANY_KEY)
def list_devices(call: Call) -> JsonObject:
    """GET /v2/apps/{appId}/users/{userId}/devices; the one seen last comes first."""
    user = call.user
    devices = [client for client in user.clients if not client.is_channel]
    devices.sort(key=lambda device: device.last_seen or 0, reverse=True)
    return {"devices": [serialize.device(device, user) for device in devices]}


@registry.handles("getDevice", ANY_KEY)
def get_device(call: Call) -> JsonObject:
    """GET /v2/apps/{appId}/users/{userId}/devices/{deviceId}."""
    user = call.user
    devices = {client.id: client for client in user.clients if not client.is_channel}
    return {"device": serialize.device(get_or_404(devices, call.params["deviceId"], "Device"), user)}
