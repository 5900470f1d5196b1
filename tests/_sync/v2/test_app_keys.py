# Derived from tests/_async/v2/test_app_keys.py by scripts/unasync.py; edit that file.
"""Keys of apps: calls, which `test_all_calls` runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from smooch_api.v2 import models

if TYPE_CHECKING:
    from .calls import Call

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
