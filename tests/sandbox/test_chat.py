"""Acting as the user: `say`, `click`, `open_chat`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest

from smooch.sandbox import Sandbox

from .targets import deliveries_by_trigger, target

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

GO = {"type": "postback", "text": "Go", "payload": "GO"}


def messages(client: httpx.Client, user: str = "ana") -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = client.get(f"/appusers/{user}/messages").json()["messages"]
    return listed


def post(client: httpx.Client, **fields: Any) -> dict[str, Any]:
    client.post("/appusers", json={"userId": "ana"})
    body = {"role": "appMaker", "type": "text", "text": "Well?", **fields}
    message: dict[str, Any] = client.post("/appusers/ana/messages", json=body).json()["message"]
    return message


class TestSay:
    @pytest.mark.parametrize("user_id", ["ana", "a/ü b", "5a1b2c3d4e5f60718293a4b5"])
    def test_a_new_id_becomes_a_user_on_the_web(self, sandbox: Sandbox, client: httpx.Client, user_id: str) -> None:
        message_id = sandbox.say(user_id, "Hi")
        path = f"/appusers/{quote(user_id, safe='')}"
        user = client.get(path).json()["appUser"]
        assert (user["userId"], [each["platform"] for each in user["clients"]]) == (user_id, ["web"])
        (message,) = client.get(f"{path}/messages").json()["messages"]
        assert (message["_id"], message["text"], message["authorId"]) == (message_id, "Hi", user["_id"])

    def test_a_known_user_writes_with_the_latest_device(self, sandbox: Sandbox, client: httpx.Client) -> None:
        for device in ("d-1", "d-2"):
            body = {"userId": "ana", "device": {"id": device, "platform": "ios" if device == "d-2" else "android"}}
            client.post("/init", json=body)
        sandbox.say("ana", "Hi")
        assert messages(client)[0]["source"] == {"type": "ios"}
        assert len(client.get("/appusers/ana").json()["appUser"]["clients"]) == 2

    def test_both_ids_name_the_user(self, sandbox: Sandbox, client: httpx.Client) -> None:
        sandbox.say("ana", "Hi")
        sandbox.say(client.get("/appusers/ana").json()["appUser"]["_id"], "again")
        assert [message["text"] for message in messages(client)] == ["Hi", "again"]

    @pytest.mark.parametrize(
        "content",
        [
            {"type": "image", "mediaUrl": "https://img.example/a.png"},
            {"type": "location", "coordinates": {"lat": 43.6, "long": -79.3}},
            {"text": "a text, with a payload", "payload": "P", "metadata": {"n": 1}},
        ],
    )
    def test_more_than_text(self, sandbox: Sandbox, client: httpx.Client, content: dict[str, Any]) -> None:
        sandbox.say("ana", content)
        (message,) = messages(client)
        assert content.items() <= message.items()
        assert message["role"] == "appUser"

    @pytest.mark.parametrize("content", [{"type": "image"}, {"type": "telepathy"}, {}, {"text": 1}])
    def test_messages_that_the_api_would_refuse_are_refused(
        self, sandbox: Sandbox, client: httpx.Client, content: dict[str, Any]
    ) -> None:
        with pytest.raises(ValueError, match="content"):
            sandbox.say("ana", content)
        assert client.get("/appusers/ana").status_code == 404

    @pytest.mark.parametrize("user_id", ["", None, 5])
    def test_invalid_ids_are_refused(self, sandbox: Sandbox, user_id: Any) -> None:
        for act in (sandbox.open_chat, sandbox.set_typing, lambda user_id: sandbox.say(user_id, "Hi")):
            with pytest.raises(ValueError, match="user_id"):
                act(user_id)

    def test_invalid_messages_are_refused(self, sandbox: Sandbox) -> None:
        with pytest.raises(TypeError, match="content must be a str"):
            sandbox.say("ana", 5)  # type: ignore[arg-type]

    def test_an_unknown_channel_or_conversation_is_refused(self, sandbox: Sandbox, client: httpx.Client) -> None:
        sandbox.say("ana", "Hi")
        for wrong in ({"channel": "line"}, {"conversation_id": "x"}):
            with pytest.raises(LookupError, match=r"line|x"):
                sandbox.say("ana", "Hi", **wrong)
        for wrong in ({"channel": "line"}, {"conversation_id": "x"}):
            with pytest.raises(LookupError, match=r"line|x"):
                sandbox.say("bob", "Hi", **wrong)
        assert len(messages(client)) == 1
        assert client.get("/appusers/bob").status_code == 404

    def test_a_full_conversation(self, sandbox: Sandbox) -> None:
        with Sandbox(max_messages=1) as small:
            small.say("ana", "Hi")
            with pytest.raises(ValueError, match="limit of 1"):
                small.say("ana", "again")

    def test_a_sandbox_that_is_not_running(self) -> None:
        with pytest.raises(RuntimeError, match="not running"):
            Sandbox().say("ana", "Hi")


def test_a_user_reads_what_is_unread(sandbox: Sandbox, client: httpx.Client) -> None:
    sandbox.add_user("ana")
    for unknown in ("ana", "bob"):
        with pytest.raises(LookupError, match=f"user '{unknown}'"):
            sandbox.mark_read(unknown)
    post(client)
    assert client.get("/appusers/ana/messages").json()["conversation"]["unreadCount"] == 1
    sandbox.mark_read("ana")
    assert client.get("/appusers/ana/messages").json()["conversation"]["unreadCount"] == 0


class TestClick:
    def test_the_newest_button_that_fits(self, sandbox: Sandbox, client: httpx.Client) -> None:
        for payload in ("1", "2"):
            post(client, actions=[{"type": "reply", "text": "Yes", "payload": payload}])
        sandbox.click("ana", "Yes")
        assert messages(client)[-1]["payload"] == "2"
        sandbox.click("ana", {"text": "Yes", "payload": "1"})
        assert messages(client)[-1]["payload"] == "1"

    def test_a_button_of_an_item(self, sandbox: Sandbox, client: httpx.Client) -> None:
        reply = {"type": "reply", "text": "Go", "payload": "REPLY"}
        message = post(client, type="carousel", items=[{"title": "Mug", "actions": [GO]}])
        post(client, actions=[reply])
        with target() as receiver:
            client.post("/webhooks", json={"target": receiver.url, "triggers": ["*"]})
            sandbox.click("ana", message["items"][0]["actions"][0]["_id"])
            (postback,) = deliveries_by_trigger(sandbox, receiver)["postback"]["postbacks"]
        assert postback["message"]["_id"] == message["_id"]

    @pytest.mark.parametrize("action", ["No", {"payload": "NO"}, {}, ""])
    def test_an_unknown_button_is_refused(self, sandbox: Sandbox, client: httpx.Client, action: Any) -> None:
        post(client, actions=[GO])
        with pytest.raises(LookupError, match="there are: 'Go'"):
            sandbox.click("ana", action)

    @pytest.mark.parametrize("action", [None, 5, b"Go"])
    def test_invalid_buttons_are_refused(self, sandbox: Sandbox, client: httpx.Client, action: Any) -> None:
        post(client, actions=[GO])
        with pytest.raises(TypeError, match="action must be"):
            sandbox.click("ana", action)

    def test_a_checkout_can_be_paid_once(self, sandbox: Sandbox, client: httpx.Client) -> None:
        post(client, actions=[{"type": "buy", "text": "Pay", "amount": 450}])
        sandbox.click("ana", "Pay")
        with pytest.raises(ValueError, match="paid already"):
            sandbox.click("ana", "Pay")

    def test_a_location_request_is_answered_with_say(self, sandbox: Sandbox, client: httpx.Client) -> None:
        post(client, actions=[{"type": "locationRequest", "text": "Where?"}])
        with pytest.raises(ValueError, match="say"):
            sandbox.click("ana", "Where?")

    def test_an_unknown_user_is_refused(self, sandbox: Sandbox) -> None:
        with pytest.raises(LookupError, match="no user 'bob'"):
            sandbox.click("bob", "Go")

    def test_a_link_cannot_be_clicked(self, sandbox: Sandbox, client: httpx.Client) -> None:
        post(client, actions=[{"type": "link", "text": "Shop", "uri": "https://example.com"}])
        with pytest.raises(ValueError, match="link"):
            sandbox.click("ana", "Shop")


def test_the_chat_can_be_opened_on_a_channel(sandbox: Sandbox, connect: Callable[..., httpx.Client]) -> None:
    client = connect("/v1.1")
    client.post("/appusers", json={"userId": "ana"})
    body = {"type": "twilio", "phoneNumber": "+14165550123", "skipConfirmation": True}
    client.post("/appusers/ana/channels", json=body)
    sandbox.open_chat("ana", channel="twilio")
    assert client.get("/appusers/ana").json()["appUser"]["conversationStarted"] is True
    assert client.get("/appusers/ana/messages").json()["messages"] == []
