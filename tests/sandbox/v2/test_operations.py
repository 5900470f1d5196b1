"""Each operation of v2 succeeds as its specification says."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from smooch.sandbox import v2

from ..contract import SPEC_V2 as SPEC
from .api import BUSINESS, TEXT, WEBHOOK
from .records import APPLE, PNG, Records

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx


CONVERSION = {"messenger": {"payload": {"data": [{"event_name": "Purchase"}]}}}


def _download(records: Records) -> httpx.Response:
    user = records.api.user()
    path = f"/conversations/{records.api.conversation(user)}/download"
    return records.app.post(path, json={"userId": user, "apple": APPLE})


def _create_client(records: Records) -> httpx.Response:
    path, body = records.link
    return records.app.post(path, json=body)


def _app_path(records: Records) -> str:
    return f"/v2/apps/{records.api.sandbox.app_id}"


def _other_app(records: Records) -> str:
    created = records.account.post("/v2/apps", json={"displayName": "Other"}).json()["app"]
    return f"/v2/apps/{created['id']}"


CASES: dict[str, Callable[[Records], httpx.Response]] = {
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


def test_every_operation_of_the_spec_has_a_handler_and_no_handler_is_left_over() -> None:
    assert set(v2.registry) == set(SPEC.operations)


def test_every_operation_of_the_spec_has_a_case_here() -> None:
    assert set(CASES) == set(SPEC.operations)


@pytest.mark.parametrize("operation_id", CASES)
def test_operation_succeeds_within_spec(records: Records, operation_id: str) -> None:
    response = CASES[operation_id](records)
    assert response.status_code == SPEC.operations[operation_id].success, response.text
