"""The OAuth flow of partners. Every client is known, and every user agrees at once."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit

from .. import _ids
from .._auth import INTEGRATION, PUBLIC, sign
from .._call import Redirect
from .._entities import Integration, JsonObject
from .._errors import bad_request, not_found, unauthorized
from ..store import integrations, keys, switchboards
from . import _lookup, serialize
from ._registry import registry

if TYPE_CHECKING:
    from .._call import Call
    from ..store import App


@registry.handles("authorize", PUBLIC)
def authorize(call: Call) -> Redirect:
    """Login and consent are left out: the browser goes straight to `redirect_uri` with a code."""
    client_id = call.query["client_id"]
    code = _ids.short_code()
    call.store.oauth_codes[code] = client_id
    answer = {"code": code} | {name: call.query[name] for name in ("state",) if name in call.query}
    target = call.query.get("redirect_uri", f"{call.root_url}/oauth_bridge/start")
    if not target.isascii() or not target.isprintable() or not _is_web(target):
        raise bad_request("query parameter redirect_uri: has to be a URL")
    return Redirect(f"{target}{'&' if '?' in target else '?'}{urlencode(answer)}")


@registry.handles("getToken", PUBLIC)
def get_token(call: Call) -> JsonObject:
    """The token is a JWT of scope integration, signed with a key of the partner's integration."""
    client_id = call.store.oauth_codes.get(call.body["code"])
    if client_id is None or client_id != call.body["client_id"]:
        raise unauthorized("Invalid authorization code")
    app = next(iter(call.store.apps.values()), None)
    if app is None:
        raise not_found("App")
    del call.store.oauth_codes[call.body["code"]]
    integration = _integration(app, client_id)
    key = next(iter(keys.of_owner(call.store, integration.id)), None) or keys.create_for_integration(
        call.store, integration, "OAuth"
    )
    claims = {"scope": "integration", "appId": app.id}
    return {"access_token": sign(key, claims), "token_type": "Bearer"}


@registry.handles("getTokenInfo", INTEGRATION | {"app"})
def get_token_info(call: Call) -> JsonObject:
    """GET /v2/tokenInfo."""
    return {"app": serialize.app_with_subdomain(call.app)}


@registry.handles("revokeAccess", INTEGRATION)
def revoke_access(call: Call) -> JsonObject:
    """DELETE /oauth/authorization; unlike deleteIntegration, the switchboard does not stand against it."""
    integration = _lookup.own_integration(call)
    switchboards.withdraw(call.app, integration)
    integrations.delete(call.store, call.app, integration)
    return {}


def _integration(app: App, client_id: str) -> Integration:
    for integration in app.integrations.values():
        if integration.type == client_id:
            return integration
    created = Integration(id=_ids.object_id(), type=client_id)
    app.integrations[created.id] = created
    return created


def _is_web(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.netloc)
