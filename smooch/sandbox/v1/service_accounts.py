"""Service accounts and their keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._auth import ACCOUNT, sign
from .._call import Call, get_or_404
from ..store import accounts, keys
from . import serialize
from ._paging import build_page
from ._registry import registry

if TYPE_CHECKING:
    from .._entities import Account, JsonObject, Key


@registry.handles("createServiceAccount", ACCOUNT)
def create_service_account(call: Call) -> JsonObject:
    """POST /serviceaccounts."""
    account = accounts.create_service_account(call.store, call.body["name"])
    return {"serviceAccount": serialize.service_account(account)}


@registry.handles("listServiceAccounts", ACCOUNT)
def list_service_accounts(call: Call) -> JsonObject:
    """GET /serviceaccounts."""
    return build_page(call, "serviceAccounts", accounts.list_service_accounts(call.store), serialize.service_account)


@registry.handles("getServiceAccount", ACCOUNT)
def get_service_account(call: Call) -> JsonObject:
    """GET /serviceaccounts/{serviceAccountId}."""
    return {"serviceAccount": serialize.service_account(_find_account(call))}


@registry.handles("updateServiceAccount", ACCOUNT)
def update_service_account(call: Call) -> JsonObject:
    """PUT /serviceaccounts/{serviceAccountId}."""
    account = _find_account(call)
    account.name = call.body["name"]
    return {"serviceAccount": serialize.service_account(account)}


@registry.handles("deleteServiceAccount", ACCOUNT)
def delete_service_account(call: Call) -> None:
    """DELETE /serviceaccounts/{serviceAccountId}."""
    accounts.delete(call.store, _find_account(call))


@registry.handles("createServiceAccountKey", ACCOUNT)
def create_service_account_key(call: Call) -> JsonObject:
    """POST /serviceaccounts/{serviceAccountId}/keys."""
    return {"key": serialize.key(keys.create_for_account(call.store, _find_account(call), call.body["name"]))}


@registry.handles("listServiceAccountKeys", ACCOUNT)
def list_service_account_keys(call: Call) -> JsonObject:
    """GET /serviceaccounts/{serviceAccountId}/keys."""
    return {"keys": [serialize.key(key) for key in keys.list_of_owner(call.store, _find_account(call).id)]}


@registry.handles("getServiceAccountKey", ACCOUNT)
def get_service_account_key(call: Call) -> JsonObject:
    """GET /serviceaccounts/{serviceAccountId}/keys/{keyId}."""
    return {"key": serialize.key(_find_key(call))}


@registry.handles("deleteServiceAccountKey", ACCOUNT)
def delete_service_account_key(call: Call) -> None:
    """DELETE /serviceaccounts/{serviceAccountId}/keys/{keyId}."""
    del call.store.keys[_find_key(call).id]


@registry.handles("getServiceAccountJwt", ACCOUNT)
def get_service_account_jwt(call: Call) -> JsonObject:
    """GET /serviceaccounts/{serviceAccountId}/keys/{keyId}/jwt."""
    return {"jwt": sign(_find_key(call), {"scope": "account"})}


def _find_account(call: Call) -> Account:
    by_id = {account.id: account for account in accounts.list_service_accounts(call.store)}
    return get_or_404(by_id, call.params["serviceAccountId"], "Service account")


def _find_key(call: Call) -> Key:
    return call.find_key(_find_account(call).id, "Key")
