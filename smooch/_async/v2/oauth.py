"""The access token that a client was made with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from smooch_api.v2.api import oauth

from ..._v2.resource import Resource

if TYPE_CHECKING:
    from smooch_api.v2 import models


class AsyncOAuth(Resource):
    """The access token that a client was made with."""

    async def token_info(self) -> models.AppWithSubdomain:
        """Get the app that the client's access token belongs to (getTokenInfo).

        The app comes with id and subdomain. If you do not know the subdomain yet, make the client with
        `base_url=v2.BRIDGE`.
        """
        response = await oauth.get_token_info.asyncio(client=self._raw)
        return response.app

    async def revoke_access(self) -> None:
        """Revoke the integration's access to the app (revokeAccess).

        The effect is the same as if the user had removed the integration.
        """
        await oauth.revoke_access.asyncio(client=self._raw)
