# Derived from smooch/_async/v2/oauth.py by scripts/unasync.py; edit that file.
"""The access token of a client."""

from __future__ import annotations

from typing import TYPE_CHECKING

from smooch_api.v2.api import oauth

from ..._v2.resource import Resource

if TYPE_CHECKING:
    from smooch_api.v2 import models


class OAuth(Resource):
    """The access token of a client."""

    def token_info(self) -> models.AppWithSubdomain:
        """Get the app that the client's access token belongs to, with id and subdomain (getTokenInfo).

        Who does not know the subdomain yet asks the OAuth bridge itself: `base_url=v2.BRIDGE`.
        """
        answer = oauth.get_token_info.sync_detailed(client=self._raw)
        return answer.parsed.app

    def revoke_access(self) -> None:
        """End the access of an integration to the app, as if the user had removed it (revokeAccess)."""
        oauth.revoke_access.sync_detailed(client=self._raw)
