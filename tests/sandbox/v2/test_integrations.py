"""Integrations of v2, their keys and webhooks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from ..contract import SPEC_V2
from .api import WEBHOOK, error

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

    from smooch.sandbox import Sandbox

    from .api import Api

SCHEMAS = SPEC_V2.document["components"]["schemas"]
VARIANTS = [
    ref["$ref"].rpartition("/")[2] for ref in SCHEMAS["IntegrationCreate"]["oneOf"] if "Unknown" not in ref["$ref"]
]


def properties(name: str) -> dict[str, Any]:
    schema = SCHEMAS[name]
    return {key: value for part in schema.get("allOf", [schema]) for key, value in part.get("properties", {}).items()}


@pytest.mark.parametrize("variant", VARIANTS)
def test_every_type_can_be_made_and_shows_no_field_that_is_only_sent(api: Api, variant: str) -> None:
    hidden = {name for name, schema in properties(variant).items() if schema.get("writeOnly")}
    assert SCHEMAS[variant]["examples"]
    for example in SCHEMAS[variant]["examples"]:
        created = api.create("/integrations", "integration", example)
        assert (created["type"], created["status"]) == (example["type"], "active")
        assert not hidden & set(created)
        assert api.client.get(f"/integrations/{created['id']}").json()["integration"] == created


def test_an_unknown_type_is_refused(api: Api) -> None:
    assert error(api.client.post("/integrations", json={"type": "tiktok"})) == (400, "bad_request")


def test_an_update_is_checked_against_the_type_of_the_integration(api: Api) -> None:
    web = f"/integrations/{api.integration('web', brandColor='65758e')}"
    assert error(api.client.patch(web, json={"brandColor": "red"})) == (400, "bad_request")
    changed = api.client.patch(web, json={"brandColor": "fff", "displayName": "Site"}).json()["integration"]
    assert (changed["brandColor"], changed["displayName"]) == ("fff", "Site")


def test_an_update_cannot_change_fixed_fields(api: Api) -> None:
    twilio = f"/integrations/{api.integration('twilio')}"
    assert api.client.patch(twilio, json={"accountSid": "AC2"}).json()["integration"]["accountSid"] == "AC1"


def test_a_custom_one_comes_with_its_webhook(api: Api) -> None:
    body = {"type": "custom", "webhooks": [{**WEBHOOK, "secret": "chosen"}]}
    (webhook,) = api.create("/integrations", "integration", body)["webhooks"]
    assert (webhook["secret"], webhook["version"]) == ("chosen", "v2")


@pytest.mark.parametrize("webhooks", [[], [WEBHOOK, WEBHOOK]])
def test_a_custom_one_takes_exactly_one_webhook(api: Api, webhooks: list[Any]) -> None:
    assert error(api.client.post("/integrations", json={"type": "custom", "webhooks": webhooks})) == (
        400,
        "bad_request",
    )


def test_lists_by_type(api: Api) -> None:
    telegram = api.integration("telegram")
    listed = api.client.get("/integrations", params={"filter[types]": "telegram,web"}).json()["integrations"]
    assert [each["id"] for each in listed] == [telegram]


def test_deleting_one_deletes_its_webhooks_keys_and_clients(api: Api, connect: Callable[..., httpx.Client]) -> None:
    integration = f"/integrations/{api.integration()}"
    key = api.create(f"{integration}/keys", "key", {"displayName": "k"})
    bot = connect(f"/v2/apps/{api.sandbox.app_id}", auth=(key["id"], key["secret"]))
    assert bot.get("/integrations/me/webhooks").status_code == 200
    assert api.client.delete(integration).status_code == 200
    assert bot.get("/integrations/me/webhooks").status_code == 401
    assert error(api.client.get(integration)) == (404, "integration_not_found")
    assert [api.integration() for _ in range(10)]


def test_deleting_a_channel_removes_its_clients(api: Api) -> None:
    user, twilio = api.user(), api.integration("twilio")
    api.link(user, twilio)
    api.client.delete(f"/integrations/{twilio}")
    assert api.client.get(f"/users/{user}/clients").json()["clients"] == []


class TestKeys:
    def test_only_custom_integrations_have_them(self, api: Api) -> None:
        path = f"/integrations/{api.integration('telegram')}/keys"
        assert error(api.client.get(path)) == (400, "bad_request")
        assert error(api.client.post(path, json={"displayName": "k"})) == (400, "bad_request")

    @pytest.mark.parametrize("name", ["", "x" * 101])
    def test_their_names_have_1_to_100_characters(self, api: Api, name: str) -> None:
        path = f"/integrations/{api.integration()}/keys"
        assert error(api.client.post(path, json={"displayName": name})) == (400, "bad_request")

    def test_ten_at_most(self, api: Api) -> None:
        path = f"/integrations/{api.integration()}/keys"
        for number in range(10):
            assert api.create(path, "key", {"displayName": str(number)})["id"].startswith("int_")
        assert error(api.client.post(path, json={"displayName": "one too many"})) == (400, "bad_request")
        assert len(api.client.get(path).json()["keys"]) == 10

    def test_a_key_of_another_integration_is_not_found(self, api: Api) -> None:
        key = api.create(f"/integrations/{api.integration()}/keys", "key", {"displayName": "k"})
        assert error(api.client.get(f"/integrations/{api.integration()}/keys/{key['id']}")) == (404, "not_found")

    def test_app_keys_are_ten_at_most(self, sandbox: Sandbox, account: httpx.Client) -> None:
        path = f"/v2/apps/{sandbox.app_id}/keys"
        for number in range(9):
            key = account.post(path, json={"displayName": str(number)}).json()["key"]
            assert key["id"].startswith("app_")
        assert error(account.post(path, json={"displayName": "one too many"})) == (400, "bad_request")


class TestVendorsSchema:
    """Rules for responses without which the vendor's own clients fail."""

    def test_a_custom_integration_has_exactly_one_webhook(self, api: Api, bot: httpx.Client) -> None:
        def visible() -> list[Any]:
            by_id = api.client.get(f"/integrations/{api.sandbox.integration_id}").json()["integration"]
            listed = api.client.get("/integrations").json()["integrations"]
            assert listed == [by_id]
            return by_id["webhooks"]

        assert len(visible()) == 1
        assert bot.get("/integrations/me/webhooks").json() == {"webhooks": []}
        first = bot.post("/integrations/me/webhooks", json=WEBHOOK).json()["webhook"]
        bot.post("/integrations/me/webhooks", json=WEBHOOK)
        assert visible() == [first]
        assert len(bot.get("/integrations/me/webhooks").json()["webhooks"]) == 2

    def test_the_page_of_messenger_is_a_number_in_v2_and_text_in_v1(self, api: Api, v1: httpx.Client) -> None:
        secrets = {"pageAccessToken": "t", "appId": "1", "appSecret": "s"}
        by_v1 = v1.post("/integrations", json={"type": "messenger", **secrets}).json()["integration"]
        by_v2 = api.create("/integrations", "integration", {"type": "messenger", **secrets})
        for integration_id in (by_v1["_id"], by_v2["id"]):
            in_v1 = v1.get(f"/integrations/{integration_id}").json()["integration"]["pageId"]
            in_v2 = api.client.get(f"/integrations/{integration_id}").json()["integration"]["pageId"]
            assert (type(in_v1), type(in_v2)) == (str, int)
            assert int(in_v1) == in_v2
        instagram = api.create("/integrations", "integration", {"type": "instagram", **secrets})
        assert isinstance(instagram["pageId"], str)


class TestWebhooks:
    def test_me_is_the_integration_of_the_key(self, api: Api, bot: httpx.Client) -> None:
        created = bot.post("/integrations/me/webhooks", json=WEBHOOK).json()["webhook"]
        by_app = api.client.get(f"/integrations/{api.sandbox.integration_id}/webhooks").json()["webhooks"]
        assert by_app == [created] == bot.get("/integrations/me/webhooks").json()["webhooks"]

    def test_an_app_key_has_no_me(self, api: Api) -> None:
        assert error(api.client.get("/integrations/me/webhooks")) == (404, "integration_not_found")

    def test_an_integration_sees_no_webhooks_but_its_own(self, api: Api, bot: httpx.Client) -> None:
        other = f"/integrations/{api.integration()}/webhooks"
        assert error(bot.get(other)) == (403, "forbidden")
        assert error(bot.post(other, json=WEBHOOK)) == (403, "forbidden")
        assert bot.get("/integrations/me/webhooks").json()["webhooks"] == []

    def test_ten_in_the_whole_app(self, api: Api, bot: httpx.Client, v1: httpx.Client) -> None:
        v1.post("/webhooks", json={"target": "https://a.example/x", "triggers": ["message"]})
        for _ in range(9):
            assert bot.post("/integrations/me/webhooks", json=WEBHOOK).status_code == 201
        assert error(bot.post("/integrations/me/webhooks", json=WEBHOOK)) == (400, "bad_request")
        assert error(api.client.post("/integrations", json={"type": "custom", "webhooks": [WEBHOOK]}))[0] == 400

    def test_webhooks_of_v1_and_v2_are_separate(self, bot: httpx.Client, v1: httpx.Client) -> None:
        created = bot.post("/integrations/me/webhooks", json=WEBHOOK).json()["webhook"]
        assert v1.get("/webhooks").json()["webhooks"] == []
        assert v1.get(f"/webhooks/{created['id']}").status_code == 404

    def test_channels_have_none(self, api: Api) -> None:
        path = f"/integrations/{api.integration('telegram')}/webhooks"
        assert error(api.client.post(path, json=WEBHOOK)) == (400, "bad_request")

    @pytest.mark.parametrize(
        "change",
        [{"triggers": ["message:appUser"]}, {"triggers": []}, {"target": "bot.example"}, {"target": "ftp://a.example"}],
    )
    def test_invalid_webhooks_are_refused(self, bot: httpx.Client, change: dict[str, Any]) -> None:
        assert error(bot.post("/integrations/me/webhooks", json={**WEBHOOK, **change})) == (400, "bad_request")
        created = bot.post("/integrations/me/webhooks", json=WEBHOOK).json()["webhook"]
        assert error(bot.patch(f"/integrations/me/webhooks/{created['id']}", json=change)) == (400, "bad_request")
        assert bot.get(f"/integrations/me/webhooks/{created['id']}").json()["webhook"] == created

    def test_an_update_keeps_the_rest(self, bot: httpx.Client) -> None:
        created = bot.post("/integrations/me/webhooks", json=WEBHOOK).json()["webhook"]
        path = f"/integrations/me/webhooks/{created['id']}"
        changed = bot.patch(path, json={"includeFullSource": True}).json()["webhook"]
        assert changed == {**created, "includeFullSource": True}
        assert bot.delete(path).status_code == 200
        assert error(bot.get(path)) == (404, "not_found")


def test_a_type_that_is_unknown_is_refused_without_showing_secrets(api: Api) -> None:
    refused = api.client.post("/integrations", json={"type": "telepathy", "token": "s3cret"})
    assert error(refused) == (400, "bad_request")
    assert "'telepathy'" in refused.text
    assert "s3cret" not in refused.text
