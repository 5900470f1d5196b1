"""Apps and keys, integrations, menus, templates, deployments, notifications."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from smooch.sandbox import _spec

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

    from smooch.sandbox import Sandbox

INTEGRATIONS: dict[str, dict[str, Any]] = {
    "messenger": {"pageAccessToken": "s3cret", "appId": "1", "appSecret": "s3cret"},
    "twilio": {"accountSid": "AC1", "authToken": "s3cret", "phoneNumberSid": "PN1"},
    "messagebird": {"accessKey": "s3cret", "originator": "Shop"},
    "telegram": {"token": "s3cret"},
    "line": {"channelAccessToken": "s3cret", "channelSecret": "s3cret"},
    "viber": {"token": "s3cret"},
    "wechat": {"appId": "1", "appSecret": "s3cret", "encodingAesKey": "s3cret"},
    "twitter": {"consumerKey": "1", "consumerSecret": "s3cret", "accessTokenKey": "1", "accessTokenSecret": "s3cret"},
    "mailgun": {"apiKey": "s3cret", "domain": "x.org", "incomingAddress": "in@x.org"},
    "frontendEmail": {"fromAddress": "desk@x.org"},
    "whatsapp": {"baseUrl": "https://wa.example", "username": "admin", "password": "s3cret"},
    "web": {"brandColor": "65758e", "originWhitelist": ["https://shop.example"]},
    "apn": {"certificate": "s3cret", "password": "s3cret"},
    "fcm": {"serverKey": "s3cret", "senderId": "1"},
    "ios": {},
    "android": {},
}
MESSAGE = {"role": "appMaker", "type": "text", "text": "Nine to six."}
ACTIVATE = {"phoneNumber": "+14165550123", "verifiedNameCertificate": "c", "method": "sms"}
LINK = {"type": "link", "text": "Site", "uri": "https://shop.example"}


def create(client: httpx.Client, path: str, body: dict[str, Any]) -> dict[str, Any]:
    response = client.post(path, json=body)
    assert response.status_code == 201, response.text
    ((_, made),) = response.json().items()
    return dict(made)


class TestApps:
    def test_pages_by_limit_and_offset(self, sandbox: Sandbox, account: httpx.Client) -> None:
        made = [create(account, "/apps", {"name": f"app {number}"})["_id"] for number in range(30)]
        everything = [sandbox.app_id, *made]

        def page(**query: int) -> tuple[list[str], bool, int]:
            answer = account.get("/apps", params=query).json()
            return [app["_id"] for app in answer["apps"]], answer["hasMore"], answer["offset"]

        assert page() == (everything[:25], True, 0)
        assert page(offset=25) == (everything[25:], False, 25)
        assert page(limit=31) == (everything, False, 0)
        assert page(limit=30) == (everything[:30], True, 0)
        assert page(offset=100) == ([], False, 100)

    @pytest.mark.parametrize("query", ["limit=0", "limit=101", "limit=x", "limit=1.5", "offset=-1", "limit="])
    def test_a_page_that_cannot_be_gives_400(self, account: httpx.Client, query: str) -> None:
        assert account.get(f"/apps?{query}").status_code == 400

    def test_an_update_adds_to_the_settings(self, sandbox: Sandbox, account: httpx.Client) -> None:
        body = {"settings": {"echoPostback": True}, "metadata": {"a": 1}}
        app = account.put(f"/apps/{sandbox.app_id}", json=body).json()["app"]
        assert app["settings"] == {"maskCreditCardNumbers": True, "useAnimalNames": True, "echoPostback": True}
        assert (app["metadata"], app["appToken"]) == ({"a": 1}, sandbox.app_token)

    def test_a_deleted_app_is_gone(self, account: httpx.Client) -> None:
        app_id = create(account, "/apps", {"name": "Gone"})["_id"]
        assert account.delete(f"/apps/{app_id}").json() == {}
        assert account.get(f"/apps/{app_id}").status_code == 404

    def test_data_of_one_app_is_not_seen_in_another(self, sandbox: Sandbox, account: httpx.Client) -> None:
        other = create(account, "/apps", {"name": "Other"})["_id"]
        for app_id in (sandbox.app_id, other):
            create(account, f"/apps/{app_id}/appusers", {"userId": "u"})
        assert account.delete(f"/apps/{other}/appusers/u").status_code == 200
        assert account.get(f"/apps/{sandbox.app_id}/appusers/u").status_code == 200

    def test_keys_are_listed_with_their_secrets_ten_at_most(self, sandbox: Sandbox, account: httpx.Client) -> None:
        path = f"/apps/{sandbox.app_id}/keys"
        made = [create(account, path, {"name": f"k{number}"}) for number in range(9)]
        assert all(len(key["secret"]) == 24 for key in made)
        assert account.get(path).json()["keys"][1:] == made
        assert account.post(path, json={"name": "one too many"}).status_code == 400
        assert account.get(f"{path}/{sandbox.account_key_id}").status_code == 404

    def test_sdk_ids_are_ids_of_integrations_and_stay(self, connect: Callable[..., httpx.Client]) -> None:
        client = connect("/v1.1")
        ids = client.get("/sdks").json()
        assert client.get("/sdks").json() == ids
        assert {each["_id"] for each in client.get("/integrations").json()["integrations"]} == set(ids.values())


class TestIntegrations:
    def test_there_is_a_case_for_every_channel_of_the_spec(self) -> None:
        schema = _spec.load("v1").document["components"]["schemas"]["IntegrationCreate"]
        assert set(schema["properties"]["type"]["x-extensible-enum"]) - {"api"} == set(INTEGRATIONS)

    @pytest.mark.parametrize("kind", INTEGRATIONS)
    def test_secrets_are_never_shown_again(self, client: httpx.Client, kind: str) -> None:
        made = client.post("/integrations", json={"type": kind, **INTEGRATIONS[kind]})
        integration = made.json()["integration"]
        assert (made.status_code, integration["type"], integration["status"]) == (201, kind, "active")
        assert "s3cret" not in made.text + client.get("/integrations").text
        shown = {name: value for name, value in INTEGRATIONS[kind].items() if value != "s3cret"}
        assert shown.items() <= integration.items()

    @pytest.mark.parametrize("kind", [kind for kind, fields in INTEGRATIONS.items() if "s3cret" in fields.values()])
    def test_what_a_channel_needs_is_asked_for(self, client: httpx.Client, kind: str) -> None:
        assert client.post("/integrations", json={"type": kind}).status_code == 400

    def test_an_unknown_channel_gives_400(self, client: httpx.Client) -> None:
        assert client.post("/integrations", json={"type": "fax"}).status_code == 400

    def test_are_listed_whole_in_v1_and_by_page_in_v1_1(self, connect: Callable[..., httpx.Client]) -> None:
        v1, v1_1 = connect("/v1"), connect("/v1.1")
        for number in range(26):
            create(v1, "/integrations", {"type": "telegram", "token": str(number)})
        whole = v1.get("/integrations").json()
        assert (len(whole["integrations"]), set(whole)) == (26, {"integrations"})
        page = v1_1.get("/integrations").json()
        assert (len(page["integrations"]), page["hasMore"], page["offset"]) == (25, True, 0)

    def test_are_filtered_by_type(self, client: httpx.Client) -> None:
        for kind in ("telegram", "viber", "web"):
            create(client, "/integrations", {"type": kind, **INTEGRATIONS[kind]})
        answer = client.get("/integrations", params={"types": "viber, web"}).json()
        assert [each["type"] for each in answer["integrations"]] == ["viber", "web"]

    def test_an_update_keeps_the_rest(self, client: httpx.Client) -> None:
        made = create(client, "/integrations", {"type": "web", **INTEGRATIONS["web"]})
        changed = client.put(f"/integrations/{made['_id']}", json={"displayStyle": "tab"}).json()["integration"]
        assert changed == made | {"displayStyle": "tab"}

    def test_profile_is_for_whatsapp(self, client: httpx.Client) -> None:
        whatsapp = create(client, "/integrations", {"type": "whatsapp", **INTEGRATIONS["whatsapp"]})["_id"]
        web = create(client, "/integrations", {"type": "web"})["_id"]
        for body in ({"about": "Coffee"}, {"email": "a@x.org"}):
            client.put(f"/integrations/{whatsapp}/profile", json=body)
        files = {"source": ("me.png", b"PNG", "image/png")}
        photo = client.put(f"/integrations/{whatsapp}/profile/photo", files=files).json()["photoUrl"]
        profile = client.get(f"/integrations/{whatsapp}/profile").json()["profile"]
        assert profile == {"about": "Coffee", "email": "a@x.org", "photoUrl": photo}
        assert client.get(photo.replace(str(client.base_url), "")).content
        assert client.get(f"/integrations/{web}/profile").status_code == 400


class TestMenus:
    def test_an_integration_shows_the_menu_of_the_app_until_it_has_its_own(self, client: httpx.Client) -> None:
        integration = create(client, "/integrations", {"type": "telegram", "token": "t"})["_id"]
        path = f"/integrations/{integration}/menu"
        assert client.get(path).json() == {"menu": {"items": []}}
        of_app = client.put("/menu", json={"items": [LINK], "settings": {"inputEnabled": False}}).json()
        assert of_app["menu"]["items"][0].items() >= LINK.items()
        assert client.get(path).json() == client.get("/menu").json() == of_app
        own = client.post(path, json={"items": [LINK | {"text": "Own"}]})
        assert own.status_code == 201
        assert client.get(path).json() == own.json() != of_app
        assert client.delete(path).json() == {}
        assert client.get(path).json() == of_app
        assert client.delete("/menu").json() == {"menu": {"items": []}}

    def test_every_entry_gets_an_id(self, client: httpx.Client) -> None:
        (entry,) = client.put("/menu", json={"items": [{"type": "submenu", "text": "More", "items": [LINK]}]}).json()[
            "menu"
        ]["items"]
        assert entry["_id"] != entry["items"][0]["_id"]

    @pytest.mark.parametrize(
        "items",
        [
            [],
            [LINK] * 6,
            [{"type": "call", "text": "x"}],
            [{"type": "link", "text": "x"}],
            [{"type": "submenu", "text": "x"}],
        ],
    )
    def test_a_menu_that_does_not_fit_gives_400(self, client: httpx.Client, items: list[Any]) -> None:
        assert client.put("/menu", json={"items": items}).status_code == 400


class TestTemplates:
    def test_are_kept_as_posted_under_a_name_of_their_own(self, client: httpx.Client) -> None:
        made = create(client, "/templates", {"name": "hours", "message": MESSAGE})
        assert made == {"_id": made["_id"], "name": "hours", "message": MESSAGE}
        assert client.post("/templates", json={"name": "hours", "message": MESSAGE}).status_code == 409
        other = create(client, "/templates", {"name": "other", "message": MESSAGE})
        assert client.put(f"/templates/{other['_id']}", json={"name": "hours"}).status_code == 409
        changed = client.put(f"/templates/{made['_id']}", json={"name": "hours", "message": {**MESSAGE, "text": "?"}})
        assert changed.json()["template"] == made | {"message": {**MESSAGE, "text": "?"}}
        assert client.delete(f"/templates/{made['_id']}").json() == {}
        assert [each["name"] for each in client.get("/templates").json()["templates"]] == ["other"]


class TestDeployments:
    def test_go_from_unregistered_to_integrated_and_back(
        self, sandbox: Sandbox, account: httpx.Client, client: httpx.Client
    ) -> None:
        body = {"hosting": "smooch", "callbackUrl": "https://x.example"}
        deployment = create(account, "/whatsapp/deployments", body)
        assert (deployment["status"], len(deployment["callbackSecret"])) == ("unregistered", 40)
        path = f"/whatsapp/deployments/{deployment['_id']}"
        integration = {"type": "whatsapp", "deploymentId": deployment["_id"]}
        assert account.post(f"{path}/code/confirm", json={"code": "1"}).status_code == 409
        assert client.post("/integrations", json=integration).status_code == 400
        assert account.post(f"{path}/activate", json=ACTIVATE).json()["deployment"]["status"] == "pending"
        assert account.post(f"{path}/code/confirm", json={"code": ""}).status_code == 400
        confirmed = account.post(f"{path}/code/confirm", json={"code": "408212"}).json()["deployment"]
        assert (confirmed["status"], confirmed["phoneNumber"]) == ("registered", "+14165550123")
        made = create(client, "/integrations", integration)
        used = account.get(path).json()["deployment"]
        assert (used["status"], used["integrationId"], used["appId"]) == ("integrated", made["_id"], sandbox.app_id)
        assert account.delete(path).status_code == 409
        assert account.post(f"{path}/activate", json=ACTIVATE).status_code == 409
        client.delete(f"/integrations/{made['_id']}")
        assert account.get(path).json()["deployment"]["status"] == "registered"
        assert account.delete(path).json() == {}
        assert account.get("/whatsapp/deployments").json() == {"deployments": []}

    def test_self_hosting_needs_an_address_and_hides_the_password(self, account: httpx.Client) -> None:
        assert account.post("/whatsapp/deployments", json={"hosting": "self"}).status_code == 400
        body = {"hosting": "self", "baseUrl": "https://wa.example", "username": "admin", "password": "s3cret"}
        deployment = create(account, "/whatsapp/deployments", body)
        assert deployment["baseUrl"] == "https://wa.example"
        assert "password" not in deployment


class TestNotifications:
    def test_get_a_uuid_and_need_an_integration(self, client: httpx.Client) -> None:
        integration = create(client, "/integrations", {"type": "telegram", "token": "t"})["_id"]
        body = {
            "destination": {"integrationId": integration, "destinationId": "1416"},
            "author": {"role": "appMaker"},
            "message": {"type": "text", "text": "On its way."},
        }
        assert create(client, "/notifications", body)["_id"].count("-") == 4
        body["destination"]["integrationId"] = "nope"
        assert client.post("/notifications", json=body).status_code == 404
        assert client.post("/notifications", json={**body, "author": {"role": "appUser"}}).status_code == 400
