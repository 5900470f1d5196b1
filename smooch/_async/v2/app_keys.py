"""API keys of an app."""

from __future__ import annotations

from typing import TYPE_CHECKING

from smooch_api.v2 import models
from smooch_api.v2.api import app_keys

from ..._v2 import paging
from ..._v2.resource import Resource

if TYPE_CHECKING:
    import builtins


class AsyncAppKeys(Resource):
    """API keys of an app."""

    async def create(self, display_name: str, *, app_id: str | None = None) -> models.AppKey:
        """Create an API key of an app, by default the client's own (createAppKey).

        An app has at most ten. Needs an account key.
        """
        body = self._bodies.build_body(models.AppKeyCreate, {"displayName": display_name}, "key")
        response = await app_keys.create_app_key.asyncio(self._app_id(app_id), client=self._raw, body=body)
        return response.key

    async def get(self, key_id: str, *, app_id: str | None = None) -> models.AppKey:
        """Get an API key of an app, by default the client's own, with its secret (getAppKey).

        Needs an account key.
        """
        response = await app_keys.get_app_key.asyncio(self._app_id(app_id), key_id, client=self._raw)
        return response.key

    async def list(self, *, app_id: str | None = None) -> builtins.list[models.AppKey]:
        """List the API keys of an app, by default the client's own (listAppKeys).

        Needs an account key.
        """
        response = await app_keys.list_app_keys.asyncio(self._app_id(app_id), client=self._raw)
        return paging.drop_unreadable(response.keys)

    async def delete(self, key_id: str, *, app_id: str | None = None) -> None:
        """Delete an API key of an app, by default the client's own (deleteAppKey).

        Needs an account key.
        """
        await app_keys.delete_app_key.asyncio(self._app_id(app_id), key_id, client=self._raw)
