# Derived from tests/_async/v2/test_app_keys.py by scripts/unasync.py; edit that file.
"""Keys of apps: requests, input that is refused before sending, and calls against the sandbox."""

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
        lambda api: api.app_keys.create("Backend", app_id="other"),
        "createAppKey POST ../other/keys",
        {"displayName": "Backend"},
        models.AppKey,
    ),
    "list": (lambda api: api.app_keys.list(), "listAppKeys GET /keys", None, [models.AppKey]),
    "get": (lambda api: api.app_keys.get("app_1"), "getAppKey GET /keys/app_1", None, models.AppKey),
    "delete": (lambda api: api.app_keys.delete("app_1"), "deleteAppKey DELETE /keys/app_1", None, None),
}


@pytest.mark.parametrize("name", CALLS)
def test_calls_follow_the_specification_and_return_models(
    example_api: Smooch, example_server: ScriptedServer, name: str
) -> None:
    check_call(example_api, example_server, CALLS[name])
