"""Build bodies of v1 and v1.1 from records; fields without a value are left out."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from ..._json import drop_none
from .. import _clock, _spec

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .._entities import (
        Account,
        Client,
        Conversation,
        Deployment,
        Integration,
        JsonObject,
        Key,
        Menu,
        Message,
        Template,
        User,
        Webhook,
    )
    from .._errors import ApiError
    from ..store import App


def error_body(error: ApiError) -> JsonObject:
    """Schema `ErrorResponse`."""
    code = "user_not_found" if error.missing == "User" else error.code
    return {"error": {"code": code, "description": error.description}}


def app(app: App) -> JsonObject:
    """Schema `App`."""
    known = _settings()
    settings = {name: value for name, value in app.settings.items() if name in known}
    return drop_none(_id=app.id, appToken=app.token, name=app.name, settings=settings, metadata=app.metadata)


@functools.cache
def _settings() -> frozenset[str]:
    return _spec.load("v1").list_property_names("AppSettings")


def key(key: Key) -> JsonObject:
    """Schema `SecretKey`."""
    return {"_id": key.id, "secret": key.secret, "name": key.name}


def service_account(account: Account) -> JsonObject:
    """Schema `ServiceAccount`."""
    return {"_id": account.id, "name": account.name}


def app_user(user: User, version: str) -> JsonObject:
    """Schema `AppUser`."""
    clients = [client(each, version) for each in user.clients]
    body = drop_none(
        _id=user.id,
        userId=user.external_id,
        givenName=user.given_name,
        surname=user.surname,
        email=user.email,
        signedUpAt=user.signed_up,
        properties=user.properties,
        conversationStarted=user.conversation is not None,
        clients=clients,
        pendingClients=[
            drop_none(id=each.id, platform=each.platform, displayName=each.display_name)
            for each in user.pending_clients
        ],
    )
    if version == "v1":
        body |= {"credentialRequired": user.credential_required, "devices": clients}
    return body


def client(client: Client, version: str) -> JsonObject:
    """Schema `Client`."""
    body = device(client) | drop_none(
        linkedAt=_to_iso(client.linked_at), displayName=client.display_name, avatarUrl=client.avatar_url
    )
    if version != "v1":
        body |= drop_none(status=client.status, externalId=client.external_id, integrationId=client.integration_id)
    return body


def device(client: Client) -> JsonObject:
    """Schema `Device`."""
    return drop_none(
        id=client.id,
        platform=client.platform,
        active=client.active,
        lastSeen=_to_iso(client.last_seen),
        pushNotificationToken=client.push_token,
        appVersion=client.app_version,
        info=client.info or None,
    )


def message(message: Message) -> JsonObject:
    """Schema `Message`."""
    return drop_none(
        _id=message.id,
        role=message.role,
        authorId=message.author_id,
        name=message.name,
        email=message.email,
        avatarUrl=message.avatar_url,
        received=_clock.to_seconds(message.received),
        source=message.source,
        metadata=message.metadata,
        payload=message.payload,
        **message.content,
    )


def conversation(conversation: Conversation) -> JsonObject:
    """Schema `Conversation`."""
    return {"_id": conversation.id, "unreadCount": conversation.unread}


def legacy_conversation(conversation: Conversation, user: User, app_id: str, messages: Iterable[Message]) -> JsonObject:
    """Schema `LegacyConversation`: the conversation with its messages, as in 2016."""
    return {
        "_id": conversation.id,
        "appId": app_id,
        "createdAt": _clock.to_iso(conversation.created),
        "appMakers": conversation.maker_ids,
        "appMakerEmails": [],
        "appUsers": [user.id],
        "redirectFrom": [],
        "unreadCount": conversation.unread,
        "messages": [message(each) for each in messages],
        "__v": len(conversation.messages),
    }


def webhook(webhook: Webhook, version: str) -> JsonObject:
    """Schema `Webhook`."""
    body: JsonObject = {
        "_id": webhook.id,
        "target": webhook.target,
        "triggers": webhook.triggers,
        "secret": webhook.secret,
    }
    if version != "v1":
        body |= {
            "version": webhook.version,
            "includeClient": webhook.include_client,
            "includeFullAppUser": webhook.include_full_user,
        }
    return body


def integration(integration: Integration, version: str) -> JsonObject:
    """Schema `Integration`, without secrets."""
    secrets = _list_secret_names()
    settings = {name: value for name, value in integration.settings.items() if name not in secrets}
    fields = integration.derived | settings
    if "pageId" in fields:
        fields["pageId"] = str(fields["pageId"])
    return drop_none(
        _id=integration.id,
        type=integration.type,
        status=integration.status,
        displayName=None if version == "v1" else integration.display_name,
        **fields,
    )


@functools.cache
def _list_secret_names() -> frozenset[str]:
    v1, v2 = (_spec.load(version).list_secret_names("IntegrationCreate") for version in ("v1", "v2"))
    return v1 | v2


def menu(menu: Menu) -> JsonObject:
    """Schema `CurrentMenu`."""
    return {"items": menu.items, **menu.extras}


def template(template: Template) -> JsonObject:
    """Schema `Template`."""
    return {"_id": template.id, "name": template.name, "message": template.message}


def deployment(deployment: Deployment) -> JsonObject:
    """Schema `Deployment`."""
    return drop_none(
        _id=deployment.id,
        status=deployment.status,
        hosting=deployment.hosting,
        phoneNumber=deployment.phone_number,
        callbackSecret=deployment.callback_secret,
        integrationId=deployment.integration_id,
        appId=deployment.app_id,
        **{name: value for name, value in deployment.settings.items() if name != "password"},
    )


def _to_iso(milliseconds: int | None) -> str | None:
    return None if milliseconds is None else _clock.to_iso(milliseconds)
