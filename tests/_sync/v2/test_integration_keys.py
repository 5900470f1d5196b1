# Derived from tests/_async/v2/test_integration_keys.py by scripts/unasync.py; edit that file.
"""Keys of integrations: calls, which `test_all_calls` runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from smooch_api.v2 import models

if TYPE_CHECKING:
    from .calls import Call

CALLS: dict[str, Call] = {
    "create": (
        lambda api: api.integration_keys.create("i1", "Bot"),
        "createCustomIntegrationKey POST /integrations/i1/keys",
        {"displayName": "Bot"},
        models.IntegrationKey,
    ),
    "list": (
        lambda api: api.integration_keys.list("i1"),
        "listCustomIntegrationKeys GET /integrations/i1/keys",
        None,
        [models.IntegrationKey],
    ),
    "get": (
        lambda api: api.integration_keys.get("i1", "int_1"),
        "getCustomIntegrationKey GET /integrations/i1/keys/int_1",
        None,
        models.IntegrationKey,
    ),
    "delete": (
        lambda api: api.integration_keys.delete("i1", "int_1"),
        "deleteCustomIntegrationKey DELETE /integrations/i1/keys/int_1",
        None,
        None,
    ),
}
