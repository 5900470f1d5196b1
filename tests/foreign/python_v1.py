"""A session with the vendor's Python SDK for API v1.1, 5.34.0: every method of every API class, responses read by its models."""

from __future__ import annotations

import base64
import tempfile
from pathlib import Path
from typing import Any

from report import ENVIRONMENT, Report

import smooch as sdk

APP = ENVIRONMENT["app_id"]
USER = "ana"
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
report = Report(sdk)
configuration = sdk.Configuration()
configuration.host = ENVIRONMENT["url"]
client = sdk.ApiClient()


def log_in(key: str = "") -> None:
    """Use the key of this name from now on: the SDK has one configuration for all."""
    configuration.username = ENVIRONMENT[f"{key}key_id"]
    configuration.password = ENVIRONMENT[f"{key}secret"]


def call(api: str, method: str, *arguments: Any, **options: Any) -> Any:
    return report.call(client, api, method, *arguments, **options)


def post(**message: Any) -> Any:
    return call("ConversationApi", "post_message", APP, USER, {"role": "appMaker", **message})


log_in()

# Users

ben = call(
    "AppUserApi",
    "pre_create_app_user",
    APP,
    {"userId": "ben", "givenName": "Ben", "email": "ben@example.org", "properties": {"tier": 2}},
)
call("AppUserApi", "get_app_user", APP, USER)
call("AppUserApi", "update_app_user", APP, USER, {"surname": "Roy"})
call("AppUserApi", "get_app_user_entity_ids", APP, USER)
call("AppUserApi", "get_app_user_business_system_ids", APP, USER)
call("AppUserApi", "get_app_user_auth_code", APP, USER)
image = Path(tempfile.mkdtemp()) / "image.png"
image.write_bytes(PNG)
call("AppUserApi", "post_image_message", APP, USER, str(image), "appUser")

# Conversations

link = {"type": "link", "text": "Shop", "uri": "https://shop.example"}
postback = {"type": "postback", "text": "Take", "payload": "T"}
texts = [
    post(type="text", text="Hello", metadata={"order": 7}),
    post(type="text", text="Sure?", actions=[{"type": "reply", "text": "Yes", "payload": "YES"}]),
    post(
        type="text",
        text="Buy",
        actions=[link, postback, {"type": "buy", "text": "Pay", "amount": 1000, "currency": "usd"}],
    ),
    post(type="image", mediaUrl="https://media.example/a.png", actions=[link]),
    post(type="file", mediaUrl="https://media.example/a.pdf", mediaType="application/pdf"),
    post(
        type="location", coordinates={"lat": 45.5, "long": -73.5}, location={"address": "1 Main Street", "name": "Shop"}
    ),
    post(
        type="carousel",
        items=[{"title": "Tacos", "mediaUrl": "https://media.example/a.png", "actions": [postback]}],
        displaySettings={"imageAspectRatio": "square"},
    ),
    post(
        type="list",
        items=[{"title": "Tacos", "actions": [postback]}, {"title": "Ramen", "actions": [postback]}],
        actions=[link],
    ),
    post(
        type="form",
        fields=[
            {"type": "text", "name": "name", "label": "Name"},
            {"type": "select", "name": "size", "label": "Size", "options": [{"name": "s", "label": "S"}]},
        ],
    ),
]
history = call("ConversationApi", "get_messages", APP, USER)
report.expect("ConversationApi", "all messages are listed", history and len(history.messages) == len(texts) + 1)
call("ConversationApi", "get_messages", APP, USER, before=str(history.messages[-1].received))
call("ConversationApi", "conversation_activity", APP, USER, {"role": "appMaker", "type": "typing:start"})
call("ConversationApi", "reset_unread_count", APP, USER)
call("ConversationApi", "delete_message", APP, USER, history.messages[0].id)
call("ConversationApi", "delete_messages", APP, USER)

# Attachments, templates, the menu and webhooks

upload = call("AttachmentsApi", "upload_attachment", APP, str(image), access="public", _for="message", app_user_id=USER)
if upload:
    call("AttachmentsApi", "remove_attachment", APP, {"mediaUrl": upload.media_url})
template = call(
    "TemplateApi",
    "create_template",
    APP,
    {"name": "hello", "message": {"role": "appMaker", "type": "text", "text": "Hello", "actions": [link]}},
)
call("TemplateApi", "list_templates", APP)
call("TemplateApi", "get_template", APP, template.template.id)
call("TemplateApi", "update_template", APP, template.template.id, {"name": "hi"})
call("TemplateApi", "delete_template", APP, template.template.id)
items = [link, {"type": "submenu", "text": "More", "items": [postback]}]
call("MenuApi", "update_menu", APP, {"items": items})
call("MenuApi", "get_menu", APP)
call("MenuApi", "delete_menu", APP)
hook = call(
    "WebhookApi",
    "create_webhook",
    APP,
    {"target": "https://bot.example/hook", "triggers": ["message:appUser"], "includeClient": True},
)
call("WebhookApi", "list_webhooks", APP)
call("WebhookApi", "get_webhook", APP, hook.webhook.id)
call("WebhookApi", "update_webhook", APP, hook.webhook.id, {"triggers": ["message:appUser", "postback"]})
call("WebhookApi", "delete_webhook", APP, hook.webhook.id)

# Integrations, with WhatsApp's deployments and profiles

log_in("account_")
deployment = call(
    "DeploymentApi",
    "create_deployment",
    {
        "hosting": "self",
        "baseUrl": "https://wa.example",
        "username": "a",
        "password": "b",
        "callbackUrl": "https://wa.example/back",
    },
)
call("DeploymentApi", "list_deployments")
number = deployment.deployment.id
call("DeploymentApi", "get_deployment", number)
call(
    "DeploymentApi",
    "activate_phone_number",
    number,
    {"phoneNumber": "+15145555555", "verifiedNameCertificate": "c2ln", "method": "sms"},
)
call("DeploymentApi", "confirm_code", number, {"code": "123456"})
log_in()
INTEGRATIONS: list[dict[str, Any]] = [
    {"type": "web", "brandColor": "65758e"},
    {"type": "whatsapp", "deploymentId": number},
    {"type": "android", "serverKey": "a key", "senderId": "7"},
    {"type": "ios", "certificate": "c2ln", "password": "a password"},
    {"type": "telegram", "token": "a token"},
    {"type": "twilio", "accountSid": "AC3f0c", "authToken": "1b7d", "phoneNumberSid": "PN8b"},
    {"type": "messagebird", "accessKey": "a key", "signingKey": "a key", "originator": "12262121021"},
    {"type": "mailgun", "apiKey": "a key", "domain": "shop.example", "incomingAddress": "a@shop.example"},
    {"type": "viber", "token": "a token"},
    {"type": "messenger", "pageAccessToken": "a token", "appId": "7", "appSecret": "a secret"},
    {
        "type": "line",
        "channelAccessToken": "a token",
        "channelSecret": "a secret",
        "channelId": "7",
        "serviceCode": "a",
        "switcherSecret": "b",
    },
    {"type": "wechat", "appId": "7", "appSecret": "a secret"},
    {"type": "fcm", "serverKey": "a key", "senderId": "7"},
    {"type": "apn", "certificate": "c2ln", "password": "a password"},
    {"type": "apple", "businessId": "an id", "apiSecret": "a secret", "mspId": "7"},
]
created = {}
for fields in INTEGRATIONS:
    response = call("IntegrationApi", "create_integration", APP, fields)
    report.expect(
        "IntegrationApi",
        f"a {fields['type']} integration keeps its type",
        response and response.integration.type == fields["type"],
    )
    if response:
        created[fields["type"]] = response.integration.id
call("IntegrationApi", "list_integrations", APP)
call("IntegrationApi", "get_integration", APP, created["web"])
call("IntegrationApi", "update_integration", APP, created["web"], {"displayName": "Shop"})
call("IntegrationApi", "create_integration_menu", APP, created["messenger"], {"items": items})
call("IntegrationApi", "get_integration_menu", APP, created["messenger"])
call("IntegrationApi", "update_integration_menu", APP, created["messenger"], {"items": [link]})
call("IntegrationApi", "delete_integration_menu", APP, created["messenger"])
call("IntegrationApi", "update_integration_profile", APP, created["whatsapp"], {"about": "A shop"})
call("IntegrationApi", "get_integration_profile", APP, created["whatsapp"])
call("IntegrationApi", "upload_integration_profile_photo", APP, created["whatsapp"], str(image))

# Channels of users, and messages that begin with one

call(
    "AppUserApi",
    "link_app_user",
    APP,
    "ben",
    {
        "type": "twilio",
        "integrationId": created["twilio"],
        "phoneNumber": "+15145555555",
        "confirmation": {"type": "immediate"},
    },
)
call("AppUserApi", "unlink_app_user", APP, "ben", "twilio")
call("AppUserApi", "get_link_requests", APP, "ben", ["messenger"], refused="ApiException")
call("AppUserApi", "get_link_requests", APP, "ben", [created["messenger"]])
call(
    "NotificationApi",
    "post_notification",
    APP,
    {
        "destination": {"integrationId": created["twilio"], "destinationId": "+15145555556"},
        "author": {"role": "appMaker"},
        "message": {"type": "text", "text": "Hello"},
    },
)
cy = call("AppUserApi", "pre_create_app_user", APP, {"userId": "cy"})
call("AppUserApi", "merge_users", APP, {"surviving": {"_id": ben.app_user.id}, "discarded": {"_id": cy.app_user.id}})
for each in created.values():
    call("IntegrationApi", "delete_integration", APP, each)

# Apps, service accounts and their keys

log_in("account_")
call("DeploymentApi", "delete_deployment", number)
call("AppApi", "list_apps")
other = call(
    "AppApi",
    "create_app",
    {"name": "Another", "metadata": {"a": 1}, "settings": {"conversationRetentionSeconds": 3600}},
).app.id
call("AppApi", "get_app", other)
call("AppApi", "update_app", other, {"name": "Renamed"})
call("AppApi", "get_sdk_ids", other)
key = call("AppApi", "create_secret_key", other, {"name": "A key"}).key.id
call("AppApi", "list_secret_keys", other)
call("AppApi", "get_secret_key", other, key)
call("AppApi", "get_app_jwt", other, key)
call("AppApi", "delete_secret_key", other, key)
call("AppApi", "delete_app", other)
service = call("ServiceAccountApi", "create_service_account", {"name": "Robot"}).service_account.id
call("ServiceAccountApi", "list_service_accounts")
call("ServiceAccountApi", "get_service_account", service)
call("ServiceAccountApi", "update_service_account", service, {"name": "Renamed"})
key = call("ServiceAccountApi", "create_secret_key", service, {"name": "A key"}).key.id
call("ServiceAccountApi", "list_secret_keys", service)
call("ServiceAccountApi", "get_secret_key", service, key)
call("ServiceAccountApi", "get_jwt", service, key)
call("ServiceAccountApi", "delete_secret_key", service, key)
call("ServiceAccountApi", "delete_service_account", service)

log_in()
call("AppUserApi", "delete_app_user_profile", APP, "ben")
call("AppUserApi", "delete_app_user", APP, "ben")
report.finish()
