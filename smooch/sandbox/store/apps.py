"""Apps of the account."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .. import _ids
from . import keys
from .state import App

if TYPE_CHECKING:
    from .._entities import Account
    from .state import Store


def create(store: Store, name: str, *, owner: str, app_id: str | None = None, token: str | None = None) -> App:
    """Create an app; id and token are random unless given."""
    app = App(
        id=app_id or _ids.object_id(),
        token=token or _ids.app_token(),
        name=name,
        owner=owner,
        max_messages=store.max_messages,
        record=store.record,
        settings={"maskCreditCardNumbers": True, "useAnimalNames": True},
    )
    store.apps[app.id] = app
    return app


def delete(store: Store, app: App) -> None:
    """Delete an app with everything in it, and its keys."""
    del store.apps[app.id]
    app.webhooks.clear()
    keys.delete_of_owner(store, app.id)
    for integration_id in app.integrations:
        keys.delete_of_owner(store, integration_id)


def list_of_account(store: Store, account: Account) -> list[App]:
    """List all apps for the account itself, for a service account only its own."""
    return [app for app in store.apps.values() if not account.is_service or app.owner == account.id]
