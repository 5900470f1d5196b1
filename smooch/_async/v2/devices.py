"""The devices that a user runs an SDK on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from smooch_api.v2.api import devices

from ... import _bodies
from ..._v2 import bodies, paging
from ..._v2.resource import Resource

if TYPE_CHECKING:
    import builtins

    from smooch_api.v2 import models


class AsyncDevices(Resource):
    """The devices that a user runs an SDK on."""

    async def list(self, user_id: str, *, brand_id: str | None = None) -> builtins.list[models.Device]:
        """List what a user runs an SDK on (listDevices)."""
        user_id = _bodies.check_id(user_id, "user_id")
        answer = await devices.list_devices.asyncio_detailed(
            self._app_id(), user_id, client=self._raw, brand_id=bodies.optional(brand_id, "brand_id")
        )
        return paging.records(answer.parsed.devices)

    async def get(self, user_id: str, device_id: str, *, brand_id: str | None = None) -> models.Device:
        """Get one device of a user (getDevice)."""
        user_id, device_id = _bodies.check_id(user_id, "user_id"), _bodies.check_id(device_id, "device_id")
        answer = await devices.get_device.asyncio_detailed(
            self._app_id(), user_id, device_id, client=self._raw, brand_id=bodies.optional(brand_id, "brand_id")
        )
        return answer.parsed.device
