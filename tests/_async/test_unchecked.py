"""`check=False`, set in every possible way: bodies are sent unchecked, except for values that JSON cannot hold."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from support.scripted_server import ScriptedServer, answer

from smooch import _files, errors, v2
from smooch.v1 import AsyncSmooch

pytestmark = pytest.mark.anyio

MESSAGE = {"_id": "5a", "type": "text", "role": "appUser", "received": 1.5}
MESSAGE_V2 = {
    "id": "5a",
    "received": "2026-03-02T08:15:30.120Z",
    "author": {"type": "business"},
    "source": {"type": "api"},
}
USER = {"id": "5a", "signedUpAt": None, "toBeRetained": False}
WEBHOOK = {"id": "5a", "target": "https://a.example", "triggers": [], "secret": "s"}
BODY: dict[str, Any] = {
    "message": MESSAGE,
    "appUser": {"_id": "5a"},
    "messages": [MESSAGE_V2],
    "user": USER,
    "conversation": {"id": "5c", "type": "personal"},
    "webhook": WEBHOOK,
    "integration": {"id": "5i", "type": "new", "status": "active"},
    "client": {"id": "5d", "type": "new"},
    "attachment": {"mediaUrl": "https://a.example/b"},
    "mediaUrl": "https://a.example/b",
}
NEW: Any = {"type": 5, "role": "newRole", "new": {"a": [None, 1.5, "ü"]}}
CALLS: dict[str, tuple[Any, Any]] = {
    "message": (lambda api, _: api.post_message("b", NEW), NEW),
    "user": (lambda api, _: api.update_user("b", {"givenName": 5}), {"givenName": 5}),
    "link": (lambda api, _: api.link_user_to_channel("b", "new", NEW), {"skipConfirmation": False, **NEW}),
    "activity": (lambda api, _: api.send_activity("b", "new:activity"), {"role": "appMaker", "type": "new:activity"}),
    "user of v2": (lambda _, api: api.users.create("b", profile=NEW), {"externalId": "b", "profile": NEW}),
    "change of a user of v2": (lambda _, api: api.users.update("b", NEW), NEW),
    "change by keyword": (lambda _, api: api.users.update("b", profile=5), {"profile": 5}),
    "message of v2": (
        lambda _, api: api.messages.post("c", {"content": NEW, "new": 1}),
        {"content": NEW, "new": 1, "author": {"type": "business"}},
    ),
    "conversation": (
        lambda _, api: api.conversations.create(user_id="u", metadata=5),
        {"type": "personal", "participants": [{"userId": "u"}], "metadata": 5},
    ),
    "client": (
        lambda _, api: api.clients.create("u", NEW, conversation_id="c"),
        {"matchCriteria": NEW, "confirmation": {"type": "immediate"}, "target": {"conversationId": "c"}},
    ),
    "integration": (lambda _, api: api.integrations.create(NEW), NEW),
    "change of an integration": (lambda _, api: api.integrations.update("i", NEW), NEW),
    "change of a webhook": (
        lambda _, api: api.webhooks.update("w", {"triggers": 5, "target": 5}),
        {"triggers": 5, "target": 5},
    ),
}


@pytest.mark.parametrize("name", CALLS)
async def test_unknown_fields_are_refused_with_check_and_sent_without(name: str) -> None:
    call, body = CALLS[name]
    with ScriptedServer(lambda _: answer(200, BODY)) as server:
        async with (
            AsyncSmooch("app_5a", "a secret", base_url=server.url) as api,
            v2.AsyncSmooch("app_5a", "a secret", "5a", base_url=server.url) as newer,
            AsyncSmooch("app_5a", "a secret", base_url=server.url, check=False) as unchecked,
            v2.AsyncSmooch("app_5a", "a secret", "5a", base_url=server.url, check=False) as newer_unchecked,
        ):
            with pytest.raises(errors.InvalidInput):
                await call(api, newer)
            assert server.requests == []
            await call(api.with_options(check=False), newer.with_options(check=False))
            await call(unchecked, newer_unchecked)
            with pytest.raises(errors.InvalidInput):
                await call(unchecked.with_options(check=True), newer_unchecked.with_options(check=True))
            with pytest.raises(errors.InvalidInput):
                await call(api, newer)
    assert [json.loads(request.body) for request in server.requests] == [body, body]


@pytest.mark.parametrize("value", [float("nan"), "\ud800", object(), {1, 2}])
async def test_values_that_json_cannot_hold_are_refused_even_without_check(value: Any) -> None:
    with ScriptedServer(lambda _: answer(200, BODY)) as server:
        async with (
            AsyncSmooch("app_5a", "a secret", base_url=server.url, check=False) as api,
            v2.AsyncSmooch("app_5a", "a secret", "5a", base_url=server.url, check=False) as newer,
        ):
            with pytest.raises(errors.InvalidInput, match="cannot be written as JSON"):
                await api.post_message("b", {"new": value})
            if not isinstance(value, set):  # a list to v2
                with pytest.raises(errors.InvalidInput, match="cannot be written as JSON"):
                    await newer.messages.post("c", {"content": {"new": value}})
        assert server.requests == []


async def test_without_check_files_of_any_size_are_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    for prefix in _files.LIMITS:
        monkeypatch.setitem(_files.LIMITS, prefix, 3)
    with ScriptedServer(lambda _: answer(201, BODY)) as server:
        async with (
            AsyncSmooch("app_5a", "a secret", base_url=server.url, check=False) as api,
            v2.AsyncSmooch("app_5a", "a secret", "5a", base_url=server.url, check=False) as newer,
        ):
            await api.post_media("b", ("a.png", b"four"))
            await newer.attachments.upload(io.BufferedReader(io.BytesIO(b"four")), filename="a.png")  # type: ignore[arg-type]
            with pytest.raises(errors.InvalidInput, match="larger"):
                await api.with_options(check=True).post_media("b", ("a.png", b"four"))
    assert [b"four" in request.body for request in server.requests] == [True, True]


@pytest.mark.parametrize("value", [None, 0, "no"])
def test_check_must_be_true_or_false(value: Any) -> None:
    for client in (
        lambda: AsyncSmooch("app_5a", "s", check=value),
        lambda: AsyncSmooch("app_5a", "s").with_options(check=value),
    ):
        with pytest.raises(errors.InvalidInput) as caught:
            client()
        assert caught.value.field == "check"
