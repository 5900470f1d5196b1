"""API keys of a custom integration."""

from __future__ import annotations

from typing import TYPE_CHECKING

from smooch_api.v2 import models
from smooch_api.v2.api import integration_keys

from ..._v2 import paging
from ..._v2.resource import Resource

if TYPE_CHECKING:
    import builtins


class AsyncIntegrationKeys(Resource):
    """API keys of a custom integration."""

    async def create(self, integration_id: str, display_name: str) -> models.IntegrationKey:
        """Create an API key of a custom integration (createCustomIntegrationKey).

        An integration has at most ten.
        """
        body = self._bodies.build_body(models.IntegrationKeyCreate, {"displayName": display_name}, "key")
        response = await integration_keys.create_custom_integration_key.asyncio(
            self._app_id(), integration_id, client=self._raw, body=body
        )
        return response.key

    async def get(self, integration_id: str, key_id: str) -> models.IntegrationKey:
        """Get an API key of a custom integration, with its secret (getCustomIntegrationKey)."""
        response = await integration_keys.get_custom_integration_key.asyncio(
            self._app_id(), integration_id, key_id, client=self._raw
        )
        return response.key

    async def list(self, integration_id: str) -> builtins.list[models.IntegrationKey]:
        """List the API keys of a custom integration (listCustomIntegrationKeys)."""
        response = await integration_keys.list_custom_integration_keys.asyncio(
            self._app_id(), integration_id, client=self._raw
        )
        return paging.drop_unreadable(response.keys)

    async def delete(self, integration_id: str, key_id: str) -> None:
        """Delete an API key of a custom integration (deleteCustomIntegrationKey)."""
        await integration_keys.delete_custom_integration_key.asyncio(
            self._app_id(), integration_id, key_id, client=self._raw
        )
