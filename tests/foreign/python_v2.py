"""A session with the vendor's Python SDK for API v2: every method of every API class, responses read by its models."""

from __future__ import annotations

import re
from typing import Any

import sunshine_conversations_client as sdk
from report import ENVIRONMENT, Report, deliveries

APP = ENVIRONMENT["app_id"]
USER = "ana"
report = Report(sdk)


def client(key: str = "", **options: Any) -> Any:
    """A client with the key of this name, or with the options of a configuration."""
    if key:
        options = {"username": ENVIRONMENT[f"{key}key_id"], "password": ENVIRONMENT[f"{key}secret"]}
    return sdk.ApiClient(sdk.Configuration(host=ENVIRONMENT["url"], **options))


app = sdk.ApiClient(
    sdk.Configuration(host=ENVIRONMENT["url"], username=ENVIRONMENT["key_id"], password=ENVIRONMENT["secret"])
)
account = client("account_")
integration = client("integration_")
call = report.call


def body(model: str, **fields: Any) -> Any:
    """A body of the SDK, from the JSON of the API."""
    return getattr(sdk, model).from_dict(fields)


# The events of all that follows

TRIGGERS = [
    *("client:add", "client:remove", "client:update", "conversation:create", "conversation:join", "conversation:leave"),
    *(
        "conversation:remove",
        "conversation:message",
        "conversation:message:delivery:channel",
        "conversation:message:delivery:user",
    ),
    *(
        "conversation:message:delivery:failure",
        "conversation:postback",
        "conversation:read",
        "conversation:referral",
        "conversation:typing",
    ),
    *("switchboard:acceptControl", "switchboard:offerControl", "switchboard:passControl", "switchboard:releaseControl"),
    *("user:merge", "user:update", "user:remove"),
]
target, received = deliveries()
call(
    app,
    "WebhooksApi",
    "create_webhook",
    APP,
    ENVIRONMENT["integration_id"],
    body("WebhookCreateBody", target=target, triggers=TRIGGERS, includeFullUser=True, includeFullSource=True),
)

# Users and devices

ben = call(
    app,
    "UsersApi",
    "create_user",
    APP,
    body("UserCreateBody", externalId="ben", profile={"givenName": "Ben", "email": "ben@example.org"}),
).user.id
ana = call(app, "UsersApi", "get_user", APP, USER).user.id
call(
    app, "UsersApi", "update_user", APP, USER, body("UserUpdateBody", profile={"surname": "Roy"}, metadata={"tier": 2})
)
call(app, "UsersApi", "sync_user", APP, ENVIRONMENT["zendesk_id"], body("SyncUserBody"))
devices = call(app, "DevicesApi", "list_devices", APP, USER)
report.expect("DevicesApi", "there is a device", devices and len(devices.devices) == 1)
if devices and devices.devices:
    call(app, "DevicesApi", "get_device", APP, USER, devices.devices[0].id)

# Conversations, messages and participants

created = call(
    app,
    "ConversationsApi",
    "create_conversation",
    APP,
    body(
        "ConversationCreateBody",
        type="personal",
        participants=[{"userId": ana}],
        displayName="Order 7",
        metadata={"order": 7},
    ),
)
conversation = created.conversation.id
call(app, "ConversationsApi", "get_conversation", APP, conversation)
# This SDK writes `filter` and `page` as JSON text, which the API is not known to read.
call(
    app, "ConversationsApi", "list_conversations", APP, sdk.ConversationListFilter(userExternalId=USER), refused="JSON"
)
call(
    app,
    "ConversationsApi",
    "update_conversation",
    APP,
    conversation,
    body("ConversationUpdateBody", displayName="Order 8"),
)

CONTENTS: list[dict[str, Any]] = [
    {
        "type": "text",
        "text": "Hello",
        "actions": [
            {"type": "link", "text": "Shop", "uri": "https://shop.example"},
            {"type": "postback", "text": "Buy", "payload": "BUY"},
        ],
    },
    {
        "type": "text",
        "text": "Sure?",
        "actions": [
            {"type": "reply", "text": "Yes", "payload": "YES"},
            {"type": "locationRequest", "text": "Where I am"},
        ],
    },
    {"type": "image", "mediaUrl": "https://media.example/a.png", "altText": "A"},
    {"type": "file", "mediaUrl": "https://media.example/a.pdf"},
    {
        "type": "location",
        "coordinates": {"lat": 45.5, "long": -73.5},
        "location": {"address": "1 Main Street", "name": "Shop"},
    },
    {
        "type": "carousel",
        "items": [
            {
                "title": "Tacos",
                "mediaUrl": "https://media.example/a.png",
                "actions": [{"type": "postback", "text": "Take", "payload": "T"}],
            }
        ],
    },
    {"type": "list", "items": [{"title": "Tacos", "actions": [{"type": "postback", "text": "Take", "payload": "T"}]}]},
    {
        "type": "form",
        "fields": [
            {"type": "text", "name": "name", "label": "Name"},
            {"type": "select", "name": "size", "label": "Size", "options": [{"name": "s", "label": "S"}]},
        ],
    },
]
messages = [
    call(
        app,
        "MessagesApi",
        "post_message",
        APP,
        conversation,
        body("MessagePost", author={"type": "business", "displayName": "Shop"}, content=content),
    )
    for content in CONTENTS
]
call(
    app,
    "MessagesApi",
    "post_message",
    APP,
    conversation,
    body("MessagePost", author={"type": "user", "userExternalId": USER}, content={"type": "text", "text": "Hi"}),
)
history = call(app, "MessagesApi", "list_messages", APP, conversation)
report.expect("MessagesApi", "all messages are listed", history and len(history.messages) == len(CONTENTS) + 1)
call(app, "MessagesApi", "delete_message", APP, conversation, history.messages[0].id)
call(
    app,
    "ActivitiesApi",
    "post_activity",
    APP,
    conversation,
    body("ActivityPost", author={"type": "business"}, type="typing:start"),
)
call(
    app,
    "ConversationsApi",
    "download_message_ref",
    APP,
    conversation,
    body(
        "DownloadMessageRefBody",
        userId=ana,
        apple={
            "interactiveDataRef": {"url": "https://a.example", "bid": "b", "key": "k", "signature": "s", "owner": "o"}
        },
    ),
)
purchase = {"payload": {"data": [{"event_name": "Purchase", "event_time": 1752161233}]}}
call(
    app,
    "ConversationsApi",
    "post_conversion_events",
    APP,
    conversation,
    sdk.ConversionEventsBody(body("MessengerConversionEventsBody", messenger=purchase)),
)
group = call(
    app,
    "ConversationsApi",
    "create_conversation",
    APP,
    body("ConversationCreateBody", type="sdkGroup", displayName="Friends"),
)
call(
    app,
    "ParticipantsApi",
    "join_conversation",
    APP,
    group.conversation.id,
    body("ParticipantJoinBody", userExternalId=USER, subscribeSDKClient=False),
)
call(app, "ParticipantsApi", "list_participants", APP, group.conversation.id)
call(
    app,
    "ParticipantsApi",
    "leave_conversation",
    APP,
    group.conversation.id,
    sdk.ParticipantLeaveBody(body("ParticipantLeaveBodyUserExternalId", userExternalId=USER)),
)
call(app, "MessagesApi", "delete_all_messages", APP, conversation)

# Attachments

upload = call(
    app,
    "AttachmentsApi",
    "upload_attachment",
    APP,
    "public",
    ("a.txt", b"text"),
    var_for="message",
    conversation_id=conversation,
)
if upload:
    call(
        app,
        "AttachmentsApi",
        "delete_attachment",
        APP,
        body("AttachmentDeleteBody", mediaUrl=upload.attachment.media_url),
    )

# Integrations

INTEGRATIONS: list[dict[str, Any]] = [
    {
        "type": "custom",
        "status": "active",
        "displayName": "Bot",
        "webhooks": [{"target": "https://bot.example/hook", "triggers": ["conversation:message"]}],
    },
    {"type": "web", "brandColor": "65758e", "displayStyle": "button"},
    {"type": "android", "serverKey": "a key", "senderId": "7"},
    {"type": "ios", "certificate": "c2ln", "password": "a password"},
    {"type": "unity"},
    {"type": "telegram", "token": "a token"},
    {"type": "twilio", "accountSid": "AC3f0c", "authToken": "1b7d", "phoneNumberSid": "PN8b"},
    {"type": "messagebird", "accessKey": "a key", "signingKey": "a key", "originator": "12262121021"},
    {"type": "mailgun", "apiKey": "a key", "domain": "shop.example", "incomingAddress": "a@shop.example"},
    {"type": "viber", "token": "a token"},
    {"type": "whatsapp", "deploymentId": "5e4af71a81966cfff3ef6550"},
    {"type": "messenger", "pageAccessToken": "a token", "appId": "7", "appSecret": "a secret"},
    {"type": "line", "channelAccessToken": "a token", "channelSecret": "a secret"},
    # Not apple: this SDK requires `apiSecret` in responses, which its own description says is only sent.
    {"type": "instagram", "pageAccessToken": "a token", "appId": "7", "appSecret": "a secret"},
]
created = {}
for fields in INTEGRATIONS:
    response = call(app, "IntegrationsApi", "create_integration", APP, sdk.Integration.from_dict(fields))
    report.expect(
        "IntegrationsApi",
        f"a {fields['type']} integration keeps its type",
        response and response.integration.type == fields["type"],
    )
    if response:
        created[fields["type"]] = response.integration.id
call(app, "IntegrationsApi", "list_integrations", APP)
call(app, "IntegrationsApi", "list_integrations", APP, page=sdk.Page(size=1), refused="JSON")

# Clients

bens = call(
    app,
    "ConversationsApi",
    "create_conversation",
    APP,
    body("ConversationCreateBody", type="personal", participants=[{"userId": ben}]),
)
call(
    app,
    "ClientsApi",
    "create_client",
    APP,
    "ben",
    body(
        "ClientCreate",
        matchCriteria={
            "type": "whatsapp",
            "integrationId": created["whatsapp"],
            "phoneNumber": "+15145555555",
            "primary": True,
        },
        confirmation={"type": "immediate"},
        target={"conversationId": bens.conversation.id},
    ),
)
clients = call(app, "ClientsApi", "list_clients", APP, "ben")
report.expect("ClientsApi", "the client is linked", clients and [each.type for each in clients.clients] == ["whatsapp"])
call(app, "ClientsApi", "list_clients", APP, "ben", page=sdk.Page(size=10), refused="JSON")
if clients and clients.clients:
    call(app, "ClientsApi", "remove_client", APP, "ben", clients.clients[0].id)

# Custom integrations, their keys and webhooks

custom = created["custom"]
call(app, "IntegrationsApi", "get_integration", APP, custom)
call(
    app,
    "IntegrationsApi",
    "update_integration",
    APP,
    custom,
    sdk.IntegrationUpdate(sdk.CustomUpdate.from_dict({"displayName": "Robot"})),
)
key = call(
    app,
    "CustomIntegrationApiKeysApi",
    "create_custom_integration_key",
    APP,
    custom,
    body("IntegrationApiKey", displayName="A key"),
)
call(app, "CustomIntegrationApiKeysApi", "list_custom_integration_keys", APP, custom)
if key:
    call(app, "CustomIntegrationApiKeysApi", "get_custom_integration_key", APP, custom, key.key.id)
    call(app, "CustomIntegrationApiKeysApi", "delete_custom_integration_key", APP, custom, key.key.id)
hook = call(
    app,
    "WebhooksApi",
    "create_webhook",
    APP,
    custom,
    body(
        "WebhookCreateBody",
        target="https://bot.example/second",
        triggers=["conversation:message"],
        includeFullUser=True,
    ),
)
call(app, "WebhooksApi", "list_webhooks", APP, custom)
call(integration, "WebhooksApi", "list_webhooks", APP, "me")
if hook:
    call(app, "WebhooksApi", "get_webhook", APP, custom, hook.webhook.id)
    call(
        app,
        "WebhooksApi",
        "update_webhook",
        APP,
        custom,
        hook.webhook.id,
        body("WebhookBody", target="https://bot.example/third", triggers=["client:add"]),
    )
    call(app, "WebhooksApi", "delete_webhook", APP, custom, hook.webhook.id)

# Switchboards

board = call(app, "SwitchboardsApi", "create_switchboard", APP).switchboard.id
call(app, "SwitchboardsApi", "list_switchboards", APP)
bot = call(
    app,
    "SwitchboardIntegrationsApi",
    "create_switchboard_integration",
    APP,
    board,
    body("SwitchboardIntegrationCreateBody", name="bot", integrationId=custom, deliverStandbyEvents=False),
)
desk = call(
    app,
    "SwitchboardIntegrationsApi",
    "create_switchboard_integration",
    APP,
    board,
    body("SwitchboardIntegrationCreateBody", name="desk", integrationId=ENVIRONMENT["integration_id"]),
)
call(app, "SwitchboardIntegrationsApi", "list_switchboard_integrations", APP, board)
call(
    app,
    "SwitchboardIntegrationsApi",
    "update_switchboard_integration",
    APP,
    board,
    bot.switchboard_integration.id,
    body("SwitchboardIntegrationUpdateBody", nextSwitchboardIntegrationId=desk.switchboard_integration.id),
)
call(
    app,
    "SwitchboardsApi",
    "update_switchboard",
    APP,
    board,
    body("SwitchboardUpdateBody", enabled=True, defaultSwitchboardIntegrationId=bot.switchboard_integration.id),
)
call(
    app,
    "SwitchboardActionsApi",
    "pass_control",
    APP,
    conversation,
    body("PassControlBody", switchboardIntegration="desk", metadata={"why": "help"}),
)
call(app, "ConversationsApi", "get_conversation", APP, conversation)
call(
    app,
    "SwitchboardActionsApi",
    "offer_control",
    APP,
    conversation,
    body("OfferControlBody", switchboardIntegration="bot"),
)
call(app, "SwitchboardActionsApi", "accept_control", APP, conversation, body("AcceptControlBody"))
call(app, "SwitchboardActionsApi", "release_control", APP, conversation, body("ReleaseControlBody"))
spare = call(
    app,
    "SwitchboardIntegrationsApi",
    "create_switchboard_integration",
    APP,
    board,
    body("SwitchboardIntegrationCreateBody", name="spare", integrationType="zd:agentWorkspace"),
)
call(app, "SwitchboardIntegrationsApi", "delete_switchboard_integration", APP, board, spare.switchboard_integration.id)
call(app, "SwitchboardsApi", "delete_switchboard", APP, board)
for each in created.values():
    call(app, "IntegrationsApi", "delete_integration", APP, each)

# Apps and their keys

call(account, "AppsApi", "list_apps")
call(account, "AppsApi", "list_apps", page=sdk.Page(size=10), refused="JSON")
other = call(
    account,
    "AppsApi",
    "create_app",
    body("AppCreateBody", displayName="Another", metadata={"a": 1}, settings={"conversationRetentionSeconds": 3600}),
)
call(account, "AppsApi", "get_app", other.app.id)
call(
    account,
    "AppsApi",
    "update_app",
    other.app.id,
    body("AppUpdateBody", displayName="Renamed", settings={"multiConvoEnabled": True}),
)
key = call(account, "AppKeysApi", "create_app_key", other.app.id, body("AppKeyCreateBody", displayName="A key"))
call(account, "AppKeysApi", "list_app_keys", other.app.id)
call(account, "AppKeysApi", "get_app_key", other.app.id, key.key.id)
call(account, "AppKeysApi", "delete_app_key", other.app.id, key.key.id)
call(account, "AppsApi", "delete_app", other.app.id)

# OAuth

token = call(
    client(),
    "OAuthEndpointsApi",
    "get_token",
    body(
        "GetTokenRequest",
        code=ENVIRONMENT["oauth_code"],
        grant_type="authorization_code",
        client_id=ENVIRONMENT["oauth_client_id"],
        client_secret=ENVIRONMENT["oauth_client_secret"],
    ),
)
partner = client(access_token=token.access_token)
# This SDK sends no credentials here by itself, as its description names none.
call(partner, "OAuthEndpointsApi", "get_token_info", _headers={"Authorization": f"Bearer {token.access_token}"})
call(partner, "OAuthEndpointsApi", "revoke_access")
# It follows the redirect to the partner's page, which is not there.
call(
    client(),
    "OAuthEndpointsApi",
    "authorize",
    ENVIRONMENT["oauth_client_id"],
    "code",
    "a state",
    ENVIRONMENT["redirect_uri"],
)

call(app, "UsersApi", "delete_user_personal_information", APP, "ben")
call(app, "UsersApi", "delete_user", APP, "ben")
call(app, "ConversationsApi", "delete_conversation", APP, group.conversation.id)

# The events, read by the models that the SDK has for them

events = [event for delivery in received() for event in delivery["events"]]
report.expect("events", "events were delivered", len({event["type"] for event in events}) > 10)
for event in events:
    name = "".join(part[0].upper() + part[1:] for part in re.split(":", event["type"]))
    report.read("events", event["type"], getattr(sdk, f"{name}Event", None) or getattr(sdk, name), event)
report.finish()
