"""Each operation of v1 succeeds as its specification says."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from smooch.sandbox import v1

from ..contract import SPEC
from .api import MENU, MESSAGE_TEMPLATE, PNG, PREFIXES, TEMPLATE, WEBHOOK, Api

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

    from smooch.sandbox import Sandbox

CASES: dict[str, Callable[[Api], httpx.Response]] = {
    "initAppUser": lambda api: api.app.post("/init", json={"device": {"id": "d", "platform": "other"}, "userId": "u"}),
    "preCreateAppUser": lambda api: api.app.post("/appusers", json={"userId": "u", "properties": {"a": 1}}),
    "mergeUsers": lambda api: api.app.post(
        "/appusers/merge",
        json={
            "surviving": {"_id": api.user.rpartition("/")[2]},
            "discarded": {"_id": api.create("/appusers", "appUser", {"userId": "u-2"}).rpartition("/")[2]},
        },
    ),
    "getAppUser": lambda api: api.app.get(api.user),
    "updateAppUser": lambda api: api.app.put(api.user, json={"givenName": "Ana"}),
    "deleteAppUser": lambda api: api.app.delete(api.user),
    "deleteAppUserProfile": lambda api: api.app.delete(f"{api.user}/profile"),
    "getAppUserEntityIds": lambda api: api.app.get(f"{api.user}/channels"),
    "linkAppUser": lambda api: api.app.post(
        f"{api.user}/channels",
        json={"type": "twilio", "phoneNumber": "+1 416-555-0123", "confirmation": {"type": "prompt"}},
    ),
    "unlinkAppUser": lambda api: CASES["linkAppUser"](api) and api.app.delete(f"{api.user}/channels/twilio"),
    "getLinkRequests": lambda api: api.app.get(
        f"{api.user}/linkrequest", params={"integrationIds": api.integration.rpartition("/")[2]}
    ),
    "getTransferRequests": lambda api: (
        api.integration and api.app.get(f"{api.user}/transferrequest", params={"type": "telegram"})
    ),
    "getChannelQrCode": lambda api: (
        api.create("/integrations", "integration", {"type": "viber", "token": "t"})
        and api.app.get(f"{api.user}/integrations/viber/qrcode")
    ),
    "pingChannel": lambda api: api.app.post(f"{api.user_on_twilio}/integrations/twilio/ping"),
    "getAppUserAuthCode": lambda api: api.app.get(f"{api.user}/authcode"),
    "getAppUserBusinessSystemIds": lambda api: api.app.get(f"{api.user}/businesssystems"),
    "updateDevice": lambda api: api.app.put(f"{api.user}/devices/d-1", json={"appVersion": "8.1"}),
    "registerPushToken": lambda api: api.app.post(f"{api.user}/pushToken", json={"deviceId": "d-1", "token": "t"}),
    "postEvent": lambda api: api.app.post(f"{api.user}/events", json={"name": "opened-cart"}),
    "getMessages": lambda api: api.app.get(f"{api.talking_user}/messages"),
    "postMessage": lambda api: api.app.post(
        f"{api.user}/messages", json={"role": "appUser", "type": "text", "text": "Hi"}
    ),
    "deleteMessages": lambda api: api.app.delete(f"{api.talking_user}/messages"),
    "deleteMessage": lambda api: api.app.delete(api.message),
    "postImageMessage": lambda api: api.app.post(f"{api.user}/images", data={"role": "appUser"}, files=PNG),
    "getConversation": lambda api: api.app.get(f"{api.talking_user}/conversation"),
    "postConversationMessage": lambda api: api.app.post(
        f"{api.user}/conversation/messages", json={"role": "appUser", "text": "Hi"}
    ),
    "postConversationImage": lambda api: api.app.post(
        f"{api.user}/conversation/images", data={"role": "appUser"}, files=PNG
    ),
    "conversationActivity": lambda api: api.app.post(
        f"{api.talking_user}/conversation/activity", json={"role": "appMaker", "type": "typing:start"}
    ),
    "postPostback": lambda api: api.app.post(
        f"{api.user}/conversation/postback", json={"actionId": api.postback_button}
    ),
    "resetUnreadCount": lambda api: api.app.post(f"{api.talking_user}/conversation/read"),
    "uploadAttachment": lambda api: api.app.post("/attachments", params={"access": "public"}, files=PNG),
    "removeAttachment": lambda api: api.app.post(
        "/attachments/remove", json={"mediaUrl": CASES["uploadAttachment"](api).json()["mediaUrl"]}
    ),
    "createWebhook": lambda api: api.app.post("/webhooks", json=WEBHOOK),
    "listWebhooks": lambda api: api.webhook and api.app.get("/webhooks"),
    "getWebhook": lambda api: api.app.get(api.webhook),
    "updateWebhook": lambda api: api.app.put(api.webhook, json={"triggers": ["postback"]}),
    "deleteWebhook": lambda api: api.app.delete(api.webhook),
    "createApp": lambda api: api.account.post("/apps", json={"name": "Shop", "metadata": {"a": True}}),
    "listApps": lambda api: api.account.get("/apps", params={"limit": 10, "offset": 0}),
    "getApp": lambda api: api.account.get(f"/apps/{api.app_id}"),
    "updateApp": lambda api: api.account.put(f"/apps/{api.app_id}", json={"settings": {"useAnimalNames": False}}),
    "deleteApp": lambda api: api.account.delete(api.create("/apps", "app", {"name": "Gone"}, api.account)),
    "createSecretKey": lambda api: api.account.post(f"/apps/{api.app_id}/keys", json={"name": "backend"}),
    "listSecretKeys": lambda api: api.account.get(f"/apps/{api.app_id}/keys"),
    "getSecretKey": lambda api: api.account.get(f"/apps/{api.app_id}/keys/{api.key_id}"),
    "deleteSecretKey": lambda api: api.account.delete(
        api.create(f"/apps/{api.app_id}/keys", "key", {"name": "k"}, api.account)
    ),
    "getAppJwt": lambda api: api.account.get(f"/apps/{api.app_id}/keys/{api.key_id}/jwt"),
    "getSdkIds": lambda api: api.app.get("/sdks"),
    "createIntegration": lambda api: api.app.post("/integrations", json={"type": "telegram", "token": "t"}),
    "listIntegrations": lambda api: api.integration and api.app.get("/integrations", params={"types": "web,telegram"}),
    "getIntegration": lambda api: api.app.get(api.integration),
    "updateIntegration": lambda api: api.app.put(api.integration, json={"displayName": "Bot"}),
    "deleteIntegration": lambda api: api.app.delete(api.integration),
    "getIntegrationMenu": lambda api: api.app.get(f"{api.integration}/menu"),
    "createIntegrationMenu": lambda api: api.app.post(f"{api.integration}/menu", json=MENU),
    "updateIntegrationMenu": lambda api: api.app.put(f"{api.integration}/menu", json=MENU),
    "deleteIntegrationMenu": lambda api: api.app.delete(f"{api.integration}/menu"),
    "getIntegrationProfile": lambda api: api.app.get(f"{api.whatsapp}/profile"),
    "updateIntegrationProfile": lambda api: api.app.put(f"{api.whatsapp}/profile", json={"about": "Coffee"}),
    "uploadIntegrationProfilePhoto": lambda api: api.app.put(f"{api.whatsapp}/profile/photo", files=PNG),
    "listMessageTemplates": lambda api: api.app.get(f"{api.whatsapp}/messageTemplates", params={"limit": 10}),
    "createMessageTemplate": lambda api: api.app.post(f"{api.whatsapp}/messageTemplates", json=MESSAGE_TEMPLATE),
    "deleteMessageTemplate": lambda api: api.app.delete(f"{api.whatsapp_with_template}/messageTemplates/order_sent"),
    "getMenu": lambda api: api.app.get("/menu"),
    "updateMenu": lambda api: api.app.put("/menu", json=MENU),
    "deleteMenu": lambda api: api.app.delete("/menu"),
    "createTemplate": lambda api: api.app.post("/templates", json=TEMPLATE),
    "listTemplates": lambda api: api.template and api.app.get("/templates"),
    "getTemplate": lambda api: api.app.get(api.template),
    "updateTemplate": lambda api: api.app.put(api.template, json={"name": "times"}),
    "deleteTemplate": lambda api: api.app.delete(api.template),
    "createServiceAccount": lambda api: api.account.post("/serviceaccounts", json={"name": "export"}),
    "listServiceAccounts": lambda api: api.service_account and api.account.get("/serviceaccounts"),
    "getServiceAccount": lambda api: api.account.get(api.service_account),
    "updateServiceAccount": lambda api: api.account.put(api.service_account, json={"name": "import"}),
    "deleteServiceAccount": lambda api: api.account.delete(api.service_account),
    "createServiceAccountKey": lambda api: api.account.post(f"{api.service_account}/keys", json={"name": "k"}),
    "listServiceAccountKeys": lambda api: api.account.get(api.service_account_key.rpartition("/")[0]),
    "getServiceAccountKey": lambda api: api.account.get(api.service_account_key),
    "deleteServiceAccountKey": lambda api: api.account.delete(api.service_account_key),
    "getServiceAccountJwt": lambda api: api.account.get(f"{api.service_account_key}/jwt"),
    "createDeployment": lambda api: api.account.post("/whatsapp/deployments", json={"hosting": "smooch"}),
    "listDeployments": lambda api: api.deployment and api.account.get("/whatsapp/deployments"),
    "getDeployment": lambda api: api.account.get(api.deployment),
    "deleteDeployment": lambda api: api.account.delete(api.deployment),
    "activatePhoneNumber": lambda api: api.account.post(
        f"{api.deployment}/activate",
        json={"phoneNumber": "+14165550123", "verifiedNameCertificate": "c", "method": "voice"},
    ),
    "confirmCode": lambda api: api.account.post(f"{api.activated_deployment}/code/confirm", json={"code": "408212"}),
    "postNotification": lambda api: api.app.post(
        "/notifications",
        json={
            "destination": {"integrationId": api.integration.rpartition("/")[2], "destinationId": "14165550123"},
            "author": {"role": "appMaker"},
            "message": {"type": "text", "text": "On its way."},
        },
    ),
}


def test_every_operation_of_the_spec_has_a_handler_and_no_handler_is_left_over() -> None:
    assert set(v1.registry) == set(SPEC.operations)


def test_every_operation_of_the_spec_has_a_case_here() -> None:
    assert set(CASES) == set(SPEC.operations)


@pytest.mark.parametrize("prefix", PREFIXES)
@pytest.mark.parametrize("operation_id", CASES)
def test_operation_succeeds_within_spec(sandbox: Sandbox, operation_id: str, prefix: str) -> None:
    with Api(sandbox, prefix) as api:
        response = CASES[operation_id](api)
    assert response.status_code == SPEC.operations[operation_id].success, response.text
