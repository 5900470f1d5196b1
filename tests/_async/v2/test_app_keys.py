"""Keys of apps: requests, input that is refused before sending, and calls against the sandbox."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from smooch_api.v2 import models

from .calls import Call, check_call

if TYPE_CHECKING:
    from support.scripted_server import ScriptedServer

    from smooch.v2 import AsyncSmooch

pytestmark = pytest.mark.anyio

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
async def test_calls_follow_the_specification_and_return_models(
    example_api: AsyncSmooch, example_server: ScriptedServer, name: str
) -> None:
    await check_call(example_api, example_server, CALLS[name])
