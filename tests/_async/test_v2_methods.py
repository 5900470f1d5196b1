"""Every method of the v2 facade, against a server that answers with the examples of the specification."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Callable
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias
from urllib.parse import unquote

import httpx
import pytest
import yaml
from jsonschema import Draft202012Validator
from peer import Peer, Request, answer
from smooch_api.v2 import models

from smooch import _webhook_plan
from smooch._v2.resource import Resource
from smooch.v2 import AsyncPaged, AsyncSmooch

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

pytestmark = pytest.mark.anyio

SPEC = yaml.load((Path(__file__).resolve().parents[2] / "spec" / "v2.yaml").read_bytes(), yaml.CSafeLoader)
NOT_WRAPPED = {"authorize"}
"""Where only browsers go."""

APP = "5d8cff3cd55b040010928b5b"
HERE = "https://bot.example/hook"
LINK = {"type": "link", "text": "More", "uri": "https://shop.example"}
ITEM = {"title": "Mug", "actions": [LINK]}
HELLO = {"type": "text", "text": "Hello!"}
BUSINESS = {"type": "business"}
PASSED = {"switchboardIntegration": "next", "metadata": {"reason": "human"}}
CARD = {
    "url": "https://p61-content.icloud.com/M58C",
    "bid": "com.apple.messages",
    "key": "00c0",
    "signature": "81a6",
    "owner": "M58C",
}


def posted(content: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"author": BUSINESS, "content": content, **more}


def host_of(api: AsyncSmooch) -> str:
    return str(api.raw.get_async_httpx_client().base_url)


Case: TypeAlias = tuple[Callable[[AsyncSmooch], Any], str, Any, Any]

CASES: dict[str, Case] = {
    "users.create": (
        lambda api: api.users.create(
            "u-77",
            profile=models.Profile(given_name="Ana"),
            metadata={"tier": "gold"},
            signed_up_at="2020-05-21T15:53:30.197Z",
            to_be_retained=True,
            brand_id="94",
        ),
        "createUser POST /users",
        {
            "externalId": "u-77",
            "profile": {"givenName": "Ana"},
            "metadata": {"tier": "gold"},
            "signedUpAt": "2020-05-21T15:53:30.197Z",
            "toBeRetained": True,
            "brandId": "94",
        },
        models.User,
    ),
    "users.create, nothing known": (lambda api: api.users.create(), "createUser POST /users", {}, models.User),
    "users.get": (
        lambda api: api.users.get("u/77", brand_id="94"),
        "getUser GET /users/u/77?brandId=94",
        None,
        models.User,
    ),
    "users.get_or_create": (
        lambda api: api.users.get_or_create("u-77", profile={"surname": "Roy"}),
        "createUser POST /users",
        {"externalId": "u-77", "profile": {"surname": "Roy"}},
        models.User,
    ),
    "users.find_by_email": (
        lambda api: api.users.find_by_email("sue+a@example.org", brand_id="94"),
        "listUsers GET /users?filter[identities.email]=sue+a@example.org&brandId=94",
        None,
        [models.User],
    ),
    "users.update": (
        lambda api: api.users.update("u-77", {"profile": {"givenName": None}, "metadata": None}),
        "updateUser PATCH /users/u-77",
        {"profile": {"givenName": None}, "metadata": None},
        models.User,
    ),
    "users.update, typed": (
        lambda api: api.users.update("u-77", models.UserUpdate(to_be_retained=True)),
        "updateUser PATCH /users/u-77",
        {"toBeRetained": True},
        models.User,
    ),
    "users.delete": (lambda api: api.users.delete("u-77"), "deleteUser DELETE /users/u-77", None, None),
    "users.delete_personal_information": (
        lambda api: api.users.delete_personal_information("u-77"),
        "deleteUserPersonalInformation DELETE /users/u-77/personalinformation",
        None,
        models.User,
    ),
    "users.sync": (
        lambda api: api.users.sync("35436", surviving_zendesk_id="35437"),
        "syncUser POST /users/35436/sync",
        {"survivingZendeskId": "35437"},
        models.User,
    ),
    "clients.create": (
        lambda api: api.clients.create(
            "u-77",
            models.WhatsappMatchCriteria(integration_id="58", phone_number="+15550001234"),
            conversation_id="c1",
            brand_id="94",
        ),
        "createClient POST /users/u-77/clients?brandId=94",
        {
            "matchCriteria": {"type": "whatsapp", "integrationId": "58", "phoneNumber": "+15550001234"},
            "confirmation": {"type": "immediate"},
            "target": {"conversationId": "c1"},
        },
        models.Client,
    ),
    "clients.create, asked": (
        lambda api: api.clients.create(
            "u-77",
            {"type": "googlercs", "integrationId": "58", "phoneNumber": "+15550001234"},
            conversation_id="c1",
            confirmation={"type": "prompt", "message": posted(HELLO)},
        ),
        "createClient POST /users/u-77/clients",
        {
            "matchCriteria": {"type": "googlercs", "integrationId": "58", "phoneNumber": "+15550001234"},
            "confirmation": {"type": "prompt", "message": posted(HELLO)},
            "target": {"conversationId": "c1"},
        },
        models.Client,
    ),
    "clients.list": (
        lambda api: api.clients.list("u-77", brand_id="94"),
        "listClients GET /users/u-77/clients?page[size]=100&brandId=94",
        None,
        [models.Client],
    ),
    "clients.remove": (
        lambda api: api.clients.remove("u-77", "k1"),
        "removeClient DELETE /users/u-77/clients/k1",
        None,
        None,
    ),
    "devices.list": (
        lambda api: api.devices.list("u-77"),
        "listDevices GET /users/u-77/devices",
        None,
        [models.Device],
    ),
    "devices.get": (
        lambda api: api.devices.get("u-77", "d1"),
        "getDevice GET /users/u-77/devices/d1",
        None,
        models.Device,
    ),
    "conversations.create": (
        lambda api: api.conversations.create(user_external_id="u-77", display_name="Order 17", metadata={"order": 17}),
        "createConversation POST /conversations",
        {
            "type": "personal",
            "participants": [{"userExternalId": "u-77"}],
            "displayName": "Order 17",
            "metadata": {"order": 17},
        },
        models.Conversation,
    ),
    "conversations.create, a group": (
        lambda api: api.conversations.create(
            type_="sdkGroup",
            participants=(models.ParticipantCreate(user_id=one, subscribe_sdk_client=True) for one in ["u1", "u2"]),
            description="Match day",
            icon_url="https://img.example/ball.png",
        ),
        "createConversation POST /conversations",
        {
            "type": "sdkGroup",
            "participants": [
                {"userId": "u1", "subscribeSDKClient": True},
                {"userId": "u2", "subscribeSDKClient": True},
            ],
            "description": "Match day",
            "iconUrl": "https://img.example/ball.png",
        },
        models.Conversation,
    ),
    "conversations.get": (
        lambda api: api.conversations.get("c1"),
        "getConversation GET /conversations/c1",
        None,
        models.Conversation,
    ),
    "conversations.list": (
        lambda api: api.conversations.list(user_id="u1", after="67a0ecf8f0305f4a391e9db0", limit=1),
        "listConversations GET /conversations?page[after]=67a0ecf8f0305f4a391e9db0&page[size]=1&filter[userId]=u1",
        None,
        [models.Conversation],
    ),
    "conversations.list of an external id, backwards": (
        lambda api: api.conversations.list(user_external_id="u-77", before="67a0ecf8f0305f4a391e9db0", limit=1),
        (
            "listConversations GET "
            "/conversations?page[before]=67a0ecf8f0305f4a391e9db0&page[size]=1&filter[userExternalId]=u-77"
        ),
        None,
        [models.Conversation],
    ),
    "conversations.update": (
        lambda api: api.conversations.update("c1", {"description": None}),
        "updateConversation PATCH /conversations/c1",
        {"description": None},
        models.Conversation,
    ),
    "conversations.delete": (
        lambda api: api.conversations.delete("c1"),
        "deleteConversation DELETE /conversations/c1",
        None,
        None,
    ),
    "participants.join": (
        lambda api: api.participants.join("c1", user_id="u1", subscribe_sdk_client=False),
        "joinConversation POST /conversations/c1/join",
        {"userId": "u1", "subscribeSDKClient": False},
        models.Participant,
    ),
    "participants.leave": (
        lambda api: api.participants.leave("c1", participant_id="p1"),
        "leaveConversation POST /conversations/c1/leave",
        {"participantId": "p1"},
        None,
    ),
    "participants.list": (
        lambda api: api.participants.list("c1"),
        "listParticipants GET /conversations/c1/participants?page[size]=100",
        None,
        [models.Participant],
    ),
    "conversations.download_message_ref": (
        lambda api: api.conversations.download_message_ref("c1", "u1", apple={"interactiveDataRef": CARD}),
        "downloadMessageRef POST /conversations/c1/download",
        {"userId": "u1", "apple": {"interactiveDataRef": CARD}},
        dict,
    ),
    "conversations.post_conversion_events": (
        lambda api: api.conversations.post_conversion_events(
            "c1", "instagram", [{"event_name": "Purchase", "event_time": 1752161233}]
        ),
        "postConversionEvents POST /conversations/c1/conversionEvents",
        {"instagram": {"payload": {"data": [{"event_name": "Purchase", "event_time": 1752161233}]}}},
        models.ConversionEvents,
    ),
    "messages.post": (
        lambda api: api.messages.post("c1", "Hello!"),
        "postMessage POST /conversations/c1/messages",
        posted(HELLO),
        models.Message,
    ),
    "messages.post_text": (
        lambda api: api.messages.post_text(
            "c1", "Small", payload="S", author=models.User(id="u1"), metadata={"lang": "en"}, block_chat_input=True
        ),
        "postMessage POST /conversations/c1/messages",
        {
            "author": {"type": "user", "userId": "u1"},
            "content": {"type": "text", "text": "Small", "payload": "S", "blockChatInput": True},
            "metadata": {"lang": "en"},
        },
        models.Message,
    ),
    "messages.post_text, rich and with buttons": (
        lambda api: api.messages.post_text(
            "c1",
            markdown_text="# Hello!",
            actions=[LINK, models.ReplyAction(text="Hi", payload="HI")],
            author=models.AuthorPost(type_="business", subtypes=["AI"]),
            destination=models.Destination(integration_type="whatsapp"),
            override={"whatsapp": {"payload": {"type": "text", "text": {"body": "Hi"}}}},
        ),
        "postMessage POST /conversations/c1/messages",
        {
            "author": {"type": "business", "subtypes": ["AI"]},
            "content": {
                "type": "text",
                "markdownText": "# Hello!",
                "actions": [LINK, {"type": "reply", "text": "Hi", "payload": "HI"}],
            },
            "destination": {"integrationType": "whatsapp"},
            "override": {"whatsapp": {"payload": {"type": "text", "text": {"body": "Hi"}}}},
        },
        models.Message,
    ),
    "messages.post_image": (
        lambda api: api.messages.post_image(
            "c1", "https://media.example/a.png", text="A cat", alt_text="cat", actions=[LINK]
        ),
        "postMessage POST /conversations/c1/messages",
        posted(
            {
                "type": "image",
                "mediaUrl": "https://media.example/a.png",
                "text": "A cat",
                "altText": "cat",
                "actions": [LINK],
            }
        ),
        models.Message,
    ),
    "messages.post_file": (
        lambda api: api.messages.post_file("c1", "https://media.example/a.pdf", html_text="<b>FAQ</b>"),
        "postMessage POST /conversations/c1/messages",
        posted({"type": "file", "mediaUrl": "https://media.example/a.pdf", "htmlText": "<b>FAQ</b>"}),
        models.Message,
    ),
    "messages.post_carousel": (
        lambda api: api.messages.post_carousel("c1", [ITEM], display_settings={"imageAspectRatio": "square"}),
        "postMessage POST /conversations/c1/messages",
        posted({"type": "carousel", "items": [ITEM], "displaySettings": {"imageAspectRatio": "square"}}),
        models.Message,
    ),
    "messages.post_list": (
        lambda api: api.messages.post_list(
            "c1", [models.MessageItem(title="Mug", actions=[models.LinkAction.from_dict(LINK)])], actions=[LINK]
        ),
        "postMessage POST /conversations/c1/messages",
        posted({"type": "list", "items": [ITEM], "actions": [LINK]}),
        models.Message,
    ),
    "messages.post_form": (
        lambda api: api.messages.post_form(
            "c1",
            [models.FormMessageField(type_="email", name="mail", label="E-mail")],
            text="One question:",
            block_chat_input=True,
        ),
        "postMessage POST /conversations/c1/messages",
        posted(
            {
                "type": "form",
                "fields": [{"type": "email", "name": "mail", "label": "E-mail"}],
                "text": "One question:",
                "blockChatInput": True,
            }
        ),
        models.Message,
    ),
    "messages.post_location": (
        lambda api: api.messages.post_location("c1", 45.5, -73.6, name="Zendesk"),
        "postMessage POST /conversations/c1/messages",
        posted({"type": "location", "coordinates": {"lat": 45.5, "long": -73.6}, "location": {"name": "Zendesk"}}),
        models.Message,
    ),
    "messages.post_template": (
        lambda api: api.messages.post_template("c1", {"name": "hello_world", "language": {"code": "en_US"}}),
        "postMessage POST /conversations/c1/messages",
        posted(
            {"type": "template", "template": {"name": "hello_world", "language": {"code": "en_US"}}}, schema="whatsapp"
        ),
        models.Message,
    ),
    "messages.post_media": (
        lambda api: api.messages.post_media("c1", ("mug.jpeg", b"jpeg"), text="A mug", alt_text="mug"),
        (
            "uploadAttachment POST /attachments?access=public&for=message&conversationId=c1\n"
            "postMessage POST /conversations/c1/messages"
        ),
        posted(
            {
                "type": "image",
                "mediaUrl": "https://example.zendesk.com/sc/attachments/v2/01JK/mug.jpeg",
                "text": "A mug",
                "altText": "mug",
            }
        ),
        models.Message,
    ),
    "messages.list": (
        lambda api: api.messages.list("c1"),
        "listMessages GET /conversations/c1/messages?page[size]=100",
        None,
        [models.Message],
    ),
    "messages.delete": (
        lambda api: api.messages.delete("c1", "m1"),
        "deleteMessage DELETE /conversations/c1/messages/m1",
        None,
        None,
    ),
    "messages.delete_all": (
        lambda api: api.messages.delete_all("c1"),
        "deleteAllMessages DELETE /conversations/c1/messages",
        None,
        None,
    ),
    "activities.send": (
        lambda api: api.activities.send("c1"),
        "postActivity POST /conversations/c1/activity",
        {"type": "typing:start", "author": BUSINESS},
        None,
    ),
    "activities.mark_read": (
        lambda api: api.activities.mark_read("c1", author={"type": "user", "userExternalId": "u-77"}),
        "postActivity POST /conversations/c1/activity",
        {"type": "conversation:read", "author": {"type": "user", "userExternalId": "u-77"}},
        None,
    ),
    "attachments.upload": (
        lambda api: api.attachments.upload(("mug", b"jpeg"), mime_type="image/jpeg"),
        "uploadAttachment POST /attachments?access=public&for=message",
        None,
        models.Attachment,
    ),
    "attachments.delete": (
        lambda api: api.attachments.delete("https://media.example/a.png"),
        "deleteAttachment POST /attachments/remove",
        {"mediaUrl": "https://media.example/a.png"},
        None,
    ),
    "switchboards.create": (
        lambda api: api.switchboards.create(),
        "createSwitchboard POST /switchboards",
        None,
        models.Switchboard,
    ),
    "switchboards.list": (
        lambda api: api.switchboards.list(),
        "listSwitchboards GET /switchboards",
        None,
        [models.Switchboard],
    ),
    "switchboards.update": (
        lambda api: api.switchboards.update("s1", {"enabled": True, "defaultSwitchboardIntegrationId": "si1"}),
        "updateSwitchboard PATCH /switchboards/s1",
        {"enabled": True, "defaultSwitchboardIntegrationId": "si1"},
        models.Switchboard,
    ),
    "switchboards.delete": (
        lambda api: api.switchboards.delete("s1"),
        "deleteSwitchboard DELETE /switchboards/s1",
        None,
        None,
    ),
    "switchboard_integrations.create": (
        lambda api: api.switchboard_integrations.create(
            "s1",
            "bot",
            integration_id="i1",
            deliver_standby_events=False,
            next_switchboard_integration_id="si2",
            message_history_count=5,
        ),
        "createSwitchboardIntegration POST /switchboards/s1/switchboardIntegrations",
        {
            "name": "bot",
            "integrationId": "i1",
            "deliverStandbyEvents": False,
            "nextSwitchboardIntegrationId": "si2",
            "messageHistoryCount": 5,
        },
        models.SwitchboardIntegration,
    ),
    "switchboard_integrations.list": (
        lambda api: api.switchboard_integrations.list("s1"),
        "listSwitchboardIntegrations GET /switchboards/s1/switchboardIntegrations",
        None,
        [models.SwitchboardIntegration],
    ),
    "switchboard_integrations.update": (
        lambda api: api.switchboard_integrations.update("s1", "si1", {"nextSwitchboardIntegrationId": None}),
        "updateSwitchboardIntegration PATCH /switchboards/s1/switchboardIntegrations/si1",
        {"nextSwitchboardIntegrationId": None},
        models.SwitchboardIntegration,
    ),
    "switchboard_integrations.delete": (
        lambda api: api.switchboard_integrations.delete("s1", "si1"),
        "deleteSwitchboardIntegration DELETE /switchboards/s1/switchboardIntegrations/si1",
        None,
        None,
    ),
    "switchboard_actions.pass_control": (
        lambda api: api.switchboard_actions.pass_control("c1", metadata={"reason": "human"}),
        "passControl POST /conversations/c1/passControl",
        PASSED,
        None,
    ),
    "switchboard_actions.offer_control": (
        lambda api: api.switchboard_actions.offer_control("c1", metadata={"reason": "human"}),
        "offerControl POST /conversations/c1/offerControl",
        PASSED,
        None,
    ),
    "switchboard_actions.accept_control": (
        lambda api: api.switchboard_actions.accept_control("c1"),
        "acceptControl POST /conversations/c1/acceptControl",
        {},
        None,
    ),
    "switchboard_actions.release_control": (
        lambda api: api.switchboard_actions.release_control("c1", metadata={"solved": True}),
        "releaseControl POST /conversations/c1/releaseControl",
        {"metadata": {"solved": True}},
        None,
    ),
    "integrations.create": (
        lambda api: api.integrations.create(models.UnityIntegrationCreate(display_name="Game")),
        "createIntegration POST /integrations",
        {"type": "unity", "displayName": "Game"},
        models.AndroidIntegration,
    ),
    "integrations.create, in wire form": (
        lambda api: api.integrations.create(
            {"type": "custom", "webhooks": [{"target": HERE, "triggers": ["conversation:message"]}]}
        ),
        "createIntegration POST /integrations",
        {"type": "custom", "webhooks": [{"target": HERE, "triggers": ["conversation:message"]}]},
        models.AndroidIntegration,
    ),
    "integrations.list": (
        lambda api: api.integrations.list(["custom", "web"]),
        "listIntegrations GET /integrations?page[size]=100&filter[types]=custom,web",
        None,
        [models.AndroidIntegration],
    ),
    "integrations.get": (
        lambda api: api.integrations.get("i1"),
        "getIntegration GET /integrations/i1",
        None,
        models.AndroidIntegration,
    ),
    "integrations.update": (
        lambda api: api.integrations.update("i1", {"brandColor": "0af", "displayName": None}),
        "updateIntegration PATCH /integrations/i1",
        {"brandColor": "0af", "displayName": None},
        models.AndroidIntegration,
    ),
    "integrations.update, typed": (
        lambda api: api.integrations.update("i1", models.CustomIntegrationUpdate(display_name="Bot")),
        "updateIntegration PATCH /integrations/i1",
        {"displayName": "Bot"},
        models.AndroidIntegration,
    ),
    "integrations.delete": (
        lambda api: api.integrations.delete("i1"),
        "deleteIntegration DELETE /integrations/i1",
        None,
        None,
    ),
    "integration_keys.create": (
        lambda api: api.integration_keys.create("i1", "Bot"),
        "createCustomIntegrationKey POST /integrations/i1/keys",
        {"displayName": "Bot"},
        models.IntegrationKey,
    ),
    "integration_keys.list": (
        lambda api: api.integration_keys.list("i1"),
        "listCustomIntegrationKeys GET /integrations/i1/keys",
        None,
        [models.IntegrationKey],
    ),
    "integration_keys.get": (
        lambda api: api.integration_keys.get("i1", "int_1"),
        "getCustomIntegrationKey GET /integrations/i1/keys/int_1",
        None,
        models.IntegrationKey,
    ),
    "integration_keys.delete": (
        lambda api: api.integration_keys.delete("i1", "int_1"),
        "deleteCustomIntegrationKey DELETE /integrations/i1/keys/int_1",
        None,
        None,
    ),
    "apps.create": (
        lambda api: api.apps.create(
            "Shop", settings=models.AppSettings(multi_convo_enabled=True), metadata={"stores": 4}
        ),
        "createApp POST ..",
        {"displayName": "Shop", "settings": {"multiConvoEnabled": True}, "metadata": {"stores": 4}},
        models.App,
    ),
    "apps.list": (
        lambda api: api.apps.list(service_account_id="5c", limit=30),
        (
            "listApps GET ..?page[size]=30&filter[serviceAccountId]=5c\n"
            "listApps GET ..?page[after]=67a0e55ef0305f4a391e9d69&page[size]=29&filter[serviceAccountId]=5c"
        ),
        None,
        [models.App, models.App],
    ),
    "apps.get": (lambda api: api.apps.get(), "getApp GET ", None, models.AppWithSubdomain),
    "apps.update": (
        lambda api: api.apps.update({"settings": {"useAnimalNames": True}}),
        "updateApp PATCH ",
        {"settings": {"useAnimalNames": True}},
        models.App,
    ),
    "apps.delete": (lambda api: api.apps.delete("other"), "deleteApp DELETE ../other", None, None),
    "app_keys.create": (
        lambda api: api.app_keys.create("Backend", app_id="other"),
        "createAppKey POST ../other/keys",
        {"displayName": "Backend"},
        models.AppKey,
    ),
    "app_keys.list": (lambda api: api.app_keys.list(), "listAppKeys GET /keys", None, [models.AppKey]),
    "app_keys.get": (lambda api: api.app_keys.get("app_1"), "getAppKey GET /keys/app_1", None, models.AppKey),
    "app_keys.delete": (lambda api: api.app_keys.delete("app_1"), "deleteAppKey DELETE /keys/app_1", None, None),
    "webhooks.list": (
        lambda api: api.webhooks.list(),
        "listWebhooks GET /integrations/me/webhooks",
        None,
        [models.Webhook],
    ),
    "webhooks.get": (
        lambda api: api.webhooks.get("w1", integration="i1"),
        "getWebhook GET /integrations/i1/webhooks/w1",
        None,
        models.Webhook,
    ),
    "webhooks.create": (
        lambda api: api.webhooks.create(HERE, "conversation:message", integration="i1", include_full_user=True),
        "createWebhook POST /integrations/i1/webhooks",
        {"target": HERE, "triggers": ["conversation:message"], "includeFullUser": True},
        models.Webhook,
    ),
    "webhooks.update": (
        lambda api: api.webhooks.update("w1", {"triggers": ["conversation:read"]}),
        "updateWebhook PATCH /integrations/me/webhooks/w1",
        {"triggers": ["conversation:read"]},
        models.Webhook,
    ),
    "webhooks.delete": (
        lambda api: api.webhooks.delete("w1"),
        "deleteWebhook DELETE /integrations/me/webhooks/w1",
        None,
        None,
    ),
    "webhooks.ensure": (
        lambda api: api.webhooks.ensure("conversation:message", HERE, integration="i1"),
        "listWebhooks GET /integrations/i1/webhooks\nlistWebhooks GET /integrations/i1/webhooks",
        None,
        models.Webhook,
    ),
    "exchange_code": (
        lambda api: api.exchange_code("658965", client_id="partner", client_secret="theirs", base_url=host_of(api)),
        "getToken POST /oauth/token",
        {"code": "658965", "grant_type": "authorization_code", "client_id": "partner", "client_secret": "theirs"},
        models.TokenResponse,
    ),
    "oauth.token_info": (
        lambda api: api.oauth.token_info(),
        "getTokenInfo GET /v2/tokenInfo",
        None,
        models.AppWithSubdomain,
    ),
    "oauth.revoke_access": (
        lambda api: api.oauth.revoke_access(),
        "revokeAccess DELETE /oauth/authorization",
        None,
        None,
    ),
}

NOT_A_CALL = {"aclose", "from_env", "with_options", "jwt_for_user"}


def methods_of(api: AsyncSmooch) -> set[str]:
    """The public methods of a client and of its resources."""
    own = {name for name in dir(api) if not name.startswith("_") and inspect.isroutine(getattr(api, name))}
    return own | {
        f"{name}.{method}"
        for name, resource in vars(api).items()
        if isinstance(resource, Resource)
        for method in dir(resource)
        if not method.startswith("_")
    }


def schema(name: str) -> dict[str, Any]:
    found: dict[str, Any] = SPEC["components"]["schemas"][name]
    return found


class Operation:
    def __init__(self, path: str, method: str, described: dict[str, Any]) -> None:
        self.id: str = described["operationId"]
        self.method = method.upper()
        self.path = re.compile(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(path)))
        self.status, success = next((int(code), one) for code, one in described["responses"].items() if code < "4")
        self.body = described.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
        if "application/json" in success["content"]:
            name = success["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
            self.example = max(schema(name)["examples"], key=lambda one: len(json.dumps(one)))


OPERATIONS = [
    Operation(path, method, described)
    for path, item in SPEC["paths"].items()
    for method, described in item.items()
    if method in ("get", "post", "patch", "put", "delete")
]


def operation(request: Request) -> Operation:
    path = request.target.partition("?")[0]
    return next(one for one in OPERATIONS if one.method == request.method and one.path.fullmatch(path))


def respond(request: Request) -> bytes:
    called = operation(request)
    example = called.example
    if called.id in ("listConversations", "listApps") and ("after" in request.target or "before" in request.target):
        example = {**example, "meta": {"hasMore": False}}
    return answer(called.status, example)


@pytest.fixture(scope="module")
def server() -> Iterator[Peer]:
    with Peer(respond) as peer:
        yield peer


@pytest.fixture
async def api(server: Peer, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[AsyncSmooch]:
    monkeypatch.setattr(_webhook_plan, "SETTLING_SECONDS", 0.01)
    server.requests.clear()
    async with AsyncSmooch("app_5a", "a secret that nobody sees", APP, base_url=f"{server.url}", retries=0) as client:
        yield client


async def test_every_method_and_every_operation_is_called_here(api: AsyncSmooch) -> None:
    called_methods = {name.partition(",")[0].partition(" ")[0] for name in CASES}
    assert called_methods == methods_of(api) - NOT_A_CALL
    called = {line.partition(" ")[0] for _, lines, *_ in CASES.values() for line in lines.splitlines()}
    called |= {"createWebhook"}
    assert called == {one.id for one in OPERATIONS} - NOT_WRAPPED
    assert len(OPERATIONS) == 68


async def outcome_of(result: Any) -> Any:
    if isinstance(result, AsyncPaged):
        return [record async for record in result]
    return await result


def line_of(request: Request) -> str:
    target = unquote(request.target.replace("+", " "))
    below = target.removeprefix(f"/v2/apps/{APP}")
    if below == target and target.startswith("/v2/apps"):
        below = ".." + target.removeprefix("/v2/apps")
    return f"{operation(request).id} {request.method} {below}"


@pytest.mark.parametrize("name", CASES)
async def test_a_method_sends_what_the_specification_describes_and_returns_models(
    api: AsyncSmooch, server: Peer, name: str
) -> None:
    call, lines, body, expected = CASES[name]
    outcome = await outcome_of(call(api))
    assert [line_of(request) for request in server.requests] == lines.split("\n")
    request = server.requests[-1]
    described = operation(request).body
    if body is None:
        assert described is None
    else:
        assert request.json() == body
        Draft202012Validator({**described, "components": SPEC["components"]}).validate(body)
    if isinstance(expected, list):
        assert [type(record) for record in outcome] == expected
    elif expected is None:
        assert outcome is None
    else:
        assert type(outcome) is expected
    for sent in server.requests:
        assert sent.headers.get("authorization", "").startswith("Bearer ey") is (name != "exchange_code")


async def test_what_comes_is_all_of_the_envelope(api: AsyncSmooch) -> None:
    user = await api.users.get("u-77")
    assert user.to_dict() == schema("UserResponse")["examples"][0]["user"]
    [webhook] = await api.webhooks.list()
    assert webhook.to_dict() == schema("WebhookListResponse")["examples"][-1]["webhooks"][0]


@pytest.mark.parametrize(
    ("name", "key", "arguments"),
    [
        ("users.find_by_email", "users", ("ana@example.org",)),
        ("devices.list", "devices", ("u",)),
        ("switchboards.list", "switchboards", ()),
        ("switchboard_integrations.list", "switchboardIntegrations", ("s",)),
        ("webhooks.list", "webhooks", ()),
        ("app_keys.list", "keys", ()),
        ("integration_keys.list", "keys", ("i",)),
    ],
)
async def test_a_list_holds_records_and_nothing_else(name: str, key: str, arguments: tuple[str, ...]) -> None:
    record = {
        "id": "5a",
        "type": "sdk",
        "status": "active",
        "name": "bot",
        "enabled": True,
        "displayName": "a",
        "target": "https://a.example",
        "triggers": [],
        "secret": "s",
        "deliverStandbyEvents": True,
        "integrationId": "5b",
        "integrationType": "custom",
    }
    with Peer(lambda _: answer(200, {key: [record, None, {}, 5, record]})) as peer:
        async with AsyncSmooch("app_5a", "secret", "5d", base_url=peer.url) as api:
            found = await attrgetter(name)(api)(*arguments)
    assert [one.id for one in found] == ["5a", "5a"]


async def test_an_upload_carries_name_type_and_bytes(api: AsyncSmooch, server: Peer) -> None:
    await api.attachments.upload(("mug", b"jpeg bytes"), mime_type="image/jpeg")
    request = server.requests[-1]
    assert request.headers["content-type"].startswith("multipart/form-data; boundary=")
    assert b'name="source"; filename="mug"' in request.body
    assert b"Content-Type: image/jpeg" in request.body
    assert b"jpeg bytes" in request.body


async def test_the_raw_client_goes_the_same_way(api: AsyncSmooch, server: Peer) -> None:
    from smooch_api.v2.api import users

    found = await users.get_user.asyncio_detailed(APP, "u-77", client=api.raw)
    assert isinstance(found.parsed.user, models.User)
    assert httpx.URL(server.url).port == api.raw.get_async_httpx_client().base_url.port
