"""App users of v1: init, updates, merging, devices and channels."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx


def init(client: httpx.Client, device_id: str, user_id: str | None = None, **fields: Any) -> dict[str, Any]:
    body = {"device": {"id": device_id, "platform": "other"}, **fields}
    if user_id is not None:
        body["userId"] = user_id
    response = client.post("/init", json=body)
    assert response.status_code == 200, response.text
    user: dict[str, Any] = response.json()["appUser"]
    return user


def say(client: httpx.Client, user_id: str, text: str) -> None:
    client.post(f"/appusers/{user_id}/messages", json={"role": "appUser", "type": "text", "text": text})


class TestInit:
    def test_creates_a_user_with_the_fields_of_the_api(self, client: httpx.Client) -> None:
        user = init(client, "d", "b6518")
        assert re.fullmatch("[0-9a-f]{24}", user["_id"])
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", user["signedUpAt"])
        assert user | {"clients": [], "devices": []} == {
            "_id": user["_id"],
            "userId": "b6518",
            "signedUpAt": user["signedUpAt"],
            "conversationStarted": False,
            "credentialRequired": False,
            "properties": {},
            "clients": [],
            "pendingClients": [],
            "devices": [],
        }
        assert [client["id"] for client in user["clients"]] == ["d"]

    def test_returns_the_same_user_for_the_same_user_id(self, client: httpx.Client) -> None:
        first, second = init(client, "d-1", "u"), init(client, "d-2", "u")
        assert first["_id"] == second["_id"]
        assert [client["id"] for client in second["clients"]] == ["d-1", "d-2"]

    def test_returns_the_same_user_for_the_same_device(self, client: httpx.Client) -> None:
        assert init(client, "d")["_id"] == init(client, "d")["_id"]

    def test_an_anonymous_user_that_logs_in_stays_the_same(self, client: httpx.Client) -> None:
        anonymous, known = init(client, "d"), init(client, "d", "u")
        assert anonymous["_id"] == known["_id"]
        assert client.get("/appusers/u").json()["appUser"]["_id"] == known["_id"]

    def test_an_anonymous_user_that_logs_in_as_a_known_one_is_merged(self, client: httpx.Client) -> None:
        known = init(client, "d-1", "u", properties={"a": 1})
        anonymous = init(client, "d-2", properties={"a": 2, "b": 2})
        say(client, anonymous["_id"], "before login")
        merged = init(client, "d-2", "u")
        assert merged["_id"] == known["_id"] != anonymous["_id"]
        assert merged["properties"] == {"a": 1, "b": 2}
        assert [client["id"] for client in merged["clients"]] == ["d-1", "d-2"]
        (message,) = client.get("/appusers/u/messages").json()["messages"]
        assert (message["text"], message["authorId"]) == ("before login", known["_id"])
        assert client.get(f"/appusers/{anonymous['_id']}").status_code == 404

    def test_a_device_moves_to_the_user_who_logs_in_on_it(self, client: httpx.Client) -> None:
        first, second = init(client, "d", "u-1"), init(client, "d", "u-2")
        assert first["_id"] != second["_id"]
        assert client.get("/appusers/u-1").json()["appUser"]["clients"] == []
        assert client.get("/appusers/u-2").json()["appUser"]["clients"][0]["id"] == "d"

    def test_stores_profile_fields(self, client: httpx.Client) -> None:
        user = init(client, "d", "u", givenName="Ana", email="ana@example.org")
        assert (user["givenName"], user["email"]) == ("Ana", "ana@example.org")


class TestPreCreate:
    def test_an_existing_user_id_gives_409(self, client: httpx.Client) -> None:
        assert client.post("/appusers", json={"userId": "u"}).status_code == 201
        response = client.post("/appusers", json={"userId": "u"})
        assert (response.status_code, response.json()["error"]["code"]) == (409, "conflict")

    @pytest.mark.parametrize("body", [{}, {"userId": 7}, {"userId": "u", "properties": {"a": [1]}}, [], "u", None])
    def test_an_invalid_body_gives_400(self, client: httpx.Client, body: Any) -> None:
        response = client.post("/appusers", json=body)
        assert (response.status_code, response.json()["error"]["code"]) == (400, "bad_request")

    def test_v1_1_has_neither_credential_required_nor_devices(self, connect: Callable[..., httpx.Client]) -> None:
        user = connect("/v1.1").post("/appusers", json={"userId": "u"}).json()["appUser"]
        assert not {"credentialRequired", "devices"} & set(user)


class TestUpdate:
    def test_merges_fields_and_properties(self, client: httpx.Client) -> None:
        client.post("/appusers", json={"userId": "u", "surname": "Roy", "properties": {"a": 1, "b": 1}})
        user = client.put("/appusers/u", json={"givenName": "Ana", "properties": {"b": 2, "c": True}}).json()["appUser"]
        assert (user["givenName"], user["surname"]) == ("Ana", "Roy")
        assert user["properties"] == {"a": 1, "b": 2, "c": True}
        assert client.get("/appusers/u").json()["appUser"] == user

    def test_does_not_turn_on_secure_mode(self, client: httpx.Client) -> None:
        client.post("/appusers", json={"userId": "u"})
        user = client.put("/appusers/u", json={"credentialRequired": True}).json()["appUser"]
        assert user["credentialRequired"] is False


@pytest.mark.parametrize("user_id", ["a/b", "über", "a b", "50%", "a+b", "a?b#c", "%2F", "ÿ/日本", "..", "me@x.org"])
def test_users_are_found_by_any_encoded_user_id(client: httpx.Client, user_id: str) -> None:
    created = client.post("/appusers", json={"userId": user_id}).json()["appUser"]
    path = quote(user_id, safe="").replace(".", "%2E")
    assert client.get(f"/appusers/{path}").json()["appUser"] == created
    posted = client.post(f"/appusers/{path}/messages", json={"role": "appUser", "type": "text", "text": "Hi"})
    assert posted.status_code == 201
    assert len(client.get(f"/appusers/{path}/messages").json()["messages"]) == 1


def test_deleting_a_user_frees_its_user_id(client: httpx.Client) -> None:
    first = init(client, "d", "u")
    assert client.delete("/appusers/u").json() == {}
    assert client.get("/appusers/u").status_code == 404
    assert init(client, "d", "u")["_id"] != first["_id"]


def test_deleting_a_profile_clears_the_person_and_keeps_the_conversation(client: httpx.Client) -> None:
    init(client, "d", "u", givenName="Ana", surname="Roy", email="a@x.org", properties={"a": 1})
    client.put("/appusers/u/devices/d", json={"info": {"os": "iOS"}})
    say(client, "u", "Hi")
    user = client.delete("/appusers/u/profile").json()["appUser"]
    assert not {"givenName", "surname", "email"} & set(user)
    assert user["properties"] == {}
    assert "info" not in user["clients"][0]
    assert user["conversationStarted"] is True
    assert len(client.get("/appusers/u/messages").json()["messages"]) == 1


class TestMerge:
    def test_joins_clients_properties_and_messages_by_time(self, client: httpx.Client) -> None:
        kept, gone = init(client, "d-1", "u-1"), init(client, "d-2", "u-2", givenName="Ana")
        for user_id, text in [("u-1", "1"), ("u-2", "2"), ("u-1", "3"), ("u-2", "4")]:
            say(client, user_id, text)
        body = {"surviving": {"_id": kept["_id"]}, "discarded": {"_id": gone["_id"]}}
        assert client.post("/appusers/merge", json=body).status_code == 200
        assert client.get("/appusers/u-2").status_code == 404
        user = client.get("/appusers/u-1").json()["appUser"]
        assert user["givenName"] == "Ana"
        assert len(user["clients"]) == 2
        messages = client.get("/appusers/u-1/messages").json()["messages"]
        assert [message["text"] for message in messages] == ["1", "2", "3", "4"]
        assert {message["authorId"] for message in messages} == {kept["_id"]}
        received = [message["received"] for message in messages]
        assert received == sorted(set(received))

    def test_gives_an_anonymous_survivor_the_id_of_the_other(self, client: httpx.Client) -> None:
        kept, gone = init(client, "d-1"), init(client, "d-2", "u")
        client.post("/appusers/merge", json={"surviving": {"_id": kept["_id"]}, "discarded": {"_id": gone["_id"]}})
        assert client.get("/appusers/u").json()["appUser"]["_id"] == kept["_id"]

    def test_needs_two_different_existing_users(self, client: httpx.Client) -> None:
        own = init(client, "d", "u")["_id"]
        for discarded, status in [(own, 400), ("0" * 24, 404)]:
            body = {"surviving": {"_id": own}, "discarded": {"_id": discarded}}
            assert client.post("/appusers/merge", json=body).status_code == status


class TestDevices:
    def test_an_update_merges_the_fields_of_info(self, client: httpx.Client) -> None:
        init(client, "d", "u")
        client.put("/appusers/u/devices/d", json={"info": {"os": "iOS"}, "appVersion": "8.0"})
        device = client.put("/appusers/u/devices/d", json={"info": {"osVersion": "9"}}).json()["device"]
        assert device["info"] == {"os": "iOS", "osVersion": "9"}
        assert device["appVersion"] == "8.0"

    def test_a_push_token_is_stored(self, client: httpx.Client) -> None:
        init(client, "d", "u")
        client.post("/appusers/u/pushToken", json={"deviceId": "d", "token": "t-1"})
        assert client.get("/appusers/u").json()["appUser"]["clients"][0]["pushNotificationToken"] == "t-1"

    def test_an_unknown_device_gives_404(self, client: httpx.Client) -> None:
        init(client, "d", "u")
        assert client.put("/appusers/u/devices/x", json={"appVersion": "1"}).status_code == 404
        assert client.post("/appusers/u/pushToken", json={"deviceId": "x", "token": "t"}).status_code == 404

    def test_an_event_can_carry_an_update_of_the_user(self, client: httpx.Client) -> None:
        init(client, "d", "u")
        response = client.post("/appusers/u/events", json={"name": "opened", "appUser": {"givenName": "Ana"}})
        assert response.json() == {"conversationUpdated": False}
        assert client.get("/appusers/u").json()["appUser"]["givenName"] == "Ana"


class TestChannels:
    @pytest.fixture(autouse=True)
    def user(self, client: httpx.Client) -> None:
        client.post("/appusers", json={"userId": "u"})

    def test_a_link_that_awaits_confirmation_is_pending(self, client: httpx.Client) -> None:
        link = {"type": "twilio", "phoneNumber": "+1 416-555-0123", "confirmation": {"type": "prompt"}}
        user = client.post("/appusers/u/channels", json=link).json()["appUser"]
        (pending,) = user["pendingClients"]
        assert pending == {"id": pending["id"], "platform": "twilio", "displayName": "+14165550123"}
        assert user["clients"] == []
        assert client.get("/appusers/u/channels").json() == {"channels": []}

    @pytest.mark.parametrize("agreed", [{"skipConfirmation": True}, {"confirmation": {"type": "immediate"}}])
    def test_a_link_without_confirmation_is_linked_at_once(self, client: httpx.Client, agreed: dict[str, Any]) -> None:
        link = {"type": "twilio", "phoneNumber": "+14165550123", **agreed}
        user = client.post("/appusers/u/channels", json=link).json()["appUser"]
        assert (user["clients"][0]["platform"], user["pendingClients"]) == ("twilio", [])
        channels = client.get("/appusers/u/channels").json()["channels"]
        assert channels == [{"type": "twilio", "phoneNumber": "+14165550123"}]

    def test_a_second_link_replaces_the_first(self, client: httpx.Client) -> None:
        for number in ("+14165550123", "+14165550124"):
            link = {"type": "twilio", "phoneNumber": number, "confirmation": {"type": "prompt"}}
            user = client.post("/appusers/u/channels", json=link).json()["appUser"]
        assert [client["displayName"] for client in user["pendingClients"]] == ["+14165550124"]

    def test_mail_is_linked_by_address(self, client: httpx.Client) -> None:
        link = {"type": "mailgun", "address": "a@x.org", "confirmation": {"type": "immediate"}}
        client.post("/appusers/u/channels", json=link)
        assert client.get("/appusers/u/channels").json()["channels"] == [{"type": "mailgun", "address": "a@x.org"}]

    @pytest.mark.parametrize(
        "link",
        [
            {"type": "twilio"},
            {"type": "twilio", "phoneNumber": "4165550123"},
            {"type": "twilio", "phoneNumber": "+abc"},
            {"type": "mailgun"},
            {"type": "fax", "phoneNumber": "+14165550123"},
            {"type": "twilio", "phoneNumber": "+14165550123", "confirmation": {"type": "maybe"}},
            {"type": "twilio", "phoneNumber": "+14165550123", "integrationId": "nope"},
        ],
    )
    def test_an_invalid_link_gives_400(self, client: httpx.Client, link: dict[str, Any]) -> None:
        assert client.post("/appusers/u/channels", json=link).status_code == 400

    def test_v1_1_names_the_integration(self, connect: Callable[..., httpx.Client]) -> None:
        client = connect("/v1.1")
        body = {"type": "messagebird", "accessKey": "a", "originator": "Shop"}
        integration = client.post("/integrations", json=body).json()["integration"]["_id"]
        link = {"type": "messagebird", "phoneNumber": "+14165550123", "integrationId": integration}
        client.post("/appusers/u/channels", json=link | {"confirmation": {"type": "immediate"}})
        channels = client.get("/appusers/u/channels").json()["channels"]
        assert channels == [{"type": "messagebird", "phoneNumber": "+14165550123", "integrationId": integration}]
        assert client.delete(f"/integrations/{integration}").status_code == 200
        assert client.get("/appusers/u/channels").json() == {"channels": []}

    def test_unlinking_removes_linked_and_pending_channels(self, client: httpx.Client) -> None:
        link = {"type": "twilio", "phoneNumber": "+14165550123", "confirmation": {"type": "prompt"}}
        client.post("/appusers/u/channels", json=link)
        assert client.delete("/appusers/u/channels/twilio").json() == {}
        assert client.get("/appusers/u").json()["appUser"]["pendingClients"] == []
        assert client.delete("/appusers/u/channels/twilio").status_code == 400

    def test_qr_codes_and_transfer_codes_need_an_integration(self, client: httpx.Client) -> None:
        assert client.get("/appusers/u/integrations/viber/qrcode").status_code == 404
        integration = client.post("/integrations", json={"type": "viber", "token": "t"}).json()["integration"]["_id"]
        for channel in ("viber", integration):
            url = client.get(f"/appusers/u/integrations/{channel}/qrcode").json()["url"]
            assert url.startswith("https://")
        for query, status in (({"type": "viber"}, 200), ({"type": "messenger"}, 404), ({}, 400)):
            assert client.get("/appusers/u/transferrequest", params=query).status_code == status
        named = {"type": "viber", "integrationId": integration}
        (request,) = client.get("/appusers/u/transferrequest", params=named).json()["transferRequests"]
        assert request["code"]
        assert client.get("/appusers/u/transferrequest", params={**named, "integrationId": "x"}).status_code == 404

    def test_a_ping_needs_a_linked_channel(self, client: httpx.Client) -> None:
        assert client.post("/appusers/u/integrations/twilio/ping").status_code == 404
        link = {"type": "twilio", "phoneNumber": "+14165550123", "confirmation": {"type": "immediate"}}
        client.post("/appusers/u/channels", json=link)
        assert client.post("/appusers/u/integrations/twilio/ping").json() == {}

    def test_link_requests_name_code_and_url(self, client: httpx.Client) -> None:
        body = {"type": "messenger", "pageAccessToken": "p", "appId": "1", "appSecret": "s"}
        messenger = client.post("/integrations", json=body).json()["integration"]
        telegram = client.post("/integrations", json={"type": "telegram", "token": "t"}).json()["integration"]
        ids = f"{messenger['_id']},{telegram['_id']}"
        requests = client.get("/appusers/u/linkrequest", params={"integrationIds": ids}).json()["linkRequests"]
        assert [request["type"] for request in requests] == ["messenger", "telegram"]
        assert requests[0]["url"] == f"https://m.me/{messenger['pageId']}?ref={requests[0]['code']}"

    @pytest.mark.parametrize(("query", "status"), [("", 400), ("?integrationIds=", 400), ("?integrationIds=x", 404)])
    def test_link_requests_need_integrations(self, client: httpx.Client, query: str, status: int) -> None:
        assert client.get(f"/appusers/u/linkrequest{query}").status_code == status


@pytest.mark.parametrize("path", ["", "/channels", "/authcode", "/businesssystems", "/messages", "/conversation"])
def test_an_unknown_user_gives_404(client: httpx.Client, path: str) -> None:
    response = client.get(f"/appusers/nobody{path}")
    assert (response.status_code, response.json()["error"]["code"]) == (404, "user_not_found")
