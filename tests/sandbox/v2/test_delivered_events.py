"""The bodies of deliveries of v2."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from unittest.mock import ANY

import pytest

from smooch import Smooch
from smooch.sandbox import _spec
from smooch.webhooks import verify

from ..targets import deliveries, deliveries_by_trigger, posts, target
from .api import BUSINESS, Api, error

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx
    from support.scripted_server import ScriptedServer

    Look = Callable[[], dict[str, Any]]


def all_triggers() -> list[str]:
    schemas = _spec.load("v2").document["components"]["schemas"]
    names = [each["$ref"].rpartition("/")[2] for each in schemas["Event"]["oneOf"]]
    bodies = [part for name in names for part in schemas[name]["allOf"] if "properties" in part]
    return [body["properties"]["type"]["const"] for body in bodies if "const" in body["properties"]["type"]]


def listen(api: Api, receiver: ScriptedServer, integration: str | None = None, **fields: Any) -> dict[str, Any]:
    body = {"target": receiver.url, "triggers": all_triggers(), **fields}
    path = f"/integrations/{integration or api.sandbox.integration_id}/webhooks"
    webhook: dict[str, Any] = api.create(path, "webhook", body)
    return webhook


@pytest.fixture
def events(api: Api, receiver: ScriptedServer) -> Look:
    """A function that returns the events since its last call, of a webhook with all triggers."""
    listen(api, receiver)
    return lambda: deliveries_by_trigger(api.sandbox, receiver)


def test_the_envelope(api: Api, receiver: ScriptedServer) -> None:
    webhook = listen(api, receiver)
    api.conversation()
    api.sandbox.wait_for_deliveries()
    (request,) = posts(receiver)
    body = request.json()
    assert request.headers["x-api-key"] == webhook["secret"]
    assert body["app"] == {"id": api.sandbox.app_id}
    assert body["webhook"] == {"id": webhook["id"], "version": "v2"}
    (event,) = body["events"]
    assert event.keys() == {"id", "type", "createdAt", "payload"}


@pytest.mark.parametrize("secret", ["sécret", "with space", "x" * 200])
def test_a_webhook_can_have_a_given_secret(api: Api, receiver: ScriptedServer, secret: str) -> None:
    listen(api, receiver, secret=secret)
    api.conversation()
    api.sandbox.wait_for_deliveries()
    (request,) = posts(receiver)
    assert verify({"X-API-Key": request.headers["x-api-key"]}, secret) is None


@pytest.mark.parametrize("secret", [" x", "x\n", "a\tb", ""])
def test_a_secret_that_fits_no_header_is_refused(api: Api, secret: str) -> None:
    body = {"target": "https://bot.example", "triggers": ["conversation:message"], "secret": secret}
    path = f"/integrations/{api.sandbox.integration_id}/webhooks"
    assert error(api.client.post(path, json=body)) == (400, "bad_request")
    assert error(api.client.post("/integrations", json={"type": "custom", "webhooks": [body]})) == (400, "bad_request")


def test_an_event_has_the_same_id_at_every_webhook(api: Api, receiver: ScriptedServer) -> None:
    with target() as other:
        listen(api, receiver)
        listen(api, other)
        api.conversation()
        api.conversation()
        api.sandbox.wait_for_deliveries()
        ids = [sorted(request.json()["events"][0]["id"] for request in posts(each)) for each in (receiver, other)]
    assert ids[0] == ids[1]
    assert len(set(ids[0])) == 2


class TestConversations:
    def test_by_the_api(self, api: Api, events: Look) -> None:
        user = api.user()
        conversation = api.conversation(user, metadata={"lang": "en"})
        created = events()["conversation:create"]
        assert created["conversation"] == {"id": conversation, "type": "personal", "metadata": {"lang": "en"}}
        assert (created["creationReason"], created["user"]["id"]) == ("none", user)
        second = api.conversation(user)
        events()
        api.client.delete(f"/conversations/{second}")
        assert events()["conversation:remove"]["conversation"]["id"] == second

    def test_by_the_user(self, api: Api, events: Look) -> None:
        api.sandbox.open_chat("ana", referral="spring")
        created = events()["conversation:create"]
        assert (created["creationReason"], created["referral"]) == ("startConversation", {"code": "spring"})
        assert created["source"] == {"type": "web"}
        api.sandbox.open_chat("ana", referral="summer")
        referred = events()["conversation:referral"]
        assert (referred["user"]["externalId"], referred["referral"]) == ("ana", {"code": "summer"})

    def test_groups(self, api: Api, events: Look) -> None:
        ana, bob = api.user(), api.user()
        group = api.group(ana)
        assert "user" not in events()["conversation:create"]
        path = f"/conversations/{group}"
        api.client.post(f"{path}/join", json={"userId": bob, "subscribeSDKClient": False})
        assert events()["conversation:join"]["user"]["id"] == bob
        api.post(group, author={"type": "user", "userId": ana})
        assert events()["conversation:message"]["message"]["author"]["userId"] == ana
        api.client.post(f"{path}/leave", json={"userId": bob})
        assert events()["conversation:leave"]["user"]["id"] == bob


class TestMessages:
    def test_from_the_user(self, api: Api, events: Look) -> None:
        api.sandbox.say("ana", "Hi")
        seen = events()
        assert seen.keys() == {"client:add", "conversation:create", "conversation:message"}
        assert seen["conversation:create"]["creationReason"] == "message"
        assert seen["conversation:create"]["source"] == {"type": "web"}
        message = seen["conversation:message"]["message"]
        assert message["content"] == {"type": "text", "text": "Hi"}
        assert message["author"]["user"]["externalId"] == "ana"
        assert message["author"]["user"].keys() == {"id", "externalId", "authenticated"}
        assert message["source"] == {"type": "web"}

    def test_from_the_business(self, api: Api, events: Look) -> None:
        conversation = api.conversation()
        events()
        posted = api.post(conversation, metadata={"n": 1})
        (payload,) = events().values()
        assert payload["message"] == posted

    def test_full_user_and_source(self, api: Api, receiver: ScriptedServer) -> None:
        listen(api, receiver, includeFullUser=True, includeFullSource=True)
        api.sandbox.say("ana", "Hi")
        message = deliveries_by_trigger(api.sandbox, receiver)["conversation:message"]["message"]
        assert message["author"]["user"] == api.client.get("/users/ana").json()["user"]
        (client,) = api.client.get("/users/ana/clients").json()["clients"]
        (device,) = api.client.get("/users/ana/devices").json()["devices"]
        assert client["lastSeen"] == device["lastSeen"]
        assert message["source"] == {"type": "web", "client": client, "device": device}

    def test_full_source_of_a_channel(self, api: Api, receiver: ScriptedServer) -> None:
        user, twilio = api.user(), api.integration("twilio")
        api.link(user, twilio)
        listen(api, receiver, includeFullSource=True)
        api.sandbox.say(user, "Hi", channel="twilio")
        message = deliveries_by_trigger(api.sandbox, receiver)["conversation:message"]["message"]
        (client,) = api.client.get(f"/users/{user}/clients").json()["clients"]
        assert message["source"] == {"type": "twilio", "integrationId": twilio, "client": client}

    def test_into_a_given_conversation(self, api: Api, events: Look) -> None:
        user = api.user()
        api.conversation(user)
        events()
        second = api.conversation(user)
        events()
        api.sandbox.say(user, "Here", conversation_id=second)
        assert events()["conversation:message"]["conversation"]["id"] == second


class TestButtons:
    @pytest.fixture
    def conversation(self, api: Api) -> str:
        conversation = api.conversation(api.user(externalId="ana"))
        actions = [
            {"type": "postback", "text": "Go", "payload": "GO", "metadata": {"colour": "red"}},
        ]
        api.post(conversation, {"type": "text", "text": "Well?", "actions": actions})
        return conversation

    def test_a_postback(self, api: Api, conversation: str, events: Look) -> None:
        api.sandbox.click("ana", "Go")
        payload = events()["conversation:postback"]
        assert payload["postback"] == {"payload": "GO", "metadata": {"colour": "red"}}
        assert (payload["conversation"]["id"], payload["source"]) == (conversation, {"type": "web"})
        assert payload["user"]["externalId"] == "ana"

    def test_an_echo(self, api: Api, account: httpx.Client, conversation: str, events: Look) -> None:
        account.patch(f"/v2/apps/{api.sandbox.app_id}", json={"settings": {"echoPostback": True}})
        api.sandbox.click("ana", "Go")
        seen = events()
        assert seen["conversation:message"]["message"]["content"]["text"] == "Go"
        assert "conversation:postback" in seen

    def test_a_reply(self, api: Api, conversation: str, events: Look) -> None:
        actions = [{"type": "reply", "text": "Yes", "payload": "YES"}]
        api.post(conversation, {"type": "text", "text": "Sure?", "actions": actions})
        events()
        api.sandbox.click("ana", "YES")
        message = events()["conversation:message"]["message"]
        assert message["content"] == {"type": "text", "text": "Yes", "payload": "YES"}


class TestActivities:
    @pytest.fixture
    def conversation(self, api: Api, events: Look) -> str:
        api.sandbox.say("ana", "Hi")
        return str(events()["conversation:message"]["conversation"]["id"])

    @pytest.mark.parametrize("is_typing", [True, False])
    def test_typing(self, api: Api, conversation: str, is_typing: bool, events: Look) -> None:
        business = {"author": BUSINESS, "type": "typing:start"}
        api.client.post(f"/conversations/{conversation}/activity", json=business)
        assert events() == {}
        api.sandbox.set_typing("ana", is_typing)
        activity = events()["conversation:typing"]["activity"]
        assert (activity["type"], activity["source"]) == (f"typing:{'start' if is_typing else 'stop'}", {"type": "web"})
        assert activity["author"]["user"]["externalId"] == "ana"

    def test_typing_opens_the_chat(self, api: Api, events: Look) -> None:
        api.sandbox.set_typing("bob")
        created = events()["conversation:create"]
        assert (created["creationReason"], created["source"]) == ("startConversation", {"type": "web"})

    def test_reading(self, api: Api, conversation: str, events: Look) -> None:
        path = f"/conversations/{conversation}/activity"
        api.client.post(path, json={"author": BUSINESS, "type": "conversation:read"})
        assert events() == {}
        author = {"type": "user", "userExternalId": "ana"}
        api.client.post(path, json={"author": author, "type": "conversation:read"})
        activity = events()["conversation:read"]["activity"]
        assert (activity["type"], activity["author"]["user"]["externalId"]) == ("conversation:read", "ana")
        assert activity["source"] == {"type": "api:conversations"}


class TestClients:
    def test_a_link(self, api: Api, receiver: ScriptedServer, events: Look) -> None:
        user, twilio = api.user(), api.integration("twilio")
        created = api.link(user, twilio)
        pairs = deliveries(api.sandbox, receiver)
        updates = [
            (payload["reason"], payload["client"]["status"]) for name, payload in pairs if name == "client:update"
        ]
        assert sorted(updates) == [("confirmed", "active"), ("matched", "pending")]
        seen = dict(pairs)
        assert seen["client:update"]["conversation"] == seen["client:add"]["conversation"]
        assert seen["client:add"]["source"] == {"type": "api:conversations"}
        assert seen["client:add"]["client"] == created
        assert (seen["client:add"]["reason"], seen["client:add"]["user"]["id"]) == ("channelLinking", user)
        assert seen["client:add"]["conversation"]["type"] == "personal"
        api.client.delete(f"/users/{user}/clients/{created['id']}")
        removed = events()["client:remove"]
        assert (removed["client"]["id"], removed["reason"]) == (created["id"], "api")

    def test_a_pending_link_that_is_removed(self, api: Api, events: Look) -> None:
        user, twilio = api.user(), api.integration("twilio")
        created = api.link(user, twilio, "prompt")
        seen = events()
        assert seen.keys() == {"conversation:create", "client:add", "client:update"}
        assert (seen["client:update"]["reason"], seen["client:update"]["client"]["status"]) == ("matched", "pending")
        api.client.delete(f"/users/{user}/clients/{created['id']}")
        assert events()["client:remove"]["client"]["status"] == "pending"

    def test_a_device(self, api: Api, events: Look) -> None:
        api.sandbox.say("ana", "Hi")
        added = events()["client:add"]
        assert (added["client"]["type"], added["reason"], added["source"]) == ("sdk", "sdkLogin", {"type": "sdk"})

    def test_the_last_device(self, api: Api, receiver: ScriptedServer, v1: httpx.Client, events: Look) -> None:
        device = {"id": "d-1", "platform": "ios"}
        v1.post("/init", json={"userId": "ana", "device": device})
        assert events()["client:add"]["user"]["externalId"] == "ana"
        v1.post("/init", json={"userId": "bob", "device": device})
        seen = events()
        assert (seen["client:remove"]["user"]["externalId"], seen["client:remove"]["reason"]) == ("ana", "sdk")
        assert seen["client:add"]["user"]["externalId"] == "bob"

    def test_a_deleted_integration(self, api: Api, events: Look) -> None:
        user, twilio = api.user(), api.integration("twilio")
        api.link(user, twilio, "prompt")
        events()
        api.client.delete(f"/integrations/{twilio}")
        assert events()["client:remove"]["client"]["status"] == "pending"

    def test_delivery_to_a_channel(self, api: Api, receiver: ScriptedServer, events: Look) -> None:
        user, twilio = api.user(), api.integration("twilio")
        api.link(user, twilio)
        (conversation,) = api.client.get("/conversations", params={"filter[userId]": user}).json()["conversations"]
        deliveries(api.sandbox, receiver)
        posted = api.post(conversation["id"])
        delivered = events()["conversation:message:delivery:channel"]
        assert delivered["message"] == {"id": posted["id"]}
        assert delivered["destination"] == {"type": "twilio", "integrationId": twilio}
        assert (delivered["isFinalEvent"], delivered["user"]["id"]) == (True, user)
        api.sandbox.say(user, "Here", channel="twilio")
        source = events()["conversation:message"]["message"]["source"]
        assert source == {"type": "twilio", "integrationId": twilio}
        api.sandbox.fail_channel(code="bad_request", message="no")
        api.post(conversation["id"])
        failed = events()["conversation:message:delivery:failure"]
        assert failed["error"] == {"code": "bad_request", "message": "no"}
        api.post(conversation["id"], destination={"integrationType": "none"})
        assert events().keys() == {"conversation:message"}


class TestUsers:
    def test_login_merger_and_removal(self, api: Api, events: Look) -> None:
        for name in ("ana", "bob"):
            api.sandbox.say(name, "Hi")
            events()
            api.sandbox.authenticate_user(name, zendesk_id=f"z-{name}")
            updated = events()["user:update"]
            assert (updated["reason"], updated["user"]["zendeskId"]) == ("authentication", f"z-{name}")
            assert updated["source"] == {"type": "web"}
        api.client.post("/users/z-bob/sync", json={"survivingZendeskId": "z-ana"})
        merged = events()["user:merge"]
        assert merged["mergedUsers"]["surviving"]["externalId"] == "ana"
        assert merged["mergedUsers"]["discarded"]["externalId"] == "bob"
        assert merged["mergedConversations"].keys() == {"surviving", "discarded"}
        assert merged["reason"] == "api"
        api.client.delete("/users/ana")
        assert events()["user:remove"]["user"]["externalId"] == "ana"

    def test_a_login_by_jwt_is_delivered_once(self, api: Api, v1: httpx.Client, events: Look) -> None:
        v1.post("/appusers", json={"userId": "ana"})
        token = Smooch.jwt_for_user(api.sandbox.key_id, api.sandbox.secret, "ana")
        for _ in range(2):
            v1.get("/appusers/ana", headers={"Authorization": f"Bearer {token}"}, auth=None)  # type: ignore[arg-type]
        assert events()["user:update"]["user"] == {"id": ANY, "externalId": "ana", "authenticated": True}

    def test_an_anonymous_user_gets_a_name(self, api: Api, v1: httpx.Client, events: Look) -> None:
        device = {"id": "d-1", "platform": "ios"}
        v1.post("/init", json={"device": device})
        assert events().keys() == {"client:add"}
        v1.post("/init", json={"device": device, "userId": "ana"})
        assert events()["user:update"]["user"]["externalId"] == "ana"
        v1.post("/init", json={"device": {**device, "id": "d-2"}})
        events()
        v1.post("/init", json={"device": {**device, "id": "d-2"}, "userId": "ana"})
        assert events()["user:merge"]["reason"] == "sdkLogin"

    def test_logging_in_again_adds_no_identity(self, api: Api) -> None:
        api.sandbox.say("ana", "Hi")
        for _ in range(2):
            api.sandbox.authenticate_user("ana", email="ana@example.org")
        assert len(api.client.get("/users/ana").json()["user"]["identities"]) == 1

    def test_full_users_of_a_merger(self, api: Api, receiver: ScriptedServer) -> None:
        listen(api, receiver, includeFullUser=True)
        for name in ("ana", "bob"):
            api.sandbox.say(name, "Hi")
            api.sandbox.authenticate_user(name, zendesk_id=f"z-{name}")
        deliveries(api.sandbox, receiver)
        api.client.post("/users/z-bob/sync", json={"survivingZendeskId": "z-ana"})
        merged = deliveries_by_trigger(api.sandbox, receiver)["user:merge"]["mergedUsers"]
        assert all("profile" in user for user in merged.values())


class TestSwitchboard:
    @pytest.fixture
    def desk(self, api: Api) -> str:
        return api.integration()

    @pytest.fixture
    def board(self, api: Api, desk: str) -> str:
        """The bot has control by default; the desk is on standby."""
        board = api.switchboard()
        bot = api.switchboard_integration(board, "bot", integrationId=api.sandbox.integration_id)
        api.switchboard_integration(board, "desk", integrationId=desk, deliverStandbyEvents=False)
        api.client.patch(board, json={"enabled": True, "defaultSwitchboardIntegrationId": bot})
        return board

    def test_control(self, api: Api, board: str, events: Look) -> None:
        path = f"/conversations/{api.conversation()}"
        created = events()["conversation:create"]
        assert created["conversation"]["activeSwitchboardIntegration"]["name"] == "bot"
        for action, body in (
            ("offerControl", {"switchboardIntegration": "desk", "metadata": {"topic": "billing"}}),
            ("acceptControl", {}),
            ("passControl", {"switchboardIntegration": "bot"}),
            ("releaseControl", {}),
        ):
            assert api.client.post(f"{path}/{action}", json=body).status_code == 200
            ((trigger, payload),) = events().items()
            assert trigger == f"switchboard:{action}"
            if action == "offerControl":
                assert payload["conversation"]["pendingSwitchboardIntegration"]["name"] == "desk"
                assert payload["metadata"] == {"topic": "billing"}
        assert "activeSwitchboardIntegration" not in payload["conversation"]

    def test_failures(self, api: Api, board: str, events: Look) -> None:
        path = f"/conversations/{api.conversation()}"
        events()
        for action, body in (
            ("offerControl", {"switchboardIntegration": "nobody", "metadata": {"topic": "x"}}),
            ("acceptControl", {}),
            ("passControl", {"switchboardIntegration": "nobody"}),
        ):
            assert api.client.post(f"{path}/{action}", json=body).status_code == 400
            ((trigger, payload),) = events().items()
            assert trigger == f"switchboard:{action}:failure"
            assert payload.get("metadata") == body.get("metadata")
            assert payload["error"]["code"].startswith("switchboard_invalid")

    def test_integrations_on_standby_get_control_events_only(
        self, api: Api, desk: str, board: str, events: Look
    ) -> None:
        with target() as standing_by:
            listen(api, standing_by, desk)
            conversation = api.conversation()
            api.post(conversation)
            assert deliveries_by_trigger(api.sandbox, standing_by) == {}
            assert events().keys() == {"conversation:create", "conversation:message"}
            api.client.post(f"/conversations/{conversation}/offerControl", json={"switchboardIntegration": "desk"})
            assert deliveries_by_trigger(api.sandbox, standing_by).keys() == {"switchboard:offerControl"}
            events()
            api.client.post(f"/conversations/{conversation}/passControl", json={"switchboardIntegration": "desk"})
            assert deliveries_by_trigger(api.sandbox, standing_by).keys() == {"switchboard:passControl"}
            events()
            api.post(conversation)
            assert deliveries_by_trigger(api.sandbox, standing_by).keys() == {"conversation:message"}
            assert events().keys() == {"conversation:message"}, "by default who stands by hears all"

    def test_unless_the_webhook_asks_for_standby_events(self, api: Api, desk: str, board: str) -> None:
        listed = api.client.get(f"{board}/switchboardIntegrations").json()["switchboardIntegrations"]
        own = next(each["id"] for each in listed if each["name"] == "desk")
        api.client.patch(f"{board}/switchboardIntegrations/{own}", json={"deliverStandbyEvents": True})
        with target() as standing_by:
            listen(api, standing_by, desk)
            api.post(api.conversation())
            assert deliveries_by_trigger(api.sandbox, standing_by).keys() == {
                "conversation:create",
                "conversation:message",
            }
