# Derived from smooch/_async/v2/integration_keys.py by scripts/unasync.py; edit that file.
"""API keys of a custom integration."""

from __future__ import annotations

from typing import TYPE_CHECKING

from smooch_api.v2 import models
from smooch_api.v2.api import integration_keys

from ... import _bodies
from ..._v2 import bodies, paging
from ..._v2.resource import Resource

if TYPE_CHECKING:
    import builtins


class IntegrationKeys(Resource):
    """API keys of a custom integration."""

    def create(self, integration_id: str, display_name: str) -> models.IntegrationKey:
        """Make a key of a custom integration (createCustomIntegrationKey). Ten at most."""
        integration_id = _bodies.check_id(integration_id, "integration_id")
        body = bodies.body(models.IntegrationKeyCreate, {"displayName": display_name}, "key")
        answer = integration_keys.create_custom_integration_key.sync_detailed(
            self._app_id(), integration_id, client=self._raw, body=body
        )
        return answer.parsed.key

    def get(self, integration_id: str, key_id: str) -> models.IntegrationKey:
        """Get a key of a custom integration, with its secret (getCustomIntegrationKey)."""
        integration_id = _bodies.check_id(integration_id, "integration_id")
        key_id = _bodies.check_id(key_id, "key_id")
        answer = integration_keys.get_custom_integration_key.sync_detailed(
            self._app_id(), integration_id, key_id, client=self._raw
        )
        return answer.parsed.key

    def list(self, integration_id: str) -> builtins.list[models.IntegrationKey]:
        """List the keys of a custom integration (listCustomIntegrationKeys)."""
        integration_id = _bodies.check_id(integration_id, "integration_id")
        answer = integration_keys.list_custom_integration_keys.sync_detailed(
            self._app_id(), integration_id, client=self._raw
        )
        return paging.records(answer.parsed.keys)

    def delete(self, integration_id: str, key_id: str) -> None:
        """Delete a key of a custom integration (deleteCustomIntegrationKey)."""
        integration_id = _bodies.check_id(integration_id, "integration_id")
        key_id = _bodies.check_id(key_id, "key_id")
        integration_keys.delete_custom_integration_key.sync_detailed(
            self._app_id(), integration_id, key_id, client=self._raw
        )
