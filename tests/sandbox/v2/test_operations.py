from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs
import pytest

from smooch.sandbox import v2

from ..contract import SPEC_V2 as SPEC
from .api import BUSINESS, TEXT, WEBHOOK, Api

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

    from smooch.sandbox import Sandbox

PNG = {"source": ("a.png", b"\x89PNG", "image/png")}
REDIRECT = {"response_type": "code", "redirect_uri": "https://shop.example/back", "state": "s"}


@attrs.frozen
class World:
    """Clients below the app (`app`, `bot` by integration key) and below the root, and what the operations need."""

    api: Api
    app: httpx.Client
    bot: httpx.Client
    root: httpx.Client
    account: httpx.Client

    @property
    def user(self) -> str:
        return f"/users/{self.api.user()}"

    @property
    def conversation(self) -> str:
        return f"/conversations/{self.api.conversation()}"

    @property
    def second_conversation(self) -> str:
        user = self.api.user()
        self.api.conversation(user)
        return f"/conversations/{self.api.conversation(user)}"

    @property
    def group(self) -> str:
        return f"/conversations/{self.api.group(self.api.user())}"

    @property
    def message(self) -> str:
        conversation = self.api.conversation()
        return f"/conversations/{conversation}/messages/{self.api.post(conversation)['id']}"

    @property
    def media_url(self) -> str:
        return self.app.post("/attachments", params={"access": "public"}, files=PNG).json()["attachment"]["mediaUrl"]

    @property
    def device(self) -> str:
        user = self.user
        body = {"userId": "sdk", "device": {"id": "d" * 24, "platform": "web"}}
        created = self.root.post("/v1.1/init", json=body, headers={"x-note": user}).json()["appUser"]["_id"]
        return f"/users/{created}/devices/{'d' * 24}"

    @property
    def link(self) -> tuple[str, dict[str, Any]]:
        user = self.api.user()
        criteria = {"type": "twilio", "integrationId": self.api.integration("twilio"), "phoneNumber": "+1 416-555-0123"}
        target = {"conversationId": self.api.conversation(user)}
        return f"/users/{user}/clients", {
            "matchCriteria": criteria,
            "confirmation": {"type": "prompt"},
            "target": target,
        }

    @property
    def client(self) -> str:
        path, body = self.link
        return f"{path}/{self.api.create(path, 'client', body)['id']}"

    @property
    def app_key(self) -> str:
        path = f"/v2/apps/{self.api.sandbox.app_id}/keys"
        return f"{path}/{self.account.post(path, json={'displayName': 'k'}).json()['key']['id']}"

    @property
    def integration(self) -> str:
        return f"/integrations/{self.api.integration()}"

    @property
    def integration_key(self) -> str:
        path = f"{self.integration}/keys"
        return f"{path}/{self.api.create(path, 'key', {'displayName': 'k'})['id']}"

    @property
    def webhook(self) -> str:
        path = f"{self.integration}/webhooks"
        return f"{path}/{self.api.create(path, 'webhook', WEBHOOK)['id']}"

    @property
    def switchboard_integration(self) -> str:
        board = self.api.switchboard()
        return f"{board}/switchboardIntegrations/{self.api.switchboard_integration(board, 'bot')}"

    @property
    def controlled(self) -> str:
        self.api.switchboard_integration(self.api.switchboard(), "bot")
        return self.conversation

    @property
    def offered(self) -> str:
        conversation = self.controlled
        self.app.post(f"{conversation}/offerControl", json={"switchboardIntegration": "bot"})
        return conversation

    @property
    def redirect(self) -> dict[str, str]:
        return {**REDIRECT, "client_id": self.api.sandbox.oauth_client_id}

    @property
    def token_request(self) -> dict[str, str]:
        code = self.root.get("/oauth/authorize", params=self.redirect).next_request.url.params["code"]
        sandbox = self.api.sandbox
        client = {"client_id": sandbox.oauth_client_id, "client_secret": sandbox.oauth_client_secret}
        return {"grant_type": "authorization_code", **client, "code": code}

    def synced_user(self) -> str:
        user = self.api.user()
        self.api.sandbox.authenticate_user(user, zendesk_id="35436")
        return "/users/35436/sync"


CONVERSION = {"messenger": {"payload": {"data": [{"event_name": "Purchase"}]}}}
APPLE = {"interactiveDataRef": {"url": "https://a.example", "bid": "b", "key": "k", "signature": "s", "owner": "o"}}


def _download(world: World) -> httpx.Response:
    user = world.api.user()
    path = f"/conversations/{world.api.conversation(user)}/download"
    return world.app.post(path, json={"userId": user, "apple": APPLE})


def _create_client(world: World) -> httpx.Response:
    path, body = world.link
    return world.app.post(path, json=body)


def _app_path(world: World) -> str:
    return f"/v2/apps/{world.api.sandbox.app_id}"


def _other_app(world: World) -> str:
    created = world.account.post("/v2/apps", json={"displayName": "Other"}).json()["app"]
    return f"/v2/apps/{created['id']}"


CASES: dict[str, Callable[[World], httpx.Response]] = {
    "createApp": lambda w: w.account.post("/v2/apps", json={"displayName": "Shop", "metadata": {"a": True}}),
    "listApps": lambda w: w.account.get("/v2/apps", params={"page[size]": 1}),
    "getApp": lambda w: w.app.get(""),
    "updateApp": lambda w: w.app.patch("", json={"settings": {"echoPostback": True}}),
    "deleteApp": lambda w: w.account.delete(_other_app(w)),
    "createAppKey": lambda w: w.account.post(f"{_app_path(w)}/keys", json={"displayName": "k"}),
    "listAppKeys": lambda w: w.account.get(f"{_app_path(w)}/keys"),
    "getAppKey": lambda w: w.account.get(w.app_key),
    "deleteAppKey": lambda w: w.account.delete(w.app_key),
    "uploadAttachment": lambda w: w.app.post("/attachments", params={"access": "public"}, files=PNG),
    "deleteAttachment": lambda w: w.app.post("/attachments/remove", json={"mediaUrl": w.media_url}),
    "createConversation": lambda w: w.app.post(
        "/conversations", json={"type": "personal", "participants": [{"userId": w.api.user()}]}
    ),
    "listConversations": lambda w: w.app.get("/conversations", params={"filter[userId]": w.api.user()}),
    "getConversation": lambda w: w.app.get(w.conversation),
    "updateConversation": lambda w: w.app.patch(w.conversation, json={"displayName": "Order 7"}),
    "deleteConversation": lambda w: w.app.delete(w.second_conversation),
    "joinConversation": lambda w: w.app.post(
        f"{w.group}/join", json={"userId": w.api.user(), "subscribeSDKClient": True}
    ),
    "leaveConversation": lambda w: w.app.post(
        f"/conversations/{w.api.group(user := w.api.user())}/leave", json={"userId": user}
    ),
    "listParticipants": lambda w: w.app.get(f"{w.conversation}/participants"),
    "postMessage": lambda w: w.app.post(f"{w.conversation}/messages", json={"author": BUSINESS, "content": TEXT}),
    "listMessages": lambda w: w.app.get(w.message.rpartition("/")[0]),
    "deleteAllMessages": lambda w: w.app.delete(w.message.rpartition("/")[0]),
    "deleteMessage": lambda w: w.app.delete(w.message),
    "postActivity": lambda w: w.app.post(
        f"{w.conversation}/activity", json={"author": BUSINESS, "type": "typing:start"}
    ),
    "passControl": lambda w: w.app.post(f"{w.controlled}/passControl", json={"switchboardIntegration": "bot"}),
    "offerControl": lambda w: w.app.post(f"{w.controlled}/offerControl", json={"switchboardIntegration": "bot"}),
    "acceptControl": lambda w: w.app.post(f"{w.offered}/acceptControl", json={}),
    "releaseControl": lambda w: w.app.post(f"{w.controlled}/releaseControl", json={"metadata": {"a": 1}}),
    "downloadMessageRef": _download,
    "postConversionEvents": lambda w: w.app.post(f"{w.conversation}/conversionEvents", json=CONVERSION),
    "createUser": lambda w: w.app.post("/users", json={"externalId": "u", "metadata": {"a": 1}}),
    "listUsers": lambda w: w.app.get("/users", params={"filter[identities.email]": "a@b.example"}),
    "getUser": lambda w: w.app.get(w.user),
    "updateUser": lambda w: w.app.patch(w.user, json={"profile": {"givenName": "Ana"}}),
    "deleteUser": lambda w: w.app.delete(w.user),
    "deleteUserPersonalInformation": lambda w: w.app.delete(f"{w.user}/personalinformation"),
    "syncUser": lambda w: w.app.post(w.synced_user(), json={}),
    "createClient": _create_client,
    "listClients": lambda w: w.app.get(w.client.rpartition("/")[0]),
    "removeClient": lambda w: w.app.delete(w.client),
    "listDevices": lambda w: w.app.get(w.device.rpartition("/")[0]),
    "getDevice": lambda w: w.app.get(w.device),
    "createIntegration": lambda w: w.app.post("/integrations", json={"type": "custom", "webhooks": [WEBHOOK]}),
    "listIntegrations": lambda w: w.app.get("/integrations", params={"filter[types]": "custom,web"}),
    "getIntegration": lambda w: w.app.get(w.integration),
    "updateIntegration": lambda w: w.app.patch(w.integration, json={"displayName": "Bot"}),
    "deleteIntegration": lambda w: w.app.delete(w.integration),
    "createCustomIntegrationKey": lambda w: w.app.post(f"{w.integration}/keys", json={"displayName": "k"}),
    "listCustomIntegrationKeys": lambda w: w.app.get(w.integration_key.rpartition("/")[0]),
    "getCustomIntegrationKey": lambda w: w.app.get(w.integration_key),
    "deleteCustomIntegrationKey": lambda w: w.app.delete(w.integration_key),
    "createWebhook": lambda w: w.bot.post("/integrations/me/webhooks", json=WEBHOOK),
    "listWebhooks": lambda w: w.app.get(w.webhook.rpartition("/")[0]),
    "getWebhook": lambda w: w.app.get(w.webhook),
    "updateWebhook": lambda w: w.app.patch(w.webhook, json={"includeFullUser": True}),
    "deleteWebhook": lambda w: w.app.delete(w.webhook),
    "createSwitchboard": lambda w: w.app.post("/switchboards"),
    "listSwitchboards": lambda w: (w.api.switchboard(), w.app.get("/switchboards"))[1],
    "updateSwitchboard": lambda w: w.app.patch(w.api.switchboard(), json={"enabled": False}),
    "deleteSwitchboard": lambda w: w.app.delete(w.api.switchboard()),
    "createSwitchboardIntegration": lambda w: w.app.post(
        f"{w.api.switchboard()}/switchboardIntegrations", json={"name": "human", "integrationType": "zd:agentWorkspace"}
    ),
    "listSwitchboardIntegrations": lambda w: w.app.get(w.switchboard_integration.rpartition("/")[0]),
    "updateSwitchboardIntegration": lambda w: w.app.patch(w.switchboard_integration, json={"messageHistoryCount": 10}),
    "deleteSwitchboardIntegration": lambda w: w.app.delete(w.switchboard_integration),
    "getTokenInfo": lambda w: w.root.get("/v2/tokenInfo", auth=w.bot.auth),
    "authorize": lambda w: w.root.get("/oauth/authorize", params=w.redirect, auth=None),
    "getToken": lambda w: w.root.post("/oauth/token", json=w.token_request, auth=None),
    "revokeAccess": lambda w: w.root.delete("/oauth/authorization", auth=w.bot.auth),
}


@pytest.fixture
def world(sandbox: Sandbox, api: Api, bot: httpx.Client, account: httpx.Client, connect: Any) -> World:
    return World(api, api.client, bot, connect(""), account)


def test_every_operation_of_the_spec_has_a_handler_and_no_handler_is_left_over() -> None:
    assert set(v2.registry) == set(SPEC.operations)


def test_every_operation_of_the_spec_has_a_case_here() -> None:
    assert set(CASES) == set(SPEC.operations)


@pytest.mark.parametrize("operation_id", CASES)
def test_operation_succeeds_within_spec(world: World, operation_id: str) -> None:
    response = CASES[operation_id](world)
    assert response.status_code == SPEC.operations[operation_id].success, response.text


def request_examples() -> list[Any]:
    schemas = SPEC.document["components"]["schemas"]
    examples = []
    for operation_id, operation in SPEC.operations.items():
        if operation.media_type == "application/json":
            body = SPEC.document["paths"][operation.path][operation.method]["requestBody"]
            name = body["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
            examples += [
                pytest.param(operation_id, example, id=f"{operation_id}-{index}")
                for index, example in enumerate(schemas[name].get("examples", []))
            ]
    return examples


@pytest.mark.parametrize(("operation_id", "example"), request_examples())
def test_the_server_accepts_the_examples_of_the_spec(operation_id: str, example: Any) -> None:
    SPEC.operations[operation_id].body.validate(example)
