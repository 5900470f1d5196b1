"""Devices: requests, input that is refused before sending, and calls against the sandbox."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from smooch_api.v2 import models

from smooch.errors import NotFound

from .calls import Call, check_call

if TYPE_CHECKING:
    from support.scripted_server import ScriptedServer

    from smooch.sandbox import Sandbox
    from smooch.v2 import AsyncSmooch

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


@pytest.mark.parametrize("name", CALLS)
async def test_calls_follow_the_specification_and_return_models(
    example_api: AsyncSmooch, example_server: ScriptedServer, name: str
) -> None:
    await check_call(example_api, example_server, CALLS[name])


async def story(keys: Keys, _: Sandbox) -> None:
    api = keys.app
    user = await api.users.create("ana")
    devices = await api.devices.list(user.id)
    for device in devices:
        assert await api.devices.get(user.id, device.id) == device
    with pytest.raises(NotFound):
        await api.devices.get(user.id, "0" * 24)


async def test_each_call_sees_the_effects_of_earlier_calls(keys: Keys, sandbox: Sandbox) -> None:
    await story(keys, sandbox)
