# Derived from smooch/_async/v2/devices.py by scripts/unasync.py; edit that file.
"""Devices that a user runs an SDK on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from smooch_api.v2.api import devices

from ..._v2 import bodies, paging
from ..._v2.resource import Resource

if TYPE_CHECKING:
    import builtins

    from smooch_api.v2 import models


class Devices(Resource):
    """Devices that a user runs an SDK on."""

    def list(self, user_id: str, *, brand_id: str | None = None) -> builtins.list[models.Device]:
        """List the devices of a user (listDevices)."""
        response = devices.list_devices.sync(
            self._app_id(), user_id, client=self._raw, brand_id=bodies.none_as_unset(brand_id, "brand_id")
        )
        return paging.drop_unreadable(response.devices)

    def get(self, user_id: str, device_id: str, *, brand_id: str | None = None) -> models.Device:
        """Get a device of a user (getDevice)."""
        response = devices.get_device.sync(
            self._app_id(), user_id, device_id, client=self._raw, brand_id=bodies.none_as_unset(brand_id, "brand_id")
        )
        return response.device
