"""Keys that sign tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .. import _ids
from .._entities import Key
from .._errors import bad_request

if TYPE_CHECKING:
    from .._entities import Account, Integration, KeyScope
    from .state import App, Store

MAX_KEYS = 10


def create_for_app(store: Store, app: App, name: str) -> Key:
    """Create a key of scope app. 400 if the app has ten."""
    return _create(store, "app", name, scope="app", owner=app.id)


def create_for_account(store: Store, account: Account, name: str) -> Key:
    """Create a key of scope account. 400 if the account has ten."""
    return _create(store, "svc" if account.is_service else "act", name, scope="account", owner=account.id)


def create_for_integration(store: Store, integration: Integration, name: str) -> Key:
    """Create a key of scope integration. 400 if the integration has ten."""
    return _create(store, "int", name, scope="integration", owner=integration.id)


def list_of_owner(store: Store, owner: str) -> list[Key]:
    """List the keys of the app, account or integration with the id `owner`."""
    return [key for key in store.keys.values() if key.owner == owner]


def delete_of_owner(store: Store, owner: str) -> None:
    """Delete the keys of the app, account or integration with the id `owner`."""
    for key in list_of_owner(store, owner):
        del store.keys[key.id]


def _create(store: Store, prefix: str, name: str, *, scope: KeyScope, owner: str) -> Key:
    if len(list_of_owner(store, owner)) >= MAX_KEYS:
        raise bad_request(f"There can be {MAX_KEYS} keys at most")
    key = Key(id=_ids.key_id(prefix), name=name, scope=scope, owner=owner)
    store.keys[key.id] = key
    return key
