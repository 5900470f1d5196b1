"""Conversations, participants and activities of v2."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from .api import BUSINESS, Api, error
from .records import APPLE

if TYPE_CHECKING:
    import httpx


def test_the_first_personal_one_is_the_default(api: Api) -> None:
    user = api.user()
    group, first, second = api.group(user), api.conversation(user), api.conversation(user)
    listed = api.client.get("/conversations", params={"filter[userId]": user}).json()["conversations"]
    assert {each["id"]: each["isDefault"] for each in listed} == {group: False, first: True, second: False}


def test_the_default_one_cannot_be_deleted(api: Api) -> None:
    user = api.user()
    default, other = api.conversation(user), api.conversation(user)
    refused = api.client.delete(f"/conversations/{default}")
    assert error(refused) == (400, "bad_request")
    title = f"Conversation {default} cannot be deleted because it is the default."
    assert refused.json()["errors"][0]["title"] == title
    assert api.client.delete(f"/conversations/{other}").status_code == 200
    assert error(api.client.get(f"/conversations/{other}")) == (404, "conversation_not_found")
    listed = api.client.get("/conversations", params={"filter[userId]": user}).json()["conversations"]
    assert [each["id"] for each in listed] == [default]


def test_fields_can_be_changed_and_removed(api: Api) -> None:
    conversation = f"/conversations/{api.conversation(displayName='Order 7', metadata={'a': 1})}"
    changed = api.client.patch(conversation, json={"description": "Late", "metadata": {"b": True}}).json()[
        "conversation"
    ]
    assert (changed["displayName"], changed["description"]) == ("Order 7", "Late")
    assert changed["metadata"] == {"a": 1, "b": True}
    cleared = api.client.patch(conversation, json={"displayName": None, "metadata": None}).json()["conversation"]
    assert not {"displayName", "metadata"} & set(cleared)


@pytest.mark.parametrize(
    "body",
    [
        {"type": "personal"},
        {"type": "personal", "participants": []},
        {"type": "personal", "participants": [{"userExternalId": "a"}, {"userExternalId": "b"}]},
        {"type": "personal", "participants": [{"userId": "a", "userExternalId": "b"}]},
        {"type": "sdkGroup", "participants": [{"userExternalId": "a"}]},
        {"type": "sdkGroup", "participants": [{"userExternalId": "a", "subscribeSDKClient": True}] * 2},
        {"type": "sdkGroup", "participants": [{"userExternalId": "a", "subscribeSDKClient": True}] * 11},
        {"type": "group"},
        {},
    ],
)
def test_bad_bodies_are_refused(api: Api, body: dict[str, Any]) -> None:
    for external_id in ("a", "b"):
        api.create("/users", "user", {"externalId": external_id})
    assert error(api.client.post("/conversations", json=body)) == (400, "bad_request")


def test_unknown_users_are_not_found(api: Api) -> None:
    for named in ({"userId": "x"}, {"userExternalId": "x"}):
        body = {"type": "personal", "participants": [named]}
        assert error(api.client.post("/conversations", json=body)) == (404, "user_not_found")


@pytest.mark.parametrize(
    ("query", "answer"),
    [
        ({}, (400, "bad_request")),
        ({"filter[userId]": "x", "filter[userExternalId]": "u"}, (400, "bad_request")),
        ({"filter[userId]": "x"}, (404, "user_not_found")),
        ({"filter[userExternalId]": "x"}, (404, "user_not_found")),
    ],
)
def test_lists_are_for_exactly_one_user(api: Api, query: dict[str, str], answer: tuple[int, str]) -> None:
    assert error(api.client.get("/conversations", params=query)) == answer


def test_several_conversations_need_the_setting(account: httpx.Client) -> None:
    app = f"/v2/apps/{account.post('/v2/apps', json={'displayName': 'Other'}).json()['app']['id']}"
    account.post(f"{app}/users", json={"externalId": "u"})
    body = {"type": "personal", "participants": [{"userExternalId": "u"}]}
    assert account.post(f"{app}/conversations", json=body).status_code == 201
    assert error(account.post(f"{app}/conversations", json=body)) == (400, "bad_request")
    account.patch(app, json={"settings": {"multiConvoEnabled": True}})
    assert account.post(f"{app}/conversations", json=body).status_code == 201
    off = account.patch(app, json={"settings": {"multiConvoEnabled": False}})
    assert error(off) == (400, "bad_request")


class TestGroups:
    def test_users_join_and_leave(self, api: Api) -> None:
        first, second = api.user(), api.user(externalId="second")
        group = f"/conversations/{api.group(first)}"
        joined = api.create(f"{group}/join", "participant", {"userExternalId": "second", "subscribeSDKClient": True})
        assert (joined["userId"], joined["unreadCount"]) == (second, 0)
        assert [each["type"] for each in joined["clientAssociations"]] == ["sdk"]
        assert api.client.post(f"{group}/leave", json={"participantId": joined["id"]}).status_code == 200
        assert api.client.post(f"{group}/leave", json={"userId": first}).status_code == 200
        assert api.client.get(f"{group}/participants").json()["participants"] == []
        assert api.client.get("/conversations", params={"filter[userId]": first}).json()["conversations"] == []

    def test_joining_twice_and_leaving_without_joining_are_refused(self, api: Api) -> None:
        inside, outside = api.user(), api.user()
        group = f"/conversations/{api.group(inside)}"
        again = api.client.post(f"{group}/join", json={"userId": inside, "subscribeSDKClient": False})
        assert error(again) == (400, "bad_request")
        assert error(api.client.post(f"{group}/leave", json={"userId": outside})) == (404, "not_found")

    def test_personal_conversations_have_no_joining_or_leaving(self, api: Api) -> None:
        user = api.user()
        personal = f"/conversations/{api.conversation(user)}"
        joining = api.client.post(f"{personal}/join", json={"userId": api.user(), "subscribeSDKClient": False})
        assert error(joining) == (400, "bad_request")
        assert error(api.client.post(f"{personal}/leave", json={"userId": user})) == (400, "bad_request")

    def test_a_group_has_ten_participants_at_most(self, api: Api) -> None:
        group = f"/conversations/{api.group(*(api.user() for _ in range(10)))}"
        joining = api.client.post(f"{group}/join", json={"userId": api.user(), "subscribeSDKClient": False})
        assert error(joining) == (400, "bad_request")
        assert joining.json()["errors"][0]["title"] == "Too many participants"

    def test_a_message_is_unread_by_all_but_its_author(self, api: Api) -> None:
        first, second = api.user(), api.user()
        group = api.group(first, second)
        api.post(group, author={"type": "user", "userId": first})
        api.post(group)
        assert self.unread(api, group) == {first: 1, second: 2}
        body = {"author": {"type": "user", "userId": second}, "type": "conversation:read"}
        api.client.post(f"/conversations/{group}/activity", json=body)
        assert self.unread(api, group) == {first: 1, second: 0}

    def unread(self, api: Api, group: str) -> dict[str, int]:
        listed = api.client.get(f"/conversations/{group}/participants").json()["participants"]
        return {each["userId"]: each["unreadCount"] for each in listed}


class TestActivities:
    def test_the_business_reads(self, api: Api) -> None:
        conversation = f"/conversations/{api.conversation()}"
        assert "businessLastRead" not in api.client.get(conversation).json()["conversation"]
        api.client.post(f"{conversation}/activity", json={"author": BUSINESS, "type": "conversation:read"})
        assert "businessLastRead" in api.client.get(conversation).json()["conversation"]

    def test_users_cannot_send_typing_by_the_api(self, api: Api) -> None:
        user = api.user()
        body = {"author": {"type": "user", "userId": user}, "type": "typing:start"}
        typing = api.client.post(f"/conversations/{api.conversation(user)}/activity", json=body)
        assert error(typing) == (400, "bad_request")

    def test_only_participants_can_read(self, api: Api) -> None:
        body = {"author": {"type": "user", "userId": api.user()}, "type": "conversation:read"}
        assert error(api.client.post(f"/conversations/{api.conversation()}/activity", json=body))[0] == 400


class TestChannels:
    def test_conversion_events_are_counted(self, api: Api) -> None:
        body = {"whatsapp": {"payload": {"data": [{}, {}]}}}
        answer = api.client.post(f"/conversations/{api.conversation()}/conversionEvents", json=body).json()
        assert answer["conversionEvents"]["eventsReceived"] == 2
        both = {**body, "messenger": body["whatsapp"]}
        refused = api.client.post(f"/conversations/{api.conversation()}/conversionEvents", json=both)
        assert error(refused) == (400, "bad_request")

    def test_references_are_for_participants(self, api: Api) -> None:
        body = {"userId": api.user(), "apple": APPLE}
        refused = api.client.post(f"/conversations/{api.conversation()}/download", json=body)
        assert error(refused) == (400, "bad_request")

    def test_only_apple_messages_have_references(self, api: Api) -> None:
        user = api.user()
        refused = api.client.post(f"/conversations/{api.conversation(user)}/download", json={"userId": user})
        assert error(refused) == (400, "bad_request")
