"""Integrations of v1 and v1.1, and WhatsApp message templates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from smooch.sandbox import _spec

from .records import create

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx


INTEGRATIONS: dict[str, dict[str, Any]] = {
    "messenger": {"pageAccessToken": "s3cret", "appId": "1", "appSecret": "s3cret"},
    "instagram": {"pageAccessToken": "s3cret", "appId": "1", "appSecret": "s3cret"},
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
    "apple": {"businessId": "b", "apiSecret": "s3cret", "mspId": "m"},
    "fcm": {"serverKey": "s3cret", "senderId": "1"},
    "ios": {},
    "android": {},
}


def test_there_is_a_case_for_every_channel_of_the_spec() -> None:
    schema = _spec.load("v1").document["components"]["schemas"]["IntegrationCreate"]
    assert set(schema["properties"]["type"]["x-extensible-enum"]) - {"api"} == set(INTEGRATIONS)


@pytest.mark.parametrize("kind", INTEGRATIONS)
def test_secrets_are_never_returned(client: httpx.Client, kind: str) -> None:
    created = client.post("/integrations", json={"type": kind, **INTEGRATIONS[kind]})
    integration = created.json()["integration"]
    assert (created.status_code, integration["type"], integration["status"]) == (201, kind, "active")
    assert "s3cret" not in created.text + client.get("/integrations").text
    visible = {name: value for name, value in INTEGRATIONS[kind].items() if value != "s3cret"}
    assert visible.items() <= integration.items()


@pytest.mark.parametrize("kind", [kind for kind, fields in INTEGRATIONS.items() if "s3cret" in fields.values()])
def test_required_fields_of_a_channel_are_checked(client: httpx.Client, kind: str) -> None:
    assert client.post("/integrations", json={"type": kind}).status_code == 400


def test_an_unknown_channel_gives_400(client: httpx.Client) -> None:
    assert client.post("/integrations", json={"type": "fax"}).status_code == 400


def test_integrations_are_listed_whole_in_v1_and_by_page_in_v1_1(connect: Callable[..., httpx.Client]) -> None:
    v1, v1_1 = connect("/v1"), connect("/v1.1")
    for number in range(26):
        create(v1, "/integrations", {"type": "telegram", "token": str(number)})
    whole = v1.get("/integrations").json()
    assert (len(whole["integrations"]), set(whole)) == (26, {"integrations"})
    page = v1_1.get("/integrations").json()
    assert (len(page["integrations"]), page["hasMore"], page["offset"]) == (25, True, 0)


def test_integrations_are_filtered_by_type(client: httpx.Client) -> None:
    for kind in ("telegram", "viber", "web"):
        create(client, "/integrations", {"type": kind, **INTEGRATIONS[kind]})
    answer = client.get("/integrations", params={"types": "viber, web"}).json()
    assert [each["type"] for each in answer["integrations"]] == ["viber", "web"]


def test_an_update_keeps_the_rest(client: httpx.Client) -> None:
    created = create(client, "/integrations", {"type": "web", **INTEGRATIONS["web"]})
    changed = client.put(f"/integrations/{created['_id']}", json={"displayStyle": "tab"}).json()["integration"]
    assert changed == created | {"displayStyle": "tab"}


def test_only_whatsapp_has_a_profile(client: httpx.Client) -> None:
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


def test_message_templates_are_created_listed_and_deleted_by_name(client: httpx.Client) -> None:
    whatsapp = create(client, "/integrations", {"type": "whatsapp", **INTEGRATIONS["whatsapp"]})["_id"]
    path = f"/integrations/{whatsapp}/messageTemplates"
    body = {
        "name": "sent",
        "category": "ALERT_UPDATE",
        "components": [{"type": "HEADER", "format": "TEXT", "text": "a"}],
    }
    templates = []
    for language in ("en_US", "de"):
        response = client.post(path, json={**body, "language": language})
        assert response.status_code == 201
        templates.append(response.json()["messageTemplate"])
    assert templates[0] == {**body, "language": "en_US", "id": templates[0]["id"], "status": "PENDING"}
    assert client.post(path, json={**body, "language": "de"}).status_code == 409
    assert client.get(path).json() == {"messageTemplates": templates}
    first, second = templates
    for query, expected in (
        ({"limit": 1}, [first]),
        ({"after": first["id"]}, [second]),
        ({"before": second["id"]}, [first]),
    ):
        assert client.get(path, params=query).json() == {"messageTemplates": expected}
    assert client.delete(f"{path}/sent").json() == {}
    assert client.get(path).json() == {"messageTemplates": []}
    assert client.delete(f"{path}/sent").status_code == 404


def test_only_whatsapp_has_message_templates(client: httpx.Client) -> None:
    web = create(client, "/integrations", {"type": "web"})["_id"]
    assert client.get(f"/integrations/{web}/messageTemplates").status_code == 400
