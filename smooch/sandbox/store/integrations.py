"""Integrations of an app."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .. import _ids
from .._entities import Integration
from .._errors import bad_request
from . import clients, keys

if TYPE_CHECKING:
    from .state import App, Store


def get_or_create(app: App, type_: str, display_name: str | None = None) -> Integration:
    """Return the app's first integration of a type, created if missing."""
    for integration in app.integrations.values():
        if integration.type == type_:
            return integration
    created = Integration(id=_ids.object_id(), type=type_, display_name=display_name)
    app.integrations[created.id] = created
    return created


def delete(store: Store, app: App, integration: Integration) -> None:
    """Delete an integration with its clients, webhooks and keys. 400 if it takes part in the switchboard."""
    if app.switchboard and any(each.integration is integration for each in app.switchboard.integrations.values()):
        raise bad_request("The integration takes part in the switchboard")
    del app.integrations[integration.id]
    keys.delete_of_owner(store, integration.id)
    app.webhooks = {key: each for key, each in app.webhooks.items() if each.integration_id != integration.id}
    for user in app.users.values():
        for client in [each for each in user.pending_clients if each.integration_id == integration.id]:
            clients.remove_pending(app, user, client)
        for client in [each for each in user.clients if each.integration_id == integration.id]:
            clients.remove(app, user, client)
    for deployment in store.deployments.values():
        if deployment.integration_id == integration.id:
            deployment.status = "registered"
            deployment.app_id = deployment.integration_id = None
