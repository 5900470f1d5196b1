"""The OAuth flow of partners, with one OAuth client; every user agrees at once."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit

from ..._json import drop_none
from .._auth import INTEGRATION, PUBLIC, sign
from .._call import Redirect
from .._errors import bad_request
from ..store import integrations, oauth, switchboards
from . import serialize
from ._registry import registry

if TYPE_CHECKING:
    from .._call import Call
    from .._entities import JsonObject


@registry.handles("authorize", PUBLIC)
def authorize(call: Call) -> Redirect:
    """Send the browser to `redirect_uri` with a code, without login and consent."""
    redirect_uri = call.query.get("redirect_uri")
    target = redirect_uri or f"{call.root_url}/oauth_bridge/start"
    if not target.isascii() or not target.isprintable() or not _is_web(target):
        raise bad_request("query parameter redirect_uri: must be a URL of http or https")
    code = oauth.create_code(call.store, call.query["client_id"], redirect_uri)
    fields = drop_none(code=code, state=call.query.get("state"))
    return Redirect(f"{target}{'&' if '?' in target else '?'}{urlencode(fields)}")


@registry.handles("getToken", PUBLIC, takes_form=True)
def get_token(call: Call) -> JsonObject:
    """Exchange a code for a JWT of scope integration.

    It is signed with a key of the client's integration. v1 sends a form.
    """
    body = call.body
    app, key = oauth.exchange_code(
        call.store,
        body["code"],
        client_id=body["client_id"],
        client_secret=body["client_secret"],
        redirect_uri=body.get("redirect_uri"),
    )
    claims = {"scope": "integration", "appId": app.id}
    return {"access_token": sign(key, claims), "token_type": "Bearer"}


@registry.handles("getTokenInfo", INTEGRATION | {"app"})
def get_token_info(call: Call) -> JsonObject:
    """GET /v2/tokenInfo."""
    return {"app": serialize.app_with_subdomain(call.app)}


@registry.handles("revokeAccess", INTEGRATION)
def revoke_access(call: Call) -> None:
    """DELETE /oauth/authorization; works even if the switchboard uses the integration."""
    integration = call.app.integrations[call.identity.owner]
    switchboards.withdraw(call.app, integration)
    integrations.delete(call.store, call.app, integration)


def _is_web(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.netloc)
