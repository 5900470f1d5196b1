"""The bodies of deliveries of v1 and v1.1."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from ..targets import deliveries, deliveries_by_trigger, target

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx
    from support.scripted_server import ScriptedServer

    from smooch.sandbox import Sandbox

    Look = Callable[[], dict[str, Any]]

EVERYTHING = ["*", "typing:appUser"]
PHONE = "+14165550123"


@pytest.fixture(params=["v1", "v1.1"])
def version(request: pytest.FixtureRequest) -> str:
    version: str = request.param
    return version


@pytest.fixture
def client(connect: Callable[..., httpx.Client], version: str) -> httpx.Client:
    return connect(f"/{version}")


@pytest.fixture
def events(sandbox: Sandbox, client: httpx.Client, receiver: ScriptedServer) -> Look:
    """A function that returns the deliveries since its last call, of a webhook with all triggers."""
    client.post("/webhooks", json={"target": receiver.url, "triggers": EVERYTHING})
    return lambda: deliveries_by_trigger(sandbox, receiver)


def post(client: httpx.Client, text: str = "Hi", **fields: Any) -> dict[str, Any]:
    body = {"role": "appMaker", "type": "text", "text": text, **fields}
    message: dict[str, Any] = client.post("/appusers/ana/messages", json=body).json()["message"]
    return message


def link(client: httpx.Client, channel: str = "twilio", **fields: Any) -> None:
    body = {"type": channel, "phoneNumber": PHONE, **fields}
    assert client.post("/appusers/ana/channels", json=body).status_code == 200


def linked(sandbox: Sandbox, client: httpx.Client, events: Look) -> None:
    """Let the user write and link it to a channel; drop the deliveries that this causes."""
    sandbox.say("ana", "Hi")
    events()
    link(client, skipConfirmation=True)
    events()


class TestMessages:
    def test_from_the_user(self, sandbox: Sandbox, client: httpx.Client, version: str, events: Look) -> None:
        sandbox.say("ana", "Hi")
        body = events()["message:appUser"]
        (message,) = body["messages"]
        (listed,) = client.get("/appusers/ana/messages").json()["messages"]
        assert message == listed
        assert (message["text"], message["role"], message["source"]) == ("Hi", "appUser", {"type": "web"})
        assert body["app"] == {"_id": sandbox.app_id}
        assert body["appUser"]["userId"] == "ana"
        assert "timestamp" not in body
        if version == "v1":
            assert body["appUser"] == client.get("/appusers/ana").json()["appUser"]
            assert not {"version", "conversation", "client"} & body.keys()
        else:
            assert body["appUser"].keys() == {"_id", "userId", "conversationStarted"}
            assert body["version"] == "v1.1"
            conversation = client.get("/appusers/ana/messages").json()["conversation"]
            assert body["conversation"] == {"_id": conversation["_id"]}

    def test_from_the_business(self, sandbox: Sandbox, client: httpx.Client, events: Look) -> None:
        sandbox.say("ana", "Hi")
        events()
        message = post(client)
        (body,) = events().values()
        assert (body["trigger"], body["messages"]) == ("message:appMaker", [message])

    def test_posted_for_the_user_by_the_api(self, sandbox: Sandbox, client: httpx.Client, events: Look) -> None:
        sandbox.say("ana", "Hi")
        events()
        message = post(client, role="appUser")
        (body,) = events().values()
        assert (body["trigger"], body["messages"][0]["_id"]) == ("message:appUser", message["_id"])


@pytest.mark.parametrize(
    ("triggers", "received"),
    [
        (["message"], {"message:appUser", "message:appMaker"}),
        (["message:appMaker"], {"message:appMaker"}),
        (["postback"], {"postback"}),
        (["message:appUser", "conversation:read"], {"message:appUser", "conversation:read"}),
        (["*"], {"client:add", "message:appUser", "message:appMaker", "postback", "conversation:read"}),
        (["typing:appUser"], {"typing:appUser"}),
    ],
)
def test_a_webhook_gets_only_its_triggers(
    sandbox: Sandbox, client: httpx.Client, receiver: ScriptedServer, triggers: list[str], received: set[str]
) -> None:
    client.post("/webhooks", json={"target": receiver.url, "triggers": triggers})
    sandbox.say("ana", "Hi")
    post(client, actions=[{"type": "postback", "text": "Go", "payload": "GO"}])
    sandbox.click("ana", "Go")
    sandbox.set_typing("ana")
    client.post("/appusers/ana/conversation/read")
    assert deliveries_by_trigger(sandbox, receiver).keys() == received


class TestOptionsOfAWebhook:
    @pytest.fixture
    def version(self) -> str:
        return "v1.1"

    def test_the_full_user(self, sandbox: Sandbox, client: httpx.Client, receiver: ScriptedServer) -> None:
        client.post("/webhooks", json={"target": receiver.url, "triggers": ["*"], "includeFullAppUser": True})
        sandbox.say("ana", "Hi")
        assert (
            deliveries_by_trigger(sandbox, receiver)["message:appUser"]["appUser"]
            == client.get("/appusers/ana").json()["appUser"]
        )

    def test_the_client(self, sandbox: Sandbox, client: httpx.Client, receiver: ScriptedServer) -> None:
        client.post("/webhooks", json={"target": receiver.url, "triggers": ["*"], "includeClient": True})
        sandbox.say("ana", "Hi")
        (visible,) = client.get("/appusers/ana").json()["appUser"]["clients"]
        assert deliveries_by_trigger(sandbox, receiver)["message:appUser"]["client"] == visible
        link(client, skipConfirmation=True)
        (twilio,) = (each for each in client.get("/appusers/ana").json()["appUser"]["clients"] if each != visible)
        assert deliveries_by_trigger(sandbox, receiver)["link:success"]["client"] == twilio


def test_the_version_of_the_path_that_made_it(
    sandbox: Sandbox, connect: Callable[..., httpx.Client], receiver: ScriptedServer
) -> None:
    with target() as other:
        connect("/v1").post("/webhooks", json={"target": receiver.url})
        connect("/v1.1").post("/webhooks", json={"target": other.url})
        sandbox.say("ana", "Hi")
        assert "version" not in deliveries_by_trigger(sandbox, receiver)["message:appUser"]
        assert deliveries_by_trigger(sandbox, other)["message:appUser"]["version"] == "v1.1"


def test_a_conversation_that_is_not_the_default(
    sandbox: Sandbox, connect: Callable[..., httpx.Client], receiver: ScriptedServer
) -> None:
    body = {"target": receiver.url, "triggers": ["*"], "includeClient": True}
    connect("/v1.1").post("/webhooks", json=body)
    v2 = connect(f"/v2/apps/{sandbox.app_id}")
    user = v2.post("/users", json={"externalId": "ana"}).json()["user"]["id"]
    participants = {"type": "personal", "participants": [{"userId": user}]}
    first, second = (v2.post("/conversations", json=participants).json()["conversation"]["id"] for _ in range(2))
    for platform in ("ios", "android"):
        device = {"id": f"d-{platform}", "platform": platform}
        connect("/v1").post("/init", json={"userId": "ana", "device": device})
    deliveries(sandbox, receiver)
    sandbox.say("ana", "Hi", conversation_id=second)
    body = deliveries_by_trigger(sandbox, receiver)["message:appUser"]
    assert body["conversation"] == {"_id": second} != {"_id": first}
    assert body["client"]["platform"] == "android"


class TestConversation:
    def test_a_start_and_a_referral(self, sandbox: Sandbox, version: str, events: Look) -> None:
        sandbox.open_chat("ana", referral="spring")
        start = events()["conversation:start"]
        assert (start["source"], start["referral"]) == ({"type": "web"}, {"code": "spring"})
        assert ("clients" in start["appUser"]) is (version == "v1")
        assert start["appUser"]["conversationStarted"] is True
        sandbox.open_chat("ana", referral="summer")
        (referral,) = events().values()
        assert (referral["trigger"], referral["referral"]) == ("conversation:referral", {"code": "summer"})
        sandbox.open_chat("ana")
        assert events() == {}

    def test_a_first_message_is_no_start(self, sandbox: Sandbox, events: Look) -> None:
        sandbox.say("ana", "Hi")
        assert events().keys() == {"client:add", "message:appUser"}

    def test_reading(self, sandbox: Sandbox, client: httpx.Client, events: Look) -> None:
        sandbox.say("ana", "Hi")
        events()
        client.post("/appusers/ana/conversation/read")
        (body,) = events().values()
        assert (body["trigger"], body["source"]) == ("conversation:read", {"type": "web"})
        assert body["timestamp"] > 1.7e9

    def test_typing(self, sandbox: Sandbox, client: httpx.Client, events: Look) -> None:
        sandbox.say("ana", "Hi")
        events()
        path = "/appusers/ana/conversation/activity"
        client.post(path, json={"role": "appMaker", "type": "typing:start"})
        sandbox.set_typing("ana", False)
        (body,) = events().values()
        assert (body["trigger"], body["activity"]) == ("typing:appUser", {"type": "typing:stop"})


class TestButtons:
    def test_a_postback(self, sandbox: Sandbox, client: httpx.Client, version: str, events: Look) -> None:
        client.post("/appusers", json={"userId": "ana"})
        message = post(client, actions=[{"type": "postback", "text": "Go", "payload": "GO"}])
        events()
        sandbox.click("ana", "GO")
        body = events()["postback"]
        assert body["postbacks"] == [{"message": message, "action": message["actions"][0]}]
        assert "timestamp" not in body
        assert ("clients" in body["appUser"]) is (version == "v1")

    def test_a_postback_of_the_menu(self, sandbox: Sandbox, client: httpx.Client, events: Look) -> None:
        sandbox.say("ana", "Hi")
        items = [
            {"type": "submenu", "text": "More", "items": [{"type": "postback", "text": "Help", "payload": "HELP"}]}
        ]
        client.put("/menu", json={"items": items})
        events()
        sandbox.click("ana", {"type": "postback", "payload": "HELP"})
        ((postback,),) = (body["postbacks"] for body in events().values())
        assert "message" not in postback
        assert postback["action"]["text"] == "Help"

    def test_a_postback_that_the_user_sends_by_the_api(
        self, sandbox: Sandbox, client: httpx.Client, version: str, events: Look
    ) -> None:
        client.post("/appusers", json={"userId": "ana"})
        message = post(client, actions=[{"type": "postback", "text": "Go", "payload": "GO"}])
        events()
        path, body = "/appusers/ana/conversation/postback", {"actionId": message["actions"][0]["_id"]}
        assert client.post(path, json=body).json() == {}
        tapped = events()
        assert tapped["postback"]["postbacks"] == [{"message": message, "action": message["actions"][0]}]
        assert tapped["postback"]["appUser"]["userId"] == "ana"
        sandbox.click("ana", "GO")
        clicked = events()
        assert clicked["postback"]["postbacks"] == tapped["postback"]["postbacks"]

    @pytest.mark.parametrize(("action_id", "status"), [("x", 404), ("", 400), (5, 400), (None, 400)])
    def test_a_postback_of_no_button(self, client: httpx.Client, action_id: Any, status: int) -> None:
        client.post("/appusers", json={"userId": "ana"})
        post(client, actions=[{"type": "link", "text": "Go", "uri": "https://a.example"}])
        body = {"actionId": action_id}
        assert client.post("/appusers/ana/conversation/postback", json=body).status_code == status

    def test_a_postback_of_a_link(self, client: httpx.Client) -> None:
        client.post("/appusers", json={"userId": "ana"})
        message = post(client, actions=[{"type": "link", "text": "Go", "uri": "https://a.example"}])
        body = {"actionId": message["actions"][0]["_id"]}
        assert client.post("/appusers/ana/conversation/postback", json=body).status_code == 400

    def test_a_payment(self, sandbox: Sandbox, client: httpx.Client, events: Look) -> None:
        client.post("/appusers", json={"userId": "ana"})
        post(client, actions=[{"type": "buy", "text": "Pay", "amount": 450, "currency": "EUR"}])
        events()
        sandbox.click("ana", "Pay")
        (payment,) = events()["payment:success"]["payments"]
        assert (payment["action"]["state"], payment["message"]["actions"][0]["state"]) == ("paid", "paid")
        assert payment["charge"]["id"].startswith("ch_")
        assert client.get("/appusers/ana/messages").json()["messages"][0]["actions"][0]["state"] == "paid"


class TestChannels:
    def test_a_link(self, sandbox: Sandbox, client: httpx.Client, version: str, events: Look) -> None:
        sandbox.say("ana", "Hi")
        events()
        link(client)
        (match,) = events().values()
        assert (match["trigger"], match["channel"], match["criteria"]) == (
            "link:match",
            "twilio",
            {"phoneNumber": PHONE},
        )
        assert "timestamp" not in match
        link(client, skipConfirmation=True)
        linked = events()
        assert linked.keys() == {"link:match", "client:add", "link:success"}
        added = linked["client:add"]["clients" if version == "v1" else "client"]
        assert (added[0] if version == "v1" else added)["platform"] == "twilio"
        client.delete("/appusers/ana/channels/twilio")
        removed = events()["client:remove"]
        clients = removed["clients"] if version == "v1" else [removed["client"]]
        assert [each["platform"] for each in clients] == ["twilio"]
        assert ("client" in removed, "clients" in removed) == (version != "v1", version == "v1")
        assert removed["timestamp"]

    def test_a_link_to_an_address(self, sandbox: Sandbox, client: httpx.Client, events: Look) -> None:
        sandbox.say("ana", "Hi")
        events()
        address = {"address": "ana@example.org"}
        client.post("/appusers/ana/channels", json={"type": "mailgun", **address})
        assert events()["link:match"]["criteria"] == address

    @pytest.mark.parametrize(("is_primary", "channel"), [(True, "messagebird"), (False, "twilio")])
    def test_messages_go_to_the_primary_channel(
        self,
        sandbox: Sandbox,
        client: httpx.Client,
        version: str,
        events: Look,
        is_primary: bool,
        channel: str,
    ) -> None:
        linked(sandbox, client, events)
        link(client, "messagebird", confirmation={"type": "immediate"}, primary=is_primary)
        events()
        post(client)
        delivered = events()["delivery:success" if version == "v1" else "message:delivery:channel"]
        assert delivered["destination"] == {"type": channel}

    def test_delivery_to_the_channel(self, sandbox: Sandbox, client: httpx.Client, version: str, events: Look) -> None:
        linked(sandbox, client, events)
        message = post(client)
        body = events()["delivery:success" if version == "v1" else "message:delivery:channel"]
        assert body["destination"] == {"type": "twilio"}
        if version == "v1":
            assert body["messages"] == [message]
        else:
            assert (body["message"], body["isFinalEvent"]) == ({"_id": message["_id"]}, True)

    def test_the_user_answers_there(self, sandbox: Sandbox, client: httpx.Client, events: Look) -> None:
        linked(sandbox, client, events)
        sandbox.say("ana", "Here", channel="twilio")
        (body,) = events().values()
        assert body["messages"][0]["source"]["type"] == "twilio"

    def test_a_failure(self, sandbox: Sandbox, client: httpx.Client, version: str, events: Look) -> None:
        linked(sandbox, client, events)
        sandbox.fail_channel("line")
        sandbox.fail_channel("twilio", code="unauthorized", message="token refused")
        post(client)
        trigger = "delivery:failure" if version == "v1" else "message:delivery:failure"
        body = events()[trigger]
        assert body["error"] == {"code": "unauthorized", "message": "token refused"}
        post(client)
        assert trigger not in events()

    def test_a_channel_that_confirms(
        self, sandbox: Sandbox, connect: Callable[..., httpx.Client], client: httpx.Client, version: str, events: Any
    ) -> None:
        sandbox.say("ana", "Hi")
        events()
        body = {"type": "whatsapp", "phoneNumber": PHONE, "skipConfirmation": True}
        assert connect("/v1.1").post("/appusers/ana/channels", json=body).status_code == 200
        events()
        post(client)
        delivered = {trigger: body.get("isFinalEvent") for trigger, body in events().items() if "delivery" in trigger}
        if version == "v1":
            assert delivered == {"delivery:success": None}
        else:
            assert delivered == {"message:delivery:channel": False, "message:delivery:user": True}

    def test_a_web_chat_reports_no_delivery(self, sandbox: Sandbox, client: httpx.Client, events: Look) -> None:
        sandbox.say("ana", "Hi")
        events()
        post(client)
        assert events().keys() == {"message:appMaker"}


class TestUsers:
    def test_a_merger(self, sandbox: Sandbox, connect: Callable[..., httpx.Client], events: Any) -> None:
        for user in ("ana", "bob"):
            sandbox.say(user, "Hi")
            events()
        client = connect("/v1.1")
        ana, bob = (client.get(f"/appusers/{user}").json()["appUser"]["_id"] for user in ("ana", "bob"))
        client.post("/appusers/merge", json={"surviving": {"_id": ana}, "discarded": {"_id": bob}})
        body = events()["merge:appUser"]
        assert body["surviving"] == {"_id": ana, "userId": "ana", "conversationStarted": True}
        assert [each["_id"] for each in body["discarded"]] == [bob]
        assert not {"appUser", "timestamp"} & body.keys()

    def test_deletion(self, sandbox: Sandbox, client: httpx.Client, events: Look) -> None:
        sandbox.say("ana", "Hi")
        events()
        client.delete("/appusers/ana")
        (body,) = events().values()
        assert (body["trigger"], body["appUser"]["userId"]) == ("appUser:delete", "ana")
        assert not {"conversation", "client"} & body.keys()


class TestNotifications:
    @pytest.fixture
    def version(self) -> str:
        return "v1.1"

    def test_one_to_a_known_user(self, sandbox: Sandbox, client: httpx.Client, events: Any) -> None:
        settings = {"type": "twilio", "accountSid": "AC1", "authToken": "t", "phoneNumberSid": "PN1"}
        integration = client.post("/integrations", json=settings).json()["integration"]["_id"]
        sandbox.say("ana", "Hi")
        events()
        link(client, skipConfirmation=True, integrationId=integration)
        events()
        notified = []
        for destination in (PHONE, "+14165550199"):
            body = {
                "destination": {"integrationId": integration, "destinationId": destination},
                "author": {"role": "appMaker"},
                "message": {"type": "text", "text": "Your parcel"},
            }
            answer = client.post("/notifications", json=body).json()
            delivered = events()["notification:delivery:channel"]
            assert delivered["isFinalEvent"] is True
            assert delivered["notification"] == answer["notification"]
            notified.append(delivered.get("matchResult", {}).get("appUser", {}).get("userId"))
        assert notified == ["ana", None]
        sandbox.fail_channel("twilio", code="bad_request", message="no such number")
        client.post("/notifications", json=body)
        failed = events()["notification:delivery:failure"]
        assert failed["error"] == {"code": "bad_request", "message": "no such number"}
        assert failed["isFinalEvent"] is True
