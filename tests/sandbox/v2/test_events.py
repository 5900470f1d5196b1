from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from smooch.sandbox import _events

from .api import BUSINESS, Api
from .test_integrations import link

if TYPE_CHECKING:
    import httpx


@pytest.fixture
def events(api: Api) -> Any:
    """What has been recorded since the last look, as class names with chosen fields."""
    seen = api.sandbox._asgi.store.events

    def look(*fields: str) -> list[tuple[Any, ...]]:
        taken = [(type(event).__name__, *(getattr(event, field, None) for field in fields)) for event in seen]
        seen.clear()
        return taken

    return look


def test_conversations(api: Api, v1: httpx.Client, events: Any) -> None:
    user = api.user(externalId="u")
    v1.post("/appusers/u/messages", json={"role": "appUser", "type": "text", "text": "Hi"})
    second = api.conversation(user)
    api.client.delete(f"/conversations/{second}")
    assert events("reason") == [
        ("ConversationCreated", "message"),
        ("MessageAdded", None),
        ("ConversationCreated", "none"),
        ("ConversationRemoved", None),
    ]


def test_groups(api: Api, events: Any) -> None:
    user = api.user()
    group = f"/conversations/{api.group()}"
    api.client.post(f"{group}/join", json={"userId": user, "subscribeSDKClient": False})
    api.client.post(f"{group}/activity", json={"author": BUSINESS, "type": "typing:start"})
    body = {"author": {"type": "user", "userId": user}, "type": "conversation:read"}
    api.client.post(f"{group}/activity", json=body)
    api.client.post(f"{group}/leave", json={"userId": user})
    recorded = [(name, who and who.id) for name, who in events("user")]
    assert recorded == [
        ("ConversationCreated", None),
        ("ConversationJoined", user),
        ("TypingChanged", None),
        ("ConversationRead", user),
        ("ConversationLeft", user),
    ]


def test_links(api: Api, events: Any) -> None:
    user, twilio = api.user(), api.integration("twilio")
    waiting = link(api, user, twilio, "prompt")["id"]
    standing = link(api, user, twilio, "immediate")["id"]
    api.client.delete(f"/users/{user}/clients/{standing}")
    recorded = [(name, client and client.id) for name, client in events("client") if "Conversation" not in name]
    assert recorded == [
        ("LinkStarted", waiting),
        ("LinkStarted", standing),
        ("LinkMatched", standing),
        ("ClientAdded", standing),
        ("LinkSucceeded", standing),
        ("ClientRemoved", standing),
    ]


def test_control(api: Api, events: Any) -> None:
    board = api.switchboard()
    api.switchboard_integration(board, "bot")
    conversation = f"/conversations/{api.conversation()}"
    events()
    to_bot = {"switchboardIntegration": "bot", "metadata": {"a": 1}}
    for action, body in (
        ("offerControl", to_bot),
        ("acceptControl", {}),
        ("acceptControl", {}),
        ("offerControl", to_bot),
        ("passControl", {"switchboardIntegration": "nobody"}),
        ("passControl", to_bot),
        ("releaseControl", {}),
        ("passControl", to_bot),
    ):
        api.client.post(f"{conversation}/{action}", json=body)
    assert events("action", "metadata", "code") == [
        ("ControlChanged", "offerControl", {"a": 1}, None),
        ("ControlChanged", "acceptControl", None, None),
        ("ControlFailed", "acceptControl", None, "switchboard_invalid_action"),
        ("ControlFailed", "offerControl", {"a": 1}, "switchboard_invalid_target"),
        ("ControlFailed", "passControl", None, "switchboard_invalid_target"),
        ("ControlChanged", "releaseControl", None, None),
        ("ControlChanged", "passControl", {"a": 1}, None),
    ]


def test_users(api: Api, events: Any) -> None:
    first, second = api.user(), api.user()
    api.conversation(first)
    api.conversation(second)
    api.sandbox.authenticate_user(first, zendesk_id="7")
    api.sandbox.authenticate_user(second, zendesk_id="8")
    events()
    api.client.post("/users/7/sync", json={"survivingZendeskId": "8"})
    (merged,) = api.sandbox._asgi.store.events
    assert isinstance(merged, _events.UsersMerged)
    assert (merged.surviving.id, merged.discarded.id, merged.joined is not None) == (second, first, True)
    api.client.delete(f"/users/{second}")
    assert [name for (name,) in events()] == ["UsersMerged", "UserDeleted"]
