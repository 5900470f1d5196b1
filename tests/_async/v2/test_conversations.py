"""Conversations: requests, input that is refused before sending, and calls against the sandbox."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from smooch_api.v2 import models
from support.scripted_server import ScriptedServer, answer, script

from smooch.errors import BadRequest, NotFound
from smooch.v2 import AsyncSmooch

from .calls import Call, Refusal, every

if TYPE_CHECKING:
    from smooch.sandbox import Sandbox

    from .conftest import Keys

pytestmark = pytest.mark.anyio

CARD = {
    "url": "https://p61-content.icloud.com/M58C",
    "bid": "com.apple.messages",
    "key": "00c0",
    "signature": "81a6",
    "owner": "M58C",
}
APP = "5d8cff3cd55b040010928b5b"


CALLS: dict[str, Call] = {
    "create": (
        lambda api: api.conversations.create(user_external_id="u-77", display_name="Order 17", metadata={"order": 17}),
        "createConversation POST /conversations",
        {
            "type": "personal",
            "participants": [{"userExternalId": "u-77"}],
            "displayName": "Order 17",
            "metadata": {"order": 17},
        },
        models.Conversation,
    ),
    "create, a group": (
        lambda api: api.conversations.create(
            type_="sdkGroup",
            participants=(models.ParticipantCreate(user_id=one, subscribe_sdk_client=True) for one in ["u1", "u2"]),
            description="Match day",
            icon_url="https://img.example/ball.png",
        ),
        "createConversation POST /conversations",
        {
            "type": "sdkGroup",
            "participants": [
                {"userId": "u1", "subscribeSDKClient": True},
                {"userId": "u2", "subscribeSDKClient": True},
            ],
            "description": "Match day",
            "iconUrl": "https://img.example/ball.png",
        },
        models.Conversation,
    ),
    "get_or_create_default": (
        lambda api: api.conversations.get_or_create_default(models.User(id="u1")),
        (
            "listConversations GET /conversations?page[size]=100&filter[userId]=u1\n"
            "listConversations GET /conversations?page[after]=67a0ecf8f0305f4a391e9db1&page[size]=100&filter[userId]=u1\n"
            "createConversation POST /conversations\n"
            "listConversations GET /conversations?page[size]=100&filter[userId]=u1\n"
            "listConversations GET /conversations?page[after]=67a0ecf8f0305f4a391e9db1&page[size]=100&filter[userId]=u1"
        ),
        None,
        models.Conversation,
    ),
    "get": (
        lambda api: api.conversations.get("c1"),
        "getConversation GET /conversations/c1",
        None,
        models.Conversation,
    ),
    "list": (
        lambda api: api.conversations.list(user_id="u1", after="67a0ecf8f0305f4a391e9db0", limit=1),
        "listConversations GET /conversations?page[after]=67a0ecf8f0305f4a391e9db0&page[size]=1&filter[userId]=u1",
        None,
        [models.Conversation],
    ),
    "list of an external id, backwards": (
        lambda api: api.conversations.list(user_external_id="u-77", before="67a0ecf8f0305f4a391e9db0", limit=1),
        (
            "listConversations GET "
            "/conversations?page[before]=67a0ecf8f0305f4a391e9db0&page[size]=1&filter[userExternalId]=u-77"
        ),
        None,
        [models.Conversation],
    ),
    "update": (
        lambda api: api.conversations.update("c1", {"description": None}),
        "updateConversation PATCH /conversations/c1",
        {"description": None},
        models.Conversation,
    ),
    "update, by keywords": (
        lambda api: api.conversations.update(
            "c1",
            display_name="Order 17",
            description=None,
            icon_url="https://img.example/a.png",
            metadata={"order": 17},
        ),
        "updateConversation PATCH /conversations/c1",
        {
            "displayName": "Order 17",
            "description": None,
            "iconUrl": "https://img.example/a.png",
            "metadata": {"order": 17},
        },
        models.Conversation,
    ),
    "delete": (
        lambda api: api.conversations.delete("c1"),
        "deleteConversation DELETE /conversations/c1",
        None,
        None,
    ),
    "download_message_ref": (
        lambda api: api.conversations.download_message_ref("c1", "u1", apple={"interactiveDataRef": CARD}),
        "downloadMessageRef POST /conversations/c1/download",
        {"userId": "u1", "apple": {"interactiveDataRef": CARD}},
        dict,
    ),
    "post_conversion_events": (
        lambda api: api.conversations.post_conversion_events(
            "c1", "instagram", [{"event_name": "Purchase", "event_time": 1752161233}]
        ),
        "postConversionEvents POST /conversations/c1/conversionEvents",
        {"instagram": {"payload": {"data": [{"event_name": "Purchase", "event_time": 1752161233}]}}},
        models.ConversionEvents,
    ),
}


REFUSED: dict[str, Refusal] = {
    "Python's name in a change": (
        lambda api: api.conversations.update("c1", {"display_name": "a"}),
        "data.display_name",
        "did you mean displayName?",
    ),
    "a participant with two ids": (
        lambda api: api.conversations.create(participants=[{"userId": "u", "userExternalId": "b"}]),
        "conversation.participants[0]",
        "holds userId and userExternalId, which exclude each other",
    ),
    "two ids": (
        lambda api: api.conversations.create(user_id="u", user_external_id="b"),
        "user_id",
        "exactly one of user_id, user_external_id, got 2",
    ),
    "an id and participants": (
        lambda api: api.conversations.create(user_id="u", participants=[{"userId": "u"}]),
        "participants",
        "either the id of one user or participants",
    ),
    "the default conversation of nobody": (
        lambda api: api.conversations.get_or_create_default(None),
        "user_id",
        "exactly one of",
    ),
    "nobody": (
        lambda api: api.conversations.create(),
        "user_id",
        "needs user_id, user_external_id or participants",
    ),
    "a group that subscribes nobody": (
        lambda api: api.conversations.create(type_="sdkGroup", user_id="u"),
        "conversation.participants[0].subscribeSDKClient",
        "is missing",
    ),
    "a channel of nobody": (
        lambda api: api.conversations.post_conversion_events("c1", "line", []),
        "channel",
        "must be one of messenger, instagram, whatsapp, got 'line'",
    ),
}


async def test_each_call_sees_the_effects_of_earlier_calls(keys: Keys, sandbox: Sandbox) -> None:
    api = keys.app
    ana, eva = await api.users.create("ana"), await api.users.create("eva")
    personal = await api.conversations.create(user_external_id="ana", display_name="Order 17")
    assert await api.conversations.get(personal.id) == personal
    changed = await api.conversations.update(personal.id, {"description": "Paid", "metadata": {"order": 17}})
    assert (changed.description, changed.metadata) == ("Paid", {"order": 17})
    second = await api.conversations.create(user_id=ana.id)
    assert (await api.conversations.get_or_create_default(ana)).id == personal.id
    group = await api.conversations.create(
        type_="sdkGroup", participants=[models.ParticipantCreate(user_id=ana.id, subscribe_sdk_client=True)]
    )
    of_ana = {personal.id, second.id, group.id}
    assert {one.id for one in await every(api.conversations.list(user_id=ana.id))} == of_ana
    assert {one.id for one in await every(api.conversations.list(user_external_id="ana"))} == of_ana

    joined = await api.participants.join(group.id, user_external_id="eva", subscribe_sdk_client=False)
    assert joined.user_id == eva.id
    assert {one.user_id for one in await every(api.participants.list(group.id))} == {ana.id, eva.id}
    await api.participants.leave(group.id, participant_id=joined.id)
    await api.participants.leave(group.id, user_id=ana.id)
    assert await every(api.participants.list(group.id)) == []
    with pytest.raises(BadRequest):
        await api.conversations.delete(personal.id)
    await api.conversations.delete(second.id)
    with pytest.raises(NotFound):
        await api.conversations.get(second.id)

    reference = models.AppleInteractiveDataRef(url="https://a.example", bid="b", key="k", signature="s", owner="o")
    apple = models.AppleMessageRef(interactive_data_ref=reference)
    downloaded = await api.conversations.download_message_ref(personal.id, ana.id, apple=apple)
    assert downloaded["interactiveData"]["bid"] == "b"
    events = [{"event_name": "Purchase", "event_time": number} for number in range(3)]
    received = await api.conversations.post_conversion_events(personal.id, "instagram", events)
    assert received.events_received == 3


async def test_conversion_events_are_a_list_or_the_whole_object_of_meta() -> None:
    event = {"event_name": "Purchase", "event_time": 1752161233}
    whole = {"data": [event], "test_event_code": "TEST1", "partner_agent": "shop"}
    with ScriptedServer(script(answer(200, {"conversionEvents": {"datasetId": 1, "eventsReceived": 1}}))) as server:
        async with AsyncSmooch("app_5a", "secret", APP, base_url=server.url) as api:
            await api.conversations.post_conversion_events("c1", "instagram", [event])
            await api.conversations.post_conversion_events("c1", "whatsapp", whole)
        assert [request.json() for request in server.requests] == [
            {"instagram": {"payload": {"data": [event]}}},
            {"whatsapp": {"payload": whole}},
        ]


async def test_the_default_conversation_is_created_once(api: AsyncSmooch, sandbox: Sandbox) -> None:
    ana = await api.users.create("ana")
    created = await api.conversations.get_or_create_default(ana)
    assert created.is_default
    count = len(sandbox.requests)
    for who in ({"user": ana}, {"user": ana.id}, {"user_external_id": "ana"}):
        assert (await api.conversations.get_or_create_default(**who)).id == created.id
    assert {request.method for request in sandbox.requests[count:]} == {"GET"}


async def test_the_default_conversation_that_another_process_created_is_the_one_that_stays() -> None:
    def listed(*conversations: dict[str, Any]) -> bytes:
        return answer(200, {"conversations": list(conversations), "meta": {"hasMore": False}})

    theirs = {"id": "c1", "type": "personal", "isDefault": True}
    ours = {"id": "c2", "type": "personal", "isDefault": False}
    responses = script(listed(), answer(201, {"conversation": ours}), listed(ours, theirs), answer(200, {}))
    with ScriptedServer(responses) as server:
        async with AsyncSmooch("app_5a", "secret", APP, base_url=server.url) as api:
            assert (await api.conversations.get_or_create_default("u1")).id == "c1"
        assert [request.method for request in server.requests] == ["GET", "POST", "GET", "DELETE"]
        assert server.requests[-1].target.endswith("/conversations/c2")
