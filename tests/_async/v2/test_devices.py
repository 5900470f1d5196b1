"""Devices: requests, input that is refused before sending, and calls against the sandbox."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from smooch_api.v2 import models

from smooch.errors import NotFound

if TYPE_CHECKING:
    from smooch.sandbox import Sandbox

    from .calls import Call
    from .conftest import Keys

pytestmark = pytest.mark.anyio

CALLS: dict[str, Call] = {
    "list": (
        lambda api: api.devices.list("u-77"),
        "listDevices GET /users/u-77/devices",
        None,
        [models.Device],
    ),
    "get": (
        lambda api: api.devices.get("u-77", "d1"),
        "getDevice GET /users/u-77/devices/d1",
        None,
        models.Device,
    ),
}


async def test_each_call_sees_the_effects_of_earlier_calls(keys: Keys, sandbox: Sandbox) -> None:
    api = keys.app
    user = await api.users.create("ana")
    devices = await api.devices.list(user.id)
    for device in devices:
        assert await api.devices.get(user.id, device.id) == device
    with pytest.raises(NotFound):
        await api.devices.get(user.id, "0" * 24)
