# Derived from tests/_async/v2/test_apps.py by scripts/unasync.py; edit that file.
"""Apps: requests, input that is refused before sending, and calls against the sandbox."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from smooch_api.v2 import models

from smooch.errors import Forbidden
from smooch.v2 import Smooch

from .calls import Call, every

if TYPE_CHECKING:
    from smooch.sandbox import Sandbox

    from .conftest import Keys

CALLS: dict[str, Call] = {
    "create": (
        lambda api: api.apps.create(
            "Shop", settings=models.AppSettings(multi_convo_enabled=True), metadata={"stores": 4}
        ),
        "createApp POST ..",
        {"displayName": "Shop", "settings": {"multiConvoEnabled": True}, "metadata": {"stores": 4}},
        models.App,
    ),
    "list": (
        lambda api: api.apps.list(service_account_id="5c", limit=30),
        (
            "listApps GET ..?page[size]=30&filter[serviceAccountId]=5c\n"
            "listApps GET ..?page[after]=67a0e55ef0305f4a391e9d69&page[size]=29&filter[serviceAccountId]=5c"
        ),
        None,
        [models.App, models.App],
    ),
    "get": (lambda api: api.apps.get(), "getApp GET ", None, models.AppWithSubdomain),
    "update": (
        lambda api: api.apps.update({"settings": {"useAnimalNames": True}}),
        "updateApp PATCH ",
        {"settings": {"useAnimalNames": True}},
        models.App,
    ),
    "update, by keywords": (
        lambda api: api.apps.update(
            display_name="Shop", settings={"echoPostback": True}, metadata={"stores": 4}, app_id="other"
        ),
        "updateApp PATCH ../other",
        {"displayName": "Shop", "settings": {"echoPostback": True}, "metadata": {"stores": 4}},
        models.App,
    ),
    "delete": (lambda api: api.apps.delete("other"), "deleteApp DELETE ../other", None, None),
}


def test_each_call_sees_the_effects_of_earlier_calls(keys: Keys, sandbox: Sandbox) -> None:
    api = keys.account
    own = keys.app.apps.get()
    assert (own.id, (keys.app.apps.update({"displayName": "Shop"})).display_name) == (sandbox.app_id, "Shop")
    created = api.apps.create("Bakery", settings={"multiConvoEnabled": True})
    assert {one.id for one in every(api.apps.list())} == {sandbox.app_id, created.id}
    assert (api.apps.get(created.id)).display_name == "Bakery"
    assert (api.apps.update(models.AppUpdate(display_name="Cake"), app_id=created.id)).display_name == "Cake"
    key = api.app_keys.create("Backend", app_id=created.id)
    assert api.app_keys.get(key.id, app_id=created.id) == key
    assert api.app_keys.list(app_id=created.id) == [key]
    with Smooch(key.id, str(key.secret), created.id, base_url=sandbox.url) as fresh:
        assert (fresh.apps.get()).id == created.id
    api.app_keys.delete(key.id, app_id=created.id)
    api.apps.delete(created.id)
    assert {one.id for one in every(api.apps.list())} == {sandbox.app_id}
    with pytest.raises(Forbidden, match="account key"):
        keys.app.apps.create("Shop")
