# Derived from smooch/_async/v2/oauth.py by scripts/unasync.py; edit that file.
"""The access token that a client was made with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from smooch_api.v2.api import oauth

from ..._v2.resource import Resource

if TYPE_CHECKING:
    from smooch_api.v2 import models


class OAuth(Resource):
    """The access token that a client was made with."""

    def token_info(self) -> models.AppWithSubdomain:
        """Get the app that the client's access token belongs to (getTokenInfo).

        The app comes with id and subdomain. If you do not know the subdomain yet, make the client with
        `base_url=v2.BRIDGE`.
        """
        response = oauth.get_token_info.sync(client=self._raw)
        return response.app

    def revoke_access(self) -> None:
        """Revoke the integration's access to the app (revokeAccess).

        The effect is the same as if the user had removed the integration.
        """
        oauth.revoke_access.sync(client=self._raw)
