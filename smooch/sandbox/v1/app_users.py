"""Users with their channels and devices, and the init call of early v1."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from .. import _clock, _ids
from .._auth import ANY_KEY, END_USER
from .._call import Call, get_or_404
from .._entities import Client, Integration, JsonObject, User
from .._errors import bad_request, forbidden, not_found
from ..store import clients, users
from . import serialize
from ._registry import registry

if TYPE_CHECKING:
    from ..store import App

# the field of a user's address on a channel, in link requests and in GET channels
_ENTITY_FIELDS = {
    "twilio": "phoneNumber",
    "messagebird": "phoneNumber",
    "mailgun": "address",
    "frontendEmail": "address",
    "telegram": "chatId",
    "whatsapp": "username",
}
_LINK_URLS = {
    "messenger": "https://m.me/{id}?ref={code}",
    "telegram": "https://telegram.me/{id}?start={code}",
    "twilio": "sms:{id}?body={code}",
    "viber": "viber://pa?chatURI={id}&context={code}",
}
_CRITERIA = ("phoneNumber", "address", "givenName", "surname", "primary")


@registry.handles("initAppUser", END_USER)
def init_app_user(call: Call) -> JsonObject:
    """POST /init."""
    user_id = _read_own_user_id(call)
    device = call.body["device"]
    user = _get_or_create_user(call.app, user_id, call.app.find_user_by_client(device["id"]))
    _update_device(_get_or_create_device(call.app, user, device), device)
    _update_user(user, call.body)
    call.identity.authorize_user(call.app, user.id)
    return {
        "app": {"hasIcon": False, "apnEnabled": any(each.type == "apn" for each in call.app.integrations.values())},
        "appUser": serialize.app_user(user, call.version),
    }


@registry.handles("preCreateAppUser", ANY_KEY)
def pre_create_app_user(call: Call) -> JsonObject:
    """POST /appusers."""
    user = users.create(
        call.app, external_id=call.body["userId"], credential_required=call.body.get("credentialRequired", False)
    )
    _update_user(user, call.body)
    return _build_response(call, user)


@registry.handles("getAppUser", END_USER)
def get_app_user(call: Call) -> JsonObject:
    """GET /appusers/{userId}."""
    return _build_response(call, call.user)


@registry.handles("updateAppUser", END_USER)
def update_app_user(call: Call) -> JsonObject:
    """PUT /appusers/{userId}."""
    _update_user(call.user, call.body)
    return _build_response(call, call.user)


@registry.handles("deleteAppUser", ANY_KEY)
def delete_app_user(call: Call) -> None:
    """DELETE /appusers/{userId}."""
    users.delete(call.app, call.user)


@registry.handles("deleteAppUserProfile", ANY_KEY)
def delete_app_user_profile(call: Call) -> JsonObject:
    """DELETE /appusers/{userId}/profile."""
    users.delete_personal_information(call.user)
    return _build_response(call, call.user)


@registry.handles("mergeUsers", ANY_KEY)
def merge_users(call: Call) -> None:
    """POST /appusers/merge."""
    surviving, discarded = _find_user_to_merge(call, "surviving"), _find_user_to_merge(call, "discarded")
    if surviving is discarded:
        raise bad_request("surviving and discarded are the same user")
    users.merge(call.app, surviving, discarded)


@registry.handles("getAppUserEntityIds", END_USER)
def get_app_user_entity_ids(call: Call) -> JsonObject:
    """GET /appusers/{userId}/channels."""
    return {"channels": [_build_channel(client, call.version) for client in call.user.clients if client.is_channel]}


@registry.handles("linkAppUser", END_USER)
def link_app_user(call: Call) -> JsonObject:
    """Link a channel: active at once with immediate confirmation, else pending."""
    user, link = call.user, call.body
    if link.get("skipConfirmation"):
        call.identity.require_business("skipConfirmation")
    client = _build_client(call.app, link)
    criteria = {name: link[name] for name in _CRITERIA if name in link}
    _unlink(call.app, user, link["type"])
    clients.start_link(call.app, user, client, criteria)
    if link.get("skipConfirmation") or link.get("confirmation", {}).get("type") == "immediate":
        clients.confirm_link(call.app, user, client, criteria)
    return _build_response(call, user)


@registry.handles("unlinkAppUser", END_USER)
def unlink_app_user(call: Call) -> None:
    """DELETE /appusers/{userId}/channels/{channel}."""
    if not _unlink(call.app, call.user, call.params["channel"]):
        raise bad_request(f"The user has no channel {call.params['channel']!r}")


@registry.handles("getLinkRequests", END_USER)
def get_link_requests(call: Call) -> JsonObject:
    """GET /appusers/{userId}/linkrequest."""
    _ = call.user
    integrations = [get_or_404(call.app.integrations, each, "Integration") for each in call.query["integrationIds"]]
    return {"linkRequests": [_build_link_request(integration) for integration in integrations]}


@registry.handles("getTransferRequests", END_USER)
def get_transfer_requests(call: Call) -> JsonObject:
    """GET /appusers/{userId}/transferrequest."""
    _ = call.user
    _find_integration(call.app, call.query.get("integrationId", call.query["type"]), call.query["type"])
    return {"transferRequests": [{"code": _ids.short_code()}]}


@registry.handles("getChannelQrCode", END_USER)
def get_channel_qr_code(call: Call) -> JsonObject:
    """GET /appusers/{userId}/integrations/{channel}/qrcode."""
    _ = call.user
    integration = _find_integration(call.app, call.params["channel"], "viber", "wechat")
    return {"url": f"https://qr.example/{integration.type}/{_ids.short_code()}.png"}


@registry.handles("pingChannel", END_USER)
def ping_channel(call: Call) -> None:
    """Do nothing: a test message is not part of the conversation."""
    if not any(client.platform == call.params["channel"] for client in call.user.clients if client.is_channel):
        raise not_found("Channel")


@registry.handles("getAppUserAuthCode", END_USER)
def get_app_user_auth_code(call: Call) -> JsonObject:
    """GET /appusers/{userId}/authcode."""
    _ = call.user
    return {"authCode": _ids.short_code()}


@registry.handles("getAppUserBusinessSystemIds", END_USER)
def get_app_user_business_system_ids(call: Call) -> JsonObject:
    """Return an empty list: business systems are connected outside the API."""
    _ = call.user
    return {"businessSystems": []}


@registry.handles("updateDevice", END_USER)
def update_device(call: Call) -> JsonObject:
    """PUT /appusers/{userId}/devices/{deviceId}."""
    device = _find_own_device(call.user, call.params["deviceId"])
    _update_device(device, call.body)
    return {"device": serialize.device(device)}


@registry.handles("registerPushToken", END_USER)
def register_push_token(call: Call) -> None:
    """POST /appusers/{userId}/pushToken."""
    _find_own_device(call.user, call.body["deviceId"]).push_token = call.body["token"]


@registry.handles("postEvent", END_USER)
def post_event(call: Call) -> JsonObject:
    """Accept an event without effect: the sandbox has no whispers."""
    _update_user(call.user, call.body.get("appUser", {}))
    return {"conversationUpdated": False}


def _build_response(call: Call, user: User) -> JsonObject:
    return {"appUser": serialize.app_user(user, call.version)}


def _update_user(user: User, fields: JsonObject) -> None:
    user.given_name = fields.get("givenName", user.given_name)
    user.surname = fields.get("surname", user.surname)
    user.email = fields.get("email", user.email)
    user.signed_up = fields.get("signedUpAt", user.signed_up)
    user.properties |= fields.get("properties", {})


def _find_user_to_merge(call: Call, role: str) -> User:
    return get_or_404(call.app.users, call.body[role].get("_id", ""), f"{role} user")


# init and devices


def _read_own_user_id(call: Call) -> str | None:
    """Return the userId of the body or of the token. 403 if they differ."""
    user_id: str | None = call.body.get("userId") or None
    token_user_id = call.identity.user_id
    if token_user_id is not None and user_id not in (None, token_user_id):
        raise forbidden("The token belongs to another user")
    return token_user_id or user_id


def _get_or_create_user(app: App, user_id: str | None, of_device: User | None) -> User:
    """Return the user with that id, else the anonymous user of the device, else a new one."""
    if user_id is None:
        return of_device or users.create(app)
    known = app.find_user_by_external_id(user_id)
    if of_device is None or of_device.external_id is not None:
        return known or users.create(app, external_id=user_id)
    if known is None:
        users.identify(app, of_device, user_id)
        users.record_update(app, of_device)
        return of_device
    users.merge(app, known, of_device, reason="sdkLogin")
    return known


def _get_or_create_device(app: App, user: User, device: JsonObject) -> Client:
    """Return the user's client for `device`, moved from another user if it had one."""
    if client := user.client(device["id"]):
        return client
    last_user = app.find_user_by_client(device["id"])
    if last_user and (last_client := last_user.client(device["id"])):
        clients.remove(app, last_user, last_client)
    client = Client(id=device["id"], platform=device["platform"])
    clients.add(app, user, client)
    return client


def _find_own_device(user: User, device_id: str) -> Client:
    return get_or_404({each.id: each for each in user.clients}, device_id, "Device")


def _update_device(client: Client, fields: JsonObject) -> None:
    client.last_seen = _clock.now()
    client.push_token = fields.get("pushNotificationToken", client.push_token)
    client.app_version = fields.get("appVersion", client.app_version)
    client.info |= fields.get("info", {})


# channels


def _build_channel(client: Client, version: str) -> JsonObject:
    item = {"type": client.platform, _ENTITY_FIELDS.get(client.platform, "userId"): client.external_id}
    if version != "v1" and client.integration_id:
        item["integrationId"] = client.integration_id
    return item


def _build_client(app: App, link: JsonObject) -> Client:
    kind = link["type"]
    if "integrationId" in link:
        integration = app.integrations.get(link["integrationId"])
        if integration is None or integration.type != kind:
            raise bad_request(f"body integrationId: must be an integration of type {kind}")
    return clients.build_pending(kind, link, link.get("integrationId"), "body")


def _unlink(app: App, user: User, channel: str) -> bool:
    """Remove all clients of the user on `channel`; returns whether there were any."""
    linked = [client for client in user.clients if client.platform == channel]
    pending = [client for client in user.pending_clients if client.platform == channel]
    for client in linked:
        clients.remove(app, user, client)
    for client in pending:
        clients.remove_pending(app, user, client)
    return bool(linked or pending)


def _find_integration(app: App, id_or_type: str, *types: str) -> Integration:
    """Return the integration with this id or type, which must be one of `types`. 404 if it does not exist."""
    for integration in app.integrations.values():
        if id_or_type in (integration.id, integration.type) and integration.type in types:
            return integration
    raise not_found("Integration")


def _build_link_request(integration: Integration) -> JsonObject:
    code = _ids.short_code()
    fields: dict[str, Any] = integration.derived | integration.settings
    address = next(
        (fields[name] for name in ("pageId", "username", "phoneNumber", "uri") if name in fields), integration.id
    )
    template = _LINK_URLS.get(integration.type, "https://link.example/{id}?code={code}")
    return {
        "integrationId": integration.id,
        "type": integration.type,
        "code": code,
        "url": template.format(id=quote(str(address)), code=code),
    }
