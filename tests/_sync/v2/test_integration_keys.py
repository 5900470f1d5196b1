# Derived from tests/_async/v2/test_integration_keys.py by scripts/unasync.py; edit that file.
"""Keys of integrations: requests, input that is refused before sending, and calls against the sandbox."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from smooch_api.v2 import models

from .calls import Call, check_call

if TYPE_CHECKING:
    from support.scripted_server import ScriptedServer

    from smooch.v2 import Smooch

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


@pytest.mark.parametrize("name", CALLS)
def test_calls_follow_the_specification_and_return_models(
    example_api: Smooch, example_server: ScriptedServer, name: str
) -> None:
    check_call(example_api, example_server, CALLS[name])
