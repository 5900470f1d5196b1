"""Users of v2: updates, merging, clients and devices."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from .api import Api, error


def test_a_user_has_the_fields_sent(api: Api) -> None:
    body = {
        "externalId": "u",
        "signedUpAt": "2024-01-02T03:04:05.678Z",
        "toBeRetained": True,
        "profile": {"givenName": "Ana", "surname": "Ruiz", "email": "ana@shop.example", "locale": "es"},
        "metadata": {"tier": "gold", "orders": 3, "vip": True},
    }
    created = api.create("/users", "user", body)
    assert {**created, **body} == created
    assert (created["authenticated"], created["identities"], created["hasPaymentInfo"]) == (False, [], False)


@pytest.mark.parametrize(
    "time", ["2024-01-01T12:99:00Z", "2024-02-30T00:00:00Z", "2024-01-01T12:00:00", "2024-01-01", "now", 5]
)
def test_a_time_that_does_not_exist_gives_400(api: Api, time: Any) -> None:
    assert error(api.client.post("/users", json={"externalId": "u", "signedUpAt": time})) == (400, "bad_request")


def test_both_ids_find_the_user(api: Api) -> None:
    created = api.create("/users", "user", {"externalId": "a/b?c"})
    assert api.client.get("/users/a%2Fb%3Fc").json()["user"] == created
    assert api.client.get(f"/users/{created['id']}").json()["user"] == created


def test_an_external_id_is_unique(api: Api) -> None:
    api.create("/users", "user", {"externalId": "u"})
    assert error(api.client.post("/users", json={"externalId": "u"})) == (409, "conflict")


def test_each_brand_has_its_own_users(api: Api) -> None:
    shared, own = (api.create("/users", "user", {"externalId": "u", **brand})["id"] for brand in ({}, {"brandId": "7"}))
    assert api.client.get("/users/u").json()["user"]["id"] == shared
    assert api.client.get("/users/u", params={"brandId": "7"}).json()["user"]["id"] == own
    assert error(api.client.get("/users/u", params={"brandId": "8"})) == (404, "user_not_found")
    assert error(api.client.post("/users", json={"externalId": "u", "brandId": "7"})) == (409, "conflict")


def test_an_update_merges_metadata_and_null_removes_fields(api: Api) -> None:
    user = f"/users/{api.user(metadata={'a': 1, 'b': 2}, profile={'givenName': 'Ana', 'surname': 'Ruiz'})}"
    body = {"metadata": {"b": 3}, "profile": {"surname": None}}
    changed = api.client.patch(user, json=body).json()["user"]
    assert (changed["metadata"], changed["profile"]) == ({"a": 1, "b": 3}, {"givenName": "Ana"})
    assert api.client.patch(user, json={"metadata": None}).json()["user"]["metadata"] == {}


def test_deleting_personal_information_keeps_the_history(api: Api, v1: httpx.Client) -> None:
    profile = {"givenName": "Ana", "avatarUrl": "https://a.example/a.png", "locale": "es"}
    user = api.user(metadata={"a": 1}, profile=profile)
    conversation = api.conversation(user)
    api.post(conversation)
    api.link(user, api.integration("twilio"))
    cleared = api.client.delete(f"/users/{user}/personalinformation").json()["user"]
    assert (cleared["profile"], cleared["metadata"]) == ({"locale": "es"}, {})
    (client,) = api.client.get(f"/users/{user}/clients").json()["clients"]
    assert "displayName" not in client
    assert len(api.client.get(f"/conversations/{conversation}/messages").json()["messages"]) == 1


def test_deleting_a_user_deletes_personal_conversations_and_keeps_groups(api: Api) -> None:
    user, other = api.user(), api.user()
    personal, group = api.conversation(user), api.group(user, other)
    assert api.client.delete(f"/users/{user}").status_code == 200
    assert error(api.client.get(f"/users/{user}")) == (404, "user_not_found")
    assert error(api.client.get(f"/conversations/{personal}")) == (404, "conversation_not_found")
    remaining = api.client.get(f"/conversations/{group}/participants").json()["participants"]
    assert [each["userId"] for each in remaining] == [other]


class TestIdentities:
    def test_an_email_among_the_identities_finds_the_user(self, api: Api) -> None:
        user = api.user(profile={"email": "profile@shop.example"})
        api.sandbox.authenticate_user(user, email="Ana@shop.example", zendesk_id="7")
        (matching,) = api.client.get("/users", params={"filter[identities.email]": "ana@shop.example"}).json()["users"]
        assert (matching["id"], matching["authenticated"], matching["zendeskId"]) == (user, True, "7")
        assert matching["identities"] == [{"type": "email", "value": "Ana@shop.example", "verification": "embed"}]

    def test_the_profile_is_not_searched(self, api: Api) -> None:
        api.user(profile={"email": "a@shop.example"})
        assert api.client.get("/users", params={"filter[identities.email]": "a@shop.example"}).json() == {"users": []}

    @pytest.mark.parametrize("query", [{}, {"filter[email]": "a@b.example"}, {"filter": "a@b.example"}])
    def test_the_filter_is_required(self, api: Api, query: dict[str, str]) -> None:
        assert error(api.client.get("/users", params=query)) == (400, "bad_request")

    def test_an_unknown_user_cannot_log_in(self, api: Api) -> None:
        with pytest.raises(LookupError, match="nobody"):
            api.sandbox.authenticate_user("nobody")


class TestSync:
    def test_returns_the_user_of_that_zendesk_id(self, api: Api) -> None:
        user = api.user()
        api.sandbox.authenticate_user(user, zendesk_id="7")
        assert api.client.post("/users/7/sync").json()["user"]["id"] == user
        assert error(api.client.post("/users/8/sync")) == (404, "user_not_found")

    def test_merges_into_the_survivor(self, api: Api) -> None:
        outgoing, surviving = api.user(profile={"surname": "Ruiz"}), api.user()
        for user, zendesk_id in ((outgoing, "7"), (surviving, "8")):
            api.sandbox.authenticate_user(user, zendesk_id=zendesk_id)
            api.post(api.conversation(user), author={"type": "user", "userId": user})
        group = api.group(outgoing, surviving)
        merged = api.client.post("/users/7/sync", json={"survivingZendeskId": "8"}).json()["user"]
        assert (merged["id"], merged["profile"]["surname"]) == (surviving, "Ruiz")
        assert error(api.client.get(f"/users/{outgoing}")) == (404, "user_not_found")
        conversations = self.conversations(api, surviving)
        assert [each["isDefault"] for each in conversations] == [True, False]
        messages = api.client.get(f"/conversations/{conversations[0]['id']}/messages").json()["messages"]
        assert [each["author"]["userId"] for each in messages] == [surviving, surviving]
        (remaining,) = api.client.get(f"/conversations/{group}/participants").json()["participants"]
        assert remaining["userId"] == surviving

    def test_files_of_merged_conversations_are_kept(self, api: Api) -> None:
        outgoing, surviving = api.user(), api.user()
        other, kept = api.conversation(outgoing), api.conversation(surviving)
        query = {"access": "public", "for": "message", "conversationId": other}
        uploaded = api.client.post("/attachments", params=query, files={"source": ("a.png", b"PNG")})
        url = uploaded.json()["attachment"]["mediaUrl"]
        api.post(other, {"type": "image", "mediaUrl": url})
        for user, zendesk_id in ((outgoing, "7"), (surviving, "8")):
            api.sandbox.authenticate_user(user, zendesk_id=zendesk_id)
        api.client.post("/users/7/sync", json={"survivingZendeskId": "8"})
        assert httpx.get(url).content == b"PNG"
        api.client.delete(f"/conversations/{kept}/messages")
        assert httpx.get(url).status_code == 404

    def test_keeps_one_client_for_all_devices(self, api: Api, v1: httpx.Client) -> None:
        for user, zendesk_id in (("outgoing", "7"), ("surviving", "8")):
            v1.post("/init", json={"userId": user, "device": {"id": f"d-{user}", "platform": "web"}})
            api.sandbox.authenticate_user(user, zendesk_id=zendesk_id)
        outgoing = api.client.get("/users/outgoing").json()["user"]["id"]
        conversation = self.subscribed(api, outgoing)
        api.client.post("/users/7/sync", json={"survivingZendeskId": "8"})
        (client,) = api.client.get("/users/surviving/clients").json()["clients"]
        (participant,) = api.client.get(f"/conversations/{conversation}/participants").json()["participants"]
        assert participant["clientAssociations"] == [{"type": "sdk", "clientId": client["id"]}]

    def subscribed(self, api: Api, user: str) -> str:
        body = {"type": "personal", "participants": [{"userId": user, "subscribeSDKClient": True}]}
        created: str = api.create("/conversations", "conversation", body)["id"]
        return created

    def test_moves_conversations_to_the_survivor(self, api: Api) -> None:
        outgoing, surviving = api.user(), api.user()
        kept = api.conversation(outgoing)
        api.sandbox.authenticate_user(outgoing, zendesk_id="7")
        api.sandbox.authenticate_user(surviving, zendesk_id="8")
        api.client.post("/users/7/sync", json={"survivingZendeskId": "8"})
        (conversation,) = self.conversations(api, surviving)
        assert (conversation["id"], conversation["isDefault"]) == (kept, True)

    def test_gives_the_new_id_where_the_survivor_never_wrote(self, api: Api) -> None:
        user = api.user()
        api.sandbox.authenticate_user(user, zendesk_id="7")
        moved = api.client.post("/users/7/sync", json={"survivingZendeskId": "8"}).json()["user"]
        assert (moved["id"], moved["zendeskId"]) == (user, "8")

    def conversations(self, api: Api, user: str) -> list[Any]:
        listed: list[Any] = api.client.get("/conversations", params={"filter[userId]": user}).json()["conversations"]
        return listed


class TestClients:
    def test_a_link_waits_for_the_user(self, api: Api) -> None:
        user, twilio = api.user(), api.integration("twilio")
        created = api.link(user, twilio, "prompt")
        assert (created["status"], created["integrationId"], created["externalId"]) == (
            "pending",
            twilio,
            "+14165550123",
        )
        assert api.client.get(f"/users/{user}/clients").json()["clients"] == [created]

    def test_an_immediate_link_is_active_after_the_response_and_gets_the_messages(self, api: Api) -> None:
        user = api.user()
        created = api.link(user, api.integration("twilio"))
        assert created["status"] == "pending"
        (client,) = api.client.get(f"/users/{user}/clients").json()["clients"]
        assert (client["id"], client["status"]) == (created["id"], "active")
        (conversation,) = api.client.get("/conversations", params={"filter[userId]": user}).json()["conversations"]
        (participant,) = api.client.get(f"/conversations/{conversation['id']}/participants").json()["participants"]
        assert participant["clientAssociations"] == [{"type": "twilio", "clientId": created["id"]}]
        assert api.client.delete(f"/users/{user}/clients/{created['id']}").status_code == 200
        (participant,) = api.client.get(f"/conversations/{conversation['id']}/participants").json()["participants"]
        assert participant["clientAssociations"] == []

    def test_a_client_joins_the_requested_conversation(self, api: Api) -> None:
        user, twilio = api.user(), api.integration("twilio")
        default = api.conversation(user)
        api.link(user, twilio)
        (_, asked) = api.client.get("/conversations", params={"filter[userId]": user}).json()["conversations"]
        used = [
            api.client.get(f"/conversations/{each}/participants").json()["participants"][0]["clientAssociations"]
            for each in (default, asked["id"])
        ]
        assert [len(each) for each in used] == [0, 1]

    @pytest.mark.parametrize(("primary", "place"), [(True, 0), (False, 1)])
    def test_messages_go_to_the_primary_client_first(self, api: Api, primary: bool, place: int) -> None:
        user = api.user()
        conversation = api.conversation(user)
        for twilio in (api.integration("twilio"), api.integration("twilio")):
            latest = api.link(user, twilio, conversation=conversation, primary=primary)["id"]
        (participant,) = api.client.get(f"/conversations/{conversation}/participants").json()["participants"]
        assert [each["clientId"] for each in participant["clientAssociations"]].index(latest) == place

    @pytest.mark.parametrize(
        "change",
        [
            {"phoneNumber": "416"},
            {"phoneNumber": "+1 call me"},
            {"type": "tiktok"},
            {"type": "whatsapp"},
            {"type": "mailgun"},
        ],
    )
    def test_bad_criteria_are_refused(self, api: Api, change: dict[str, str]) -> None:
        user = api.user()
        body = api.link_body(user, api.integration("twilio"), "prompt", **change)
        assert error(api.client.post(f"/users/{user}/clients", json=body)) == (400, "bad_request")

    def test_the_conversation_must_belong_to_the_user(self, api: Api) -> None:
        user = api.user()
        body = api.link_body(user, api.integration("twilio"), conversation=api.conversation())
        assert error(api.client.post(f"/users/{user}/clients", json=body)) == (400, "bad_request")

    def test_unknown_ones_are_not_found(self, api: Api) -> None:
        assert error(api.client.delete(f"/users/{api.user()}/clients/x")) == (404, "client_not_found")


class TestDevices:
    def test_a_platform_that_v2_does_not_name_is_left_out(self, api: Api, v1: httpx.Client) -> None:
        v1.post("/init", json={"userId": "u", "device": {"id": "one", "platform": "other"}})
        (device,) = api.client.get("/users/u/devices").json()["devices"]
        assert "type" not in device

    def test_all_devices_are_one_client_of_type_sdk(self, api: Api, v1: httpx.Client) -> None:
        for device_id, platform in (("one", "web"), ("two", "ios")):
            device = {"id": device_id, "platform": platform, "info": {"sdkVersion": "0.1"}}
            user = v1.post("/init", json={"userId": "u", "device": device}).json()["appUser"]["_id"]
        (client,) = api.client.get("/users/u/clients").json()["clients"]
        assert (client["type"], client["status"]) == ("sdk", "active")
        devices = api.client.get("/users/u/devices").json()["devices"]
        assert {each["clientId"] for each in devices} == {client["id"]}
        assert {each["id"]: each["type"] for each in devices} == {"one": "web", "two": "ios"}
        assert devices == sorted(devices, key=lambda each: each["lastSeen"], reverse=True)
        assert api.client.get(f"/users/{user}/devices/one").json()["device"]["info"] == {"sdkVersion": "0.1"}
        assert error(api.client.delete(f"/users/u/clients/{client['id']}")) == (400, "bad_request")

    def test_the_client_is_removed_with_the_last_device(self, api: Api, v1: httpx.Client) -> None:
        device = {"id": "one", "platform": "web"}
        for user in ("first", "second"):
            v1.post("/init", json={"userId": user, "device": device})
        assert api.client.get("/users/first/clients").json()["clients"] == []
        assert len(api.client.get("/users/second/clients").json()["clients"]) == 1

    def test_unknown_ones_are_not_found(self, api: Api) -> None:
        assert error(api.client.get(f"/users/{api.user()}/devices/x")) == (404, "device_not_found")
