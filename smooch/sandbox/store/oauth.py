"""OAuth clients of partners, and the codes that they exchange for access tokens."""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING

from .. import _ids
from .._entities import OAuthCode
from .._errors import bad_request, forbidden, not_found, unauthorized
from . import integrations, keys

if TYPE_CHECKING:
    from .._entities import Key
    from .state import App, Store


def create_code(store: Store, client_id: str, redirect_uri: str | None) -> str:
    """Create a code for a client. 400 if there is no such client."""
    if client_id not in store.oauth_clients:
        raise bad_request("query parameter client_id: is not the id of an OAuth client")
    code = _ids.short_code()
    store.oauth_codes[code] = OAuthCode(client_id=client_id, redirect_uri=redirect_uri)
    return code


def exchange_code(
    store: Store, code: str, *, client_id: str, client_secret: str, redirect_uri: str | None = None
) -> tuple[App, Key]:
    """Exchange a code for the app and a key of the client's integration, which signs the token.

    401 if the client is not known or its secret is wrong, 400 if the code is not good for it.

    `redirect_uri`, if given, must be the one that the code was sent to.
    """
    secret = store.oauth_clients.get(client_id)
    if secret is None or not hmac.compare_digest(secret.encode(), client_secret.encode("utf-8", "surrogatepass")):
        raise unauthorized("Invalid client credentials")
    issued = store.oauth_codes.get(code)
    if issued is None or issued.client_id != client_id or redirect_uri not in (None, issued.redirect_uri):
        raise bad_request("Invalid authorization code")  # 400 as in RFC 6749; the vendor names no status
    app = next(iter(store.apps.values()), None)
    if app is None:
        raise not_found("App")
    del store.oauth_codes[code]
    integration = integrations.get_or_create(app, client_id)
    key = next(iter(keys.list_of_owner(store, integration.id)), None)
    return app, key or keys.create_for_integration(store, integration, "OAuth")


def require_client(store: Store, integration_id: str) -> None:
    """Raise 403 unless the integration is that of an OAuth client.

    v1 accepts the tokens of OAuth clients, but no keys of custom integrations.
    """
    app = store.find_app_of_integration(integration_id)
    if app.integrations[integration_id].type not in store.oauth_clients:
        raise forbidden("Keys of custom integrations are for v2 only")
