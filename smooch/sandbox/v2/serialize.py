"""Build bodies of v2 from records; fields without a value are left out."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from ..._json import drop_none
from .. import _clock, _spec
from .._entities import Webhook

if TYPE_CHECKING:
    from .._entities import (
        Client,
        Conversation,
        Integration,
        JsonObject,
        Key,
        Message,
        Participant,
        Switchboard,
        SwitchboardIntegration,
        User,
    )
    from .._errors import ApiError
    from ..store import App

SUBDOMAIN = "sandbox"

_NOT_FOUND_CODES = {
    "App": "app_not_found",
    "Client": "client_not_found",
    "Conversation": "conversation_not_found",
    "Device": "device_not_found",
    "Integration": "integration_not_found",
    "Switchboard": "switchboard_not_found",
    "SwitchboardIntegration": "switchboard_integration_not_found",
    "User": "user_not_found",
}
_DEFAULT_SETTINGS = {"multiConvoEnabled": False, "appLocalizationEnabled": True, "echoPostback": False}


def error_body(error: ApiError) -> JsonObject:
    """Schema `ErrorResponse`."""
    code = _NOT_FOUND_CODES.get(error.missing or "", error.code)
    return {"errors": [{"code": code, "title": error.description}]}


def app(app: App) -> JsonObject:
    """Schema `App`."""
    return drop_none(id=app.id, displayName=app.name, settings=_DEFAULT_SETTINGS | app.settings, metadata=app.metadata)


def app_with_subdomain(each: App) -> JsonObject:
    """Schema `AppWithSubdomain`."""
    return app(each) | {"subdomain": SUBDOMAIN}


def key(key: Key) -> JsonObject:
    """Schemas `AppKey` and `IntegrationKey`."""
    return {"id": key.id, "displayName": key.name, "secret": key.secret}


def truncated_user(user: User) -> JsonObject:
    """Schema `UserTruncated`."""
    return drop_none(
        id=user.id,
        externalId=user.external_id,
        zendeskId=user.zendesk_id,
        brandId=user.brand_id,
        authenticated=user.credential_required,
    )


def user(user: User) -> JsonObject:
    """Schema `User`."""
    return truncated_user(user) | drop_none(
        signedUpAt=user.signed_up,
        toBeRetained=user.to_be_retained or None,
        hasPaymentInfo=False,
        identities=user.identities,
        profile=drop_none(
            givenName=user.given_name,
            surname=user.surname,
            email=user.email,
            avatarUrl=user.avatar_url,
            locale=user.locale,
        ),
        metadata=user.properties,
    )


def client(client: Client) -> JsonObject:
    """Schema `Client`."""
    return drop_none(
        id=client.id,
        type=client.platform,
        status=client.status,
        integrationId=client.integration_id,
        externalId=client.external_id,
        lastSeen=_to_iso(client.last_seen),
        linkedAt=_to_iso(client.linked_at),
        displayName=client.display_name,
        avatarUrl=client.avatar_url,
        info=client.info or None,
    )


def device(device: Client, user: User) -> JsonObject:
    """Schema `Device`."""
    return drop_none(
        id=device.id,
        # v1 has other statuses too; how v2 shows those is not known, and strict clients accept only these three.
        type=device.platform if device.platform in {"android", "ios", "web"} else None,
        guid=device.id,
        clientId=None if user.sdk_client is None else user.sdk_client.id,
        status="active" if device.active else "inactive",
        integrationId=device.integration_id,
        lastSeen=_to_iso(device.last_seen),
        pushNotificationToken=device.push_token,
        info=device.info or None,
        appVersion=device.app_version,
    )


def truncated_conversation(conversation: Conversation) -> JsonObject:
    """Schema `ConversationTruncated`."""
    return drop_none(
        id=conversation.id,
        type=conversation.type,
        metadata=conversation.metadata,
        activeSwitchboardIntegration=_truncate_switchboard_integration(conversation.active),
        pendingSwitchboardIntegration=_truncate_switchboard_integration(conversation.pending),
    )


def conversation(conversation: Conversation) -> JsonObject:
    """Schema `Conversation`."""
    user = conversation.only_user
    return truncated_conversation(conversation) | drop_none(
        isDefault=user is not None and user.conversation is conversation,
        displayName=conversation.display_name,
        description=conversation.description,
        iconUrl=conversation.icon_url,
        businessLastRead=_to_iso(conversation.business_last_read),
        lastUpdatedAt=_clock.to_iso(conversation.updated),
        createdAt=_clock.to_iso(conversation.created),
    )


def _truncate_switchboard_integration(each: SwitchboardIntegration | None) -> JsonObject | None:
    if each is None:
        return None
    return {
        "id": each.id,
        "name": each.name,
        "integrationId": each.integration.id,
        "integrationType": each.integration.type,
    }


def participant(participant: Participant) -> JsonObject:
    """Schema `Participant`."""
    return drop_none(
        id=participant.id,
        userId=participant.user.id,
        userExternalId=participant.user.external_id,
        unreadCount=participant.unread,
        clientAssociations=[{"type": client.platform, "clientId": client.id} for client in participant.clients],
        lastRead=_to_iso(participant.last_read),
    )


def message(message: Message, conversation: Conversation) -> JsonObject:
    """Schema `Message`."""
    return drop_none(
        id=message.id,
        received=_clock.to_iso(message.received),
        author=_author(message),
        content=_content(message),
        source=message.source,
        quotedMessage=_find_quoted_message(message.content.get("quotedMessage"), conversation),
        metadata=message.metadata,
    )


def _author(message: Message) -> JsonObject:
    from_user = message.role == "appUser"
    return drop_none(
        type="user" if from_user else "business",
        subtypes=message.subtypes or None,
        userId=message.author_id if from_user else None,
        displayName=message.name,
        avatarUrl=message.avatar_url,
    )


def _content(message: Message) -> JsonObject:
    content = {name: value for name, value in message.content.items() if name != "quotedMessage"}
    if message.payload is not None:
        content["payload"] = message.payload
    for name, part in (("actions", _action), ("items", _item), ("fields", _strip_id)):
        if name in content:
            content[name] = [part(each) for each in content[name]]
    if not content.get("actions", True):
        del content["actions"]
    return content


def _item(item: JsonObject) -> JsonObject:
    return {**_strip_id(item), "actions": [_action(action) for action in item["actions"]]}


def _action(action: JsonObject) -> JsonObject:
    return _strip_id(action) | ({"uri": ""} if action["type"] == "postback" else {})


def _strip_id(part: JsonObject) -> JsonObject:
    return {name: value for name, value in part.items() if name != "_id"}


def _find_quoted_message(quoted: JsonObject | None, conversation: Conversation) -> JsonObject | None:
    if quoted is None or quoted.get("type") != "message":
        return quoted
    quoted_id = quoted.get("content", {}).get("_id")
    original = next((each for each in conversation.messages if each.id == quoted_id), None)
    return None if original is None else {"type": "message", "message": message(original, conversation)}


def webhook(webhook: Webhook) -> JsonObject:
    """Schema `Webhook`."""
    return {
        "id": webhook.id,
        "version": webhook.version,
        "target": webhook.target,
        "triggers": webhook.triggers,
        "secret": webhook.secret,
        "includeFullUser": webhook.include_full_user,
        "includeFullSource": webhook.include_full_source,
    }


def integration(integration: Integration, app: App) -> JsonObject:
    """Schema `Integration`, with those settings only that responses for its type have."""
    body = drop_none(
        id=integration.id, type=integration.type, status=integration.status, displayName=integration.display_name
    )
    if integration.type == "custom":
        own = (each for each in app.webhooks.values() if each.integration_id == integration.id)
        return body | {"webhooks": [webhook(next(own, None) or _build_placeholder_webhook(integration))]}
    visible = _list_response_settings(integration.type)
    settings = {name: value for name, value in (integration.derived | integration.settings).items() if name in visible}
    if integration.type == "messenger" and str(settings.get("pageId", "")).isdecimal():
        settings["pageId"] = int(settings["pageId"])
    return body | settings | drop_none(defaultResponder=_build_default_responder(integration, app))


def _build_placeholder_webhook(integration: Integration) -> Webhook:
    """Return a webhook for the body of a custom integration without one.

    The vendor's schema demands exactly one, and its Python SDK 17 fails otherwise.
    """
    return Webhook(id=integration.id, target="https://webhook.invalid", triggers=[], secret="", version="v2")


def is_channel(integration: Integration) -> bool:
    """Return whether it is a channel, not a server of the business or a partner."""
    return integration.type != "custom" and bool(_list_response_settings(integration.type))


@functools.cache
def _list_response_settings(kind: str) -> frozenset[str]:
    own = frozenset({"id", "type", "status", "displayName", "defaultResponder"})
    return _spec.load("v2").list_property_names(f"{kind.capitalize()}Integration") - own


def _build_default_responder(integration: Integration, app: App) -> JsonObject | None:
    inherited = app.switchboard.default if app.switchboard else None
    responder = integration.default_responder or inherited
    if responder is None:
        return None
    body = switchboard_integration(responder)
    del body["id"]
    return body | {"inherited": integration.default_responder is None}


def switchboard(board: Switchboard) -> JsonObject:
    """Schema `Switchboard`."""
    return drop_none(
        id=board.id, enabled=board.enabled, defaultSwitchboardIntegrationId=board.default and board.default.id
    )


def switchboard_integration(each: SwitchboardIntegration) -> JsonObject:
    """Schema `SwitchboardIntegration`."""
    return drop_none(
        id=each.id,
        name=each.name,
        integrationId=each.integration.id,
        integrationType=each.integration.type,
        deliverStandbyEvents=each.deliver_standby_events,
        nextSwitchboardIntegrationId=each.next and each.next.id,
        messageHistoryCount=each.message_history_count,
    )


def _to_iso(milliseconds: int | None) -> str | None:
    return None if milliseconds is None else _clock.to_iso(milliseconds)
